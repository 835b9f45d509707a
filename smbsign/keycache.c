// SPDX-License-Identifier: GPL-2.0-only
/* Keyed algorithms of one connection, see smbsign/keycache.h. */
#include <crypto/algapi.h>
#include <linux/err.h>
#include <linux/string.h>

#include <smbsign/keycache.h>

/**
 * smbsign_keycache_init() - start an empty cache
 * @cache: what to initialise
 */
void smbsign_keycache_init(struct smbsign_keycache *cache)
{
	spin_lock_init(&cache->lock);
	cache->used = 0;
}

/**
 * smbsign_keycache_destroy() - drop all keys
 * @cache: a cache that no one uses any more
 *
 * May sleep.
 */
void smbsign_keycache_destroy(struct smbsign_keycache *cache)
{
	while (cache->used)
		smbsign_mac_put(cache->mac[--cache->used]);
}

static void move_to_front(struct smbsign_keycache *cache, unsigned int at,
			  struct smbsign_mac *mac)
{
	memmove(&cache->mac[1], &cache->mac[0], at * sizeof(cache->mac[0]));
	cache->mac[0] = mac;
}

static struct smbsign_mac *cache_find(struct smbsign_keycache *cache,
				      enum smbsign_alg alg, const u8 *key)
{
	struct smbsign_mac *mac = NULL;
	unsigned int i;

	spin_lock(&cache->lock);
	for (i = 0; i < cache->used; i++) {
		mac = cache->mac[i];
		if (mac->alg == alg &&
		    !crypto_memneq(mac->key, key, SMBSIGN_KEY_LEN))
			break;
	}
	if (i < cache->used) {
		smbsign_mac_get(mac);
		move_to_front(cache, i, mac);
	} else {
		mac = NULL;
	}
	spin_unlock(&cache->lock);
	return mac;
}

/* Takes a reference of its own. Returns what had to make room, or NULL. */
static struct smbsign_mac *cache_insert(struct smbsign_keycache *cache,
					struct smbsign_mac *mac)
{
	struct smbsign_mac *evicted = NULL;

	smbsign_mac_get(mac);
	spin_lock(&cache->lock);
	if (cache->used == SMBSIGN_KEYCACHE_MAX)
		evicted = cache->mac[--cache->used];
	move_to_front(cache, cache->used++, mac);
	spin_unlock(&cache->lock);
	return evicted;
}

/**
 * smbsign_keycache_get() - find a keyed algorithm, or key one
 * @cache: cache of the connection
 * @alg: the algorithm
 * @key: the key
 *
 * May sleep the first time that a key is seen. Two CPUs may key the same at
 * once: both objects are right, and the older of them is evicted some day.
 *
 * Return: the object with a reference for the caller, or ERR_PTR
 */
struct smbsign_mac *smbsign_keycache_get(struct smbsign_keycache *cache,
					 enum smbsign_alg alg,
					 const u8 key[SMBSIGN_KEY_LEN])
{
	struct smbsign_mac *mac = cache_find(cache, alg, key);
	struct smbsign_mac *evicted;

	if (mac)
		return mac;
	mac = smbsign_mac_alloc(alg, key);
	if (IS_ERR(mac))
		return mac;
	evicted = cache_insert(cache, mac);
	if (evicted)
		smbsign_mac_put(evicted);
	return mac;
}
