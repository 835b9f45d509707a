// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-CMAC, RFC 4493, by cbc(aes): all blocks of a page in one call of an
 * implementation that keeps the FPU. The kernel's cmac(aes) asks for one block
 * at a time, and is several times slower.
 *
 * We copy the message, page by page, to memory that it owns, and encrypt it
 * there in place. The cipher text is of no use but for its last block, which cbc
 * leaves in the IV; but the cipher reads it back, so nobody else may write there.
 */
#include <crypto/algapi.h>
#include <crypto/skcipher.h>
#include <linux/err.h>
#include <linux/scatterlist.h>
#include <linux/string.h>

#include "internal.h"

#define BLOCK SMBSIGN_SIGNATURE_LEN
/* Largest request size of a cbc(aes) that we accept; 6.12's needs 160. */
#define CBC_REQSIZE_MAX 512

static_assert(SMBSIGN_SCRATCH_BYTES % BLOCK == 0);

/* Encrypt whole blocks in place; @iv is the state before, and after it. */
static int cbc_encrypt(struct crypto_skcipher *cbc, u8 *data, size_t len,
		       u8 iv[BLOCK])
{
	u8 space[sizeof(struct skcipher_request) + CBC_REQSIZE_MAX]
		__aligned(__alignof__(struct skcipher_request));
	struct skcipher_request *req = (void *)space;
	DECLARE_CRYPTO_WAIT(wait);
	struct scatterlist sg;
	int err;

	sg_init_one(&sg, data, len);
	skcipher_request_set_tfm(req, cbc);
	skcipher_request_set_callback(req, CRYPTO_TFM_REQ_MAY_SLEEP |
				      CRYPTO_TFM_REQ_MAY_BACKLOG,
				      crypto_req_done, &wait);
	skcipher_request_set_crypt(req, &sg, &sg, len, iv);
	err = crypto_wait_req(crypto_skcipher_encrypt(req), &wait);
	memzero_explicit(space, sizeof(space));
	return err;
}

/**
 * struct cmac_run - the computation of one CMAC
 * @mac: algorithm and key
 * @scratch: memory of this message; its iv is the state
 * @used: bytes of the message in @scratch that are not encrypted yet, at least
 *	one unless nothing has come: the last block is not like others
 */
struct cmac_run {
	const struct smbsign_mac *mac;
	struct smbsign_scratch *scratch;
	size_t used;
};

static int cmac_flush(struct cmac_run *run)
{
	size_t len = run->used;

	run->used = 0;
	return cbc_encrypt(run->mac->cmac.cbc, run->scratch->data, len,
			   run->scratch->iv);
}

static int cmac_update(struct cmac_run *run, const u8 *data, size_t len)
{
	while (len) {
		size_t part;
		int err = 0;

		if (run->used == SMBSIGN_SCRATCH_BYTES)
			err = cmac_flush(run);
		if (err)
			return err;
		part = min(len, SMBSIGN_SCRATCH_BYTES - run->used);
		memcpy(run->scratch->data + run->used, data, part);
		run->used += part;
		data += part;
		len -= part;
	}
	return 0;
}

static int cmac_final(struct cmac_run *run)
{
	const u8 *subkey = run->mac->cmac.k1;
	u8 *data = run->scratch->data;

	if (run->used % BLOCK) {
		size_t padding = BLOCK - run->used % BLOCK;

		memset(data + run->used, 0, padding);
		data[run->used] = 0x80;
		run->used += padding;
		subkey = run->mac->cmac.k2;
	}
	crypto_xor(data + run->used - BLOCK, subkey, BLOCK);
	return cmac_flush(run);
}

static int cmac_message(struct cmac_run *run, struct smbsign_sg *sg)
{
	struct sg_mapping_iter it;
	size_t left = sg->len;
	int err = 0;

	sg_miter_start(&it, sg->first, sg->nents, SG_MITER_FROM_SG);
	while (!err && left && sg_miter_next(&it)) {
		err = cmac_update(run, it.addr, it.length);
		left -= it.length;
	}
	sg_miter_stop(&it);
	return err ?: cmac_final(run);
}

/**
 * smbsign_cmac_compute() - compute the AES-CMAC of a message
 * @mac: an object of smbsign_cmac_key()
 * @sg: the message, at least one byte
 * @out: the signature
 *
 * May sleep.
 *
 * Return: 0, or what the crypto API returns
 */
int smbsign_cmac_compute(const struct smbsign_mac *mac, struct smbsign_sg *sg,
			 u8 out[SMBSIGN_SIGNATURE_LEN])
{
	struct cmac_run run = {
		.mac = mac,
		.scratch = smbsign_sg_scratch(sg),
	};
	int err;

	memset(run.scratch->iv, 0, BLOCK);
	err = cmac_message(&run, sg);
	if (!err)
		memcpy(out, run.scratch->iv, SMBSIGN_SIGNATURE_LEN);
	return err;
}

/* Times x in the field of RFC 4493, most significant bit first. */
static void cmac_double(const u8 in[BLOCK], u8 out[BLOCK])
{
	u8 carry = in[0] >> 7;
	int i;

	for (i = 0; i < BLOCK - 1; i++)
		out[i] = in[i] << 1 | in[i + 1] >> 7;
	out[i] = in[i] << 1 ^ (carry ? 0x87 : 0);
}

/*
 * The subkeys come from a block of zeros, encrypted. It lies in the object, which
 * has not been given to anyone yet.
 */
static int cmac_subkeys(struct smbsign_mac *mac)
{
	u8 iv[BLOCK] = {};
	u8 block[BLOCK];
	int err;

	err = cbc_encrypt(mac->cmac.cbc, mac->cmac.k1, BLOCK, iv);
	memcpy(block, mac->cmac.k1, BLOCK);
	cmac_double(block, mac->cmac.k1);
	cmac_double(mac->cmac.k1, mac->cmac.k2);
	memzero_explicit(block, sizeof(block));
	memzero_explicit(iv, sizeof(iv));
	return err;
}

/**
 * smbsign_cmac_key() - make an object ready, by its key
 * @mac: the object; its subkeys are zero
 *
 * May sleep.
 *
 * Return: 0; -ENOENT if the kernel has no driver that fits; -EOPNOTSUPP if its
 * requests are too large; or what the crypto API returns
 */
int smbsign_cmac_key(struct smbsign_mac *mac)
{
	struct crypto_skcipher *cbc;
	int err;

	cbc = crypto_alloc_skcipher(smbsign_alg_driver_wanted(mac->alg), 0,
				    SMBSIGN_UNFIT);
	if (IS_ERR(cbc))
		return PTR_ERR(cbc);
	mac->cmac.cbc = cbc;
	err = crypto_skcipher_setkey(cbc, mac->key, SMBSIGN_KEY_LEN);
	if (!err && crypto_skcipher_reqsize(cbc) > CBC_REQSIZE_MAX)
		err = -EOPNOTSUPP;
	if (!err)
		err = cmac_subkeys(mac);
	if (err)
		crypto_free_skcipher(cbc);
	return err;
}
