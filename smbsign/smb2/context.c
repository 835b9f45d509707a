// SPDX-License-Identifier: GPL-2.0-only
/* Negotiate contexts one by one. Pure: compiles in user space too. */
#include <linux/kernel.h>

#include <smbsign/pdu.h>

#include "context.h"

/**
 * smbsign_context_next() - go to the next context of a list
 * @c: the walk
 *
 * Return: 1 if there was one more, 0 at the end, -1 if it does not fit into the
 * message
 */
int smbsign_context_next(struct smbsign_context *c)
{
	const struct smbsign_negotiate_context *ctx;

	if (!c->left)
		return 0;
	if (c->next > c->len || c->len - c->next < sizeof(*ctx))
		return -1;
	ctx = (const void *)(c->msg + c->next);
	c->left--;
	c->type = le16_to_cpu(ctx->type);
	c->data = c->next + sizeof(*ctx);
	c->data_len = le16_to_cpu(ctx->data_length);
	if (c->data_len > c->len - c->data)
		return -1;
	c->next = (c->data + c->data_len + 7) & ~(size_t)7;
	return 1;
}

/**
 * smbsign_context_ids() - read the list of ids that a context consists of
 * @c: the context: a count, bytes to skip, and as many ids of 16 bits
 * @skip: bytes between the count and the ids
 * @count: set to the number of ids, host byte order
 * @mask: set to those below 32, bit n for id n
 *
 * PREAUTH_INTEGRITY, ENCRYPTION and SIGNING_CAPABILITIES are such lists,
 * MS-SMB2 2.2.3.1.1, .2 and .7; the first one has a salt's length to skip.
 *
 * Return: false if the context is too short for its count
 */
bool smbsign_context_ids(const struct smbsign_context *c, size_t skip,
			 __u16 *count, __u32 *mask)
{
	const __u8 *at = c->msg + c->data;
	__u16 i, id;

	*count = 0;
	*mask = 0;
	if (c->data_len < 2 + skip)
		return false;
	if ((c->data_len - 2 - skip) / 2 < smbsign_get_le16(at))
		return false;
	*count = smbsign_get_le16(at);
	for (i = 0; i < *count; i++) {
		id = smbsign_get_le16(at + 2 + skip + 2 * i);
		if (id < 32)
			*mask |= 1u << id;
	}
	return true;
}
