// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signing what leaves. All that a request is answered with passes
 * smb3_preauth_hash_rsp(), before it is hashed, compressed, encrypted and sent:
 * there every element is signed. What leaves by another way is signed in send.c.
 */
#include "server.h"

/*
 * The only place where this half signs.
 *
 * AES-GMAC gives its key away if two messages are signed under one (key,
 * MessageId, role). The role is ours, as we set SMBSIGN_NONCE_SERVER, and no
 * other code signs while we enforce: ksmbd's own signing is redirected to
 * mark_response(). The keys differ by session and by channel; the MessageId is
 * that of a request on this connection. The permit says why no other message is
 * signed under it:
 *
 * SERVER_ANSWERS_FRESH: the message answers an element of the request that this
 * thread processes, all of whose MessageIds were taken from the window for that
 * very request (server_permit_take_ids()), which the window allows once; and
 * answers_fresh() has moved past the element, so that no further answer to it
 * gets a permit. That holds for results, errors and refusals alike, for
 * SESSION_SETUP, re-authentication and LOGOFF, for both messages of a compound
 * that ksmbd cuts in two, and for the STATUS_CANCELLED of a lock.
 *
 * SERVER_ENDS_DEFERRED: the message is the final answer of a request whose
 * interim answer left unsigned (STATUS_PENDING never gets a permit). The permit
 * was put aside on the connection by server_permit_defer(), after which the
 * request's own thread gets none, and is taken off there by whoever sends the
 * final answer first.
 *
 * No permit, hence no signature: what answers a malformed or replayed message,
 * whose connection ends; NEGOTIATE, also of SMB1; CANCEL; notifications of
 * oplock and lease breaks, which have no MessageId; a message of no request; an
 * answer under Session.SigningKey to whoever has not signed by that key. What
 * several bindings of one session sign by that key is in verify_setup.c.
 *
 * While we unload or do not enforce, ksmbd signs, by AES-CMAC or HMAC-SHA256:
 * connections that have negotiated AES-GMAC are ended then.
 */
static int sign(const struct server_response *rsp, struct smbsign_hdr *hdr,
		size_t offset, size_t len, struct server_permit *permit)
{
	struct smbsign_nonce nonce = {
		.message_id = permit->message_id,
		.bits = SMBSIGN_NONCE_SERVER,
	};
	u8 mac[SMBSIGN_SIGNATURE_LEN];
	struct smbsign_sg sg;
	int err;

	if (WARN_ON_ONCE(permit->why == SERVER_NOT_UNIQUE ||
			 permit->message_id != le64_to_cpu(hdr->message_id)))
		return -EPERM;
	permit->why = SERVER_NOT_UNIQUE;
	hdr->flags |= cpu_to_le32(SMBSIGN_FLAG_SIGNED);
	memset(hdr->signature, 0, sizeof(hdr->signature));
	smbsign_sg_init(&sg);
	err = smbsign_sg_add_kvec(&sg, rsp->vec, rsp->n_vec, offset, len);
	if (!err)
		err = smbsign_mac_compute(permit->mac, &nonce, &sg, mac);
	smbsign_sg_free(&sg);
	if (err)
		return err;
	memcpy(hdr->signature, mac, sizeof(mac));
	server_count(rsp->sc, SMBSIGN_STAT_SIGNED);
	return 0;
}

/* ksmbd may have marked what is not signed. */
static void claim_nothing(struct smbsign_hdr *hdr)
{
	hdr->flags &= ~cpu_to_le32(SMBSIGN_FLAG_SIGNED);
	memset(hdr->signature, 0, sizeof(hdr->signature));
}

static int sign_element(const struct server_response *rsp,
			struct smbsign_hdr *hdr, size_t offset, size_t len)
{
	struct server_permit permit;
	int err = 0;

