// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests. ksmbd calls smb2_check_user_session() for each element of each
 * message, before anything of it is acted on; at the first element the whole
 * message is judged, so that of a compound all is executed or nothing.
 */
#include <crypto/algapi.h>

#include "server_internal.h"

/**
 * server_refuse() - refuse a message
 * @rq: the message
 * @status: what to answer
 *
 * ksmbd answers any negative value with an error and processes nothing; which
 * error, is put right when the answer is signed. Exempt peers are not refused.
 *
 * Return: what the hook of smb2_check_user_session() returns
 */
int server_refuse(struct server_request *rq, u32 status)
{
	if (rq->sw->audited)
		return 0;
	rq->sw->refused = status;
	return -ENOENT;
}

/**
 * server_refuse_violation() - count, report and refuse a message
 * @rq: the message
 * @stat: what is wrong with it
 *
 * May sleep.
 *
 * Return: as server_refuse()
 */
int server_refuse_violation(struct server_request *rq, enum smbsign_stat stat)
{
	server_violation(rq->sw, stat);
	return server_refuse(rq, SMBSIGN_STATUS_ACCESS_DENIED);
}

static int disconnect(struct server_request *rq, const char *why)
{
	if (!rq->sw->audited)
		server_abort(rq->sw, why);
	return server_refuse(rq, SMBSIGN_STATUS_ACCESS_DENIED);
}

static struct smbsign_hdr *hdr_at(struct server_request *rq,
				  const struct smbsign_pdu *pdu)
{
	return (void *)rq->msg + pdu->offset;
}

/* MS-SMB2 3.3.5.2.3: CANCEL takes no MessageId, a 2.0.2 client has no charge. */
static bool use_message_id(struct server_request *rq, const struct smbsign_hdr *hdr)
{
	struct server_conn *sc = rq->sw->conn;
	u16 charge = 1;
	bool fresh;

	if (hdr->command == cpu_to_le16(SMBSIGN_CANCEL))
		return true;
	if (sc->dialect > SMBSIGN_DIALECT_202)
		charge = max_t(u16, le16_to_cpu(hdr->credit_charge), 1);
	spin_lock(&sc->lock);
	fresh = smbsign_window_use(&sc->window, le64_to_cpu(hdr->message_id),
				   charge);
	spin_unlock(&sc->lock);
	return fresh;
}

static int malformed(struct server_request *rq)
{
	return rq->sw->enforced ?
		server_refuse(rq, SMBSIGN_STATUS_INVALID_PARAMETER) : 0;
}

/* Also while nothing is enforced, so that it can be from any moment on. */
static int check_message_ids(struct server_request *rq)
{
	struct smbsign_pdu pdu;
	bool fresh = true;

	if (!smbsign_pdu_first(rq->msg, rq->len, &pdu))
		return malformed(rq);
	for (;;) {
		fresh &= use_message_id(rq, hdr_at(rq, &pdu));
		if (smbsign_pdu_last(rq->msg, &pdu))
			break;
		if (!smbsign_pdu_next(rq->msg, rq->len, &pdu))
			return malformed(rq);
	}
	if (fresh || (!rq->sw->enforced && !rq->sw->audited))
		return 0;
	server_violation(rq->sw, SMBSIGN_STAT_REPLAYED);
	return disconnect(rq, "replay, or MessageId outside the window");
}

static int mac_of(struct server_request *rq, const struct server_key *key,
		  const struct smbsign_pdu *pdu, u8 mac[SMBSIGN_SIGNATURE_LEN])
{
	struct smbsign_hdr *hdr = hdr_at(rq, pdu);
	struct smbsign_nonce nonce = {
		.message_id = le64_to_cpu(hdr->message_id),
	};
	struct smbsign_sg sg;
	int err;

	if (hdr->command == cpu_to_le16(SMBSIGN_CANCEL))
		nonce.bits |= SMBSIGN_NONCE_CANCEL;
	smbsign_sg_init(&sg);
	err = smbsign_sg_add(&sg, hdr, pdu->len);
	if (!err)
		err = server_mac(rq->sw->conn, key, &nonce, &sg, mac);
	smbsign_sg_free(&sg);
	return err;
}

/**
 * server_signature_is_good() - verify the signature of an element
 * @rq: the message
 * @key: algorithm and key
 * @pdu: the element
 *
 * MS-SMB2 3.1.5.1. May sleep.
 *
 * Return: false also if the MAC cannot be computed
 */
