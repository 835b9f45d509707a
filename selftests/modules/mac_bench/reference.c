// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signatures of messages that lie in one piece, by the plainest code that the
 * kernel has, one at a time: what the engine's are compared with.
 */
#include <crypto/aead.h>
#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mac_bench.h"

static int by_shash(const char *name, const u8 *key, const u8 *data, size_t len,
		    u8 out[SMBSIGN_SIGNATURE_LEN])
{
	struct crypto_shash *tfm = crypto_alloc_shash(name, 0, 0);
	u8 digest[HASH_MAX_DIGESTSIZE];
	int err;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	err = crypto_shash_setkey(tfm, key, SMBSIGN_KEY_LEN);
	if (!err)
		err = crypto_shash_tfm_digest(tfm, data, len, digest);
	memcpy(out, digest, SMBSIGN_SIGNATURE_LEN);
	crypto_free_shash(tfm);
	return err;
}

/* @data has room for the tag behind it. */
static int gcm_run(struct crypto_aead *tfm, struct aead_request *req, u8 *data,
		   size_t len, u64 message_id)
{
	__le64 iv[2] = { cpu_to_le64(message_id) };
	struct scatterlist sg;
	DECLARE_CRYPTO_WAIT(wait);

	sg_init_one(&sg, data, len + SMBSIGN_SIGNATURE_LEN);
	aead_request_set_callback(req, CRYPTO_TFM_REQ_MAY_SLEEP |
				  CRYPTO_TFM_REQ_MAY_BACKLOG,
				  crypto_req_done, &wait);
	aead_request_set_crypt(req, &sg, &sg, 0, (u8 *)iv);
	aead_request_set_ad(req, len);
	return crypto_wait_req(crypto_aead_encrypt(req), &wait);
}

static int by_gcm(const u8 *key, u8 *data, size_t len, u64 message_id,
		  u8 out[SMBSIGN_SIGNATURE_LEN])
{
	struct crypto_aead *tfm = crypto_alloc_aead("gcm(aes)", 0, 0);
	struct aead_request *req;
	int err;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	req = aead_request_alloc(tfm, GFP_KERNEL);
	err = req ? crypto_aead_setkey(tfm, key, SMBSIGN_KEY_LEN) : -ENOMEM;
	if (!err)
		err = crypto_aead_setauthsize(tfm, SMBSIGN_SIGNATURE_LEN);
	if (!err)
		err = gcm_run(tfm, req, data, len, message_id);
	memcpy(out, data + len, SMBSIGN_SIGNATURE_LEN);
	aead_request_free(req);
	crypto_free_aead(tfm);
	return err;
}

/* The signature of a message of @len bytes as message_alloc() makes it. */
int reference_compute(enum smbsign_alg alg, const u8 *key, size_t len,
		      u64 message_id, u8 out[SMBSIGN_SIGNATURE_LEN])
{
	u8 *data = kzalloc(len + SMBSIGN_SIGNATURE_LEN, GFP_KERNEL);
	int err;

	if (!data)
		return -ENOMEM;
	message_fill(data, 0, len);
	switch (alg) {
	case SMBSIGN_AES_GMAC:
		err = by_gcm(key, data, len, message_id, out);
		break;
	case SMBSIGN_AES_CMAC:
		err = by_shash("cmac(aes)", key, data, len, out);
		break;
	default:
		err = by_shash("hmac(sha256)", key, data, len, out);
	}
	kfree(data);
	return err;
}
