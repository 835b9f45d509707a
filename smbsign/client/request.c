// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the client sends: signed with the key of its session, and remembered in
 * the request for the reply. Runs with cifs' srv_mutex held.
 */
#include <linux/err.h>

#include "client.h"

/* MS-SMB2 2.2.26.1; cifs has them in a buffer of their own. */
struct request_lock {
	__le64 offset;
	__le64 length;
	__le32 flags;
	__le32 reserved;
} __packed;

#define LOCK_UNLOCK		0x00000004
#define LOCK_FAIL_IMMEDIATELY	0x00000010

static struct smbsign_hdr *request_hdr(struct smb_rqst *rqst)
{
	return SMBSIGN_GET(client, rqst, rqst_iov)->iov_base;
}

static bool request_is_ioctl(const struct smbsign_hdr *hdr, size_t len,
			     u32 ctl_code)
{
	const struct smbsign_ioctl_req *req = (const void *)hdr;

	return le16_to_cpu(hdr->command) == SMBSIGN_IOCTL &&
	       len >= sizeof(*req) && le32_to_cpu(req->ctl_code) == ctl_code;
}

static bool request_lock_waits(struct smb_rqst *rqst)
{
	const struct kvec *vec = SMBSIGN_GET(client, rqst, rqst_iov);
	const struct request_lock *lock;

	if (SMBSIGN_GET(client, rqst, rqst_nvec) < 2 ||
	    vec[1].iov_len < sizeof(*lock))
		return false;
	lock = vec[1].iov_base;
	return !(lock->flags &
		 cpu_to_le32(LOCK_UNLOCK | LOCK_FAIL_IMMEDIATELY));
}

/* Does it wait for what somebody else does? There is no limit to that. */
static bool request_waits(struct smb_rqst *rqst, u16 command)
{
	switch (command) {
	case SMBSIGN_CHANGE_NOTIFY:
		return true;
	case SMBSIGN_LOCK:
		return request_lock_waits(rqst);
	default:
		return false;
	}
}

/* What the reply has to be, for mid_q_entry. */
static u32 request_tag(struct smbsign_client_conn *conn, struct smb_rqst *rqst)
{
	struct smbsign_hdr *hdr = request_hdr(rqst);
	size_t len = SMBSIGN_GET(client, rqst, rqst_iov)->iov_len;
	struct smbsign_client_session *session;
	u16 command = le16_to_cpu(hdr->command);
	u32 tag = SMBSIGN_TAG_OURS;

	if (command == SMBSIGN_NEGOTIATE ||
	    command == SMBSIGN_SESSION_SETUP || !hdr->session_id)
		return tag | SMBSIGN_TAG_BARE;
	session = smbsign_client_session_find(conn,
					      le64_to_cpu(hdr->session_id));
	/* No reply to it can be verified, so none will be accepted. */
	if (!session)
		return tag;
	tag |= session->tag;
	if (!session->guest && !(hdr->flags & cpu_to_le32(SMBSIGN_FLAG_SIGNED))) {
		tag |= SMBSIGN_TAG_ENCRYPTED;
		conn->sealed = true;
	}
	if (request_is_ioctl(hdr, len, SMBSIGN_FSCTL_VALIDATE_NEGOTIATE))
		tag |= SMBSIGN_TAG_VALIDATE;
	if (request_waits(rqst, command))
		tag |= SMBSIGN_TAG_WAITS;
	return tag;
}

/* Policy may have changed since the session was set up. */
static bool request_guest_is_fine(const struct smbsign_client_session *session)
{
	return !session->guest || smbsign_allows_guest(SMBSIGN_CLIENT);
}

static int request_sign(struct smbsign_client_conn *conn,
			struct TCP_Server_Info *server, struct smb_rqst *rqst)
{
	struct smbsign_hdr *hdr = request_hdr(rqst);
	struct smbsign_client_session *session;

	if (!hdr->session_id)
		return 0;
	session = smbsign_client_session_find(conn,
					      le64_to_cpu(hdr->session_id));
	if (!session || !request_guest_is_fine(session)) {
		smbsign_client_teardown(server, true);
		return -EAGAIN;
	}
	if (session->guest)
		hdr->flags &= ~cpu_to_le32(SMBSIGN_FLAG_SIGNED);
	if (!(hdr->flags & cpu_to_le32(SMBSIGN_FLAG_SIGNED)))
		return 0;
	return smbsign_client_sign(conn, server, session, rqst);
}

/* Only what binds a session is signed before there is a session here. */
static int request_sign_any(struct smbsign_client_conn *conn,
			    struct TCP_Server_Info *server,
			    struct smb_rqst *rqst)
{
	struct smbsign_hdr *hdr = request_hdr(rqst);

	if (le16_to_cpu(hdr->command) != SMBSIGN_SESSION_SETUP)
		return request_sign(conn, server, rqst);
	if (!hdr->session_id || !(hdr->flags & cpu_to_le32(SMBSIGN_FLAG_SIGNED)))
		return 0;
	return smbsign_client_setup_sign(conn, server, rqst);
}

