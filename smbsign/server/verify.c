// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests. ksmbd calls smb2_check_user_session() for each element of each
 * message, before anything of it is acted on; at the first element the whole
 * message is judged, so that of a compound all is executed or nothing.
 */
#include <crypto/algapi.h>

#include "server.h"

static struct smbsign_hdr *hdr_at(struct server_request *rq,
				  const struct smbsign_pdu *pdu)
{
	return (void *)rq->msg + pdu->offset;
}

static int compute(struct server_request *rq, struct smbsign_mac *mac,
		   const struct smbsign_pdu *pdu, u8 out[SMBSIGN_SIGNATURE_LEN])
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
		err = smbsign_mac_compute(mac, &nonce, &sg, out);
	smbsign_sg_free(&sg);
	return err;
}

/**
 * server_signature_is_good() - verify the signature of an element
 * @rq: the message
 * @mac: algorithm and key
 * @pdu: the element
 *
 * MS-SMB2 3.1.5.1. May sleep.
 *
 * Return: false also if the MAC cannot be computed
 */
bool server_signature_is_good(struct server_request *rq,
			      struct smbsign_mac *mac,
			      const struct smbsign_pdu *pdu)
{
	struct smbsign_hdr *hdr = hdr_at(rq, pdu);
	u8 theirs[SMBSIGN_SIGNATURE_LEN];
	u8 ours[SMBSIGN_SIGNATURE_LEN] = {};
	int err;

	memcpy(theirs, hdr->signature, sizeof(theirs));
	memset(hdr->signature, 0, sizeof(theirs));
	err = compute(rq, mac, pdu, ours);
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

/* Data that goes by RDMA is in no message; that of a transform is encrypted. */
static bool payload_is_plain(struct server_request *rq,
			     const struct smbsign_pdu *pdu)
{
	const struct smbsign_hdr *hdr = hdr_at(rq, pdu);
	u32 channel = SMBSIGN_CHANNEL_NONE;

	if (hdr->command == cpu_to_le16(SMBSIGN_READ) &&
	    pdu->len >= sizeof(struct smbsign_read_req))
		channel = le32_to_cpu(((struct smbsign_read_req *)hdr)->channel);
	if (hdr->command == cpu_to_le16(SMBSIGN_WRITE) &&
	    pdu->len >= sizeof(struct smbsign_write_req))
		channel = le32_to_cpu(((struct smbsign_write_req *)hdr)->channel);
	if (channel == SMBSIGN_CHANNEL_TRANSFORM)
		return !rq->sw->decrypted;
	return channel != SMBSIGN_CHANNEL_NONE;
}

typedef enum smbsign_reason element_check(struct server_request *rq,
					  struct smbsign_mac *mac,
					  const struct smbsign_pdu *pdu);

static enum smbsign_reason check_element(struct server_request *rq,
					 struct smbsign_mac *mac,
					 const struct smbsign_pdu *pdu)
{
	if (!is_of_session(rq, hdr_at(rq, pdu)))
		return SMBSIGN_BECAUSE_MIXED_SESSIONS;
	return payload_is_plain(rq, pdu) ? SMBSIGN_BECAUSE_PLAIN_PAYLOAD :
					   SMBSIGN_ACCEPTED;
}

static enum smbsign_reason verify_element(struct server_request *rq,
					  struct smbsign_mac *mac,
					  const struct smbsign_pdu *pdu)
{
	if (!server_is_signed(hdr_at(rq, pdu)))
		return SMBSIGN_BECAUSE_UNSIGNED;
	if (!server_signature_is_good(rq, mac, pdu))
		return SMBSIGN_BECAUSE_BAD_SIGNATURE;
	server_count(rq->sw->conn, SMBSIGN_STAT_VERIFIED);
	return SMBSIGN_ACCEPTED;
}

static enum smbsign_reason each_element(struct server_request *rq,
					struct smbsign_mac *mac,
					element_check *check)
{
	enum smbsign_reason reason;
	struct smbsign_pdu pdu;

	if (!smbsign_pdu_first(rq->msg, rq->len, &pdu))
		return SMBSIGN_BECAUSE_MALFORMED;
	for (;;) {
		reason = check(rq, mac, &pdu);
		if (reason != SMBSIGN_ACCEPTED)
			return reason;
		if (smbsign_pdu_last(rq->msg, &pdu))
			return SMBSIGN_ACCEPTED;
		if (!smbsign_pdu_next(rq->msg, rq->len, &pdu))
			return SMBSIGN_BECAUSE_MALFORMED;
	}
}

/*
 * Without @mac, what a signature would say is known otherwise, or not asked. We
 * verify all elements before we look into any, because the client would take a
 * signed error about forged content for the answer to its own request.
 */
static enum smbsign_reason check_elements(struct server_request *rq,
					  struct smbsign_mac *mac)
{
	enum smbsign_reason reason = SMBSIGN_ACCEPTED;

	if (mac)
		reason = each_element(rq, mac, verify_element);
	if (reason == SMBSIGN_ACCEPTED && mac)
		rq->sw->verified = true;
	return reason ?: each_element(rq, mac, check_element);
}

/**
 * server_check_decrypted() - judge a message that came encrypted
 * @rq: the message, of a session
 *
 * What comes out of a transform was authenticated by the session's key, if it
 * has one: ksmbd also decrypts where no encryption was negotiated, by a key of
 * zeroes that anyone knows.
 *
 * Return: the verdict
 */
enum smbsign_reason server_check_decrypted(struct server_request *rq)
{
	enum smbsign_reason reason;

	if (!SMBSIGN_GET(server, rq->sess, sess_enc))
		return SMBSIGN_BECAUSE_NO_CIPHER;
	if (rq->sw->transform_session != SMBSIGN_GET(server, rq->sess, sess_id))
		return SMBSIGN_BECAUSE_OTHER_TRANSFORM;
	reason = check_elements(rq, NULL);
	if (reason == SMBSIGN_ACCEPTED && !READ_ONCE(rq->sw->conn->sealed))
		WRITE_ONCE(rq->sw->conn->sealed, true);
	return reason;
}

static enum smbsign_reason check_by_channel_key(struct server_request *rq)
{
	enum smbsign_reason reason;
	struct smbsign_mac *mac;

	mac = server_channel_mac(rq->sw->conn, rq->sess);
	if (!mac)
		return SMBSIGN_BECAUSE_NO_KEY;
	reason = check_elements(rq, mac);
	smbsign_mac_put(mac);
	if (rq->sw->verified && atomic_read(&rq->sw->conn->bad))
		atomic_set(&rq->sw->conn->bad, 0);
	return reason;
}

/*
 * Guests need not sign. If they do it has to be right, 3.3.5.2.4, though anyone
 * knows the key.
 */
static enum smbsign_reason check_guest(struct server_request *rq)
{
	if (server_is_signed(rq->hdr))
		return check_by_channel_key(rq);
	return check_elements(rq, NULL);
}

/* MS-SMB2 3.3.5.7: of a 3.1.1 connection, an unsigned TREE_CONNECT is the end. */
static enum smbsign_reason check_signed(struct server_request *rq)
{
	if (!server_is_signed(rq->hdr) && rq->command == SMBSIGN_TREE_CONNECT &&
	    rq->sw->conn->dialect == SMBSIGN_DIALECT_311)
		return SMBSIGN_BECAUSE_UNPROTECTED_CONNECT;
	if (server_session_must_encrypt(rq->sess) &&
	    rq->command != SMBSIGN_SESSION_SETUP)
		return SMBSIGN_BECAUSE_PLAIN;
	return check_by_channel_key(rq);
}

/* MS-SMB2 3.3.5.2.4 and 3.3.5.2.9 */
static enum smbsign_reason check_session_request(struct server_request *rq)
{
	bool guest = server_session_is_guest(rq->sess);

	if (guest && !smbsign_allows_guest(SMBSIGN_SERVER))
		return SMBSIGN_BECAUSE_GUEST;
	if (rq->sw->decrypted)
		return server_check_decrypted(rq);
	return guest ? check_guest(rq) : check_signed(rq);
}

/* MS-SMB2 3.3.5.4, and 3.3.5.2.4 for the flag */
static enum smbsign_reason check_negotiate(struct server_request *rq)
{
	if (rq->sw->audited)
		return SMBSIGN_ACCEPTED;
	if (rq->sw->conn->negotiated)
		return SMBSIGN_BECAUSE_NEGOTIATED;
	if (rq->hdr->next_command || server_is_signed(rq->hdr) ||
	    !smbsign_negotiate_contexts_valid(rq->msg, rq->len))
		return SMBSIGN_BECAUSE_BAD_NEGOTIATE;
	return SMBSIGN_ACCEPTED;
}

/* Give ksmbd the reference to the session: to sign the answer, and to drop. */
static void attach_session(struct server_request *rq)
{
	SMBSIGN_SET(server, rq->sw->work, work_sess, rq->sess);
}

/* ECHO needs no session; if it names one, it is of that session. */
static enum smbsign_reason check_echo(struct server_request *rq, int *rc)
{
	u64 id = le64_to_cpu(rq->hdr->session_id);

	if (!id && !rq->sw->decrypted && !rq->hdr->next_command)
		return SMBSIGN_ACCEPTED;
	if (!rq->sess) {
		rq->sess = server_session_find(rq->conn, id);
		if (!rq->sess) {
			*rc = -ENOENT;
			return SMBSIGN_ACCEPTED;
		}
		if (rq->sw->audited) {
			smbsign_call(ksmbd_user_session_put)(rq->sess);
			return SMBSIGN_ACCEPTED;
		}
		attach_session(rq);
	}
	return check_session_request(rq);
}

/* The rest is judged by server_setup_is_refused(). */
static enum smbsign_reason check_setup_alone(struct server_request *rq)
{
	if (rq->len < sizeof(struct smbsign_setup_req) ||
	    rq->hdr->next_command)
		return SMBSIGN_BECAUSE_BAD_SETUP;
	return SMBSIGN_ACCEPTED;
}

/* ksmbd refuses by itself what names no session: it has set @rc then. */
static enum smbsign_reason check_command(struct server_request *rq, int *rc)
{
	switch (rq->command) {
	case SMBSIGN_NEGOTIATE:
		return check_negotiate(rq);
	case SMBSIGN_SESSION_SETUP:
		return check_setup_alone(rq);
	case SMBSIGN_ECHO:
		return check_echo(rq, rc);
	}
	if (rq->sess)
		return check_session_request(rq);
	return *rc < 0 && rq->command != SMBSIGN_CANCEL ?
		SMBSIGN_ACCEPTED : SMBSIGN_BECAUSE_SESSIONLESS;
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

static enum smbsign_reason check_connection(const struct server_work *sw)
{
	if (!sw->conn)
		return sw->enforced ? SMBSIGN_BECAUSE_OLD_CONNECTION :
				      SMBSIGN_ACCEPTED;
	if (sw->conn->rejected)
		return SMBSIGN_BECAUSE_REJECTED;
	if (!sw->enforced && server_conn_is_ours_only(sw->conn))
		return SMBSIGN_BECAUSE_NOT_ENFORCED;
	return SMBSIGN_ACCEPTED;
}

static enum smbsign_reason check_message(struct server_request *rq, int *rc)
{
	struct server_work *sw = rq->sw;
	enum smbsign_reason reason = check_connection(sw);

	if (reason != SMBSIGN_ACCEPTED || !sw->conn)
		return reason;
	reason = server_permit_take_ids(rq);
	if (!sw->enforced && !sw->audited)
		return SMBSIGN_ACCEPTED;
	return reason == SMBSIGN_ACCEPTED ? check_command(rq, rc) : reason;
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
	err = server_act(&rq, check_message(&rq, &rc)) ?: rc;
	if (err >= 0 && sw->conn)
		server_notify_judged(&rq);
	return err;
}

int hook_smb2_check_user_session(struct ksmbd_work *work)
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

/* The SessionId of the transform is gone once ksmbd has decrypted the message. */
int hook_smb3_decrypt_req(struct ksmbd_work *work)
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

bool hook_smb2_is_sign_req(struct ksmbd_work *work, unsigned int command)
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

int hook_smb2_check_sign_req(struct ksmbd_work *work)
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

int hook_smb3_check_sign_req(struct ksmbd_work *work)
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
