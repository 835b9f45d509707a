// SPDX-License-Identifier: GPL-2.0-only
/*
 * The signing engine: HMAC-SHA256, AES-CMAC and AES-GMAC with keys set once.
 *
 * Drivers of the kernel may allocate memory with GFP_KERNEL when they get a key.
 * We may set one, and sign, while the kernel writes pages or swaps to a share in
 * order to free memory: so they must not wait for I/O.
 */
#include <crypto/aead.h>
#include <crypto/hash.h>
#include <crypto/skcipher.h>
#include <linux/err.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "internal.h"

/**
 * smbsign_mac_driver() - which driver computes for an object?
 * @mac: the object
 *
 * Return: the driver's name as in /proc/crypto; lives as long as @mac
 */
const char *smbsign_mac_driver(const struct smbsign_mac *mac)
{
	switch (mac->alg) {
	case SMBSIGN_AES_GMAC:
		return crypto_tfm_alg_driver_name(crypto_aead_tfm(mac->aead));
	case SMBSIGN_AES_CMAC:
		return crypto_tfm_alg_driver_name(crypto_skcipher_tfm(mac->cmac.cbc));
	default:
		return crypto_tfm_alg_driver_name(crypto_shash_tfm(mac->shash));
	}
}

static int hmac_key(struct smbsign_mac *mac)
{
	struct crypto_shash *shash;
	int err;

	shash = crypto_alloc_shash(smbsign_alg_driver_wanted(mac->alg), 0,
				   SMBSIGN_UNFIT);
	if (IS_ERR(shash))
		return PTR_ERR(shash);
	err = crypto_shash_setkey(shash, mac->key, SMBSIGN_KEY_LEN);
	if (err) {
		crypto_free_shash(shash);
		return err;
	}
	mac->shash = shash;
	return 0;
}

static int mac_key(struct smbsign_mac *mac)
{
	switch (mac->alg) {
	case SMBSIGN_AES_GMAC:
		return smbsign_gmac_key(mac);
	case SMBSIGN_AES_CMAC:
		return smbsign_cmac_key(mac);
	default:
		return hmac_key(mac);
	}
}

/**
 * smbsign_mac_alloc() - set a key for an algorithm
 * @alg: the algorithm
 * @key: the key; it is copied
 *
 * May sleep; not for the message path.
 *
 * Return: an object with one reference, or ERR_PTR
 */
struct smbsign_mac *smbsign_mac_alloc(enum smbsign_alg alg,
				      const u8 key[SMBSIGN_KEY_LEN])
{
	unsigned int flags = memalloc_noio_save();
	struct smbsign_mac *mac = kzalloc(sizeof(*mac), GFP_KERNEL);
	int err = mac ? 0 : -ENOMEM;

	if (!err) {
		refcount_set(&mac->refs, 1);
		mac->alg = alg;
		memcpy(mac->key, key, SMBSIGN_KEY_LEN);
		err = mac_key(mac);
	}
	memalloc_noio_restore(flags);
	if (err) {
		kfree_sensitive(mac);
		return ERR_PTR(err);
	}
	return mac;
}

/**
 * smbsign_mac_get() - take a reference
 * @mac: the object
 *
 * Return: @mac
 */
struct smbsign_mac *smbsign_mac_get(struct smbsign_mac *mac)
{
	refcount_inc(&mac->refs);
	return mac;
}

/**
 * smbsign_mac_tryget() - take a reference, if there is one left
 * @mac: the object, found under RCU's read lock, which is still held
 *
 * Return: @mac, or NULL if its last reference was dropped
 */
struct smbsign_mac *smbsign_mac_tryget(struct smbsign_mac *mac)
{
	return refcount_inc_not_zero(&mac->refs) ? mac : NULL;
}

static void mac_wipe(struct smbsign_mac *mac)
{
	memzero_explicit(mac->key, sizeof(mac->key));
	memzero_explicit(&mac->cmac, sizeof(mac->cmac));
}

/**
 * smbsign_mac_put() - drop a reference; with the last one the key is wiped
 * @mac: the object
 *
 * May sleep.
 */
void smbsign_mac_put(struct smbsign_mac *mac)
{
	if (!refcount_dec_and_test(&mac->refs))
		return;
	switch (mac->alg) {
	case SMBSIGN_AES_GMAC:
		crypto_free_aead(mac->aead);
		break;
	case SMBSIGN_AES_CMAC:
		crypto_free_skcipher(mac->cmac.cbc);
		break;
	default:
		crypto_free_shash(mac->shash);
	}
	mac_wipe(mac);
	kfree_rcu(mac, rcu);
}

static int hmac_compute(const struct smbsign_mac *mac, struct smbsign_sg *sg,
			u8 out[SMBSIGN_SIGNATURE_LEN])
{
	SHASH_DESC_ON_STACK(desc, mac->shash);
	u8 digest[HASH_MAX_DIGESTSIZE];
	struct sg_mapping_iter it;
	size_t left = sg->len;
	int err;

	desc->tfm = mac->shash;
	err = crypto_shash_init(desc);
	sg_miter_start(&it, sg->first, sg->nents, SG_MITER_FROM_SG);
	while (!err && left && sg_miter_next(&it)) {
		err = crypto_shash_update(desc, it.addr, it.length);
		left -= it.length;
	}
	sg_miter_stop(&it);
	if (!err)
		err = crypto_shash_final(desc, digest);
	if (!err)
		memcpy(out, digest, SMBSIGN_SIGNATURE_LEN);
	shash_desc_zero(desc);
	memzero_explicit(digest, sizeof(digest));
	return err;
}

static int mac_compute(const struct smbsign_mac *mac,
		       const struct smbsign_nonce *nonce, struct smbsign_sg *sg,
		       u8 out[SMBSIGN_SIGNATURE_LEN])
{
	switch (mac->alg) {
	case SMBSIGN_AES_GMAC:
		return smbsign_gmac_compute(mac, nonce, sg, out);
	case SMBSIGN_AES_CMAC:
		return smbsign_cmac_compute(mac, sg, out);
	default:
		return hmac_compute(mac, sg, out);
	}
}

/**
 * smbsign_mac_compute() - compute the signature of a message
 * @mac: algorithm and key
 * @nonce: of the message; used by AES-GMAC only, under which no two messages
 *	may have the same
 * @sg: the message, with its Signature field zeroed; used up by the call
 * @out: the signature
 *
 * Allocates nothing and sets no key. Process context; may sleep.
 *
 * Return: 0, or what the crypto API returns
 */
int smbsign_mac_compute(struct smbsign_mac *mac,
			const struct smbsign_nonce *nonce,
			struct smbsign_sg *sg, u8 out[SMBSIGN_SIGNATURE_LEN])
{
	unsigned int flags;
	int err;

	if (!sg->len)
		return -EINVAL;
	flags = memalloc_noio_save();
	err = mac_compute(mac, nonce, sg, out);
	memalloc_noio_restore(flags);
	return err;
}
