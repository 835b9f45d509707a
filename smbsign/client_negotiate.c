// SPDX-License-Identifier: GPL-2.0-only
/*
 * NEGOTIATE: signing is required from the first request on, and the answer
 * must be one to what was asked.
 */
#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <smbsign/client.h>

/* MS-SMB2 2.2.3.1.1, .2 and .7 begin with a count; ids follow. */
struct negotiate_ids {
	struct smbsign_negotiate_context head;
	__le16 count;
	__le16 salt_length_or_first;
	__le16 first_hash;
} __packed;

#define NEGOTIATE_IDS_OFFSET offsetof(struct negotiate_ids, salt_length_or_first)
#define NEGOTIATE_HASHES_OFFSET offsetof(struct negotiate_ids, first_hash)
#define NEGOTIATE_MAX_CONTEXTS 16

/* How long to wait for a connection to negotiate on. */
#define NEGOTIATE_AGAIN_WAIT (5 * HZ)
#define NEGOTIATE_AGAIN_POLL_MS 20

static const char *const no_memory = "out of memory";

static int hook_SMB2_negotiate(const unsigned int xid, struct cifs_ses *ses,
			       struct TCP_Server_Info *server);
SMBSIGN_DEFINE_HOOK(SMB2_negotiate);
static int hook_CIFSSMBNegotiate(const unsigned int xid, struct cifs_ses *ses,
				 struct TCP_Server_Info *server);
SMBSIGN_DEFINE_OPTIONAL_HOOK(CIFSSMBNegotiate);

/**
 * struct negotiate_walk - the context list of a NEGOTIATE message
 * @msg: the message
 * @len: its bytes
 * @at: offset of the next context
 * @left: contexts that are left
 */
struct negotiate_walk {
	const void *msg;
	size_t len;
	size_t at;
	unsigned int left;
};

/* The next context, whose data is inside the message; NULL if none is left. */
static const struct negotiate_ids *negotiate_next(struct negotiate_walk *walk,
						  size_t *size, bool *broken)
{
	const struct smbsign_negotiate_context *head;

	if (!walk->left)
		return NULL;
	*broken = true;
	if (walk->at > walk->len || walk->len - walk->at < sizeof(*head))
		return NULL;
	head = walk->msg + walk->at;
	*size = sizeof(*head) + le16_to_cpu(head->data_length);
	if (*size > walk->len - walk->at)
		return NULL;
	*broken = false;
	walk->at += ALIGN(*size, 8);
	walk->left--;
	return (const void *)head;
}

/* Bit n for each id n of a list of @count that begins at @offset. */
static u32 negotiate_ids_mask(const struct negotiate_ids *ctx, size_t size,
			      size_t offset)
{
	unsigned int count, i;
	u32 mask = 0;
	__le16 id;

	if (size < offsetofend(struct negotiate_ids, count))
		return 0;
	count = le16_to_cpu(ctx->count);
	if (size < offset || (size - offset) / sizeof(id) < count)
		return 0;
	for (i = 0; i < count; i++) {
		memcpy(&id, (const void *)ctx + offset + i * sizeof(id),
		       sizeof(id));
		if (le16_to_cpu(id) < 32)
			mask |= BIT(le16_to_cpu(id));
	}
	return mask;
}

static void offer_context(struct smbsign_client_offer *offer,
			  const struct negotiate_ids *ctx, size_t size)
{
	switch (le16_to_cpu(ctx->head.type)) {
	case SMBSIGN_CONTEXT_PREAUTH:
		offer->hashes = negotiate_ids_mask(ctx, size,
						   NEGOTIATE_HASHES_OFFSET);
		break;
	case SMBSIGN_CONTEXT_ENCRYPTION:
		offer->ciphers = negotiate_ids_mask(ctx, size,
						    NEGOTIATE_IDS_OFFSET);
		break;
	case SMBSIGN_CONTEXT_SIGNING:
		offer->algorithms = negotiate_ids_mask(ctx, size,
						       NEGOTIATE_IDS_OFFSET);
		break;
	}
}

/**
 * smbsign_client_offer_signing() - offer what policy allows, in its order
 * @rqst: NEGOTIATE request, whose preauth hash cifs takes later
 *
 * Return: 0, or -ENOSPC if cifs has left no room for it
 */
int smbsign_client_offer_signing(struct smb_rqst *rqst)
{
	struct kvec *vec = SMBSIGN_GET(client, rqst, rqst_iov);
	struct smbsign_algs algs = smbsign_algs(SMBSIGN_CLIENT);
	u8 ids[__SMBSIGN_ALG_MAX];
	unsigned int i, n = 0;
	size_t len;

	for (i = 0; i < algs.n; i++)
		if (smbsign_alg_available(algs.alg[i]))
			ids[n++] = algs.alg[i];
	len = smbsign_negotiate_offer(vec->iov_base, vec->iov_len,
				      ksize(vec->iov_base), ids, n);
	if (!len)
		return -ENOSPC;
	vec->iov_len = len;
	return 0;
}

