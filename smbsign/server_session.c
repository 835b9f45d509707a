// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions of ksmbd: their keys, whether they can sign, and whether they were
 * told to encrypt.
 *
 * What ksmbd forgets, we note with the connection that the session was set up
 * on or bound to: that it told the client to encrypt, and the key of an SMB
 * 2.x session, which 6.12 overwrites when the session authenticates anew.
 */
#include <linux/slab.h>

#include "server_internal.h"

/**
 * struct session_note - what a session was told
 * @node: in server_conn.sessions
 * @rcu: for readers of that
 * @sess: the session; a key only
 * @encrypt: SESSION_FLAG_ENCRYPT_DATA
 * @alg: algorithm of Session.SigningKey: that of the first connection
 * @key: Session.SessionKey, as it first was
 *
 * Immutable. Found by the address of ksmbd's session, which can come back
 * with another session: server_session_forget() is called when one is created.
 */
struct session_note {
	struct hlist_node node;
	struct rcu_head rcu;
	const struct ksmbd_session *sess;
	bool encrypt;
	enum smbsign_alg alg;
	u8 key[SMBSIGN_KEY_LEN];
};

/*
 * Whether the last session that could encrypt was told to: a setting of the
 * whole server, which a channel's own SESSION_SETUP does not repeat. Read and
 * written by single accesses.
 */
static bool server_encrypts;

/* With RCU's read lock held, or the connection's. */
static struct session_note *note_find(struct server_conn *sc,
				      const struct ksmbd_session *sess)
{
	struct session_note *note;

	hash_for_each_possible_rcu(sc->sessions, note, node,
				   (unsigned long)sess,
				   lockdep_is_held(&sc->lock)) {
		if (note->sess == sess)
			return note;
	}
	return NULL;
}

static void note_free(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct session_note, rcu));
}

static void note_drop(struct session_note *note)
{
	hash_del_rcu(&note->node);
	call_rcu(&note->rcu, note_free);
}

/**
 * server_session_forget() - a session ends, or its address has another one
 * @sc: the connection
 * @sess: the session, not followed
 */
void server_session_forget(struct server_conn *sc, struct ksmbd_session *sess)
{
	struct session_note *note;

	spin_lock(&sc->lock);
	note = note_find(sc, sess);
	if (note)
		note_drop(note);
	spin_unlock(&sc->lock);
}

/**
 * server_sessions_forget() - a connection ends
 * @sc: the connection; no request is under way
 */
void server_sessions_forget(struct server_conn *sc)
{
	struct session_note *note;
	struct hlist_node *next;
	int bucket;

	hash_for_each_safe(sc->sessions, bucket, next, note, node)
		note_drop(note);
}

static void *channel_of(struct ksmbd_session *sess, struct ksmbd_conn *conn)
{
	return xa_load(SMBSIGN_PTR(server, sess, sess_channels),
		       (unsigned long)conn);
}

static int noted_alg(struct server_conn *sc, const struct ksmbd_session *sess)
{
	struct session_note *note;
	int alg;

	rcu_read_lock();
	note = note_find(sc, sess);
	alg = note ? note->alg : -ENOENT;
	rcu_read_unlock();
	return alg;
}

/* Algorithm of Session.SigningKey, noted with each of its connections. */
static enum smbsign_alg session_alg(struct ksmbd_session *sess)
{
	struct rw_semaphore *lock = SMBSIGN_PTR(server, sess, sess_chann_lock);
	int alg = -ENOENT;
	unsigned long index;
	void *channel;

	if (SMBSIGN_GET(server, sess, sess_dialect) < SMBSIGN_DIALECT_30)
		return SMBSIGN_HMAC_SHA256;
	down_read(lock);
	xa_for_each(SMBSIGN_PTR(server, sess, sess_channels), index, channel) {
		struct server_conn *sc = server_conn_get((void *)index);

		if (!sc)
			continue;
		alg = noted_alg(sc, sess);
		server_conn_put(sc);
		if (alg >= 0)
			break;
	}
	up_read(lock);
	return alg < 0 ? SMBSIGN_AES_CMAC : alg;
}

/**
 * server_session_remember() - note what a session was told
 * @sc: the connection that it was set up on, or bound to
 * @sess: a session with a reference
 * @encrypt: it was told to encrypt
 * @binds: the session is bound to a further connection
 *
 * What was noted before stays. May sleep.
 *
 * Return: 0, or -ENOMEM
 */
