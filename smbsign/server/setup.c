// SPDX-License-Identifier: GPL-2.0-only
/*
 * How sessions come to be: SESSION_SETUP, and the check of the NEGOTIATE
 * before it by FSCTL_VALIDATE_NEGOTIATE_INFO.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/wait_bit.h>

#include "server.h"

/*
 * Longest wait for another SESSION_SETUP of the connection. ksmbd waits a few
 * seconds each for its daemon, and for a session that it has to end first.
 */
#define SETUP_WAIT_SECONDS 60

/* A bit is set while a session of that hash is being bound. */
static unsigned long binding;

static bool succeeded(struct ksmbd_work *work)
{
	return server_response_hdr(work)->status ==
	       cpu_to_le32(SMBSIGN_STATUS_SUCCESS);
}

static void expire_session(struct ksmbd_session *sess)
{
	WRITE_ONCE(*SMBSIGN_PTR(server, sess, sess_state),
		   KSMBD_SESSION_EXPIRED);
}

static void refuse_setup(struct server_work *sw, u32 status)
{
	sw->refused = status;
	smbsign_call(set_smb2_rsp_status)(sw->work, cpu_to_le32(status));
}

/* A session that is bound lives on elsewhere. */
static void establish(struct server_work *sw, struct ksmbd_session *sess,
		      bool binds)
{
	struct smbsign_setup_rsp *rsp = (void *)server_response_hdr(sw->work);
	bool encrypt = le16_to_cpu(rsp->session_flags) &
		       SMBSIGN_SETUP_RSP_ENCRYPT;

	if (server_session_establish(sw->conn, sess, encrypt, binds) ||
	    !sw->enforced)
		return;
	if (!binds)
		expire_session(sess);
	refuse_setup(sw, SMBSIGN_STATUS_INSUFFICIENT_RESOURCES);
}

/*
 * MS-SMB2 3.3.5.5.3. Sessions are noted whatever policy is, as it may change
 * while they live.
 */
static void session_is_set_up(struct server_work *sw,
			      struct ksmbd_session *sess, bool binds)
{
	if (sw->enforced && server_session_is_guest(sess) &&
	    !smbsign_allows_guest(SMBSIGN_SERVER)) {
		server_report(sw, SMBSIGN_BECAUSE_GUEST);
		expire_session(sess);
		refuse_setup(sw, SMBSIGN_STATUS_ACCESS_DENIED);
		return;
	}
	establish(sw, sess, binds);
}

/* As ksmbd's own handlers do it; whoever sends it signs it. */
static void refuse_existing(struct server_work *sw)
{
	server_response_hdr(sw->work)->status = cpu_to_le32(sw->refused);
	sw->refused = 0;
	smbsign_call(smb2_set_err_rsp)(sw->work);
}

static int end_setup(struct server_work *sw)
{
	server_report(sw, SMBSIGN_BECAUSE_BUSY);
	server_end(sw);
	sw->refused = SMBSIGN_STATUS_ACCESS_DENIED;
	refuse_existing(sw);
	return 0;
}

/*
 * An error that no key is there for keeps the signature of the request, which
 * ksmbd has copied: clients that want errors signed know this from Windows.
 */
static void mark_unsigned_error(struct server_work *sw,
				const struct smbsign_setup_req *req)
{
	if (server_is_signed(&req->hdr) && !sw->setup_sess)
		server_response_hdr(sw->work)->flags |=
			cpu_to_le32(SMBSIGN_FLAG_SIGNED);
}

/* ksmbd has one word for several reasons; the header is where it put it. */
static void explain_error(struct server_work *sw)
{
	if (sw->setup_error && !succeeded(sw->work))
		server_response_hdr(sw->work)->status =
			cpu_to_le32(sw->setup_error);
}

static void setup_is_answered(struct server_work *sw)
{
	struct ksmbd_session *sess = SMBSIGN_GET(server, sw->work, work_sess);
	const struct smbsign_setup_req *req;
	u8 *msg;

	if (SMBSIGN_GET_BIT(server, sw->work, work_no_response))
		return;
	explain_error(sw);
	server_message(SMBSIGN_GET(server, sw->work, work_request), &msg);
	req = (void *)msg;
	if (!sess) {
		if (sw->enforced)
			mark_unsigned_error(sw, req);
		return;
	}
	/* What ksmbd has just made is not what we remember from before. */
	if (!req->hdr.session_id)
		WARN_ON_ONCE(server_session_end(sess));
	if (succeeded(sw->work))
		session_is_set_up(sw, sess,
				  req->flags & SMBSIGN_SETUP_REQ_BINDING);
}

/*
 * A binding that has failed is gone, and what it hashed with it: 6.12 would go
 * on with that hash, and no other binding of the session succeed.
 */
static void forget_binding(struct ksmbd_conn *conn, struct ksmbd_session *sess)
{
	struct preauth_integrity_info *preauth;
	struct preauth_session *hashed;

	smbsign_call(ksmbd_conn_lock)(conn);
	preauth = SMBSIGN_GET(server, conn, conn_preauth);
	hashed = smbsign_call(ksmbd_preauth_session_lookup)
			(conn, SMBSIGN_GET(server, sess, sess_id));
	if (hashed && preauth)
		memcpy(SMBSIGN_PTR(server, hashed, binding_hash),
		       SMBSIGN_PTR(server, preauth, preauth_hash),
		       SERVER_HASH_LEN);
	smbsign_call(ksmbd_conn_unlock)(conn);
}

