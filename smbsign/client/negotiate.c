// SPDX-License-Identifier: GPL-2.0-only
/*
 * NEGOTIATE: signing is required from the first request on, and the answer
 * must be one to what was asked.
 */
#include <linux/build_bug.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "client.h"

/* How long to wait for a connection to negotiate on. */
#define NEGOTIATE_AGAIN_WAIT (5 * HZ)
#define NEGOTIATE_AGAIN_POLL_MS 20

/**
 * smbsign_client_is_gmac() - are messages of a connection signed by AES-GMAC?
 * @conn: the connection
 *
 * Return: true if its NEGOTIATE answer chose SMB 3.1.1 and AES-GMAC.
 */
bool smbsign_client_is_gmac(const struct smbsign_client_conn *conn)
{
	return conn->answer.dialect == SMBSIGN_DIALECT_311 &&
	       conn->answer.alg == SMBSIGN_AES_GMAC;
}

/**
 * smbsign_client_note_channels() - may a session have more than one channel?
 * @conn: a connection of it
 * @ses: the session
 *
 * It may for good: others on this connection may negotiate it anew.
 */
void smbsign_client_note_channels(struct smbsign_client_conn *conn,
				  struct cifs_ses *ses)
{
	if (SMBSIGN_GET(client, ses, ses_chan_max) > 1)
		WRITE_ONCE(conn->multichannel, true);
}

static unsigned int offer_algs(u8 ids[__SMBSIGN_ALG_MAX], bool without_gmac)
{
	struct smbsign_algs algs = smbsign_algs(SMBSIGN_CLIENT);
	unsigned int i, n = 0;

	for (i = 0; i < algs.n; i++) {
		if (without_gmac && algs.alg[i] == SMBSIGN_AES_GMAC)
			continue;
		if (smbsign_alg_available(algs.alg[i]))
			ids[n++] = algs.alg[i];
	}
	return n;
}

/**
 * smbsign_client_offer_signing() - offer what policy allows, in its order
 * @conn: the connection
 * @rqst: NEGOTIATE request, whose preauth hash cifs takes later
 *
 * Every channel signs its first messages with the key of the session, under
 * the same few MessageIds. AES-GMAC gives its key away then, so it is not
 * offered where a session may have several channels; unless nothing else is
 * allowed, when the session keeps to one channel.
 *
 * Return: 0, or -ENOSPC if cifs has left no room for it
 */
int smbsign_client_offer_signing(const struct smbsign_client_conn *conn,
				 struct smb_rqst *rqst)
{
	struct kvec *vec = SMBSIGN_GET(client, rqst, rqst_iov);
	bool without_gmac = READ_ONCE(conn->multichannel) &&
			    !smbsign_gmac_multichannel(SMBSIGN_CLIENT);
	u8 ids[__SMBSIGN_ALG_MAX];
	unsigned int n = offer_algs(ids, without_gmac);
	size_t len;

	if (without_gmac && smbsign_alg_allowed(SMBSIGN_CLIENT,
						SMBSIGN_AES_GMAC))
		pr_info_once("client: AES-GMAC and several channels exclude each other, see client/gmac_multichannel\n");
	if (!n)
		n = offer_algs(ids, false);
	len = smbsign_negotiate_offer(vec->iov_base, vec->iov_len,
				      ksize(vec->iov_base), ids, n);
	if (!len)
		return -ENOSPC;
	vec->iov_len = len;
	return 0;
}

static_assert(SMBSIGN_WIRE_HMAC_SHA256 == (int)SMBSIGN_HMAC_SHA256);
static_assert(SMBSIGN_WIRE_AES_CMAC == (int)SMBSIGN_AES_CMAC);
static_assert(SMBSIGN_WIRE_AES_GMAC == (int)SMBSIGN_AES_GMAC);

/**
 * smbsign_client_answer_reason() - the verdict on an answer, from what is wrong
 * @fault: what is wrong with it
 *
 * Return: SMBSIGN_ACCEPTED if nothing is
 */
