// SPDX-License-Identifier: GPL-2.0-only
/*
 * Responses. All that a request is answered with passes
 * smb3_preauth_hash_rsp(), before it is hashed, compressed, encrypted and
 * sent: there every element is signed, once. What leaves by another way, that
 * is what ksmbd sends long after the request, is signed where it leaves.
 */
#include "server_internal.h"

/**
 * struct response - a message while it is signed
 * @work: ksmbd's request
 * @conn: ksmbd's connection
 * @sc: our side of it
 * @sess: session that signs
 * @vec: the message, in pieces
 * @n_vec: their number
 * @len: bytes of the message
 */
struct response {
	struct ksmbd_work *work;
	struct ksmbd_conn *conn;
	struct server_conn *sc;
	struct ksmbd_session *sess;
	struct kvec *vec;
	unsigned int n_vec;
	size_t len;
};

/**
 * server_mac() - compute the signature of a message of a connection
 * @sc: the connection
 * @key: algorithm and key
 * @nonce: of the message
 * @sg: the message, its Signature zeroed
 * @out: the signature
 *
 * May sleep.
 *
 * Return: 0 or an error
 */
int server_mac(struct server_conn *sc, const struct server_key *key,
	       const struct smbsign_nonce *nonce, struct smbsign_sg *sg,
	       u8 out[SMBSIGN_SIGNATURE_LEN])
{
	struct smbsign_mac *mac;
	int err;

	mac = smbsign_keycache_get(&sc->keys, key->alg, key->key);
	if (IS_ERR(mac))
		return PTR_ERR(mac);
	err = smbsign_mac_compute(mac, nonce, sg, out);
	smbsign_mac_put(mac);
	return err;
}

/* ksmbd puts the length of the transport into the first piece. */
static bool response_init(struct response *rsp, struct ksmbd_work *work)
{
	unsigned int i;
	int last = SMBSIGN_GET(server, work, work_iov_idx);

	if (!SMBSIGN_GET(server, work, work_response) || last < 1)
		return false;
	rsp->work = work;
	rsp->conn = SMBSIGN_GET(server, work, work_conn);
	rsp->sess = SMBSIGN_GET(server, work, work_sess);
	rsp->vec = SMBSIGN_GET(server, work, work_iov) + 1;
	rsp->n_vec = last;
	rsp->len = 0;
	for (i = 0; i < rsp->n_vec; i++)
		rsp->len += rsp->vec[i].iov_len;
	return true;
}

/* The SMB2 header at @offset of the message, or NULL if there is none. */
static struct smbsign_hdr *hdr_at(const struct response *rsp, size_t offset)
{
	struct smbsign_hdr *hdr;
	unsigned int i;

	for (i = 0; i < rsp->n_vec; i++) {
		if (offset < rsp->vec[i].iov_len)
			break;
		offset -= rsp->vec[i].iov_len;
	}
	if (i == rsp->n_vec || rsp->vec[i].iov_len - offset < SMBSIGN_HDR_LEN)
		return NULL;
	hdr = rsp->vec[i].iov_base + offset;
	if (hdr->protocol != cpu_to_le32(SMBSIGN_PROTO_SMB2))
		return NULL;
	return hdr;
}

/*
 * MS-SMB2 3.3.4.1.1: which key signs this response? Until a session is bound to
 * the connection, errors of the binding are signed by the session's own key.
 */
static bool key_of(const struct response *rsp, const struct smbsign_hdr *hdr,
		   struct server_key *key)
{
	if (server_channel_key(rsp->sc, rsp->sess, key))
		return true;
	return hdr->command == cpu_to_le16(SMBSIGN_SESSION_SETUP) &&
	       hdr->status != cpu_to_le32(SMBSIGN_STATUS_SUCCESS) &&
	       server_session_key(rsp->sc, rsp->sess, key);
}

/*
 * AES-GMAC gives its key away if two messages are signed with one nonce. The
 * nonce of a response is the MessageId of its request, which the window lets
 * through once, and every response is signed once: here, when it is complete,
 * or where it leaves if it never comes here. Interim responses and answers to
 * CANCEL would have the MessageId of a response yet to come, and are not
 * signed; a copy that ksmbd makes of a signed response differs in no byte.
 *
 * What the protocol leaves: the legs of several bindings of one session are
 * signed by Session.SigningKey under the small MessageIds of new connections.
 */
