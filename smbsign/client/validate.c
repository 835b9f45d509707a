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

#include "client.h"

#define VALIDATE_NO_FILE (~0ULL)
#define VALIDATE_MAX_OUT 4096

/**
 * smbsign_client_validate_check() - judge the reply to the request to validate
 * @conn: the connection
 * @rsp: the reply, authentic
 * @len: its bytes
 *
 * Return: SMBSIGN_ACCEPTED if it confirms what was negotiated, or if it is an
 * error that only a server without SMB 3 gives; otherwise why not
 */
enum smbsign_reason
smbsign_client_validate_check(struct smbsign_client_conn *conn, const void *rsp,
			      size_t len)
{
	enum smbsign_reason reason =
		smbsign_client_answer_reason(smbsign_validation_read(&conn->answer,
								     rsp, len));

	if (reason == SMBSIGN_ACCEPTED)
		WRITE_ONCE(conn->validated, true);
	else
		WRITE_ONCE(conn->tampered, true);
	return reason;
}

static bool validate_could_have_3x(const struct smbsign_offer *offer)
{
	u16 i;

	for (i = 0; i < offer->n_dialects; i++) {
		if (offer->dialects[i] >= SMBSIGN_DIALECT_30)
			return true;
	}
	return false;
}

/* The reply was judged by smbsign_client_validate_check() as it arrived. */
static int validate_ask(struct smbsign_client_conn *conn, unsigned int xid,
			struct cifs_tcon *tcon)
{
	struct smbsign_validate_req *req;
	char *out = NULL;
	u32 out_len = 0;
	size_t len;
	int ret;

	req = kzalloc(sizeof(*req), GFP_NOFS);
	if (!req)
		return -ENOMEM;
	len = smbsign_offer_validation(&conn->offer, req);
	ret = smbsign_call(SMB2_ioctl)(xid, tcon, VALIDATE_NO_FILE,
				       VALIDATE_NO_FILE,
				       SMBSIGN_FSCTL_VALIDATE_NEGOTIATE,
				       (char *)req, len, VALIDATE_MAX_OUT, &out,
				       &out_len);
	kfree(req);
	kfree(out);
	return ret;
}

/*
 * It counts what the demultiplex thread made of the reply, whatever error cifs
 * makes of that: an error may be acceptable, and without a reply nothing is.
 */
static int validate_result(struct smbsign_client_conn *conn, int ret)
{
	if (READ_ONCE(conn->tampered))
		return -EKEYREJECTED;
	if (READ_ONCE(conn->validated))
		return 0;
	return ret == -ENOTCONN ? -EAGAIN : ret ?: -EIO;
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
	return validate_result(conn, validate_ask(conn, xid, tcon));
}

static struct TCP_Server_Info *validate_server(struct cifs_tcon *tcon)
{
	return SMBSIGN_GET(client, SMBSIGN_GET(client, tcon, tcon_ses),
			   ses_server);
}

int hook_smb3_validate_negotiate(const unsigned int xid, struct cifs_tcon *tcon)
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

/* Is it an error of the connection, not one that the server has answered? */
static bool validate_is_broken(int ret)
{
	switch (ret) {
	case -ENOTCONN:
	case -EAGAIN:
	case -ECONNABORTED:
	case -EHOSTDOWN:
	case -EIO:
	case -ENOMEM:
	case -ERESTARTSYS:
	case -EKEYREJECTED:
		return true;
	default:
		return false;
	}
}

/* Is a share connected for the first time? It will not be tried again. */
static bool validate_is_mount(struct cifs_tcon *tcon)
{
	return SMBSIGN_GET(client, tcon, tcon_status) ==
	       SMBSIGN_VALUE(client, tid_new);
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
	if (ret) {
		smbsign_client_spend_try(conn);
		return ret;
	}
	conn->proven = conn->answer;
	smbsign_client_grant_tries(conn);
	return 0;
}

int hook_SMB2_tcon(const unsigned int xid, struct cifs_ses *ses,
		   const char *tree, struct cifs_tcon *tcon,
		   const struct nls_table *cp)
{
	struct TCP_Server_Info *server = SMBSIGN_GET(client, ses, ses_server);
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret = smbsign_original(SMB2_tcon)(xid, ses, tree, tcon, cp);

	if (smbsign_client_look(server, &conn) == SMBSIGN_RULE_OURS)
		ret = validate_ours(conn, xid, tcon, ret);
	if (validate_is_mount(tcon) && validate_is_broken(ret) &&
	    smbsign_client_refused_lately(server))
		ret = -EKEYREJECTED;
	smbsign_client_leave(idx);
	return ret;
}
