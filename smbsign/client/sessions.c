// SPDX-License-Identifier: GPL-2.0-only
/*
 * The authenticated sessions on a connection of the client, by the tag that
 * their requests carry. session.c sets them up.
 */
#include <linux/slab.h>

#include "client.h"

static void session_free(struct smbsign_client_session *session)
{
	if (session->mac)
		smbsign_mac_put(session->mac);
	kfree(session);
}

static void session_free_rcu(struct rcu_head *rcu)
{
	session_free(container_of(rcu, struct smbsign_client_session, rcu));
}

static void session_remove(struct smbsign_client_conn *conn,
			   struct smbsign_client_session *session)
{
	lockdep_assert_held(&conn->sessions.xa_lock);
	__xa_erase(&conn->sessions, session->tag);
	call_srcu(&smbsign_client_target.inflight, &session->rcu,
		  session_free_rcu);
}

/**
 * smbsign_client_sessions_forget() - a connection has no sessions any more
 * @conn: the connection
 */
void smbsign_client_sessions_forget(struct smbsign_client_conn *conn)
{
	struct smbsign_client_session *session;
	unsigned long tag;

	xa_lock(&conn->sessions);
	xa_for_each(&conn->sessions, tag, session)
		session_remove(conn, session);
	xa_unlock(&conn->sessions);
}

/**
 * smbsign_client_sessions_free() - free them, at the end of a connection's entry
 * @conn: the connection, which nobody can find any more
 */
void smbsign_client_sessions_free(struct smbsign_client_conn *conn)
{
	struct smbsign_client_session *session;
	unsigned long tag;

	xa_for_each(&conn->sessions, tag, session)
		session_free(session);
	xa_destroy(&conn->sessions);
}

/**
 * smbsign_client_session_find() - a session by its SessionId
 * @conn: the connection
 * @id: SessionId, of our own request
 *
 * Return: the session, valid until the replacement returns, or NULL
 */
struct smbsign_client_session *
smbsign_client_session_find(struct smbsign_client_conn *conn, u64 id)
{
	struct smbsign_client_session *session;
	unsigned long tag;

	xa_for_each(&conn->sessions, tag, session) {
		if (session->id == id)
			return session;
	}
	return NULL;
}

/**
 * smbsign_client_session_of() - the session that a request was sent on
 * @conn: the connection
 * @mid: the request
 *
 * Return: the session, valid until the replacement returns; NULL if it was
 *	sent on none, or that is gone
 */
struct smbsign_client_session *
smbsign_client_session_of(struct smbsign_client_conn *conn,
			  struct mid_q_entry *mid)
{
	return xa_load(&conn->sessions,
		       smbsign_client_tag(mid) & SMBSIGN_TAG_SESSION);
}

/**
 * smbsign_client_session_add() - a session is established
 * @conn: the connection
 * @id: its SessionId; a session of that id that is there is replaced
 * @mac: its signing key, whose reference is taken over; NULL for a guest
 *
 * May sleep.
 *
 * Return: 0, -ENOMEM, or -EBUSY if there are too many
 */
int smbsign_client_session_add(struct smbsign_client_conn *conn, u64 id,
			       struct smbsign_mac *mac)
{
	struct smbsign_client_session *session;
	int err;

	session = kzalloc(sizeof(*session), GFP_NOFS);
	if (!session) {
		if (mac)
			smbsign_mac_put(mac);
		return -ENOMEM;
	}
	session->id = id;
	session->guest = !mac;
	session->mac = mac;
	smbsign_client_session_drop(conn, id);
	err = xa_alloc(&conn->sessions, &session->tag, session,
		       XA_LIMIT(1, SMBSIGN_TAG_SESSION), GFP_NOFS);
	if (err)
		session_free(session);
	return err;
}

/**
 * smbsign_client_session_drop() - a session is no more
 * @conn: the connection
 * @id: its SessionId; need not be known
 */
void smbsign_client_session_drop(struct smbsign_client_conn *conn, u64 id)
{
	struct smbsign_client_session *session;
	unsigned long tag;

	xa_lock(&conn->sessions);
	xa_for_each(&conn->sessions, tag, session) {
		if (session->id == id) {
			session_remove(conn, session);
			break;
		}
	}
	xa_unlock(&conn->sessions);
}
