// SPDX-License-Identifier: GPL-2.0-only
/*
 * Negotiate contexts, MS-SMB2 2.2.3.1 and 2.2.4.1. Pure: compiles in user
 * space too.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include <smbsign/pdu.h>

#include "context.h"

/* More than any peer sends; bounds the walk. */
#define CONTEXTS_MAX 32

/* SIGNING_CAPABILITIES with @n algorithms: header, count, algorithms */
#define SIGNING_LEN(n) (sizeof(struct smbsign_negotiate_context) + 2 + 2 * (n))

static void put_le16(__u8 *at, __u16 value)
{
	at[0] = value;
	at[1] = value >> 8;
}

static size_t align8(size_t value)
{
	return (value + 7) & ~(size_t)7;
}

/**
 * smbsign_negotiate_offers() - does a request offer a dialect?
 * @msg: NEGOTIATE request, from its SMB2 header
 * @len: bytes in @msg
 * @dialect: the dialect
 *
 * Return: false also if the request is too short for what it says
 */
bool smbsign_negotiate_offers(const void *msg, size_t len, __u16 dialect)
{
	const struct smbsign_negotiate_req *req = msg;
	const __u8 *offered = (const __u8 *)(req + 1);
	__u16 n;

	if (len < sizeof(*req))
		return false;
	n = le16_to_cpu(req->dialect_count);
	if ((len - sizeof(*req)) / 2 < n)
		return false;
	for (; n; n--, offered += 2)
		if (smbsign_get_le16(offered) == dialect)
			return true;
	return false;
}

/* Start a walk over the contexts of a request; false if it has none. */
static bool request_contexts(struct smbsign_context *c, const void *msg, size_t len)
{
	const struct smbsign_negotiate_req *req = msg;

	if (!smbsign_negotiate_offers(msg, len, SMBSIGN_DIALECT_311))
		return false;
	c->msg = msg;
	c->len = len;
	c->left = le16_to_cpu(req->context_count);
	c->next = le32_to_cpu(req->context_offset);
	return true;
}

/* 2.2.3.1.7 and 3.3.5.4: at least one algorithm, and all of them there. */
static bool signing_context_read(const struct smbsign_context *c,
				 __u32 *offered)
{
	__u16 count;

	return smbsign_context_ids(c, 0, &count, offered) && count;
}

/**
 * smbsign_negotiate_contexts_valid() - check SIGNING_CAPABILITIES of a request
 * @msg: NEGOTIATE request, from its SMB2 header
 * @len: bytes in @msg
 *
 * MS-SMB2 3.3.5.4: more than one, one without algorithms, and one that is too
 * short are errors. What else may be wrong is left to ksmbd.
 *
 * Return: false if the request must be answered by STATUS_INVALID_PARAMETER
 */
bool smbsign_negotiate_contexts_valid(const void *msg, size_t len)
{
	unsigned int signing = 0;
	struct smbsign_context c;
	__u32 offered;
	int more;

	if (len < sizeof(struct smbsign_negotiate_req))
		return false;
	if (!request_contexts(&c, msg, len))
		return true;
	if (c.left > CONTEXTS_MAX)
		return false;
	while ((more = smbsign_context_next(&c)) > 0)
		if (c.type == SMBSIGN_CONTEXT_SIGNING &&
		    (signing++ || !signing_context_read(&c, &offered)))
			return false;
	return !more;
}

/**
 * smbsign_negotiate_validation() - what would validate a NEGOTIATE request?
 * @msg: NEGOTIATE request, from its SMB2 header
 * @len: bytes in @msg
 * @validate: set to the FSCTL_VALIDATE_NEGOTIATE_INFO request of a client that
 *	has sent just this
 *
 * Return: the bytes of @validate; 0 if the request makes no sense, or has more
 * dialects than there are
 */
size_t smbsign_negotiate_validation(const void *msg, size_t len,
				    struct smbsign_validate_req *validate)
{
	const struct smbsign_negotiate_req *req = msg;
	__u16 n;

	if (len < sizeof(*req))
		return 0;
	n = le16_to_cpu(req->dialect_count);
	if (n > SMBSIGN_DIALECTS_MAX || (len - sizeof(*req)) / 2 < n)
		return 0;
	validate->capabilities = req->capabilities;
	memcpy(validate->guid, req->client_guid, sizeof(validate->guid));
	validate->security_mode = req->security_mode;
	validate->dialect_count = req->dialect_count;
	memcpy(validate->dialects, req + 1, 2 * n);
	return sizeof(*validate) - 2 * (SMBSIGN_DIALECTS_MAX - n);
}

/**
 * smbsign_negotiate_signing() - read SIGNING_CAPABILITIES of a request
 * @msg: NEGOTIATE request that smbsign_negotiate_contexts_valid() accepts
 * @len: bytes in @msg
 * @offered: set to the algorithms that we know, as a bit mask of their ids
 *
 * Return: true if the context is there
 */
