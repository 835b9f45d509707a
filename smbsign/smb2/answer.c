// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a client makes of the answers by which a connection is set up: those to
 * NEGOTIATE, to FSCTL_VALIDATE_NEGOTIATE_INFO and to SESSION_SETUP. An attacker
 * may have written each of them. Pure: compiles in user space too.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include <smbsign/pdu.h>

#include "context.h"

/* More than any server sends; bounds the walk. */
#define ANSWER_CONTEXTS_MAX 16
/* SaltLength, between the count of preauth integrity hashes and the first. */
#define ANSWER_SALT_LENGTH 2

static void offer_context(struct smbsign_offer *offer,
			  const struct smbsign_context *c)
{
	__u16 count;

	switch (c->type) {
	case SMBSIGN_CONTEXT_PREAUTH:
		smbsign_context_ids(c, ANSWER_SALT_LENGTH, &count,
				    &offer->hashes);
		break;
	case SMBSIGN_CONTEXT_ENCRYPTION:
		smbsign_context_ids(c, 0, &count, &offer->ciphers);
		break;
	case SMBSIGN_CONTEXT_SIGNING:
		smbsign_context_ids(c, 0, &count, &offer->algorithms);
		break;
	}
}

static void offer_dialects(struct smbsign_offer *offer,
			   const struct smbsign_negotiate_req *req, size_t len)
{
	size_t n = le16_to_cpu(req->dialect_count);
	const __u8 *at = (const __u8 *)(req + 1);

	if (n > SMBSIGN_DIALECTS_MAX)
		n = SMBSIGN_DIALECTS_MAX;
	if (n > (len - sizeof(*req)) / 2)
		n = (len - sizeof(*req)) / 2;
	for (offer->n_dialects = 0; offer->n_dialects < n; at += 2)
		offer->dialects[offer->n_dialects++] = smbsign_get_le16(at);
}

static bool offer_has_dialect(const struct smbsign_offer *offer, __u16 dialect)
{
	__u16 i;

	for (i = 0; i < offer->n_dialects; i++)
		if (offer->dialects[i] == dialect)
			return true;
	return false;
}

/**
 * smbsign_offer_read() - note what a NEGOTIATE request of ours offers
 * @offer: set to that
 * @msg: the request, from its SMB2 header
 * @len: bytes in @msg
 */
void smbsign_offer_read(struct smbsign_offer *offer, const void *msg,
			size_t len)
{
	const struct smbsign_negotiate_req *req = msg;
	struct smbsign_context c = { .msg = msg, .len = len };

	memset(offer, 0, sizeof(*offer));
	if (len < sizeof(*req))
		return;
	offer->security_mode = le16_to_cpu(req->security_mode);
	offer->capabilities = le32_to_cpu(req->capabilities);
	memcpy(offer->guid, req->client_guid, sizeof(offer->guid));
	offer_dialects(offer, req, len);
	if (!offer_has_dialect(offer, SMBSIGN_DIALECT_311))
		return;
	c.left = le16_to_cpu(req->context_count);
	c.next = le32_to_cpu(req->context_offset);
	while (smbsign_context_next(&c) > 0)
		offer_context(offer, &c);
}

/**
 * smbsign_offer_validation() - the request that has an offer validated
 * @offer: what was offered
 * @req: set to the FSCTL_VALIDATE_NEGOTIATE_INFO request, MS-SMB2 2.2.31.4
 *
 * Return: the bytes of @req
 */
size_t smbsign_offer_validation(const struct smbsign_offer *offer,
				struct smbsign_validate_req *req)
{
	__u16 i;

	req->capabilities = cpu_to_le32(offer->capabilities);
	memcpy(req->guid, offer->guid, sizeof(req->guid));
	req->security_mode = cpu_to_le16(offer->security_mode);
	req->dialect_count = cpu_to_le16(offer->n_dialects);
	for (i = 0; i < offer->n_dialects; i++)
		req->dialects[i] = cpu_to_le16(offer->dialects[i]);
	return sizeof(*req) - 2 * (SMBSIGN_DIALECTS_MAX - i);
}

/* Exactly one id, and one of those offered; it is put to @id. */
static bool answer_is_one(const struct smbsign_context *c, size_t skip,
			  __u32 offered, __u16 *id)
{
	__u16 count;
	__u32 mask;

	if (!smbsign_context_ids(c, skip, &count, &mask) || count != 1)
		return false;
	*id = smbsign_get_le16(c->msg + c->data + 2 + skip);
	return mask & offered;
}