bool server_signature_is_good(struct server_request *rq,
			      const struct server_key *key,
			      const struct smbsign_pdu *pdu)
{
	struct smbsign_hdr *hdr = hdr_at(rq, pdu);
	u8 theirs[SMBSIGN_SIGNATURE_LEN];
	u8 ours[SMBSIGN_SIGNATURE_LEN] = {};
	int err;

	memcpy(theirs, hdr->signature, sizeof(theirs));
	memset(hdr->signature, 0, sizeof(theirs));
	err = mac_of(rq, key, pdu, ours);
	memcpy(hdr->signature, theirs, sizeof(theirs));
	return !err && !crypto_memneq(ours, theirs, sizeof(ours));
}

/* Every element is of the session of the first, MS-SMB2 3.3.5.2.7. */
static bool is_of_session(struct server_request *rq, const struct smbsign_hdr *hdr)
{
	u64 id = le64_to_cpu(hdr->session_id);

	if (hdr->command == cpu_to_le16(SMBSIGN_NEGOTIATE) ||
	    hdr->command == cpu_to_le16(SMBSIGN_SESSION_SETUP))
		return hdr == rq->hdr;
	return id == SMBSIGN_GET(server, rq->sess, sess_id) ||
	       (hdr != rq->hdr && id == SMBSIGN_SESSION_RELATED);
}

static int verify_elements(struct server_request *rq,
			   const struct server_key *key)
{
	struct smbsign_pdu pdu;
	bool more;

	for (more = smbsign_pdu_first(rq->msg, rq->len, &pdu); more;
	     more = smbsign_pdu_next(rq->msg, rq->len, &pdu)) {
		if (!is_of_session(rq, hdr_at(rq, &pdu)))
			return server_refuse(rq, SMBSIGN_STATUS_INVALID_PARAMETER);
		if (!server_is_signed(hdr_at(rq, &pdu)))
			return server_refuse_violation(rq, SMBSIGN_STAT_UNSIGNED);
		if (!server_signature_is_good(rq, key, &pdu))
			return server_refuse_violation(rq, SMBSIGN_STAT_BAD_SIGNATURE);
		server_count(rq->sw->conn, SMBSIGN_STAT_VERIFIED);
		if (smbsign_pdu_last(rq->msg, &pdu))
			break;
	}
	rq->sw->verified = true;
	return 0;
}

static bool elements_are_of_session(struct server_request *rq)
{
	struct smbsign_pdu pdu;

	if (!smbsign_pdu_first(rq->msg, rq->len, &pdu))
		return false;
	while (is_of_session(rq, hdr_at(rq, &pdu))) {
		if (smbsign_pdu_last(rq->msg, &pdu))
			return true;
		if (!smbsign_pdu_next(rq->msg, rq->len, &pdu))
			return false;
	}
	return false;
}

/**
 * server_check_decrypted() - judge a message that came encrypted
 * @rq: the message, of a session
 *
 * What comes out of a transform was authenticated by the session's key.
 *
 * Return: 0, or as server_refuse()
 */
int server_check_decrypted(struct server_request *rq)
{
	if (rq->sw->transform_session != SMBSIGN_GET(server, rq->sess, sess_id))
		return disconnect(rq, "SessionId of the transform differs");
	if (!elements_are_of_session(rq))
		return server_refuse(rq, SMBSIGN_STATUS_INVALID_PARAMETER);
	if (!READ_ONCE(rq->sw->conn->sealed))
		WRITE_ONCE(rq->sw->conn->sealed, true);
	return 0;
}

/* MS-SMB2 3.3.5.7: of a 3.1.1 connection, this is the end. */
static int check_unsigned_tree_connect(struct server_request *rq)
{
	server_violation(rq->sw, SMBSIGN_STAT_UNSIGNED);
	return disconnect(rq, "TREE_CONNECT neither signed nor encrypted");
}

static int verify_by_channel_key(struct server_request *rq)
{
	struct server_key key;
	int err;

	if (!server_channel_key(rq->sw->conn, rq->sess, &key))
		return server_refuse_violation(rq, SMBSIGN_STAT_UNSIGNED);
	err = verify_elements(rq, &key);
	memzero_explicit(&key, sizeof(key));
	return err;
}

/*
 * They need not sign. If they do it has to be right, 3.3.5.2.4, though anyone
 * knows the key.
 */