enum smbsign_reason
smbsign_client_answer_reason(enum smbsign_answer_fault fault)
{
	switch (fault) {
	case SMBSIGN_ANSWER_GOOD:
		return SMBSIGN_ACCEPTED;
	case SMBSIGN_ANSWER_DIALECT:
		return SMBSIGN_BECAUSE_DIALECT_NOT_OFFERED;
	case SMBSIGN_ANSWER_CANNOT_SIGN:
		return SMBSIGN_BECAUSE_CANNOT_SIGN;
	case SMBSIGN_ANSWER_CONTEXTS:
		return SMBSIGN_BECAUSE_BAD_CONTEXTS;
	case SMBSIGN_ANSWER_HASH:
		return SMBSIGN_BECAUSE_HASH_NOT_OFFERED;
	case SMBSIGN_ANSWER_CIPHER:
		return SMBSIGN_BECAUSE_CIPHER_NOT_OFFERED;
	case SMBSIGN_ANSWER_ALGORITHM:
		return SMBSIGN_BECAUSE_ALGORITHM_NOT_OFFERED;
	case SMBSIGN_ANSWER_ERROR:
		return SMBSIGN_BECAUSE_NOT_VALIDATED;
	case SMBSIGN_ANSWER_DIFFERS:
		return SMBSIGN_BECAUSE_TAMPERED;
	default:
		return SMBSIGN_BECAUSE_MALFORMED;
	}
}

/* The first channel's answer, as far as it is known; or NULL. */
static const struct smbsign_answer *
answer_first(const struct smbsign_client_conn *conn)
{
	struct TCP_Server_Info *primary =
		SMBSIGN_GET(client, conn->server, server_primary);
	struct smbsign_client_conn *first =
		primary ? smbsign_client_conn_find(primary) : NULL;

	if (!first)
		return NULL;
	if (READ_ONCE(first->proven.dialect))
		return &first->proven;
	return READ_ONCE(first->answer.dialect) ? &first->answer : NULL;
}

/* What the protocol allows may not be what this connection is to have. */
static enum smbsign_reason
answer_judge(const struct smbsign_client_conn *conn)
{
	const struct smbsign_answer *first = answer_first(conn);

	if (!smbsign_alg_allowed(SMBSIGN_CLIENT, conn->answer.alg))
		return SMBSIGN_BECAUSE_ALGORITHM;
	if (conn->sealed && !smbsign_answer_can_encrypt(&conn->answer))
		return SMBSIGN_BECAUSE_NO_ENCRYPTION;
	if (first && !smbsign_answer_same(first, &conn->answer))
		return SMBSIGN_BECAUSE_OTHER_SERVER;
	return SMBSIGN_ACCEPTED;
}

/**
 * smbsign_client_answer_check() - judge and remember a NEGOTIATE reply
 * @conn: the connection
 * @rsp: the reply
 * @len: its bytes
 *
 * Errors pass: cifs makes nothing but errors of them.
 *
 * Return: SMBSIGN_ACCEPTED if it is an answer to what was asked; otherwise why
 * not
 */
enum smbsign_reason
smbsign_client_answer_check(struct smbsign_client_conn *conn, const void *rsp,
			    size_t len)
{
	const struct smbsign_hdr *hdr = rsp;
	enum smbsign_reason reason;

	memset(&conn->answer, 0, sizeof(conn->answer));
	WRITE_ONCE(conn->validated, false);
	if (hdr->status)
		return SMBSIGN_ACCEPTED;
	reason = smbsign_client_answer_reason(smbsign_answer_read(&conn->answer,
								  &conn->offer,
								  rsp, len));
	if (reason == SMBSIGN_ACCEPTED)
		reason = answer_judge(conn);
	conn->refusal = reason == SMBSIGN_ACCEPTED ? 0 :
			smbsign_reason_row(reason)->err;
	return reason;
}

/* Keep what the mount option esize says until it is given back. */
static void negotiate_take_offload(struct smbsign_client_conn *conn,
				   struct TCP_Server_Info *server)
{
	unsigned int size = SMBSIGN_GET(client, server, server_min_offload);

	spin_lock(&conn->lock);
	if (size)
		conn->min_offload = size;
	spin_unlock(&conn->lock);
	SMBSIGN_SET(client, server, server_min_offload, 0);
}

/**
 * smbsign_client_return_offload() - let a worker decrypt again what is large
 * @conn: the connection, which we do not rule any more
 * @server: the same, as cifs has it
 */
void smbsign_client_return_offload(struct smbsign_client_conn *conn,
				   struct TCP_Server_Info *server)
{
	spin_lock(&conn->lock);
	if (conn->min_offload && !conn->gone) {
		SMBSIGN_SET(client, server, server_min_offload,
			    conn->min_offload);
		conn->min_offload = 0;
	}
	spin_unlock(&conn->lock);
}

/*
 * A session asks for signing whatever the mount options said, and so do all
 * its channels: cifs derives both from this. It does not last longer, lest the
 * session keeps it when we are gone. Messages that a worker decrypts out of our
 * sight are not wanted.
 */
static int negotiate_required(struct smbsign_client_conn *conn,
			      const unsigned int xid, struct cifs_ses *ses,
			      struct TCP_Server_Info *server)
{
	bool sign = SMBSIGN_GET(client, ses, ses_sign);
	int ret;

