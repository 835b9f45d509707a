// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client's connections and the sessions on them. A connection is known
 * from its NEGOTIATE on; one that was negotiated without us is unknown, and
 * nothing passes on it until it has been negotiated anew.
 */
#include <linux/delay.h>
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include <smbsign/client.h>
#include <smbsign/exempt.h>

#define CONN_HASH_BITS 6

/* Then a server that does not come back is not waited for any longer. */
#define GIVE_BACK_WAIT (20 * HZ)
#define GIVE_BACK_POLL_MS 200

/*
 * Protects changes of the table of connections; readers use the SRCU. While it
 * is held, a connection that is in the table is not freed by cifs.
 */
static DEFINE_MUTEX(conns_lock);
static DEFINE_HASHTABLE(conns, CONN_HASH_BITS);

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

static void conn_free_rcu(struct rcu_head *rcu)
{
	struct smbsign_client_conn *conn =
		container_of(rcu, struct smbsign_client_conn, rcu);
	struct smbsign_client_session *session;
	unsigned long tag;

	xa_for_each(&conn->sessions, tag, session)
		session_free(session);
	xa_destroy(&conn->sessions);
	kfree(conn);
}

static void session_remove(struct smbsign_client_conn *conn,
			   struct smbsign_client_session *session)
{
	lockdep_assert_held(&conn->sessions.xa_lock);
	__xa_erase(&conn->sessions, session->tag);
	call_srcu(&smbsign_client_target.inflight, &session->rcu,
		  session_free_rcu);
}

static void conn_forget_sessions(struct smbsign_client_conn *conn)
{
	struct smbsign_client_session *session;
	unsigned long tag;

	xa_lock(&conn->sessions);
	xa_for_each(&conn->sessions, tag, session)
		session_remove(conn, session);
	xa_unlock(&conn->sessions);
}

/**
 * smbsign_client_conn_find() - the connection of a TCP_Server_Info
 * @server: its address
 *
 * Return: the connection, valid until the replacement returns, or NULL
 */
struct smbsign_client_conn *smbsign_client_conn_find(const void *server)
{
	struct smbsign_client_conn *conn;

	hash_for_each_possible_rcu(conns, conn, node, (unsigned long)server,
				   srcu_read_lock_held(&smbsign_client_target.inflight)) {
		if (conn->server == server)
			return conn;
	}
	return NULL;
}

/* Does it sign with what cifs alone cannot, or where cifs alone might not? */
static bool conn_is_foreign(const struct smbsign_client_conn *conn)
{
	if (!READ_ONCE(conn->known))
		return false;
	return conn->sign_raised ||
	       (conn->answer.dialect == SMBSIGN_DIALECT_311 &&
		conn->answer.alg != SMBSIGN_AES_CMAC);
}

/**
 * smbsign_client_conns_review() - the list of exempt peers has changed
 *
 * A peer that is not on it any more is unknown until its connection has been
 * negotiated anew, which begins here: what cifs knows of open files is right
 * sooner than if a request had to find out. One that is now on it signs until
 * then. May sleep.
 */
void smbsign_client_conns_review(void)
{
	struct smbsign_client_conn *conn;
	struct TCP_Server_Info *server;
	int bucket;

	mutex_lock(&conns_lock);
	hash_for_each(conns, bucket, conn, node) {
		server = (struct TCP_Server_Info *)conn->server;
		if (!READ_ONCE(conn->known) || !READ_ONCE(conn->exempt) ||
		    smbsign_exempt_match(SMBSIGN_CLIENT,
					 SMBSIGN_PTR(client, server,
						     server_dstaddr)))
			continue;
		WRITE_ONCE(conn->known, false);
		smbsign_client_signal(server);
	}
	mutex_unlock(&conns_lock);
}

/* Have them negotiated anew; true if there are any. */
static bool conns_end_foreign(void)
{
	struct smbsign_client_conn *conn;
	bool found = false;
	int bucket;

	mutex_lock(&conns_lock);
	hash_for_each(conns, bucket, conn, node) {
		if (!conn_is_foreign(conn))
			continue;
		found = true;
		if (smbsign_client_is_new(conn->server))
			continue;
		smbsign_client_signal((struct TCP_Server_Info *)conn->server);
	}
	mutex_unlock(&conns_lock);
	return found;
}

static void conns_calm(void)
{
	struct smbsign_client_conn *conn;
	int bucket;

	mutex_lock(&conns_lock);
	hash_for_each(conns, bucket, conn, node)
		smbsign_client_calm(conn,
				    (struct TCP_Server_Info *)conn->server);
	mutex_unlock(&conns_lock);
}

/**
 * smbsign_client_conns_give_back() - end what cifs alone cannot go on with
 *
 * Waits a while until they have been negotiated anew, without us. May sleep.
 */
void smbsign_client_conns_give_back(void)
{
	unsigned long end = jiffies + GIVE_BACK_WAIT;

	conns_calm();
	while (conns_end_foreign() && time_before(jiffies, end))
		msleep(GIVE_BACK_POLL_MS);
}

/**
 * smbsign_client_look() - whose word counts on a connection
 * @server: the connection, as cifs has it
 * @conn: set to ours; to NULL if it is unknown
 *
 * Return: see enum smbsign_client_rule
 */