static int sign_with(const struct response *rsp, struct smbsign_hdr *hdr,
		     size_t offset, size_t len, const struct server_key *key)
{
	struct smbsign_nonce nonce = {
		.message_id = le64_to_cpu(hdr->message_id),
		.bits = SMBSIGN_NONCE_SERVER,
	};
	u8 mac[SMBSIGN_SIGNATURE_LEN];
	struct smbsign_sg sg;
	int err;

	hdr->flags |= cpu_to_le32(SMBSIGN_FLAG_SIGNED);
	memset(hdr->signature, 0, sizeof(hdr->signature));
	smbsign_sg_init(&sg);
	err = smbsign_sg_add_kvec(&sg, rsp->vec, rsp->n_vec, offset, len);
	if (!err)
		err = server_mac(rsp->sc, key, &nonce, &sg, mac);
	smbsign_sg_free(&sg);
	if (err)
		return err;
	memcpy(hdr->signature, mac, sizeof(mac));
	server_count(rsp->sc, SMBSIGN_STAT_SIGNED);
	return 0;
}

/*
 * Not signed, MS-SMB2 3.3.4.1.1: interim responses, notifications, and what
 * answers a CANCEL, as its MessageId is that of another request.
 */
static bool must_not_sign(const struct smbsign_hdr *hdr)
{
	return hdr->status == cpu_to_le32(SMBSIGN_STATUS_PENDING) ||
	       hdr->message_id == cpu_to_le64(SMBSIGN_MID_NONE) ||
	       hdr->command == cpu_to_le16(SMBSIGN_CANCEL) ||
	       hdr->command == cpu_to_le16(SMBSIGN_NEGOTIATE);
}

/* ksmbd may have marked what is not signed. */
static void claim_nothing(struct smbsign_hdr *hdr)
{
	hdr->flags &= ~cpu_to_le32(SMBSIGN_FLAG_SIGNED);
	memset(hdr->signature, 0, sizeof(hdr->signature));
}

/*
 * Guests and anonymous users get signatures if they have signed or asked for
 * it, which ksmbd has marked; but not on the answer that makes them one,
 * 3.3.5.5.3.
 */
static bool unsigned_for_guest(const struct response *rsp,
			       const struct smbsign_hdr *hdr)
{
	if (!server_session_is_guest(rsp->sess))
		return false;
	return !server_is_signed(hdr) ||
	       (hdr->command == cpu_to_le16(SMBSIGN_SESSION_SETUP) &&
		hdr->status == cpu_to_le32(SMBSIGN_STATUS_SUCCESS));
}

static int sign_element(const struct response *rsp, struct smbsign_hdr *hdr,
			size_t offset, size_t len)
{
	struct server_key key;
	int err;

	/* Errors of no session echo the mark, and clients want it: Windows. */
	if (!rsp->sess)
		return 0;
	if (must_not_sign(hdr) || unsigned_for_guest(rsp, hdr)) {
		claim_nothing(hdr);
		return 0;
	}
	if (!key_of(rsp, hdr, &key))
		return 0;
	err = sign_with(rsp, hdr, offset, len, &key);
	memzero_explicit(&key, sizeof(key));
	return err;
}

/* Length of the element at @offset, or 0 if it does not fit. */
static size_t element_len(const struct response *rsp,
			  const struct smbsign_hdr *hdr, size_t offset)
{
	size_t left = rsp->len - offset;
	size_t next = le32_to_cpu(hdr->next_command);

	if (!next)
		return left;
	return next < SMBSIGN_HDR_LEN || next >= left ? 0 : next;
}

static int sign_response(const struct response *rsp)
{
	size_t offset = 0;

	while (offset < rsp->len) {
		struct smbsign_hdr *hdr = hdr_at(rsp, offset);
		size_t len = hdr ? element_len(rsp, hdr, offset) : 0;
		int err;

		if (!len)
			return -EBADMSG;
		err = sign_element(rsp, hdr, offset, len);
		if (err)
			return err;
		offset += len;
	}
	return 0;
}

/* MS-SMB2 3.3.5.2.3: what the response grants, the client may use. */
static void grant_credits(struct server_conn *sc, const struct response *rsp)
{
	struct smbsign_hdr *hdr;
	size_t offset = 0;
	u32 credits = 0;

	while (offset < rsp->len && (hdr = hdr_at(rsp, offset))) {
		size_t len = element_len(rsp, hdr, offset);

		credits += le16_to_cpu(hdr->credits);
		if (!len)
			break;
		offset += len;
	}
	spin_lock(&sc->lock);
	smbsign_window_grant(&sc->window, min_t(u32, credits, U16_MAX));
	spin_unlock(&sc->lock);
}