/**
 * smbsign_client_offer_read() - remember what a NEGOTIATE request says
 * @conn: the connection
 * @req: the request
 * @len: its bytes
 */
void smbsign_client_offer_read(struct smbsign_client_conn *conn,
			       const void *req, size_t len)
{
	const struct smbsign_negotiate_req *neg = req;
	struct smbsign_client_offer *offer = &conn->offer;
	struct negotiate_walk walk = { .msg = req, .len = len };
	const struct negotiate_ids *ctx;
	const __le16 *dialects = req + sizeof(*neg);
	bool broken;
	size_t size;
	u16 i;

	memset(offer, 0, sizeof(*offer));
	if (len < sizeof(*neg))
		return;
	offer->security_mode = le16_to_cpu(neg->security_mode);
	offer->capabilities = le32_to_cpu(neg->capabilities);
	memcpy(offer->guid, neg->client_guid, sizeof(offer->guid));
	offer->n_dialects = min_t(size_t, le16_to_cpu(neg->dialect_count),
				  min_t(size_t, SMBSIGN_OFFER_DIALECTS,
					(len - sizeof(*neg)) / sizeof(__le16)));
	for (i = 0; i < offer->n_dialects; i++) {
		offer->dialects[i] = le16_to_cpu(dialects[i]);
		if (offer->dialects[i] != SMBSIGN_DIALECT_311)
			continue;
		walk.at = le32_to_cpu(neg->context_offset);
		walk.left = le16_to_cpu(neg->context_count);
	}
	while ((ctx = negotiate_next(&walk, &size, &broken)))
		offer_context(offer, ctx, size);
}

static bool offer_has_dialect(const struct smbsign_client_offer *offer,
			      u16 dialect)
{
	u16 i;

	for (i = 0; i < offer->n_dialects; i++) {
		if (offer->dialects[i] == dialect)
			return true;
	}
	return false;
}

/* Exactly one id, and one that was offered. */
static bool answer_one_of(u32 mask, u32 offered)
{
	return hweight32(mask) == 1 && (mask & offered);
}

static const char *answer_context(struct smbsign_client_conn *conn,
				  const struct negotiate_ids *ctx, size_t size)
{
	struct smbsign_client_answer *answer = &conn->answer;
	const struct smbsign_client_offer *offer = &conn->offer;
	u32 mask;

	switch (le16_to_cpu(ctx->head.type)) {
	case SMBSIGN_CONTEXT_PREAUTH:
		mask = negotiate_ids_mask(ctx, size, NEGOTIATE_HASHES_OFFSET);
		return answer_one_of(mask, offer->hashes) ? NULL :
		       "it has a preauth integrity hash that was not offered";
	case SMBSIGN_CONTEXT_ENCRYPTION:
		mask = negotiate_ids_mask(ctx, size, NEGOTIATE_IDS_OFFSET);
		/* 0: the server and we have none in common */
		if (!answer_one_of(mask, offer->ciphers | BIT(0)))
			return "it has a cipher that was not offered";
		answer->cipher = __ffs(mask);
		return NULL;
	case SMBSIGN_CONTEXT_SIGNING:
		mask = negotiate_ids_mask(ctx, size, NEGOTIATE_IDS_OFFSET);
		if (!answer_one_of(mask, offer->algorithms))
			return "it has a signing algorithm that was not offered";
		answer->alg = __ffs(mask);
		return NULL;
	default:
		return NULL;
	}
}

/* None may come twice, and preauth integrity must come. */
static const char *answer_contexts(struct smbsign_client_conn *conn,
				   const struct smbsign_negotiate_rsp *neg,
				   size_t len)
{
	struct negotiate_walk walk = {
		.msg = neg,
		.len = len,
		.at = le32_to_cpu(neg->context_offset),
		.left = le16_to_cpu(neg->context_count),
	};
	const struct negotiate_ids *ctx;
	bool broken = false;
	const char *why;
	u32 seen = 0;
	size_t size;

	if (walk.left > NEGOTIATE_MAX_CONTEXTS)
		return "it has too many contexts";
	while ((ctx = negotiate_next(&walk, &size, &broken))) {
		u16 type = le16_to_cpu(ctx->head.type);

		if (type < 32 && seen & BIT(type))
			return "it has a context twice";
		seen |= type < 32 ? BIT(type) : 0;
		why = answer_context(conn, ctx, size);
		if (why)
			return why;
	}
	if (broken)
		return "its contexts are malformed";
	return seen & BIT(SMBSIGN_CONTEXT_PREAUTH) ? NULL :
	       "it has no preauth integrity context";
}

