// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our own sessions and channels: how they begin and end. A session is there from
 * the answer that establishes it until ksmbd destroys its own, the answer to a
 * LOGOFF has left, or its last connection ends. A channel is one connection of
 * it; only what we have seen established has one, and only that has a key.
 */
#include <crypto/algapi.h>
#include <linux/slab.h>

#include "server.h"

#define SESSIONS_BITS 8

/*
 * Protects all changes of sessions, of which channel is whose, and of
 * server_conn.sessions. Readers use RCU; no message takes it.
 */
static DEFINE_SPINLOCK(sessions_lock);

/* By address of ksmbd's session. */
static DEFINE_HASHTABLE(sessions, SESSIONS_BITS);

/**
 * struct unlinked - what nobody finds any more
 * @channels: of server_channel.of_session
 * @sessions: of server_session.dead
 *
 * Their keys are put where one may sleep, and that is not under sessions_lock.
 */
struct unlinked {
	struct list_head channels;
	struct list_head sessions;
};

static void unlinked_init(struct unlinked *unlinked)
{
	INIT_LIST_HEAD(&unlinked->channels);
	INIT_LIST_HEAD(&unlinked->sessions);
}

/* Readers that have found one still may look at it, but get no key. */
static void unlinked_free(struct unlinked *unlinked)
{
	struct server_session *session, *next_session;
	struct server_channel *channel, *next;

	list_for_each_entry_safe(channel, next, &unlinked->channels, of_session) {
		smbsign_mac_put(channel->mac);
		kfree_rcu(channel, rcu);
	}
	list_for_each_entry_safe(session, next_session, &unlinked->sessions, dead) {
		smbsign_mac_put(session->mac);
		kfree_rcu(session, rcu);
	}
}

/**
 * server_session_lookup() - find our side of a session
 * @sess: ksmbd's session, with a reference, so that its address is its own
 *
 * Context: RCU's read lock, or sessions_lock.
 *
 * Return: our side, or NULL if it is not established
 */
struct server_session *server_session_lookup(const struct ksmbd_session *sess)
{
	struct server_session *session;

	hash_for_each_possible_rcu(sessions, session, node, (unsigned long)sess,
				   lockdep_is_held(&sessions_lock)) {
		if (session->sess == sess)
			return session;
	}
	return NULL;
}

/**
 * server_channel_lookup() - find the channel of a session on a connection
 * @sc: the connection
 * @sess: ksmbd's session, with a reference
 *
 * Context: RCU's read lock, or sessions_lock.
 *
 * Return: the channel, or NULL if it is not established there
 */
struct server_channel *server_channel_lookup(struct server_conn *sc,
					     const struct ksmbd_session *sess)
{
	struct server_channel *channel;

	hash_for_each_possible_rcu(sc->sessions, channel, node,
				   (unsigned long)sess,
				   lockdep_is_held(&sessions_lock)) {
		if (channel->session->sess == sess)
			return channel;
	}
	return NULL;
}

static void channel_link(struct server_channel *channel,
			 struct server_session *session, struct server_conn *sc)
{
	lockdep_assert_held(&sessions_lock);
	channel->session = session;
	list_add(&channel->of_session, &session->channels);
	WRITE_ONCE(session->n_channels, session->n_channels + 1);
	hash_add_rcu(sc->sessions, &channel->node, (unsigned long)session->sess);
}

static void channel_unlink(struct server_channel *channel,
			   struct unlinked *unlinked)
{
	lockdep_assert_held(&sessions_lock);
	hash_del_rcu(&channel->node);
	list_move(&channel->of_session, &unlinked->channels);
	WRITE_ONCE(channel->session->n_channels,
		   channel->session->n_channels - 1);
}

static void session_unlink(struct server_session *session,
			   struct unlinked *unlinked)
{
	struct server_channel *channel, *next;

	lockdep_assert_held(&sessions_lock);
	list_for_each_entry_safe(channel, next, &session->channels, of_session)
		channel_unlink(channel, unlinked);
	hash_del_rcu(&session->node);
	list_add(&session->dead, &unlinked->sessions);
}

/**
 * server_session_end() - a session ends, on all its connections
 * @sess: ksmbd's session, not followed
 *
 * May sleep.
 *
 * Return: true if it was there
 */
bool server_session_end(const struct ksmbd_session *sess)
{
	struct server_session *session;
	struct unlinked unlinked;

	unlinked_init(&unlinked);
	spin_lock(&sessions_lock);
	session = server_session_lookup(sess);
	if (session)
		session_unlink(session, &unlinked);
	spin_unlock(&sessions_lock);
	unlinked_free(&unlinked);
	return session;
}

/**
 * server_sessions_forget() - a connection ends
 * @sc: the connection; no request is under way
 *
 * May sleep.
 */
void server_sessions_forget(struct server_conn *sc)
{
	struct server_channel *channel;
	struct unlinked unlinked;
	struct hlist_node *next;
	int bucket;

	unlinked_init(&unlinked);
	spin_lock(&sessions_lock);
	hash_for_each_safe(sc->sessions, bucket, next, channel, node) {
		struct server_session *session = channel->session;

		channel_unlink(channel, &unlinked);
		if (list_empty(&session->channels))
			session_unlink(session, &unlinked);
	}
	spin_unlock(&sessions_lock);
	unlinked_free(&unlinked);
}