static int check_guest(struct server_request *rq)
{
	if (!smbsign_allows_guest(SMBSIGN_SERVER))
		return server_refuse_violation(rq, SMBSIGN_STAT_GUEST);
	if (server_is_signed(rq->hdr))
		return verify_by_channel_key(rq);
	return elements_are_of_session(rq) ? 0 :
		server_refuse(rq, SMBSIGN_STATUS_INVALID_PARAMETER);
}

static int check_signed(struct server_request *rq)
{
	if (!server_is_signed(rq->hdr) && rq->command == SMBSIGN_TREE_CONNECT &&
	    rq->sw->conn->dialect == SMBSIGN_DIALECT_311)
		return check_unsigned_tree_connect(rq);
	if (server_session_must_encrypt(rq->sw->conn, rq->sess) &&
	    rq->command != SMBSIGN_SESSION_SETUP)
		return server_refuse_violation(rq, SMBSIGN_STAT_UNSIGNED);
	return verify_by_channel_key(rq);
}

/* MS-SMB2 3.3.5.2.4 and 3.3.5.2.9 */
static int check_session_request(struct server_request *rq)
{
	if (rq->sw->decrypted)
		return server_check_decrypted(rq);
	if (server_session_is_guest(rq->sess))
		return check_guest(rq);
	return check_signed(rq);
}

/* MS-SMB2 3.3.5.4, and 3.3.5.2.4 for the flag */
static int check_negotiate(struct server_request *rq)
{
	if (rq->sw->audited)
		return 0;
	if (rq->sw->conn->negotiated)
		return disconnect(rq, "NEGOTIATE on a negotiated connection");
	if (rq->hdr->next_command || server_is_signed(rq->hdr) ||
	    !smbsign_negotiate_contexts_valid(rq->msg, rq->len))
		return server_refuse(rq, SMBSIGN_STATUS_INVALID_PARAMETER);
	return 0;
}

/* Give ksmbd the reference to the session: to sign the answer, and to drop. */
static void attach_session(struct server_request *rq)
{
	SMBSIGN_SET(server, rq->sw->work, work_sess, rq->sess);
}

/* ECHO needs no session; if it names one, it is of that session. */
static int check_echo(struct server_request *rq, int rc)
{
	u64 id = le64_to_cpu(rq->hdr->session_id);

	if (!id && !rq->sw->decrypted && !rq->hdr->next_command)
		return rc;
	if (!rq->sess) {
		rq->sess = server_session_find(rq->conn, id);
		if (!rq->sess)
			return -ENOENT;
		if (rq->sw->audited) {
			smbsign_call(ksmbd_user_session_put)(rq->sess);
			return rc;
		}
		attach_session(rq);
	}
	return check_session_request(rq);
}

/* The rest is judged by server_setup_is_refused(). */
static int check_setup_alone(struct server_request *rq)
{
	if (rq->len < sizeof(struct smbsign_setup_req) ||
	    rq->hdr->next_command)
		return server_refuse(rq, SMBSIGN_STATUS_INVALID_PARAMETER);
	return 0;
}

/* There is no answer to a CANCEL, MS-SMB2 3.3.5.16, so none to a refused one. */
static int check_cancel(struct server_request *rq, int rc)
{
	int err;

	if (rq->sess)
		err = check_session_request(rq);
	else
		err = rc < 0 ? rc : server_refuse(rq, SMBSIGN_STATUS_ACCESS_DENIED);
	if (err && rq->sw->enforced)
		rq->sw->mute = true;
	return err ?: rc;
}

static int check_command(struct server_request *rq, int rc)
{
	int err;

	switch (rq->command) {
	case SMBSIGN_NEGOTIATE:
		return check_negotiate(rq);
	case SMBSIGN_SESSION_SETUP:
		return check_setup_alone(rq);
	case SMBSIGN_ECHO:
		return check_echo(rq, rc);
	case SMBSIGN_CANCEL:
		return check_cancel(rq, rc);
	}
	if (!rq->sess)
		return rc < 0 ? rc : server_refuse(rq, SMBSIGN_STATUS_ACCESS_DENIED);
	err = check_session_request(rq);
	return err ?: rc;
}

/**
 * server_request_init() - begin to judge a message
 * @rq: set to describe it
 * @sw: our side of it
 */