/* A connection that had encryption has it after a reconnect too. */
static bool answer_can_encrypt(const struct smbsign_client_answer *answer)
{
	if (answer->dialect == SMBSIGN_DIALECT_311)
		return answer->cipher;
	return answer->dialect >= SMBSIGN_DIALECT_30 &&
	       answer->capabilities & SMBSIGN_CAP_ENCRYPTION;
}

static enum smbsign_alg answer_default_alg(u16 dialect)
{
	return dialect < SMBSIGN_DIALECT_30 ? SMBSIGN_HMAC_SHA256 :
					      SMBSIGN_AES_CMAC;
}

/**
 * smbsign_client_answer_check() - judge and remember a NEGOTIATE reply
 * @conn: the connection
 * @rsp: the reply
 * @len: its bytes
 *
 * Errors pass: cifs makes nothing but errors of them.
 *
 * Return: NULL if it is an answer to what was asked; otherwise why not
 */
const char *smbsign_client_answer_check(struct smbsign_client_conn *conn,
					const void *rsp, size_t len)
{
	const struct smbsign_negotiate_rsp *neg = rsp;
	struct smbsign_client_answer *answer = &conn->answer;
	const char *why;

	memset(answer, 0, sizeof(*answer));
	if (neg->hdr.status)
		return NULL;
	conn->refusal = -EKEYREJECTED;
	if (len < sizeof(*neg))
		return "it is too short";
	answer->security_mode = le16_to_cpu(neg->security_mode);
	answer->capabilities = le32_to_cpu(neg->capabilities);
	memcpy(answer->guid, neg->server_guid, sizeof(answer->guid));
	if (!offer_has_dialect(&conn->offer, le16_to_cpu(neg->dialect)))
		return "it has a dialect that was not offered";
	conn->refusal = -EOPNOTSUPP;
	if (!(answer->security_mode & (SMBSIGN_SECMODE_ENABLED |
				       SMBSIGN_SECMODE_REQUIRED)))
		return "the server cannot sign";
	conn->refusal = -EKEYREJECTED;
	answer->dialect = le16_to_cpu(neg->dialect);
	answer->alg = answer_default_alg(answer->dialect);
	if (answer->dialect == SMBSIGN_DIALECT_311) {
		why = answer_contexts(conn, neg, len);
		if (why)
			return why;
	}
	conn->refusal = -EOPNOTSUPP;
	if (!smbsign_alg_allowed(SMBSIGN_CLIENT, answer->alg))
		return "its signing algorithm is not allowed";
	if (conn->sealed && !answer_can_encrypt(answer))
		return "it has no encryption any more";
	conn->refusal = 0;
	return NULL;
}

/*
 * A session asks for signing whatever the mount options said, and so do all
 * its channels: cifs derives both from this. It does not last longer, lest the
 * session keeps it when we are gone. Messages that a worker decrypts out of our
 * sight are not wanted.
 */
static int negotiate_required(const unsigned int xid, struct cifs_ses *ses,
			      struct TCP_Server_Info *server)
{
	bool sign = SMBSIGN_GET(client, ses, ses_sign);
	int ret;

	SMBSIGN_SET(client, server, server_min_offload, 0);
	SMBSIGN_SET(client, ses, ses_sign, true);
	ret = smbsign_original(SMB2_negotiate)(xid, ses, server);
	SMBSIGN_SET(client, ses, ses_sign, sign);
	return ret;
}

/* cifs decides for itself whether to sign. */
static void negotiate_lower(struct smbsign_client_conn *conn,
			    struct TCP_Server_Info *server)
{
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

static int negotiate_ours(const unsigned int xid, struct cifs_ses *ses,
			  struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = smbsign_client_conn_renew(server);
	int ret;

	if (!conn) {
		smbsign_client_report(server, SMBSIGN_NEGOTIATE,
				      SMBSIGN_STAT_UNSIGNED, no_memory);
		return -ENOMEM;
	}
	smbsign_client_pace(server);
	if (conn->exempt) {
		negotiate_lower(conn, server);
		ret = smbsign_original(SMB2_negotiate)(xid, ses, server);
	} else {
		if (!SMBSIGN_GET(client, server, server_sign))
			conn->sign_raised = true;
		ret = negotiate_required(xid, ses, server);
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
	smbsign_client_conn_drop(server);
}

static int hook_SMB2_negotiate(const unsigned int xid, struct cifs_ses *ses,
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
static int hook_CIFSSMBNegotiate(const unsigned int xid, struct cifs_ses *ses,
				 struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret;

	if (smbsign_client_look(server, &conn) == SMBSIGN_RULE_STOCK) {
		ret = smbsign_original(CIFSSMBNegotiate)(xid, ses, server);
	} else {
		smbsign_client_report(server, SMBSIGN_NEGOTIATE,
				      SMBSIGN_STAT_DIALECT, "SMB1 is refused");
		ret = -EOPNOTSUPP;
	}
	smbsign_client_leave(idx);
	return ret;
}
