// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-GMAC, MS-SMB2 3.1.4.1: AES-128-GCM of nothing, with the message as
 * associated data.
 */
#include <crypto/aead.h>
#include <crypto/hash.h>
#include <crypto/skcipher.h>
#include <linux/err.h>
#include <linux/kmod.h>
#include <linux/string.h>

#include "internal.h"

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

/* Are there both parts of a gcm(aes) that takes data as it comes? */
static void gcm_compose(char driver[CRYPTO_MAX_ALG_NAME])
{
	char name[CRYPTO_MAX_ALG_NAME];
	struct crypto_skcipher *ctr;
	struct crypto_ahash *ghash;

	/* For the same reason as in smbsign_mac_init(). */
	request_module("crypto-ghash");
	ctr = crypto_alloc_skcipher("ctr(aes)", 0, SMBSIGN_UNFIT);
	ghash = crypto_alloc_ahash("ghash", 0, SMBSIGN_UNFIT);
	if (!IS_ERR(ctr) && !IS_ERR(ghash) &&
	    snprintf(name, sizeof(name), "gcm_base(%s,%s)",
		     crypto_skcipher_driver_name(ctr),
		     crypto_ahash_driver_name(ghash)) < sizeof(name))
		strscpy(driver, name, CRYPTO_MAX_ALG_NAME);
	if (!IS_ERR(ghash))
		crypto_free_ahash(ghash);
	if (!IS_ERR(ctr))
		crypto_free_skcipher(ctr);
}

/**
 * smbsign_gmac_choose() - choose what to ask the kernel for
 * @driver: "gcm(aes)"; changed if the kernel's best driver of it is one that
 *	fails for large messages
 *
 * May sleep; when the module is loaded.
 */
void smbsign_gmac_choose(char driver[CRYPTO_MAX_ALG_NAME])
{
	struct crypto_aead *aead = crypto_alloc_aead(driver, 0, SMBSIGN_UNFIT);

	/* The probe of the algorithm will say what is wrong. */
	if (IS_ERR(aead))
		return;
	if (!strcmp(crypto_tfm_alg_driver_name(crypto_aead_tfm(aead)),
		    GCM_COPIES))
		gcm_compose(driver);
	crypto_free_aead(aead);
}

/**
 * smbsign_gmac_key() - make an object ready, by its key
 * @mac: the object
 *
 * May sleep.
 *
 * Return: 0; -ENOENT if the kernel has no driver that fits; -EOPNOTSUPP if its
 * requests are too large; or what the crypto API returns
 */
int smbsign_gmac_key(struct smbsign_mac *mac)
{
	struct crypto_aead *aead;
	int err;

	aead = crypto_alloc_aead(smbsign_alg_driver_wanted(mac->alg), 0,
				 SMBSIGN_UNFIT);
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

static void gcm_nonce(const struct smbsign_nonce *nonce, u8 out[GCM_NONCE_LEN])
{
	__le64 message_id = cpu_to_le64(nonce->message_id);
	__le32 bits = cpu_to_le32(nonce->bits);

	memcpy(out, &message_id, 8);
	memcpy(out + 8, &bits, 4);
}

/**
 * smbsign_gmac_compute() - compute the AES-GMAC of a message
 * @mac: an object of smbsign_gmac_key()
 * @nonce: of the message
 * @sg: the message; used up by the call
 * @out: the signature
 *
 * May sleep.
 *
 * Return: 0, or what the crypto API returns
 */
int smbsign_gmac_compute(const struct smbsign_mac *mac,
			 const struct smbsign_nonce *nonce,
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