static enum smbsign_answer_fault
answer_context(struct smbsign_answer *answer, const struct smbsign_offer *offer,
	       const struct smbsign_context *c)
{
	__u16 id;

	switch (c->type) {
	case SMBSIGN_CONTEXT_PREAUTH:
		return answer_is_one(c, ANSWER_SALT_LENGTH, offer->hashes,
				     &id) ? SMBSIGN_ANSWER_GOOD :
					    SMBSIGN_ANSWER_HASH;
	case SMBSIGN_CONTEXT_ENCRYPTION:
		/* 0: the server and we have none in common */
		if (!answer_is_one(c, 0, offer->ciphers | 1, &id))
			return SMBSIGN_ANSWER_CIPHER;
		answer->cipher = id;
		return SMBSIGN_ANSWER_GOOD;
	case SMBSIGN_CONTEXT_SIGNING:
		if (!answer_is_one(c, 0, offer->algorithms, &id))
			return SMBSIGN_ANSWER_ALGORITHM;
		answer->alg = id;
		return SMBSIGN_ANSWER_GOOD;
	default:
		return SMBSIGN_ANSWER_GOOD;
	}
}

/* None may come twice, and preauth integrity must come, MS-SMB2 3.2.5.2. */
static enum smbsign_answer_fault
answer_contexts(struct smbsign_answer *answer,
		const struct smbsign_offer *offer, struct smbsign_context *c)
{
	enum smbsign_answer_fault fault;
	__u32 seen = 0, bit;
	int more;

	if (c->left > ANSWER_CONTEXTS_MAX)
		return SMBSIGN_ANSWER_CONTEXTS;
	while ((more = smbsign_context_next(c)) > 0) {
		bit = c->type < 32 ? 1u << c->type : 0;
		if (seen & bit)
			return SMBSIGN_ANSWER_CONTEXTS;
		seen |= bit;
		fault = answer_context(answer, offer, c);
		if (fault != SMBSIGN_ANSWER_GOOD)
			return fault;
	}
	return !more && seen & 1u << SMBSIGN_CONTEXT_PREAUTH ?
	       SMBSIGN_ANSWER_GOOD : SMBSIGN_ANSWER_CONTEXTS;
}

/**
 * smbsign_answer_read() - judge and note a NEGOTIATE answer that is no error
 * @answer: set to what it says; the dialect stays 0 if that is not acceptable
 * @offer: what was offered
 * @msg: the answer, from its SMB2 header
 * @len: bytes in @msg
 *
 * MS-SMB2 3.2.5.2.
 *
 * Return: SMBSIGN_ANSWER_GOOD if it answers the offer, otherwise what is wrong
 */
enum smbsign_answer_fault smbsign_answer_read(struct smbsign_answer *answer,
					      const struct smbsign_offer *offer,
					      const void *msg, size_t len)
{
	const struct smbsign_negotiate_rsp *rsp = msg;
	struct smbsign_context c = { .msg = msg, .len = len };

	memset(answer, 0, sizeof(*answer));
	if (len < sizeof(*rsp))
		return SMBSIGN_ANSWER_SHORT;
	answer->security_mode = le16_to_cpu(rsp->security_mode);
	answer->capabilities = le32_to_cpu(rsp->capabilities);
	memcpy(answer->guid, rsp->server_guid, sizeof(answer->guid));
	if (!offer_has_dialect(offer, le16_to_cpu(rsp->dialect)))
		return SMBSIGN_ANSWER_DIALECT;
	if (!(answer->security_mode & (SMBSIGN_SECMODE_ENABLED |
				       SMBSIGN_SECMODE_REQUIRED)))
		return SMBSIGN_ANSWER_CANNOT_SIGN;
	answer->dialect = le16_to_cpu(rsp->dialect);
	answer->alg = answer->dialect < SMBSIGN_DIALECT_30 ?
		      SMBSIGN_WIRE_HMAC_SHA256 : SMBSIGN_WIRE_AES_CMAC;
	if (answer->dialect != SMBSIGN_DIALECT_311)
		return SMBSIGN_ANSWER_GOOD;
	c.left = le16_to_cpu(rsp->context_count);
	c.next = le32_to_cpu(rsp->context_offset);
	return answer_contexts(answer, offer, &c);
}

/**
 * smbsign_answer_same() - do two channels of a session have the same server?
 * @first: what was answered on the first channel
 * @other: what was answered on another one
 *
 * MS-SMB2 3.2.5.2: ServerGuid, dialect, SecurityMode and Capabilities.
 *
 * Return: true if all of these are the same
 */