	negotiate_take_offload(conn, server);
	SMBSIGN_SET(client, ses, ses_sign, true);
	ret = smbsign_original(SMB2_negotiate)(xid, ses, server);
	SMBSIGN_SET(client, ses, ses_sign, sign);
	return ret;
}

/* cifs decides for itself whether to sign. */
static void negotiate_lower(struct smbsign_client_conn *conn,
			    struct TCP_Server_Info *server)
{
	smbsign_client_return_offload(conn, server);
	if (!conn->sign_raised)
		return;
	conn->sign_raised = false;
	SMBSIGN_SET(client, server, server_sign, false);
}

/*
 * A mount fails if the answer is refused. One that was there before, which is
 * negotiated anew, is better off if that is tried a few times more; cifs does
 * so, if there is a connection to do it on. After that its operations fail at
 * once, until an answer is good. Those that wait for credits would not hear of
 * the one that cifs has on a new connection.
 */
static int negotiate_refused(struct smbsign_client_conn *conn,
			     struct TCP_Server_Info *server)
{
	unsigned long end = jiffies + NEGOTIATE_AGAIN_WAIT;
	bool is_left = smbsign_client_spend_try(conn);

	if (!is_left && !READ_ONCE(conn->shown))
		return conn->refusal;
	while (!smbsign_client_is_new(server) && time_before(jiffies, end))
		msleep(NEGOTIATE_AGAIN_POLL_MS);
	wake_up(SMBSIGN_PTR(client, server, server_request_q));
	return is_left ? -EAGAIN : conn->refusal;
}

/* Is it one more channel of a session that is signed by AES-GMAC? */
static bool negotiate_is_one_too_many(struct TCP_Server_Info *server)
{
	struct TCP_Server_Info *primary =
		SMBSIGN_GET(client, server, server_primary);
	struct smbsign_client_conn *first;

	if (!primary || smbsign_gmac_multichannel(SMBSIGN_CLIENT))
		return false;
	first = smbsign_client_conn_find(primary);
	return first && smbsign_client_is_gmac(first);
}

static int negotiate_ours(const unsigned int xid, struct cifs_ses *ses,
			  struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = smbsign_client_conn_renew(server);
	int ret;

	if (!conn)
		return smbsign_client_report(server, SMBSIGN_NEGOTIATE,
					     SMBSIGN_BECAUSE_NO_MEMORY);
	if (!conn->exempt && negotiate_is_one_too_many(server))
		return -EOPNOTSUPP;
	smbsign_client_note_channels(conn, ses);
	smbsign_client_pace(server);
	if (conn->exempt) {
		negotiate_lower(conn, server);
		ret = smbsign_original(SMB2_negotiate)(xid, ses, server);
	} else {
		if (!SMBSIGN_GET(client, server, server_sign))
			conn->sign_raised = true;
		ret = negotiate_required(conn, xid, ses, server);
	}
	if (conn->refusal)
		return negotiate_refused(conn, server);
	/* Switched off meanwhile: cifs alone could not go on with it. */
	if (!ret && !smbsign_client_active())
		ret = -EAGAIN;
	if (!ret && !conn->exempt && !conn->answer.dialect)
		ret = -EIO;
	if (ret)
		return ret;
	if (!conn->exempt)
		SMBSIGN_SET(client, server, server_sign, true);
	smbsign_client_conn_show(conn, server);
	return 0;
}

static void negotiate_give_back(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = smbsign_client_conn_find(server);

	if (!conn)
		return;
	negotiate_lower(conn, server);
	smbsign_client_calm(conn, server);
	smbsign_client_conn_forget(conn);
}

int hook_SMB2_negotiate(const unsigned int xid, struct cifs_ses *ses,
			struct TCP_Server_Info *server)
{
	int idx = smbsign_client_enter();
	int ret;

	if (server && smbsign_client_active()) {
		ret = negotiate_ours(xid, ses, server);
	} else {
		negotiate_give_back(server);
		ret = smbsign_original(SMB2_negotiate)(xid, ses, server);
	}
	smbsign_client_leave(idx);
	return ret;
}

/* SMB1 is not signed by anything worth the name. */
int hook_CIFSSMBNegotiate(const unsigned int xid, struct cifs_ses *ses,
			  struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret;

	if (smbsign_client_look(server, &conn) == SMBSIGN_RULE_STOCK) {
		ret = smbsign_original(CIFSSMBNegotiate)(xid, ses, server);
	} else {
		ret = smbsign_client_report(server, SMBSIGN_NEGOTIATE,
					    SMBSIGN_BECAUSE_DIALECT);
	}
	smbsign_client_leave(idx);
	return ret;
}
