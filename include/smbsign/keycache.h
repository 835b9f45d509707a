/* SPDX-License-Identifier: GPL-2.0-only */
/* Keyed algorithms of one connection, so that no message has to set a key. */
#ifndef SMBSIGN_KEYCACHE_H
#define SMBSIGN_KEYCACHE_H

#include <linux/spinlock.h>

#include <smbsign/mac.h>

#define SMBSIGN_KEYCACHE_MAX 16

/**
 * struct smbsign_keycache - most recently used keys first
 * @lock: protects the other members
 * @used: slots in use, from the start of @mac
 * @mac: one reference each
 *
 * Found by the key itself and not by session or channel, so it cannot outlive
 * the key's meaning: whoever asks must have the key.
 */
struct smbsign_keycache {
	spinlock_t lock;
	unsigned int used;
	struct smbsign_mac *mac[SMBSIGN_KEYCACHE_MAX];
};

void smbsign_keycache_init(struct smbsign_keycache *cache);
void smbsign_keycache_destroy(struct smbsign_keycache *cache);
struct smbsign_mac *smbsign_keycache_get(struct smbsign_keycache *cache,
					 enum smbsign_alg alg,
					 const u8 key[SMBSIGN_KEY_LEN]);

#endif /* SMBSIGN_KEYCACHE_H */