enum smbsign_client_rule
smbsign_client_look(struct TCP_Server_Info *server,
		    struct smbsign_client_conn **conn)
{
	*conn = smbsign_client_conn_find(server);
	if (!smbsign_client_active())
		return *conn && conn_is_foreign(*conn) ? SMBSIGN_RULE_UNKNOWN :
							 SMBSIGN_RULE_STOCK;
	if (!*conn || !READ_ONCE((*conn)->known))
		return smbsign_exempt_match(SMBSIGN_CLIENT,
					    SMBSIGN_PTR(client, server,
							server_dstaddr)) ?
		       SMBSIGN_RULE_STOCK : SMBSIGN_RULE_UNKNOWN;
	return (*conn)->exempt ? SMBSIGN_RULE_STOCK : SMBSIGN_RULE_OURS;
}

static struct smbsign_client_conn *conn_create(const void *server)
{
	struct smbsign_client_conn *conn = kzalloc(sizeof(*conn), GFP_NOFS);
	struct smbsign_client_conn *other;

	if (!conn)
		return NULL;
	conn->server = server;
	spin_lock_init(&conn->lock);
	xa_init_flags(&conn->sessions, XA_FLAGS_ALLOC1);
	INIT_LIST_HEAD(&conn->setups);
	mutex_lock(&conns_lock);
	other = smbsign_client_conn_find(server);
	if (!other)
		hash_add_rcu(conns, &conn->node, (unsigned long)server);
	mutex_unlock(&conns_lock);
	if (!other)
		return conn;
	kfree(conn);
	return other;
}

/**
 * smbsign_client_conn_get() - the connection, known or not
 * @server: the connection, as cifs has it
 *
 * Return: the connection, or NULL for want of memory
 */
struct smbsign_client_conn *
smbsign_client_conn_get(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = smbsign_client_conn_find(server);

	return conn ?: conn_create(server);
}

/**
 * smbsign_client_conn_renew() - a connection is about to be negotiated
 * @server: the connection, as cifs has it
 *
 * Its sessions are forgotten: none survives a reconnect. cifs does not
 * negotiate one connection twice at a time.
 *
 * Return: the connection, or NULL for want of memory
 */
struct smbsign_client_conn *
smbsign_client_conn_renew(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = smbsign_client_conn_get(server);

	if (!conn)
		return NULL;
	conn_forget_sessions(conn);
	memset(&conn->offer, 0, sizeof(conn->offer));
	memset(&conn->answer, 0, sizeof(conn->answer));
	conn->tampered = false;
	conn->refusal = 0;
	WRITE_ONCE(conn->known, true);
	conn->exempt = smbsign_exempt_match(SMBSIGN_CLIENT,
					    SMBSIGN_PTR(client, server,
							server_dstaddr));
	return conn;
}

static enum smbsign_protection
conn_protection(const struct smbsign_client_conn *conn)
{
	if (!smbsign_client_active() || !READ_ONCE(conn->known) || conn->exempt)
		return SMBSIGN_PROTECTION_NONE;
	return conn->sealed ? SMBSIGN_PROTECTION_ENCRYPTED :
			      SMBSIGN_PROTECTION_SIGNED;
}

/* For sysfs: values that were true at some moment. */
static void conn_describe(void *owner, struct smbsign_connection_info *info)
{
	struct smbsign_client_conn *conn = owner;
	struct smbsign_client_session *session;
	unsigned long tag;

	info->dialect = READ_ONCE(conn->answer.dialect);
	info->alg = READ_ONCE(conn->answer.alg);
	info->protection = conn_protection(conn);
	info->tally = &conn->tally;
	xa_for_each(&conn->sessions, tag, session)
		info->sessions++;
}

/**
 * smbsign_client_conn_show() - a connection was negotiated: show it in sysfs
 * @conn: the connection; one that cifs is done with is not shown any more
 * @server: the same, as cifs has it
 *
 * May sleep.
 */
void smbsign_client_conn_show(struct smbsign_client_conn *conn,
			      struct TCP_Server_Info *server)
{
	mutex_lock(&conns_lock);
	if (!conn->shown && hash_hashed(&conn->node))
		WRITE_ONCE(conn->shown,
			   smbsign_connection_add(SMBSIGN_CLIENT,
						  SMBSIGN_PTR(client, server,
							      server_dstaddr),
						  conn_describe, conn));
	mutex_unlock(&conns_lock);
}

static void conn_discard(struct smbsign_client_conn *conn)
{
	smbsign_connection_remove(conn->shown);
	call_srcu(&smbsign_client_target.inflight, &conn->rcu, conn_free_rcu);
}

/**
 * smbsign_client_conn_drop() - cifs is done with a connection
 * @server: the TCP_Server_Info; need not be known
 *
 * May sleep.
 */
void smbsign_client_conn_drop(const void *server)
{
	struct smbsign_client_conn *conn;

	mutex_lock(&conns_lock);
	conn = smbsign_client_conn_find(server);
	if (conn)
		hash_del_rcu(&conn->node);
	mutex_unlock(&conns_lock);
	if (conn)
		conn_discard(conn);
}

/**
 * smbsign_client_conn_drop_all() - forget everything; no replacement runs
 *
 * May sleep.
 */
void smbsign_client_conn_drop_all(void)
{
	struct smbsign_client_conn *conn;
	struct hlist_node *next;
	int bucket;

	hash_for_each_safe(conns, bucket, next, conn, node) {
		hash_del(&conn->node);
		conn_discard(conn);
	}
	srcu_barrier(&smbsign_client_target.inflight);
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
