// SPDX-License-Identifier: GPL-2.0-only
/*
 * The signing engine: HMAC-SHA256, AES-CMAC and AES-GMAC with keys set once.
 *
 * AES-GMAC is AES-128-GCM of nothing, with the message as associated data.
 * Ciphers are asked for without CRYPTO_ALG_ASYNC masked off: on 6.1 and 6.12
 * that mask yields an implementation many times slower, while the asynchronous
 * one completes at once in process context.
 */
#include <crypto/aead.h>
#include <crypto/hash.h>
#include <crypto/skcipher.h>
#include <linux/err.h>
#include <linux/kmod.h>
#include <linux/slab.h>

#include <smbsign/mac.h>
#include "mac_internal.h"

#define GCM_NONCE_LEN 12
/*
 * The driver of this name copied associated data that comes in pieces to one
 * piece from kmalloc(), up to 6.10: that fails for large messages.
 */
#define GCM_COPIES "generic-gcm-aesni"
/*
 * Largest request size of a gcm(aes) that we accept; 6.12's needs 160, the one
 * that is composed for 6.1 some 600.
 */
#define GCM_REQSIZE_MAX 768

static const struct {
	const char *name;
	const char *crypto;
} algs[] = {
	[SMBSIGN_HMAC_SHA256] = { "hmac-sha256", "hmac(sha256)" },
	[SMBSIGN_AES_CMAC] = { "aes-cmac", "cbc(aes)" },
	[SMBSIGN_AES_GMAC] = { "aes-gmac", "gcm(aes)" },
};

/* What AES-GMAC is asked for by; written before anything else runs. */
static char gcm_name[CRYPTO_MAX_ALG_NAME] __read_mostly = "gcm(aes)";

/**
 * smbsign_alg_name() - what the administrator calls an algorithm
 * @alg: the algorithm
 *
 * Return: a constant string
 */
const char *smbsign_alg_name(enum smbsign_alg alg)
{
	return algs[alg].name;
}

/*
 * Algorithms that the self-test has found to work; bit mask by enum
 * smbsign_alg. Written before anything else of the module runs.
 */
static u32 algs_available __read_mostly;

/**
 * smbsign_alg_available() - does this kernel have an algorithm?
 * @alg: the algorithm
 *
 * May be called from any context.
 *
 * Return: true if it does; an algorithm that is not there is not negotiated
 */
bool smbsign_alg_available(enum smbsign_alg alg)
{
	return algs_available & BIT(alg);
}

static const char *mac_driver(const struct smbsign_mac *mac)
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

/* Are there both parts of a gcm(aes) that takes data as it comes? */
static void gcm_compose(void)
{
	char name[CRYPTO_MAX_ALG_NAME];
	struct crypto_skcipher *ctr;
	struct crypto_ahash *ghash;

	/* For the same reason as in smbsign_mac_init(). */
	request_module("crypto-ghash");
	ctr = crypto_alloc_skcipher("ctr(aes)", 0, 0);
	ghash = crypto_alloc_ahash("ghash", 0, 0);
	if (!IS_ERR(ctr) && !IS_ERR(ghash) &&
	    snprintf(name, sizeof(name), "gcm_base(%s,%s)",
		     crypto_skcipher_driver_name(ctr),
		     crypto_ahash_driver_name(ghash)) < sizeof(name))
		strscpy(gcm_name, name, sizeof(gcm_name));
	if (!IS_ERR(ghash))
		crypto_free_ahash(ghash);
	if (!IS_ERR(ctr))
		crypto_free_skcipher(ctr);
}

static void gcm_choose(void)
{
	struct crypto_aead *aead = crypto_alloc_aead(gcm_name, 0, 0);

	/* What is wrong with it will be told by alg_probe(). */
	if (IS_ERR(aead))
		return;
	if (!strcmp(crypto_tfm_alg_driver_name(crypto_aead_tfm(aead)),
		    GCM_COPIES))
		gcm_compose();
	crypto_free_aead(aead);
}

/* Says which driver computes, as that decides how fast it is. */
static int alg_probe(enum smbsign_alg alg)
{
	static const u8 key[SMBSIGN_KEY_LEN];
	struct smbsign_mac *mac = smbsign_mac_alloc(alg, key);

	if (PTR_ERR_OR_ZERO(mac) == -ENOENT) {
		pr_warn("%s is not offered: the kernel has no %s\n",
			algs[alg].name, algs[alg].crypto);
		return 0;
	}
	if (IS_ERR(mac))
		return PTR_ERR(mac);
	pr_info("%s by %s\n", algs[alg].name, mac_driver(mac));
	algs_available |= BIT(alg);
	smbsign_mac_put(mac);
	return 0;
}

