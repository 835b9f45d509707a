/* SPDX-License-Identifier: GPL-2.0-only */
/* The one walk over a list of negotiate contexts, MS-SMB2 2.2.3.1. */
#ifndef SMBSIGN_SMB2_CONTEXT_H
#define SMBSIGN_SMB2_CONTEXT_H

#include <linux/types.h>

/**
 * struct smbsign_context - a negotiate context, while a list is walked
 * @msg: the message
 * @len: its bytes
 * @left: contexts that were not reached yet
 * @next: where the next one begins
 * @type: ContextType of this one, host byte order
 * @data: where its data begins
 * @data_len: bytes of it, all of which are inside the message
 */
struct smbsign_context {
	const __u8 *msg;
	size_t len;
	unsigned int left;
	size_t next;
	__u16 type;
	size_t data;
	size_t data_len;
};

static inline __u16 smbsign_get_le16(const __u8 *at)
{
	return at[0] | at[1] << 8;
}

int smbsign_context_next(struct smbsign_context *c);
bool smbsign_context_ids(const struct smbsign_context *c, size_t skip,
			 __u16 *count, __u32 *mask);

#endif /* SMBSIGN_SMB2_CONTEXT_H */
