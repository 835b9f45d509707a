/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command sequence window of a connection, MS-SMB2 3.3.1.1 and 3.3.5.2.3.
 * Pure: compiles in user space too.
 */
#ifndef SMBSIGN_WINDOW_H
#define SMBSIGN_WINDOW_H

#include <linux/types.h>

/* Most credits that ksmbd lets a client hold by default, a power of two. */
#define SMBSIGN_WINDOW_LEN 8192u

/**
 * struct smbsign_window - which MessageIds a client may still use
 * @low: the lowest that was not used yet
 * @high: one more than the highest that was granted
 * @len: bits of @used, a power of two
 * @used: ring of bits, set for those from @low on that were used
 * @first: the ring that it begins with
 *
 * The caller serialises all access.
 */
struct smbsign_window {
	u64 low;
	u64 high;
	u32 len;
	u32 *used;
	u32 first[SMBSIGN_WINDOW_LEN / 32];
};

void smbsign_window_init(struct smbsign_window *window);
u32 *smbsign_window_grow(struct smbsign_window *window, u32 *ring, u32 len);
void smbsign_window_grant(struct smbsign_window *window, u16 credits);
bool smbsign_window_use(struct smbsign_window *window, u64 message_id,
			u16 charge);

#endif /* SMBSIGN_WINDOW_H */