	switch (server_permit(rsp, hdr, &permit)) {
	case SERVER_MAY_SIGN:
		err = sign(rsp, hdr, offset, len, &permit);
		break;
	case SERVER_MUST_NOT_SIGN:
		claim_nothing(hdr);
		break;
	case SERVER_HAS_NO_KEY:
		/* Such errors echo the mark, and clients want it: Windows. */
		break;
	}
	if (permit.mac)
		smbsign_mac_put(permit.mac);
	return err;
}

/**
 * server_sign() - sign the elements of a message, as far as they may be
 * @rsp: the message
 *
 * May sleep.
 *
 * Return: 0; or an error, then the message must not leave
 */
int server_sign(const struct server_response *rsp)
{
	size_t offset = 0;

	while (offset < rsp->len) {
		struct smbsign_hdr *hdr = server_response_at(rsp, offset);
		size_t len = hdr ? server_response_element(rsp, hdr, offset) : 0;
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

/* The response to LOGOFF is the last that the session signs. */
static void forget_after_logoff(const struct server_response *rsp)
{
	const struct smbsign_hdr *hdr = server_response_at(rsp, 0);

	if (rsp->sess && hdr->command == cpu_to_le16(SMBSIGN_LOGOFF) &&
	    hdr->status == cpu_to_le32(SMBSIGN_STATUS_SUCCESS))
		server_session_end(rsp->sess);
}

/*
 * The LOGOFF of one session makes ksmbd refuse the others of the connection
 * without looking for them: 7.3 answers USER_SESSION_DELETED, and passes the
 * signature of the request off as its own. Such a session still has its key.
 */
static int sign_answer(struct server_response *rsp)
{
	const struct smbsign_hdr *hdr = server_response_at(rsp, 0);
	struct ksmbd_session *found = NULL;
	int err;

	if (!rsp->sess && hdr && hdr->session_id)
		found = server_session_find(rsp->conn,
					    le64_to_cpu(hdr->session_id));
	if (found)
		rsp->sess = found;
	err = server_sign(rsp);
	if (found) {
		rsp->sess = NULL;
		smbsign_call(ksmbd_user_session_put)(found);
	}
	return err;
}

static void finish_response(struct server_work *sw)
{
	struct server_response rsp;

	if (sw->refused)
		server_put_refusal(sw);
	if (sw->notify)
		server_notify_answered(sw);
	if (sw->enforced)
		server_response_repair(sw->work);
	if (!server_response_init(&rsp, sw->work))
		return;
	rsp.sc = sw->conn;
	if (rsp.sc)
		server_response_grant(&rsp);
	/* What is encrypted has no signature, MS-SMB2 3.2.4.1.1. */
	sw->must_seal = sw->enforced && sw->decrypted;
	sw->is_sealed = false;
	if (!sw->enforced || sw->mute || !rsp.sc || sw->must_seal)
		return;
	if (!server_response_at(&rsp, 0) && server_refuse_smb1(sw))
		return;
	rsp.sw = sw;
	if (!rsp.sess)
		rsp.sess = sw->setup_sess;
	if (!sign_answer(&rsp)) {
		forget_after_logoff(&rsp);
		return;
	}
	server_report(sw, SMBSIGN_BECAUSE_NOT_SIGNED_BACK);
	server_end(sw);
}

/*
 * What answers an encrypted request is encrypted, 3.3.4.1.4. Where ksmbd has
 * refused one without finding its session, it gets the one whose key has decrypted
 * the request, and our reference to it.
 */
static void give_session(struct server_work *sw)
{
	struct ksmbd_session *sess;

	if (SMBSIGN_GET(server, sw->work, work_sess))
		return;
	sess = server_session_find(SMBSIGN_GET(server, sw->work, work_conn),
				   sw->transform_session);
	SMBSIGN_SET(server, sw->work, work_sess, sess);
}

void hook_smb3_preauth_hash_rsp(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);

	if (sw) {
		finish_response(sw);
		sw->complete = true;
	}
	smbsign_original(smb3_preauth_hash_rsp)(work);
	if (sw && sw->must_seal)
		give_session(sw);
	server_leave(idx);
}