/* Whatever ksmbd is going to encrypt has no signature, MS-SMB2 3.2.4.1.1. */
static bool will_be_encrypted(const struct server_work *sw,
			      const struct response *rsp)
{
	return sw->decrypted && rsp->sess &&
	       SMBSIGN_GET(server, rsp->sess, sess_enc);
}

/* The response to LOGOFF is the last that the session signs. */
static void forget_after_logoff(const struct response *rsp)
{
	const struct smbsign_hdr *hdr = hdr_at(rsp, 0);

	if (rsp->sess && hdr->command == cpu_to_le16(SMBSIGN_LOGOFF) &&
	    hdr->status == cpu_to_le32(SMBSIGN_STATUS_SUCCESS))
		server_session_forget(rsp->sc, rsp->sess);
}

/*
 * The LOGOFF of one session makes ksmbd refuse the others of the connection
 * without looking for them: 7.3 answers USER_SESSION_DELETED, and passes the
 * signature of the request off as its own. Such a session still has its key.
 */
static int sign_answer(struct response *rsp)
{
	const struct smbsign_hdr *hdr = hdr_at(rsp, 0);
	struct ksmbd_session *found = NULL;
	int err;

	if (!rsp->sess && hdr && hdr->session_id)
		found = server_session_find(rsp->conn,
					    le64_to_cpu(hdr->session_id));
	if (found)
		rsp->sess = found;
	err = sign_response(rsp);
	if (found) {
		rsp->sess = NULL;
		smbsign_call(ksmbd_user_session_put)(found);
	}
	return err;
}

static void finish_response(struct server_work *sw)
{
	struct response rsp;

	if (sw->refused)
		server_put_refusal(sw);
	if (sw->notify)
		server_notify_answered(sw);
	if (!response_init(&rsp, sw->work))
		return;
	if (sw->conn)
		grant_credits(sw->conn, &rsp);
	if (!sw->enforced)
		return;
	rsp.sc = sw->conn;
	if (sw->mute || !rsp.sc || will_be_encrypted(sw, &rsp))
		return;
	if (!rsp.sess)
		rsp.sess = sw->setup_sess;
	if (sign_answer(&rsp))
		server_abort(sw, "the response cannot be signed");
	else
		forget_after_logoff(&rsp);
}

static void hook_smb3_preauth_hash_rsp(struct ksmbd_work *work);
SMBSIGN_DECLARE_ORIGINAL(smb3_preauth_hash_rsp);

static void hook_smb3_preauth_hash_rsp(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);

	if (sw)
		finish_response(sw);
	smbsign_original(smb3_preauth_hash_rsp)(work);
	server_leave(idx);
}

/*
 * Requests that came through the gate are signed when they are complete, others
 * where they leave; but when we do, no hook may be left there to sign.
 */
static bool signs_later(struct ksmbd_work *work)
{
	struct server_work *sw = server_work_find(work);

	if (sw)
		return sw->enforced;
	return smbsign_enforces(SMBSIGN_SERVER) && !server_is_leaving();
}

/* Mark the response, for whoever sends it. */
static void mark_response(struct ksmbd_work *work)
{
	struct smbsign_hdr *hdr;

	hdr = (void *)(SMBSIGN_GET(server, work, work_response) + 4 +
		       SMBSIGN_GET(server, work, work_curr_rsp));
	hdr->flags |= cpu_to_le32(SMBSIGN_FLAG_SIGNED);
	memset(hdr->signature, 0, sizeof(hdr->signature));
}

static void hook_smb2_set_sign_rsp(struct ksmbd_work *work);
SMBSIGN_DECLARE_ORIGINAL(smb2_set_sign_rsp);

static void hook_smb2_set_sign_rsp(struct ksmbd_work *work)
{
	int idx = server_enter();

	if (signs_later(work))
		mark_response(work);
	else
		smbsign_original(smb2_set_sign_rsp)(work);
	server_leave(idx);
}

static void hook_smb3_set_sign_rsp(struct ksmbd_work *work);
SMBSIGN_DECLARE_ORIGINAL(smb3_set_sign_rsp);

