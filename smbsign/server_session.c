// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions of ksmbd: their keys, whether they can sign, and whether they were
 * told to encrypt. The latter ksmbd tells the client and forgets, so we keep
 * it, from the SESSION_SETUP response to the end of the session.
 */
#include <linux/slab.h>

#include "server_internal.h"

/**
 * struct session_note - what a session was told
 * @node: in the table
 * @sess: the key: ksmbd's session, never followed through this pointer
 * @rcu: for look-ups in the table
 * @encrypt: SESSION_FLAG_ENCRYPT_DATA
 */
struct session_note {
	struct rhash_head node;
	struct ksmbd_session *sess;
	struct rcu_head rcu;
	bool encrypt;
};

static const struct rhashtable_params note_params = {
	.key_len = sizeof(struct ksmbd_session *),
	.key_offset = offsetof(struct session_note, sess),
	.head_offset = offsetof(struct session_note, node),
	.automatic_shrinking = true,
};

static struct rhashtable notes;

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

/* Returns 1 if told to encrypt, 0 if not, -ENOENT if the session is not known. */
static int note_encrypt(struct ksmbd_session *sess)
{
	struct session_note *note;
	int encrypt = -ENOENT;

	rcu_read_lock();
	note = rhashtable_lookup(&notes, &sess, note_params);
	if (note)
		encrypt = READ_ONCE(note->encrypt);
	rcu_read_unlock();
	return encrypt;
}

/**
 * server_session_is_established() - has a session once been authenticated?
 * @sess: a session with a reference
 *
 * Such a session has keys, also while it is authenticated anew or expired.
 *
 * Return: true if it has
 */
bool server_session_is_established(struct ksmbd_session *sess)
{
	return SMBSIGN_GET(server, sess, sess_state) == KSMBD_SESSION_VALID ||
	       note_encrypt(sess) >= 0;
}

/**
 * server_session_must_encrypt() - was a session told to encrypt?
 * @sess: a session with a reference
 *
 * Return: true if the answer to its SESSION_SETUP had
 * SMB2_SESSION_FLAG_ENCRYPT_DATA
 */
bool server_session_must_encrypt(struct ksmbd_session *sess)
{
	return note_encrypt(sess) > 0;
}

/**
 * server_session_remember() - note what a session was told
 * @sess: a session with a reference
 * @encrypt: whether it was told to encrypt; never taken back later
 *
 * May sleep.
 *
 * Return: 0, or -ENOMEM
 */
int server_session_remember(struct ksmbd_session *sess, bool encrypt)
{
	struct session_note *note, *old;

	note = kzalloc(sizeof(*note), GFP_KERNEL);
	if (!note)
		return -ENOMEM;
	note->sess = sess;
	note->encrypt = encrypt;
	rcu_read_lock();
	old = rhashtable_lookup_get_insert_fast(&notes, &note->node,
						note_params);
	if (!IS_ERR_OR_NULL(old) && encrypt)
		WRITE_ONCE(old->encrypt, true);
	rcu_read_unlock();
	if (old)
		kfree(note);
	return IS_ERR(old) ? PTR_ERR(old) : 0;
}

static void session_forget(struct ksmbd_session *sess)
{
	struct session_note *note;

	rcu_read_lock();
	note = rhashtable_lookup(&notes, &sess, note_params);
	if (note && !rhashtable_remove_fast(&notes, &note->node, note_params))
		kfree_rcu(note, rcu);
	rcu_read_unlock();
}

static void hook_ksmbd_session_destroy(struct ksmbd_session *sess);
SMBSIGN_DECLARE_ORIGINAL(ksmbd_session_destroy);

static void hook_ksmbd_session_destroy(struct ksmbd_session *sess)
{
	int idx = server_enter();

	session_forget(sess);
	smbsign_original(ksmbd_session_destroy)(sess);
	server_leave(idx);
}

SMBSIGN_DEFINE_HOOK(ksmbd_session_destroy);

static void *channel_of(struct ksmbd_session *sess, struct ksmbd_conn *conn)
{
	return xa_load(SMBSIGN_PTR(server, sess, sess_channels),
		       (unsigned long)conn);
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

/**
 * server_session_key() - Session.SigningKey
 * @sess: a session with a reference
 * @key: set to the key; the caller wipes it
 *
 * Return: false if the session has no key yet, or never will
 */
bool server_session_key(struct ksmbd_session *sess, u8 key[SMBSIGN_KEY_LEN])
{
	if (server_session_is_guest(sess) ||
	    !server_session_is_established(sess))
		return false;
	memcpy(key, SMBSIGN_PTR(server, sess, sess_signing_key),
	       SMBSIGN_KEY_LEN);
	return true;
}

/**
 * server_channel_key() - the key of a session on a connection
 * @sess: a session with a reference
 * @conn: the connection
 * @key: set to Channel.SigningKey, or for SMB 2.x to Session.SessionKey; the
 *	caller wipes it
 *
 * May sleep.
 *
 * Return: false if there is no such key
 */
bool server_channel_key(struct ksmbd_session *sess, struct ksmbd_conn *conn,
			u8 key[SMBSIGN_KEY_LEN])
{
	struct rw_semaphore *lock = SMBSIGN_PTR(server, sess, sess_chann_lock);
	void *channel;

	if (server_session_is_guest(sess) ||
	    !server_session_is_established(sess))
		return false;
	if (SMBSIGN_GET(server, conn, conn_dialect) < SMBSIGN_DIALECT_30) {
		memcpy(key, SMBSIGN_PTR(server, sess, sess_key),
		       SMBSIGN_KEY_LEN);
		return true;
	}
	down_read(lock);
	channel = channel_of(sess, conn);
	if (channel)
		memcpy(key, SMBSIGN_PTR(server, channel, chann_signing_key),
		       SMBSIGN_KEY_LEN);
	up_read(lock);
	return channel;
}

/**
 * server_sessions_init() - start with no sessions known
 *
 * Return: 0 or -ENOMEM
 */
int server_sessions_init(void)
{
	return rhashtable_init(&notes, &note_params);
}

static void note_free(void *ptr, void *arg)
{
	kfree(ptr);
}

/**
 * server_sessions_exit() - forget all sessions; no hook runs any more
 */
void server_sessions_exit(void)
{
	rhashtable_free_and_destroy(&notes, note_free, NULL);
}
