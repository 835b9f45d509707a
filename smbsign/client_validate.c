// SPDX-License-Identifier: GPL-2.0-only
/*
 * FSCTL_VALIDATE_NEGOTIATE_INFO: below SMB 3.1.1 the server repeats, signed,
 * what it made of NEGOTIATE. cifs asks for it in SMB 3.0 and 3.0.2 only, not
 * for every user, and takes several errors for an answer; this asks always
 * when the client could have had SMB 3.
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <smbsign/client.h>

/* MS-SMB2 2.2.31.4 */
struct validate_req {
	__le32 capabilities;
	__u8 guid[16];
	__le16 security_mode;
	__le16 dialect_count;
	__le16 dialects[SMBSIGN_OFFER_DIALECTS];
} __packed;

/* MS-SMB2 2.2.32.6 */
struct validate_rsp {
	__le32 capabilities;
	__u8 guid[16];
	__le16 security_mode;
	__le16 dialect;
} __packed;

/* MS-SMB2 2.2.32, up to what we read */
struct validate_ioctl_rsp {
	struct smbsign_hdr hdr;
	__le16 structure_size;
	__le16 reserved;
	__le32 ctl_code;
	__u8 file_id[16];
	__le32 input_offset;
	__le32 input_count;
	__le32 output_offset;
	__le32 output_count;
} __packed;

#define VALIDATE_NO_FILE (~0ULL)
#define VALIDATE_MAX_OUT 4096

SMBSIGN_DEFINE_CALLEE(SMB2_ioctl,
		      int (const unsigned int, struct cifs_tcon *, u64, u64,
			   u32, char *, u32, u32, char **, u32 *));

static int hook_SMB2_tcon(const unsigned int xid, struct cifs_ses *ses,
			  const char *tree, struct cifs_tcon *tcon,
			  const struct nls_table *cp);
SMBSIGN_DEFINE_HOOK(SMB2_tcon);
static int hook_smb3_validate_negotiate(const unsigned int xid,
					struct cifs_tcon *tcon);
SMBSIGN_DEFINE_HOOK(smb3_validate_negotiate);

/**
 * smbsign_client_validate_check() - judge the reply to the request to validate
 * @conn: the connection
 * @rsp: the reply, authentic
 * @len: its bytes
 *
 * An error that is authentic comes from a server that does not know the
 * request, which is no SMB 3 server: it passes.
 *
 * Return: NULL if it confirms what was negotiated; otherwise why not
 */
const char *smbsign_client_validate_check(struct smbsign_client_conn *conn,
					  const void *rsp, size_t len)
{
	const struct smbsign_client_answer *answer = &conn->answer;
	const struct validate_ioctl_rsp *ioctl = rsp;
	const struct validate_rsp *got;
	size_t offset;

	if (ioctl->hdr.status)
		return NULL;
	if (len < sizeof(*ioctl))
		return "it is too short";
	offset = le32_to_cpu(ioctl->output_offset);
	if (le32_to_cpu(ioctl->output_count) < sizeof(*got) ||
	    offset > len || len - offset < sizeof(*got))
		return "it is too short";
	got = rsp + offset;
	if (le16_to_cpu(got->dialect) != answer->dialect ||
	    le16_to_cpu(got->security_mode) != answer->security_mode ||
	    le32_to_cpu(got->capabilities) != answer->capabilities ||
	    memcmp(got->guid, answer->guid, sizeof(got->guid))) {
		WRITE_ONCE(conn->tampered, true);
		return "NEGOTIATE was tampered with";
	}
	return NULL;
}

static bool validate_could_have_3x(const struct smbsign_client_offer *offer)
{
	u16 i;

	for (i = 0; i < offer->n_dialects; i++) {
		if (offer->dialects[i] >= SMBSIGN_DIALECT_30)
			return true;
	}
	return false;
}

static size_t validate_build(const struct smbsign_client_offer *offer,
			     struct validate_req *req)
{
	u16 i;

	req->capabilities = cpu_to_le32(offer->capabilities);
	memcpy(req->guid, offer->guid, sizeof(req->guid));
	req->security_mode = cpu_to_le16(offer->security_mode);
	req->dialect_count = cpu_to_le16(offer->n_dialects);
	for (i = 0; i < offer->n_dialects; i++)
		req->dialects[i] = cpu_to_le16(offer->dialects[i]);
	return offsetof(struct validate_req, dialects[i]);
}