int hook_smb2_sign_rqst(struct smb_rqst *rqst, struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret;

	switch (smbsign_client_look(server, &conn)) {
	case SMBSIGN_RULE_STOCK:
		ret = smbsign_original(smb2_sign_rqst)(rqst, server);
		break;
	case SMBSIGN_RULE_UNKNOWN:
		smbsign_client_conn_meet(server);
		smbsign_client_teardown(server, true);
		ret = -EAGAIN;
		break;
	default:
		ret = request_sign_any(conn, server, rqst);
		if (ret == -EKEYREJECTED) {
			smbsign_client_tell(server, "a MessageId is used twice");
			smbsign_client_teardown(server, false);
			ret = -EAGAIN;
		}
	}
	smbsign_client_leave(idx);
	return ret;
}

/* What has to be known before the request leaves. */
static int request_note(struct smbsign_client_conn *conn, struct cifs_ses *ses,
			struct smb_rqst *rqst)
{
	const struct kvec *vec = SMBSIGN_GET(client, rqst, rqst_iov);
	struct smbsign_hdr *hdr = vec->iov_base;
	int err;

	switch (le16_to_cpu(hdr->command)) {
	case SMBSIGN_NEGOTIATE:
		err = smbsign_client_offer_signing(conn, rqst);
		smbsign_offer_read(&conn->offer, hdr, vec->iov_len);
		return err;
	case SMBSIGN_SESSION_SETUP:
		return smbsign_client_setup_sent(conn, ses, vec->iov_base);
	default:
		return 0;
	}
}

/* As long as these get EAGAIN, cifs may send them again. */
static bool request_given_up(struct smbsign_client_conn *conn,
			     struct smb_rqst *rqst)
{
	return smbsign_client_gives_up(conn,
				       le16_to_cpu(request_hdr(rqst)->command));
}

/*
 * What a task asks while it connects anew. As it holds session_mutex, nobody
 * else can, so on a hard mount it would send these again and again for nothing.
 * They get ENOTCONN, which cifs leaves at that; what asked makes EAGAIN of it.
 */
static bool request_connects(struct smb_rqst *rqst)
{
	const struct kvec *vec = SMBSIGN_GET(client, rqst, rqst_iov);

	return request_is_ioctl(vec->iov_base, vec->iov_len,
				SMBSIGN_FSCTL_VALIDATE_NEGOTIATE) ||
	       request_is_ioctl(vec->iov_base, vec->iov_len,
				SMBSIGN_FSCTL_QUERY_INTERFACES);
}

struct mid_q_entry *hook_smb2_setup_request(struct cifs_ses *ses,
					    struct TCP_Server_Info *server,
					    struct smb_rqst *rqst)
{
	struct smbsign_client_conn *conn;
	struct mid_q_entry *mid;
	int idx = smbsign_client_enter();
	enum smbsign_client_rule rule = smbsign_client_look(server, &conn);

	if (rule == SMBSIGN_RULE_OURS && request_given_up(conn, rqst))
		mid = ERR_PTR(-EIO);
	else
		mid = smbsign_original(smb2_setup_request)(ses, server, rqst);
	if (!IS_ERR(mid) && rule == SMBSIGN_RULE_OURS) {
		smbsign_client_set_tag(mid, request_tag(conn, rqst));
		/* Not noted, so its reply will not be known. */
		if (request_note(conn, ses, rqst))
			smbsign_client_set_tag(mid, 0);
	} else if (mid == ERR_PTR(-EAGAIN)) {
		if (rule != SMBSIGN_RULE_STOCK)
			smbsign_client_unstick(server);
		if (request_connects(rqst))
			mid = ERR_PTR(-ENOTCONN);
	}
	smbsign_client_leave(idx);
	return mid;
}

struct mid_q_entry *
hook_smb2_setup_async_request(struct TCP_Server_Info *server,
			      struct smb_rqst *rqst)
{
	struct smbsign_client_conn *conn;
	struct mid_q_entry *mid;
	int idx = smbsign_client_enter();
	enum smbsign_client_rule rule = smbsign_client_look(server, &conn);

	if (rule == SMBSIGN_RULE_OURS && request_given_up(conn, rqst))
		mid = ERR_PTR(-EIO);
	else
		mid = smbsign_original(smb2_setup_async_request)(server, rqst);
	if (!IS_ERR(mid) && rule == SMBSIGN_RULE_OURS)
		smbsign_client_set_tag(mid, request_tag(conn, rqst));
	else if (mid == ERR_PTR(-EAGAIN) && rule != SMBSIGN_RULE_STOCK)
		smbsign_client_unstick(server);
	smbsign_client_leave(idx);
	return mid;
}

/* "seal" does not depend on what the server said it could when reconnecting. */
int hook_smb3_encryption_required(const struct cifs_tcon *tcon)
{
	int idx = smbsign_client_enter();
	int ret = smbsign_original(smb3_encryption_required)(tcon);

	if (!ret && tcon && smbsign_client_active())
		ret = SMBSIGN_GET_BIT(client, tcon, tcon_seal);
	smbsign_client_leave(idx);
	return ret;
}