bool smbsign_answer_same(const struct smbsign_answer *first,
			 const struct smbsign_answer *other)
{
	return first->dialect == other->dialect &&
	       first->security_mode == other->security_mode &&
	       first->capabilities == other->capabilities &&
	       !memcmp(first->guid, other->guid, sizeof(first->guid));
}

/**
 * smbsign_answer_can_encrypt() - has a server encryption?
 * @answer: its answer to NEGOTIATE
 *
 * Return: true if that says so
 */
bool smbsign_answer_can_encrypt(const struct smbsign_answer *answer)
{
	if (answer->dialect == SMBSIGN_DIALECT_311)
		return answer->cipher;
	return answer->dialect >= SMBSIGN_DIALECT_30 &&
	       answer->capabilities & SMBSIGN_CAP_ENCRYPTION;
}

/*
 * A server of SMB 3 knows the request, so it has no reason for an error. One of
 * these says that the server does not know it, as Samba's client takes it too;
 * ACCESS_DENIED is what anybody can bring about by altering the request.
 */
static enum smbsign_answer_fault
validation_error(const struct smbsign_answer *answer, __u32 status)
{
	if (answer->dialect >= SMBSIGN_DIALECT_30)
		return SMBSIGN_ANSWER_ERROR;
	switch (status) {
	case SMBSIGN_STATUS_FILE_CLOSED:
	case SMBSIGN_STATUS_INVALID_DEVICE_REQUEST:
	case SMBSIGN_STATUS_FS_DRIVER_REQUIRED:
	case SMBSIGN_STATUS_NOT_SUPPORTED:
	case SMBSIGN_STATUS_INVALID_PARAMETER:
		return SMBSIGN_ANSWER_GOOD;
	default:
		return SMBSIGN_ANSWER_ERROR;
	}
}

/**
 * smbsign_validation_read() - does an answer confirm what was negotiated?
 * @answer: what was answered to NEGOTIATE
 * @msg: the answer to FSCTL_VALIDATE_NEGOTIATE_INFO, from its SMB2 header;
 *	its signature has been verified
 * @len: bytes in @msg
 *
 * MS-SMB2 3.2.5.14.12. Its request is sent alone, so what comes as a part of a
 * compound was got by means of another one.
 *
 * Return: SMBSIGN_ANSWER_GOOD if it does, or if it is an error that a server
 * without SMB 3 gives; otherwise what is wrong
 */
enum smbsign_answer_fault
smbsign_validation_read(const struct smbsign_answer *answer, const void *msg,
			size_t len)
{
	const struct smbsign_ioctl_rsp *rsp = msg;
	const struct smbsign_validate_rsp *got;
	size_t offset;

	if (len < sizeof(rsp->hdr))
		return SMBSIGN_ANSWER_SHORT;
	if (rsp->hdr.next_command ||
	    rsp->hdr.flags & cpu_to_le32(SMBSIGN_FLAG_RELATED))
		return SMBSIGN_ANSWER_DIFFERS;
	if (rsp->hdr.status)
		return validation_error(answer, le32_to_cpu(rsp->hdr.status));
	if (len < sizeof(*rsp))
		return SMBSIGN_ANSWER_SHORT;
	offset = le32_to_cpu(rsp->output_offset);
	if (le32_to_cpu(rsp->output_count) < sizeof(*got) || offset > len ||
	    len - offset < sizeof(*got))
		return SMBSIGN_ANSWER_SHORT;
	got = msg + offset;
	if (le16_to_cpu(got->dialect) != answer->dialect ||
	    le16_to_cpu(got->security_mode) != answer->security_mode ||
	    le32_to_cpu(got->capabilities) != answer->capabilities ||
	    memcmp(got->guid, answer->guid, sizeof(got->guid)))
		return SMBSIGN_ANSWER_DIFFERS;
	return SMBSIGN_ANSWER_GOOD;
}

/**
 * smbsign_setup_answer_read() - read the answer that ends SESSION_SETUP
 * @msg: the answer, from its SMB2 header; no error
 * @len: bytes in @msg
 * @flags: set to its SessionFlags, MS-SMB2 2.2.6
 *
 * Return: false if it is too short
 */
bool smbsign_setup_answer_read(const void *msg, size_t len, __u16 *flags)
{
	const struct smbsign_setup_rsp *rsp = msg;

	if (len < sizeof(*rsp))
		return false;
	*flags = le16_to_cpu(rsp->session_flags);
	return true;
}
