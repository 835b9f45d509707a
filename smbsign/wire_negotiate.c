// SPDX-License-Identifier: GPL-2.0-only
/*
 * Negotiate contexts, MS-SMB2 2.2.3.1. Pure: compiles in user space too.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include <smbsign/wire.h>

/* More than any client sends; bounds the walk. */
#define CONTEXTS_MAX 32

static bool offers_311(const struct smbsign_negotiate_req *req, size_t len)
{
	const u8 *dialect = (const u8 *)(req + 1);
	u16 n = le16_to_cpu(req->dialect_count);

	if ((len - sizeof(*req)) / 2 < n)
		return false;
	for (; n; n--, dialect += 2)
		if ((dialect[0] | dialect[1] << 8) == SMBSIGN_DIALECT_311)
			return true;
	return false;
}

/* 2.2.3.1.7 and 3.3.5.4: at least one algorithm, and all of them there. */
static bool signing_context_valid(const u8 *data, size_t len)
{
	u16 count;

	if (len < 4)
		return false;
	count = data[0] | data[1] << 8;
	return count && (len - 2) / 2 >= count;
}

static bool contexts_valid(const u8 *msg, size_t len, size_t offset, u16 n)
{
	unsigned int signing = 0;

	if (n > CONTEXTS_MAX)
		return false;
	while (n--) {
		const struct smbsign_negotiate_context *ctx;
		size_t data_len;

		if (offset > len || len - offset < sizeof(*ctx))
			return false;
		ctx = (const void *)(msg + offset);
		offset += sizeof(*ctx);
		data_len = le16_to_cpu(ctx->data_length);
		if (data_len > len - offset)
			return false;
		if (le16_to_cpu(ctx->type) == SMBSIGN_CONTEXT_SIGNING &&
		    (signing++ || !signing_context_valid(msg + offset, data_len)))
			return false;
		offset = (offset + data_len + 7) & ~(size_t)7;
	}
	return true;
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
	const struct smbsign_negotiate_req *req = msg;

	if (len < sizeof(*req))
		return false;
	if (!offers_311(req, len))
		return true;
	return contexts_valid(msg, len, le32_to_cpu(req->context_offset),
			      le16_to_cpu(req->context_count));
}