static bool failed(struct ksmbd_work *work)
{
	return !succeeded(work) && server_response_hdr(work)->status !=
				   cpu_to_le32(SMBSIGN_STATUS_MORE_PROCESSING);
}

static int wait_unless_leaving(struct wait_bit_key *key, int mode)
{
	schedule_timeout(HZ);
	return server_is_leaving() ? -EAGAIN : 0;
}

/*
 * ksmbd wants the ClientGuid that the session began with, which MS-SMB2
 * 3.3.5.5 leaves to it and Windows does not. Who can sign the binding is a
 * client of the session's user, whatever it calls itself: for the length of the
 * call the session has the name that is given now. Nothing else reads it.
 */
static int bind_session(struct server_work *sw)
{
	struct ksmbd_conn *conn = SMBSIGN_GET(server, sw->work, work_conn);
	u8 *guid = *SMBSIGN_PTR(server, sw->setup_sess, sess_guid);
	u32 bit = hash_ptr(sw->setup_sess, ilog2(BITS_PER_LONG));
	u8 first[SERVER_GUID_LEN];
	int rc;

	if (wait_on_bit_lock_action(&binding, bit, wait_unless_leaving,
				    TASK_UNINTERRUPTIBLE))
		return end_setup(sw);
	memcpy(first, guid, sizeof(first));
	memcpy(guid, SMBSIGN_PTR(server, conn, conn_guid), sizeof(first));
	rc = smbsign_original(smb2_sess_setup)(sw->work);
	memcpy(guid, first, sizeof(first));
	clear_and_wake_up_bit(bit, &binding);
	if (failed(sw->work))
		forget_binding(conn, sw->setup_sess);
	return rc;
}

static int judge_and_execute(struct server_work *sw)
{
	int rc;

	if ((sw->enforced || sw->audited) && server_setup_is_refused(sw)) {
		refuse_existing(sw);
		return 0;
	}
	rc = sw->binds ? bind_session(sw) :
			 smbsign_original(smb2_sess_setup)(sw->work);
	if (server_response_hdr(sw->work)->status ==
	    cpu_to_le32(SMBSIGN_STATUS_LOGON_FAILURE))
		server_count(sw->conn, SMBSIGN_STAT_AUTH_FAILED);
	if (!sw->mute)
		setup_is_answered(sw);
	return rc;
}

/*
 * What a SESSION_SETUP needs to prove depends on the session's state, which the
 * one before it may change: so they are judged and executed one at a time.
 * ksmbd executes them so, too. The wait has an end, as unloading waits for us.
 */
static bool wait_for_turn(struct server_work *sw)
{
	int i;

	for (i = 0; i < SETUP_WAIT_SECONDS; i++) {
		if (!down_timeout(&sw->conn->setup, HZ))
			return true;
		if (server_is_leaving())
			break;
	}
	return false;
}

static int set_up(struct server_work *sw)
{
	int rc;

	if (!wait_for_turn(sw))
		return end_setup(sw);
	rc = judge_and_execute(sw);
	up(&sw->conn->setup);
	return rc;
}

int hook_smb2_sess_setup(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	int rc;

	rc = sw && sw->conn ? set_up(sw) :
			      smbsign_original(smb2_sess_setup)(work);
	server_leave(idx);
	return rc;
}

static bool validates_negotiate(struct ksmbd_work *work)
{
	const struct smbsign_ioctl_req *req;
	size_t len;
	int off = SMBSIGN_GET(server, work, work_next_req);
	u8 *msg;

	len = server_message(SMBSIGN_GET(server, work, work_request), &msg);
	if (off < 0 || off > len || len - off < sizeof(*req))
		return false;
	req = (void *)(msg + off);
	return req->ctl_code == cpu_to_le32(SMBSIGN_FSCTL_VALIDATE_NEGOTIATE);
}

/* Does the question repeat what the NEGOTIATE request said? */
static bool validation_matches(struct server_work *sw)
{
	int off = SMBSIGN_GET(server, sw->work, work_next_req);
	const struct smbsign_ioctl_input *in;
	struct server_conn *sc = sw->conn;
	size_t len, at;
	u8 *msg;

	len = server_message(SMBSIGN_GET(server, sw->work, work_request), &msg);
	msg += off;
	len -= off;
	in = (void *)msg;
	if (len < sizeof(*in) || !sc->validate_len)
		return false;
	at = le32_to_cpu(in->offset);
	return le32_to_cpu(in->count) == sc->validate_len && at <= len &&
	       len - at >= sc->validate_len &&
	       !memcmp(msg + at, &sc->validate, sc->validate_len);
}

/*
 * MS-SMB2 3.3.5.15.12: a difference ends the connection, and so does the
 * question on a 3.1.1 connection. Below 3.0 ksmbd does not know the question,
 * and says so by a signed error, which a client takes for a yes.
 */
static bool validation_failed(struct server_work *sw)
{
	switch (sw->conn->dialect) {
	case SMBSIGN_DIALECT_311:
		return true;
	case SMBSIGN_DIALECT_30:
	case SMBSIGN_DIALECT_302:
		return !succeeded(sw->work);
	default:
		return !validation_matches(sw);
	}
}

int hook_smb2_ioctl(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	bool validates = sw && sw->enforced && sw->conn &&
			 validates_negotiate(work);
	int rc;

	rc = smbsign_original(smb2_ioctl)(work);
	if (validates && validation_failed(sw)) {
		server_report(sw, SMBSIGN_BECAUSE_VALIDATE_DIFFERS);
		server_end(sw);
	}
	server_leave(idx);
	return rc;
}