/* The reply was judged by smbsign_client_validate_check() as it arrived. */
static int validate_ask(struct smbsign_client_conn *conn, unsigned int xid,
			struct cifs_tcon *tcon)
{
	struct validate_req *req;
	char *out = NULL;
	u32 out_len = 0;
	size_t len;
	int ret;

	req = kzalloc(sizeof(*req), GFP_NOFS);
	if (!req)
		return -ENOMEM;
	len = validate_build(&conn->offer, req);
	ret = smbsign_call(SMB2_ioctl)(xid, tcon, VALIDATE_NO_FILE,
				       VALIDATE_NO_FILE,
				       SMBSIGN_FSCTL_VALIDATE_NEGOTIATE,
				       (char *)req, len, VALIDATE_MAX_OUT, &out,
				       &out_len);
	kfree(req);
	kfree(out);
	return ret;
}

/* Errors of the transport stay; what the server said was acceptable. */
static int validate_result(int ret)
{
	switch (ret) {
	case -ENOTCONN:
		return -EAGAIN;
	case -EAGAIN:
	case -ECONNABORTED:
	case -EHOSTDOWN:
	case -EIO:
	case -ENOMEM:
	case -ERESTARTSYS:
		return ret;
	default:
		return 0;
	}
}

/* What is known to be tampered with is told from a connection that broke. */
static int validate_tampered(struct smbsign_client_conn *conn, int ret)
{
	return ret && READ_ONCE(conn->tampered) ? -EKEYREJECTED : ret;
}

static int validate_tree(unsigned int xid, struct cifs_tcon *tcon)
{
	struct cifs_ses *ses = SMBSIGN_GET(client, tcon, tcon_ses);
	struct TCP_Server_Info *server = SMBSIGN_GET(client, ses, ses_server);
	struct smbsign_client_session *session;
	struct smbsign_client_conn *conn;

	conn = smbsign_client_conn_find(server);
	if (!conn)
		return -EAGAIN;
	if (conn->answer.dialect == SMBSIGN_DIALECT_311 ||
	    !validate_could_have_3x(&conn->offer))
		return 0;
	session = smbsign_client_session_find(conn, SMBSIGN_GET(client, ses,
								ses_suid));
	if (session && session->guest)
		return 0;
	return validate_tampered(conn,
				 validate_result(validate_ask(conn, xid,
							      tcon)));
}

static struct TCP_Server_Info *validate_server(struct cifs_tcon *tcon)
{
	return SMBSIGN_GET(client, SMBSIGN_GET(client, tcon, tcon_ses),
			   ses_server);
}

static int hook_smb3_validate_negotiate(const unsigned int xid,
					struct cifs_tcon *tcon)
{
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret;

	if (smbsign_client_look(validate_server(tcon), &conn) ==
	    SMBSIGN_RULE_STOCK)
		ret = smbsign_original(smb3_validate_negotiate)(xid, tcon);
	else
		ret = validate_tree(xid, tcon);
	smbsign_client_leave(idx);
	return ret;
}

/* Is a share connected for the first time? It will not be tried again. */
static bool validate_is_mount(struct cifs_tcon *tcon)
{
	return SMBSIGN_GET(client, tcon, tcon_status) == SMBSIGN_TID_NEW;
}

/*
 * A share is connected, or is not. cifs has validated already if the dialect is
 * one that it does that for.
 */
static int validate_ours(struct smbsign_client_conn *conn,
			 const unsigned int xid, struct cifs_tcon *tcon,
			 int ret)
{
	if (!ret && conn->answer.dialect < SMBSIGN_DIALECT_30)
		ret = validate_tree(xid, tcon);
	if (ret)
		smbsign_client_spend_try(conn);
	else
		smbsign_client_grant_tries(conn);
	return ret;
}

static int hook_SMB2_tcon(const unsigned int xid, struct cifs_ses *ses,
			  const char *tree, struct cifs_tcon *tcon,
			  const struct nls_table *cp)
{
	struct TCP_Server_Info *server = SMBSIGN_GET(client, ses, ses_server);
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret = smbsign_original(SMB2_tcon)(xid, ses, tree, tcon, cp);

	if (smbsign_client_look(server, &conn) == SMBSIGN_RULE_OURS)
		ret = validate_ours(conn, xid, tcon, ret);
	if (validate_is_mount(tcon) && validate_result(ret) &&
	    smbsign_client_refused_lately(server))
		ret = -EKEYREJECTED;
	smbsign_client_leave(idx);
	return ret;
}
