// SPDX-License-Identifier: GPL-2.0-only
/* What is asked of a session: its keys, and what was agreed on. */
#include "server.h"

/**
 * server_session_is_guest() - does a session have no key of its own?
 * @sess: a session with a reference
 *
 * Return: true for guest and anonymous sessions, MS-SMB2 3.3.5.5.3
 */
bool server_session_is_guest(struct ksmbd_session *sess)
{
	struct ksmbd_user *user = SMBSIGN_GET(server, sess, sess_user);
	const char *name;

	if (!user)
		return true;
	name = SMBSIGN_GET(server, user, user_name);
	return SMBSIGN_GET(server, user, user_flags) & KSMBD_USER_GUEST ||
	       !name || !*name;
}

/**
 * server_session_is_established() - has a session once been authenticated?
 * @sess: a session with a reference
 *
 * Such a session has keys, also while it is authenticated anew or expired.
 *
 * Return: true if we have seen that
 */
bool server_session_is_established(const struct ksmbd_session *sess)
{
	bool established;

	rcu_read_lock();
	established = server_session_lookup(sess);
	rcu_read_unlock();
	return established;
}

/**
 * server_has_channel() - is a session established on a connection?
 * @sc: the connection
 * @sess: a session with a reference
 *
 * Return: true if it was set up there, or bound to it
 */
bool server_has_channel(struct server_conn *sc,
			const struct ksmbd_session *sess)
{
	bool has;

	rcu_read_lock();
	has = server_channel_lookup(sc, sess);
	rcu_read_unlock();
	return has;
}

/**
 * server_session_must_encrypt() - was a session told to encrypt?
 * @sess: a session with a reference
 *
 * Return: true if the answer to its first SESSION_SETUP had
 * SMB2_SESSION_FLAG_ENCRYPT_DATA
 */
bool server_session_must_encrypt(const struct ksmbd_session *sess)
{
	struct server_session *session;
	bool encrypt;

	rcu_read_lock();
	session = server_session_lookup(sess);
	encrypt = session && session->encrypt;
	rcu_read_unlock();
	return encrypt;
}

/**
 * server_sessions_count() - how many sessions does a connection have?
 * @sc: the connection
 *
 * Return: the number of those that are established, not counting guests
 */
unsigned int server_sessions_count(struct server_conn *sc)
{
	struct server_channel *channel;
	unsigned int n = 0;
	int bucket;

	rcu_read_lock();
	hash_for_each_rcu(sc->sessions, bucket, channel, node)
		n += !channel->session->guest;
	rcu_read_unlock();
	return n;
}

/**
 * server_has_further_channels() - does a session have another connection?
 * @sc: the connection
 *
 * Return: true if one of the sessions of @sc does
 */
bool server_has_further_channels(struct server_conn *sc)
{
	struct server_channel *channel;
	bool further = false;
	int bucket;

	rcu_read_lock();
	hash_for_each_rcu(sc->sessions, bucket, channel, node)
		further |= READ_ONCE(channel->session->n_channels) > 1;
	rcu_read_unlock();
	return further;
}

/**
 * server_session_find() - find a session of a connection
 * @conn: the connection
 * @id: SessionId
 *
 * Sessions that were bound to @conn count too. May sleep.
 *
 * Return: the session in whatever state, with a reference that
 * ksmbd_user_session_put() drops; or NULL
 */
struct ksmbd_session *server_session_find(struct ksmbd_conn *conn, u64 id)
{
	struct ksmbd_session *sess;

	sess = smbsign_call(ksmbd_session_lookup)(conn, id);
	if (sess)
		return sess;
	sess = smbsign_call(ksmbd_session_lookup_slowpath)(id);
	if (sess && !xa_load(SMBSIGN_PTR(server, sess, sess_channels),
			     (unsigned long)conn)) {
		smbsign_call(ksmbd_user_session_put)(sess);
		sess = NULL;
	}
	return sess;
}

/**
 * server_session_mac() - the key of a session, on whichever connection
 * @sess: a session with a reference
 *
 * Return: Session.SigningKey with the algorithm of the connection that the
 * session began on; for SMB 2.x Session.SessionKey; with a reference for the
 * caller. NULL if the session has no key yet; that of guests is no secret
 */
struct smbsign_mac *server_session_mac(const struct ksmbd_session *sess)
{
	struct server_session *session;
	struct smbsign_mac *mac = NULL;

	rcu_read_lock();
	session = server_session_lookup(sess);
	if (session)
		mac = smbsign_mac_tryget(session->mac);
	rcu_read_unlock();
	return mac;
}

/**
 * server_channel_mac() - the key of a session on a connection
 * @sc: the connection
 * @sess: a session with a reference
 *
 * Return: Channel.SigningKey with the connection's algorithm; for SMB 2.x
 * Session.SessionKey; with a reference for the caller. NULL if the session was
 * not established there
 */
struct smbsign_mac *server_channel_mac(struct server_conn *sc,
				       const struct ksmbd_session *sess)
{
	struct server_channel *channel;
	struct smbsign_mac *mac = NULL;

	rcu_read_lock();
	channel = server_channel_lookup(sc, sess);
	if (channel)
		mac = smbsign_mac_tryget(channel->mac);
	rcu_read_unlock();
	return mac;
}