bool smbsign_negotiate_signing(const void *msg, size_t len, __u32 *offered)
{
	struct smbsign_context c;

	*offered = 0;
	if (!request_contexts(&c, msg, len))
		return false;
	while (smbsign_context_next(&c) > 0)
		if (c.type == SMBSIGN_CONTEXT_SIGNING)
			return signing_context_read(&c, offered);
	return false;
}

/*
 * Is the last context, which @c has reached, the end of the message? Whoever
 * reads it looks for one more there, and not behind what else may follow.
 */
static bool contexts_end(const struct smbsign_context *c)
{
	return c->next == align8(c->len);
}

/* Returns the bytes of the message with the context behind it, or 0. */
static size_t append_signing(__u8 *msg, size_t len, size_t room,
			     const __u8 *algs, unsigned int n)
{
	size_t at = align8(len);
	unsigned int i;

	if (room < SIGNING_LEN(n) || at > room - SIGNING_LEN(n))
		return 0;
	memset(msg + len, 0, at + SIGNING_LEN(n) - len);
	put_le16(msg + at, SMBSIGN_CONTEXT_SIGNING);
	put_le16(msg + at + 2, 2 + 2 * n);
	put_le16(msg + at + 8, n);
	for (i = 0; i < n; i++)
		put_le16(msg + at + 10 + 2 * i, algs[i]);
	return at + SIGNING_LEN(n);
}

static size_t append_answer(__u8 *msg, size_t len, size_t room, __u8 alg)
{
	struct smbsign_negotiate_rsp *rsp = (void *)msg;

	len = append_signing(msg, len, room, &alg, 1);
	if (len)
		rsp->context_count =
			cpu_to_le16(le16_to_cpu(rsp->context_count) + 1);
	return len;
}

/**
 * smbsign_negotiate_answer() - put the chosen algorithm into a 3.1.1 answer
 * @msg: NEGOTIATE response, from its SMB2 header
 * @len: bytes in @msg
 * @room: bytes that the buffer at @msg has
 * @alg: id of the algorithm
 *
 * A SIGNING_CAPABILITIES context that is there gets the algorithm, else one is
 * added behind the others; MS-SMB2 3.3.5.4.
 *
 * Return: the bytes of the response now; 0 if there is no room, or the
 * response makes no sense, which is then unchanged
 */
size_t smbsign_negotiate_answer(void *msg, size_t len, size_t room, __u8 alg)
{
	const struct smbsign_negotiate_rsp *rsp = msg;
	struct smbsign_context c = { .msg = msg, .len = len };
	size_t signing = 0;
	int more;

	if (len < sizeof(*rsp) || !rsp->context_count)
		return 0;
	c.left = le16_to_cpu(rsp->context_count);
	c.next = le32_to_cpu(rsp->context_offset);
	while ((more = smbsign_context_next(&c)) > 0) {
		if (c.type != SMBSIGN_CONTEXT_SIGNING)
			continue;
		if (signing || c.data_len < 4)
			return 0;
		signing = c.data;
	}
	if (more || !contexts_end(&c))
		return 0;
	if (!signing)
		return append_answer(msg, len, room, alg);
	put_le16((__u8 *)msg + signing, 1);
	put_le16((__u8 *)msg + signing + 2, alg);
	return len;
}

/* Remove the context from @at to @next; returns the bytes that are left. */
static size_t cut_context(__u8 *msg, size_t len, size_t at, size_t next)
{
	struct smbsign_negotiate_req *req = (void *)msg;

	req->context_count = cpu_to_le16(le16_to_cpu(req->context_count) - 1);
	if (next >= len)
		return at;
	memmove(msg + at, msg + next, len - next);
	return at + len - next;
}

/**
 * smbsign_negotiate_offer() - offer signing algorithms in a request
 * @msg: NEGOTIATE request, from its SMB2 header
 * @len: bytes in @msg
 * @room: bytes that the buffer at @msg has
 * @algs: ids of the algorithms, best first
 * @n: their number
 *
 * Takes the place of a SIGNING_CAPABILITIES context that is there. A request
 * without SMB 3.1.1 has no contexts and is left as it is.
 *
 * Return: the bytes of the request now; 0 if there is no room, or the request
 * makes no sense: it must not be sent
 */
size_t smbsign_negotiate_offer(void *msg, size_t len, size_t room,
			       const __u8 *algs, unsigned int n)
{
	struct smbsign_negotiate_req *req = msg;
	size_t at, signing = 0, next = 0;
	struct smbsign_context c;
	int more;

	if (!request_contexts(&c, msg, len))
		return len;
	if (c.next % 8)
		return 0;
	for (at = c.next; (more = smbsign_context_next(&c)) > 0; at = c.next) {
		if (c.type != SMBSIGN_CONTEXT_SIGNING)
			continue;
		if (signing)
			return 0;
		signing = at;
		next = c.next;
	}
	if (more || !contexts_end(&c))
		return 0;
	if (signing)
		len = cut_context(msg, len, signing, next);
	len = append_signing(msg, len, room, algs, n);
	if (len)
		req->context_count =
			cpu_to_le16(le16_to_cpu(req->context_count) + 1);
	return len;
}