static int mac_key_shash(struct smbsign_mac *mac)
{
	struct crypto_shash *shash;
	int err;

	shash = crypto_alloc_shash(algs[mac->alg].crypto, 0, 0);
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

static int mac_key_aead(struct smbsign_mac *mac)
{
	struct crypto_aead *aead;
	int err;

	aead = crypto_alloc_aead(gcm_name, 0, 0);
	if (IS_ERR(aead))
		return PTR_ERR(aead);
	err = crypto_aead_setkey(aead, mac->key, SMBSIGN_KEY_LEN);
	if (!err)
		err = crypto_aead_setauthsize(aead, SMBSIGN_SIGNATURE_LEN);
	if (!err && crypto_aead_reqsize(aead) > GCM_REQSIZE_MAX)
		err = -EOPNOTSUPP;
	if (err) {
		crypto_free_aead(aead);
		return err;
	}
	mac->aead = aead;
	return 0;
}

static int mac_key(struct smbsign_mac *mac)
{
	switch (mac->alg) {
	case SMBSIGN_AES_GMAC:
		return mac_key_aead(mac);
	case SMBSIGN_AES_CMAC:
		return smbsign_cmac_key(mac);
	default:
		return mac_key_shash(mac);
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
	struct smbsign_mac *mac = kzalloc(sizeof(*mac), GFP_NOFS);
	int err;

	if (!mac)
		return ERR_PTR(-ENOMEM);
	refcount_set(&mac->refs, 1);
	mac->alg = alg;
	memcpy(mac->key, key, SMBSIGN_KEY_LEN);
	err = mac_key(mac);
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
	kfree_sensitive(mac);
}

static int mac_shash(struct smbsign_mac *mac, struct smbsign_sg *sg,
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

/* MS-SMB2 3.1.4.1 */
static void gcm_nonce(const struct smbsign_nonce *nonce, u8 out[GCM_NONCE_LEN])
{
	__le64 message_id = cpu_to_le64(nonce->message_id);
	__le32 bits = cpu_to_le32(nonce->bits);

	memcpy(out, &message_id, 8);
	memcpy(out + 8, &bits, 4);
}

static int mac_aead(struct smbsign_mac *mac, const struct smbsign_nonce *nonce,
		    struct smbsign_sg *sg, u8 out[SMBSIGN_SIGNATURE_LEN])
{
	u8 space[sizeof(struct aead_request) + GCM_REQSIZE_MAX]
		__aligned(__alignof__(struct aead_request));
	struct aead_request *req = (void *)space;
	u8 iv[GCM_NONCE_LEN];
	DECLARE_CRYPTO_WAIT(wait);
	size_t assoclen = sg->len;
	int err;

	/* gcm(aes) writes the tag behind the associated data. */
	err = smbsign_sg_add(sg, out, SMBSIGN_SIGNATURE_LEN);
	if (err)
		return err;
	sg_mark_end(&sg->tail[sg->used - 1]);
	gcm_nonce(nonce, iv);
	aead_request_set_tfm(req, mac->aead);
	aead_request_set_callback(req, CRYPTO_TFM_REQ_MAY_SLEEP |
				  CRYPTO_TFM_REQ_MAY_BACKLOG,
				  crypto_req_done, &wait);
	aead_request_set_crypt(req, sg->first, sg->first, 0, iv);
	aead_request_set_ad(req, assoclen);
	err = crypto_wait_req(crypto_aead_encrypt(req), &wait);
	memzero_explicit(space, sizeof(space));
	return err;
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
	if (!sg->len)
		return -EINVAL;
	if (mac->alg == SMBSIGN_AES_GMAC)
		return mac_aead(mac, nonce, sg, out);
	sg_mark_end(&sg->tail[sg->used - 1]);
	return mac->alg == SMBSIGN_AES_CMAC ?
	       smbsign_cmac_compute(mac, sg, out) : mac_shash(mac, sg, out);
}

/**
 * smbsign_mac_init() - make the engine ready
 *
 * Return: 0, -ENOMEM, or what the crypto API returns
 */
int smbsign_mac_init(void)
{
	int alg, err;

	/*
	 * A CPU's own implementations are modules that nothing asks for while
	 * generic code is there. The softdep is for modprobe, not for insmod.
	 */
	request_module("crypto-aes");
	request_module("crypto-sha256");
	gcm_choose();
	err = smbsign_sg_pool_init();
	if (err)
		return err;
	err = smbsign_cmac_init();
	if (err)
		goto err_pool;
	for (alg = 0; !err && alg < __SMBSIGN_ALG_MAX; alg++)
		err = alg_probe(alg);
	if (err)
		goto err_cmac;
	return 0;

err_cmac:
	smbsign_cmac_exit();
err_pool:
	smbsign_sg_pool_exit();
	return err;
}

/**
 * smbsign_mac_exit() - end the engine; no object of it may be left
 */
void smbsign_mac_exit(void)
{
	smbsign_cmac_exit();
	smbsign_sg_pool_exit();
}