int server_session_remember(struct server_conn *sc, struct ksmbd_session *sess,
			    bool encrypt, bool binds)
{
	struct session_note *note;
	bool known;

	if (!binds && SMBSIGN_GET(server, sess, sess_enc))
		WRITE_ONCE(server_encrypts, encrypt);
	if (binds)
		encrypt = READ_ONCE(server_encrypts) &&
			  SMBSIGN_GET(server, sess, sess_enc);
	note = kzalloc(sizeof(*note), GFP_KERNEL);
	if (!note)
		return -ENOMEM;
	note->sess = sess;
	note->encrypt = encrypt;
	note->alg = binds ? session_alg(sess) : sc->alg;
	memcpy(note->key, SMBSIGN_PTR(server, sess, sess_key),
	       sizeof(note->key));
	spin_lock(&sc->lock);
	known = note_find(sc, sess);
	if (!known)
		hash_add_rcu(sc->sessions, &note->node, (unsigned long)sess);
	spin_unlock(&sc->lock);
	if (known)
		kfree_sensitive(note);
	return 0;
}

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
 * @sc: the connection
 * @sess: a session with a reference
 *
 * Such a session has keys, also while it is authenticated anew or expired.
 *
 * Return: true if it has
 */
bool server_session_is_established(struct server_conn *sc,
				   struct ksmbd_session *sess)
{
	bool noted;

	rcu_read_lock();
	noted = note_find(sc, sess);
	rcu_read_unlock();
	return noted ||
	       SMBSIGN_GET(server, sess, sess_state) == KSMBD_SESSION_VALID;
}

/**
 * server_session_must_encrypt() - was a session told to encrypt?
 * @sc: the connection
 * @sess: a session with a reference
 *
 * Return: true if the answer to its SESSION_SETUP had
 * SMB2_SESSION_FLAG_ENCRYPT_DATA
 */
bool server_session_must_encrypt(struct server_conn *sc,
				 struct ksmbd_session *sess)
{
	struct session_note *note;
	bool encrypt;

	rcu_read_lock();
	note = note_find(sc, sess);
	encrypt = note && note->encrypt;
	rcu_read_unlock();
	return encrypt;
}

/**
 * server_sessions_count() - how many sessions does a connection have?
 * @sc: the connection
 *
 * Return: the number of those that are established and have a key
 */
unsigned int server_sessions_count(struct server_conn *sc)
{
	struct session_note *note;
	unsigned int n = 0;
	int bucket;

	rcu_read_lock();
	hash_for_each_rcu(sc->sessions, bucket, note, node)
		n++;
	rcu_read_unlock();
	return n;
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
	if (sess && !channel_of(sess, conn)) {
		smbsign_call(ksmbd_user_session_put)(sess);
		sess = NULL;
	}
	return sess;
}

static void session_key_2x(struct server_conn *sc, struct ksmbd_session *sess,
			   struct server_key *key)
{
	struct session_note *note;

	key->alg = SMBSIGN_HMAC_SHA256;
	rcu_read_lock();
	note = note_find(sc, sess);
	memcpy(key->key, note ? note->key :
				*SMBSIGN_PTR(server, sess, sess_key),
	       SMBSIGN_KEY_LEN);
	rcu_read_unlock();
}

/**
 * server_session_key() - the key of a session, on whichever connection
 * @sc: a connection of the session, or one that it is to be bound to
 * @sess: a session with a reference
 * @key: set to Session.SigningKey with the algorithm of the connection that
 *	the session began on; for SMB 2.x to Session.SessionKey
 *
 * May sleep.
 *
 * Return: false if the session has no key yet; that of guests is no secret
 */
bool server_session_key(struct server_conn *sc, struct ksmbd_session *sess,
			struct server_key *key)
{
	if (!server_session_is_established(sc, sess))
		return false;
	if (SMBSIGN_GET(server, sess, sess_dialect) < SMBSIGN_DIALECT_30) {
		session_key_2x(sc, sess, key);
		return true;
	}
	key->alg = session_alg(sess);
	memcpy(key->key, SMBSIGN_PTR(server, sess, sess_signing_key),
	       SMBSIGN_KEY_LEN);
	return true;
}

/**
 * server_channel_key() - the key of a session on a connection
 * @sc: the connection
 * @sess: a session with a reference
 * @key: set to Channel.SigningKey with the connection's algorithm; for SMB 2.x
 *	to Session.SessionKey
 *
 * May sleep.
 *
 * Return: false if there is no such key
 */
bool server_channel_key(struct server_conn *sc, struct ksmbd_session *sess,
			struct server_key *key)
{
	struct rw_semaphore *lock = SMBSIGN_PTR(server, sess, sess_chann_lock);
	void *channel;

	if (!server_session_is_established(sc, sess))
		return false;
	if (SMBSIGN_GET(server, sess, sess_dialect) < SMBSIGN_DIALECT_30) {
		session_key_2x(sc, sess, key);
		return true;
	}
	key->alg = sc->alg;
	down_read(lock);
	channel = channel_of(sess, sc->conn);
	if (channel)
		memcpy(key->key,
		       SMBSIGN_PTR(server, channel, chann_signing_key),
		       SMBSIGN_KEY_LEN);
	up_read(lock);
	return channel;
}