static void hook_smb3_set_sign_rsp(struct ksmbd_work *work)
{
	int idx = server_enter();

	if (signs_later(work))
		mark_response(work);
	else
		smbsign_original(smb3_set_sign_rsp)(work);
	server_leave(idx);
}

static bool is_marked(const struct smbsign_hdr *hdr)
{
	return hdr->flags & cpu_to_le32(SMBSIGN_FLAG_SIGNED) &&
	       !memchr_inv(hdr->signature, 0, sizeof(hdr->signature));
}

/*
 * A message that leaves without having been the answer to a request under
 * way: compound responses cut short by an interim one, and CHANGE_NOTIFY
 * completions. Its session is named by its header.
 */
static int sign_leaving(struct ksmbd_work *work)
{
	struct response rsp;
	struct smbsign_hdr *hdr;
	int err;

	if (!response_init(&rsp, work))
		return 0;
	hdr = hdr_at(&rsp, 0);
	if (!hdr || must_not_sign(hdr))
		return 0;
	if (!smbsign_enforces(SMBSIGN_SERVER) && !is_marked(hdr))
		return 0;
	rsp.sc = server_conn_get(rsp.conn);
	if (!rsp.sc)
		return is_marked(hdr) ? -ENOENT : 0;
	rsp.sess = server_session_find(rsp.conn, le64_to_cpu(hdr->session_id));
	err = sign_response(&rsp);
	if (rsp.sess)
		smbsign_call(ksmbd_user_session_put)(rsp.sess);
	server_conn_put(rsp.sc);
	return err;
}

/* Returns false if the message must not leave; @sw is the request's, or NULL. */
static bool may_leave(struct ksmbd_work *work, const struct server_work *sw)
{
	if (sw)
		return !sw->mute;
	if (!sign_leaving(work))
		return true;
	smbsign_call(ksmbd_conn_abort)(SMBSIGN_GET(server, work, work_conn));
	return false;
}

static void has_left(struct server_work *sw)
{
	if (sw && sw->notify)
		server_notify_told(sw);
}

static int hook_ksmbd_conn_write(struct ksmbd_work *work);
SMBSIGN_DECLARE_ORIGINAL(ksmbd_conn_write);

static int hook_ksmbd_conn_write(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	int err = -ECONNABORTED;

	if (may_leave(work, sw))
		err = smbsign_original(ksmbd_conn_write)(work);
	has_left(sw);
	server_leave(idx);
	return err;
}

static int hook_ksmbd_conn_write_eor(struct ksmbd_work *work);
SMBSIGN_DECLARE_ORIGINAL(ksmbd_conn_write_eor);

static int hook_ksmbd_conn_write_eor(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	int err = -ECONNABORTED;

	if (may_leave(work, sw))
		err = smbsign_original(ksmbd_conn_write_eor)(work);
	has_left(sw);
	server_leave(idx);
	return err;
}

static int hook_ksmbd_conn_write_tracked(struct ksmbd_work *work,
					 struct ksmbd_tx_tracking *tracking);
SMBSIGN_DECLARE_ORIGINAL(ksmbd_conn_write_tracked);

static int hook_ksmbd_conn_write_tracked(struct ksmbd_work *work,
					 struct ksmbd_tx_tracking *tracking)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	int err = -ECONNABORTED;

	if (may_leave(work, sw))
		err = smbsign_original(ksmbd_conn_write_tracked)(work,
								 tracking);
	has_left(sw);
	server_leave(idx);
	return err;
}

/**
 * server_send() - sign a message, if it is to be, and send it
 * @work: what is sent, as ksmbd_conn_write() wants it; of no request under way
 *
 * May sleep; the caller keeps the connection.
 *
 * Return: 0, or an error; if it cannot be signed, the connection is ended
 */
int server_send(struct ksmbd_work *work)
{
	if (!may_leave(work, NULL))
		return -ECONNABORTED;
	return smbsign_original(ksmbd_conn_write)(work);
}

SMBSIGN_DEFINE_HOOK(smb3_preauth_hash_rsp);
SMBSIGN_DEFINE_HOOK(smb2_set_sign_rsp);
SMBSIGN_DEFINE_HOOK(smb3_set_sign_rsp);
SMBSIGN_DEFINE_HOOK(ksmbd_conn_write);
SMBSIGN_DEFINE_OPTIONAL_HOOK(ksmbd_conn_write_eor);
SMBSIGN_DEFINE_OPTIONAL_HOOK(ksmbd_conn_write_tracked);