void server_request_init(struct server_request *rq, struct server_work *sw)
{
	rq->sw = sw;
	rq->conn = SMBSIGN_GET(server, sw->work, work_conn);
	rq->sess = SMBSIGN_GET(server, sw->work, work_sess);
	rq->len = server_message(SMBSIGN_GET(server, sw->work, work_request),
				 &rq->msg);
	rq->hdr = (void *)rq->msg;
	rq->command = le16_to_cpu(rq->hdr->command);
}

/**
 * server_verify() - judge a message
 * @sw: our side of it
 * @rc: what ksmbd's own check of its session said
 *
 * MS-SMB2 3.3.5.2.3 and 3.3.5.2.4. May sleep.
 *
 * Return: @rc if the message may be processed; else a negative number, with
 * which smb2_check_user_session() refuses it
 */
int server_verify(struct server_work *sw, int rc)
{
	struct server_request rq;
	int err;

	server_request_init(&rq, sw);
	if (!sw->conn)
		return sw->enforced ?
			disconnect(&rq, "it is older than smbsign") : rc;
	if (sw->conn->rejected) {
		server_abort(sw, "NEGOTIATE was refused");
		return -ECONNABORTED;
	}
	if (!sw->enforced && server_conn_is_ours_only(sw->conn)) {
		server_abort(sw, "ksmbd cannot sign as was negotiated");
		return -ECONNABORTED;
	}
	err = check_message_ids(&rq);
	if (!err && (sw->enforced || sw->audited))
		err = check_command(&rq, rc);
	else if (!err)
		err = rc;
	if (err >= 0)
		server_notify_judged(&rq);
	return err;
}

static int hook_smb2_check_user_session(struct ksmbd_work *work);
SMBSIGN_DECLARE_ORIGINAL(smb2_check_user_session);

static int hook_smb2_check_user_session(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	int rc = smbsign_original(smb2_check_user_session)(work);

	if (sw && !sw->checked) {
		sw->checked = true;
		rc = server_verify(sw, rc);
	}
	server_leave(idx);
	return rc;
}

static int hook_smb3_decrypt_req(struct ksmbd_work *work);
SMBSIGN_DECLARE_ORIGINAL(smb3_decrypt_req);

/* The SessionId of the transform is gone once ksmbd has decrypted the message. */
static int hook_smb3_decrypt_req(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	size_t len;
	u8 *msg;
	int rc;

	len = server_message(SMBSIGN_GET(server, work, work_request), &msg);
	if (sw && len >= sizeof(struct smbsign_transform))
		sw->transform_session =
			le64_to_cpu(((struct smbsign_transform *)msg)->session_id);
	rc = smbsign_original(smb3_decrypt_req)(work);
	if (sw && !rc)
		sw->decrypted = true;
	server_leave(idx);
	return rc;
}

/* From here on ksmbd's own checks say what ours have said. */
static bool is_judged(const struct server_work *sw)
{
	return sw && sw->enforced && sw->checked;
}

static bool hook_smb2_is_sign_req(struct ksmbd_work *work, unsigned int command);
SMBSIGN_DECLARE_ORIGINAL(smb2_is_sign_req);

static bool hook_smb2_is_sign_req(struct ksmbd_work *work, unsigned int command)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	bool is_signed;

	if (is_judged(sw) && SMBSIGN_GET(server, work, work_sess))
		is_signed = sw->verified;
	else
		is_signed = smbsign_original(smb2_is_sign_req)(work, command);
	server_leave(idx);
	return is_signed;
}

static int hook_smb2_check_sign_req(struct ksmbd_work *work);
SMBSIGN_DECLARE_ORIGINAL(smb2_check_sign_req);

static int hook_smb2_check_sign_req(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	int good;

	if (is_judged(sw))
		good = sw->verified;
	else
		good = smbsign_original(smb2_check_sign_req)(work);
	server_leave(idx);
	return good;
}

static int hook_smb3_check_sign_req(struct ksmbd_work *work);
SMBSIGN_DECLARE_ORIGINAL(smb3_check_sign_req);

static int hook_smb3_check_sign_req(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	int good;

	if (is_judged(sw))
		good = sw->verified;
	else
		good = smbsign_original(smb3_check_sign_req)(work);
	server_leave(idx);
	return good;
}

SMBSIGN_DEFINE_HOOK(smb2_check_user_session);
SMBSIGN_DEFINE_HOOK(smb3_decrypt_req);
SMBSIGN_DEFINE_HOOK(smb2_is_sign_req);
SMBSIGN_DEFINE_HOOK(smb2_check_sign_req);
SMBSIGN_DEFINE_HOOK(smb3_check_sign_req);
