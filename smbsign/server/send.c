// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where messages leave. ksmbd's own signing is left to sign.c; what was not the
 * answer to a request, that is what ksmbd sends long after it, is signed here, or
 * encrypted.
 */
#include "server.h"

/* While we leave, ksmbd signs what it sends, and we must not touch it. */
static bool we_sign(void)
{
	return smbsign_enforces(SMBSIGN_SERVER) && !server_is_leaving();
}

/*
 * Requests that came through the gate are signed when they are complete, others
 * where they leave; but when we do, no hook may be left there to sign.
 */
static bool signs_later(struct ksmbd_work *work)
{
	struct server_work *sw = server_work_find(work);

	return sw ? sw->enforced : we_sign();
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

void hook_smb2_set_sign_rsp(struct ksmbd_work *work)
{
	int idx = server_enter();

	if (signs_later(work))
		mark_response(work);
	else
		smbsign_original(smb2_set_sign_rsp)(work);
	server_leave(idx);
}

void hook_smb3_set_sign_rsp(struct ksmbd_work *work)
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

/* The request under way in this thread, if it is of that connection. */
static struct server_work *request_of(const struct server_conn *sc)
{
	struct server_work *sw = server_work_current();

	return sw && sw->conn == sc ? sw : NULL;
}

/*
 * ksmbd encrypts by the key of the session that @work names, and takes what the
 * transform header says from the message. An interim response to a related element
 * of a compound says that it is of the session before, which no client knows.
 */
static void name_session(struct ksmbd_work *work, struct smbsign_hdr *hdr)
{
	struct ksmbd_session *sess = SMBSIGN_GET(server, work, work_sess);

	if (sess && hdr->session_id == cpu_to_le64(SMBSIGN_SESSION_RELATED))
		hdr->session_id =
			cpu_to_le64(SMBSIGN_GET(server, sess, sess_id));
}

static bool ends_notify(const struct smbsign_hdr *hdr)
{
	return hdr->command == cpu_to_le16(SMBSIGN_CHANGE_NOTIFY) &&
	       hdr->status != cpu_to_le32(SMBSIGN_STATUS_PENDING);
}

/*
 * The permit to sign what ends a waiting CHANGE_NOTIFY goes once it is encrypted.
 * If that fails it has to stay: it also says that the message must not leave
 * otherwise.
 */
static int encrypt(struct ksmbd_work *work)
{
	struct smbsign_hdr *hdr = NULL;
	struct server_conn *sc = NULL;
	struct server_response rsp;
	u64 message_id = 0;
	int err;

	if (server_response_init(&rsp, work))
		hdr = server_response_at(&rsp, 0);
	if (hdr)
		name_session(work, hdr);
	if (hdr && ends_notify(hdr)) {
		message_id = le64_to_cpu(hdr->message_id);
		sc = server_conn_get(rsp.conn);
	}
	/* The message is there no more when this returns. */
	err = smbsign_original(smb3_encrypt_resp)(work);
	if (!sc)
		return err;
	if (!err)
		server_permit_drop(sc, message_id);
	server_conn_put(sc);
	return err;
}

/*
 * MS-SMB2 3.3.4.1.4: what answers an encrypted request is encrypted, and all
 * that goes to a session which was told to encrypt. ksmbd 7.3 forgets this when a
 * directory is closed that a CHANGE_NOTIFY waits for, 6.12 in interim answers.
 */
static bool must_be_sealed(const struct server_response *rsp,
			   const struct smbsign_hdr *hdr)
{
	if (server_permit_seals(rsp->sc, le64_to_cpu(hdr->message_id)))
		return true;
	if (rsp->sw && (rsp->sw->audited || rsp->sw->decrypted))
		return !rsp->sw->audited;
	return rsp->sess && server_session_must_encrypt(rsp->sess);
}

static int seal(struct ksmbd_work *work, struct ksmbd_session *sess)
{
	struct ksmbd_session *named = SMBSIGN_GET(server, work, work_sess);
	int err;

	if (!sess || !SMBSIGN_GET(server, sess, sess_enc))
		return -ENOKEY;
	SMBSIGN_SET(server, work, work_sess, sess);
	err = encrypt(work);
	SMBSIGN_SET(server, work, work_sess, named);
	return err;
}

static int protect(const struct server_response *rsp, struct ksmbd_work *work,
		   const struct smbsign_hdr *hdr)
{
	/* Notifications of breaks answer nothing, and name no session. */
	if (hdr->message_id != cpu_to_le64(SMBSIGN_MID_NONE) &&
	    must_be_sealed(rsp, hdr))
		return seal(work, rsp->sess);
	return server_sign(rsp);
}

/*
 * The session that a message names. Interim responses to related elements of a
 * compound name none: they are of the request under way.
 */
static struct ksmbd_session *session_of(const struct server_response *rsp,
					const struct smbsign_hdr *hdr)
{
	u64 id = le64_to_cpu(hdr->session_id);
	struct ksmbd_session *sess = NULL;

	if (id == SMBSIGN_SESSION_RELATED && rsp->sw &&
	    hdr->status == cpu_to_le32(SMBSIGN_STATUS_PENDING))
		sess = SMBSIGN_GET(server, rsp->sw->work, work_sess);
	if (sess)
		id = SMBSIGN_GET(server, sess, sess_id);
	return server_session_find(rsp->conn, id);
}

/*
 * A message that leaves without having been the answer to a request under
 * way: compound responses cut short by an interim one, interim responses, and
 * CHANGE_NOTIFY completions.
 */
static int protect_leaving(struct ksmbd_work *work)
{
	struct server_response rsp;
	struct smbsign_hdr *hdr;
	int err;

	if (!server_response_init(&rsp, work))
		return 0;
	hdr = server_response_at(&rsp, 0);
	if (!hdr || (!we_sign() && !is_marked(hdr)))
		return 0;
	rsp.sc = server_conn_get(rsp.conn);
	if (!rsp.sc)
		return is_marked(hdr) ? -ENOENT : 0;
	rsp.sw = request_of(rsp.sc);
	rsp.sess = session_of(&rsp, hdr);
	err = protect(&rsp, work, hdr);
	if (rsp.sess)
		smbsign_call(ksmbd_user_session_put)(rsp.sess);
	server_conn_put(rsp.sc);
	return err;
}

int hook_smb3_encrypt_resp(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	int err = encrypt(work);

	if (sw)
		sw->is_sealed = !err;
	server_leave(idx);
	return err;
}

/*
 * ksmbd sends an answer that it could not encrypt all the same. We have not
 * signed it, and it may be secret, so the connection ends.
 */
static bool is_unprotected(const struct server_work *sw)
{
	return sw->must_seal && !sw->is_sealed;
}

/*
 * All that ksmbd sends comes through here. If a kernel has a way to answer that
 * does not come past where requests are judged (NEGOTIATE of SMB1 need not) and
 * answers are signed, the answer is not to be trusted. A second one of the same
 * request has to come past there again.
 */
static bool went_past_us(const struct server_work *sw)
{
	return sw->enforced &&
	       !(sw->complete && (sw->checked || server_is_smb1(sw)));
}

static enum smbsign_reason judge_answer(const struct server_work *sw)
{
	if (went_past_us(sw))
		return SMBSIGN_BECAUSE_PAST_US;
	return is_unprotected(sw) ? SMBSIGN_BECAUSE_NOT_ENCRYPTED_BACK :
				    SMBSIGN_ACCEPTED;
}

static bool answer_may_leave(struct server_work *sw)
{
	enum smbsign_reason reason = SMBSIGN_ACCEPTED;

	if (!sw->mute)
		reason = judge_answer(sw);
	if (reason != SMBSIGN_ACCEPTED) {
		server_report(sw, reason);
		server_end(sw);
	}
	sw->complete = false;
	return !sw->mute;
}

/* Returns false if the message must not leave; @sw is the request's, or NULL. */
static bool may_leave(struct ksmbd_work *work, struct server_work *sw)
{
	if (sw)
		return answer_may_leave(sw);
	if (!protect_leaving(work))
		return true;
	smbsign_call(ksmbd_conn_abort)(SMBSIGN_GET(server, work, work_conn));
	return false;
}

static void has_left(struct server_work *sw)
{
	if (sw && sw->notify)
		server_notify_told(sw);
}

int hook_ksmbd_conn_write(struct ksmbd_work *work)
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

int hook_ksmbd_conn_write_eor(struct ksmbd_work *work)
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

int hook_ksmbd_conn_write_tracked(struct ksmbd_work *work,
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
 * server_send() - protect a message, if it is to be, and send it
 * @work: what is sent, as ksmbd_conn_write() wants it; of no request under way
 *
 * May sleep; the caller keeps the connection.
 *
 * Return: 0, or an error; if it cannot be protected, the connection is ended
 */
int server_send(struct ksmbd_work *work)
{
	if (!may_leave(work, NULL))
		return -ECONNABORTED;
	return smbsign_original(ksmbd_conn_write)(work);
}