/* Channel.SigningKey, which ksmbd has derived. Sleeps. */
static bool copy_channel_key(struct server_conn *sc, struct ksmbd_session *sess,
			     u8 key[SMBSIGN_KEY_LEN])
{
	struct rw_semaphore *lock = SMBSIGN_PTR(server, sess, sess_chann_lock);
	void *channel;

	if (SMBSIGN_GET(server, sess, sess_dialect) < SMBSIGN_DIALECT_30) {
		memcpy(key, SMBSIGN_PTR(server, sess, sess_key),
		       SMBSIGN_KEY_LEN);
		return true;
	}
	down_read(lock);
	channel = xa_load(SMBSIGN_PTR(server, sess, sess_channels),
			  (unsigned long)sc->conn);
	if (channel)
		memcpy(key, SMBSIGN_PTR(server, channel, chann_signing_key),
		       SMBSIGN_KEY_LEN);
	up_read(lock);
	return channel;
}

/* The key of SMB 2.x is Session.SessionKey, which 6.12 overwrites later. */
static struct smbsign_mac *session_mac(struct server_conn *sc,
				       struct ksmbd_session *sess)
{
	if (SMBSIGN_GET(server, sess, sess_dialect) < SMBSIGN_DIALECT_30)
		return smbsign_mac_alloc(sc->alg,
					 *SMBSIGN_PTR(server, sess, sess_key));
	return smbsign_mac_alloc(sc->alg,
				 *SMBSIGN_PTR(server, sess, sess_signing_key));
}

static struct server_session *session_new(struct server_conn *sc,
					  struct ksmbd_session *sess,
					  bool encrypt)
{
	struct server_session *session = kzalloc(sizeof(*session), GFP_KERNEL);

	if (!session)
		return NULL;
	session->sess = sess;
	session->guest = server_session_is_guest(sess);
	session->encrypt = encrypt;
	INIT_LIST_HEAD(&session->channels);
	session->mac = session_mac(sc, sess);
	if (IS_ERR(session->mac)) {
		kfree(session);
		return NULL;
	}
	return session;
}

static void session_drop(struct server_session *session)
{
	if (!session)
		return;
	smbsign_mac_put(session->mac);
	kfree(session);
}

/* The first channel of a session has the session's key. */
static struct smbsign_mac *channel_mac(struct server_conn *sc,
				       struct ksmbd_session *sess,
				       const struct server_session *session)
{
	struct smbsign_mac *mac = ERR_PTR(-ENOKEY);
	u8 key[SMBSIGN_KEY_LEN];

	if (copy_channel_key(sc, sess, key)) {
		if (session && !crypto_memneq(session->mac->key, key, sizeof(key)))
			mac = smbsign_mac_get(session->mac);
		else
			mac = smbsign_mac_alloc(sc->alg, key);
	}
	memzero_explicit(key, sizeof(key));
	return mac;
}

static struct server_channel *channel_new(struct server_conn *sc,
					  struct ksmbd_session *sess,
					  const struct server_session *session)
{
	struct server_channel *channel = kzalloc(sizeof(*channel), GFP_KERNEL);

	if (!channel)
		return NULL;
	channel->mac = channel_mac(sc, sess, session);
	if (IS_ERR(channel->mac)) {
		kfree(channel);
		return NULL;
	}
	return channel;
}

static void channel_drop(struct server_channel *channel)
{
	if (!channel)
		return;
	smbsign_mac_put(channel->mac);
	kfree(channel);
}

/* Takes what it links, and sets it to NULL. Returns false if there is none. */
static bool link_both(struct server_conn *sc, struct ksmbd_session *sess,
		      struct server_session **session,
		      struct server_channel **channel)
{
	struct server_session *found = server_session_lookup(sess);

	lockdep_assert_held(&sessions_lock);
	if (!found) {
		if (!*session)
			return false;
		found = *session;
		hash_add_rcu(sessions, &found->node, (unsigned long)sess);
		*session = NULL;
	}
	if (!server_channel_lookup(sc, sess)) {
		channel_link(*channel, found, sc);
		*channel = NULL;
	}
	return true;
}

/**
 * server_session_establish() - a session was established on a connection
 * @sc: the connection
 * @sess: ksmbd's session, with a reference
 * @encrypt: the client was told to encrypt; bindings are not
 * @binds: the session was bound to a further connection
 *
 * What was agreed on before stays: a session that authenticates anew keeps its
 * keys, and one that is bound its algorithm and its duty to encrypt. May sleep.
 *
 * Return: false if memory is short, ksmbd has no key for it, or what was bound
 * is not established
 */
bool server_session_establish(struct server_conn *sc,
			      struct ksmbd_session *sess, bool encrypt,
			      bool binds)
{
	struct server_session *session = NULL;
	struct server_channel *channel;
	bool linked = false;

	if (server_has_channel(sc, sess))
		return true;
	if (!binds)
		session = session_new(sc, sess, encrypt);
	channel = channel_new(sc, sess, session);
	if ((session || binds) && channel) {
		spin_lock(&sessions_lock);
		linked = link_both(sc, sess, &session, &channel);
		spin_unlock(&sessions_lock);
	}
	session_drop(session);
	channel_drop(channel);
	return linked;
}

/* The answer to LOGOFF is signed, so the session ends after it: sign.c. */
int hook_smb2_session_logoff(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	int rc;

	if (sw)
		sw->logs_off = true;
	rc = smbsign_original(smb2_session_logoff)(work);
	if (sw)
		sw->logs_off = false;
	server_leave(idx);
	return rc;
}

/*
 * The first call of ksmbd when it destroys a session: ksmbd_session_destroy() is
 * split by the compiler, so that not all calls of it could be redirected.
 */
int hook_ksmbd_tree_conn_session_logoff(struct ksmbd_session *sess)
{
	int idx = server_enter();
	struct server_work *sw = server_work_current();
	int rc;

	if (!sw || !sw->logs_off)
		server_session_end(sess);
	rc = smbsign_original(ksmbd_tree_conn_session_logoff)(sess);
	server_leave(idx);
	return rc;
}
