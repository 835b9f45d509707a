// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-CMAC, RFC 4493, by cbc(aes): all blocks of a piece of a message in one
 * call of an implementation that keeps the FPU. The kernel's cmac(aes) asks for
 * one block at a time, and is several times slower.
 *
 * The cipher text is of no use but for its last block, which cbc leaves in the
 * IV. It goes to a page of the CPU, again and again.
 */
#include <crypto/algapi.h>
#include <crypto/skcipher.h>
#include <linux/err.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/string.h>

#include <smbsign/mac.h>
#include "mac_internal.h"

#define BLOCK SMBSIGN_SIGNATURE_LEN
/* Largest request size of a cbc(aes) that we accept; 6.12's needs 160. */
#define CBC_REQSIZE_MAX 512

/**
 * struct cmac_sink - where cipher text goes
 * @sg: a page, and a link to the page again: it takes any number of bytes
 *
 * Written by whoever computes, read by nobody; so nothing protects it.
 */
struct cmac_sink {
	struct scatterlist sg[2];
};

static DEFINE_PER_CPU(struct cmac_sink, cmac_sinks);

/**
 * struct cmac_run - the computation of one CMAC
 * @mac: algorithm and key
 * @req: the request
 * @wait: for a driver that does not complete at once
 * @iv: state: the last block of cipher text
 * @held: the last bytes of what has come, at least one unless nothing has
 * @n_held: their number
 */
struct cmac_run {
	const struct smbsign_mac *mac;
	struct skcipher_request *req;
	struct crypto_wait wait;
	u8 iv[BLOCK];
	u8 held[BLOCK] __aligned(BLOCK);
	unsigned int n_held;
};

static int cmac_blocks(struct cmac_run *run, struct page *page, size_t offset,
		       size_t len)
{
	/* On another CPU meanwhile: it does not matter. */
	struct scatterlist *sink = raw_cpu_ptr(&cmac_sinks)->sg;
	struct scatterlist src;

	sg_init_table(&src, 1);
	sg_set_page(&src, page, len, offset);
	skcipher_request_set_crypt(run->req, &src, sink, len, run->iv);
	return crypto_wait_req(crypto_skcipher_encrypt(run->req), &run->wait);
}

/* @run lives on a stack, which may be mapped; @held is within a page. */
static int cmac_held(struct cmac_run *run)
{
	struct page *page = virt_addr_valid(run->held) ?
		virt_to_page(run->held) : vmalloc_to_page(run->held);

	run->n_held = 0;
	return cmac_blocks(run, page, offset_in_page(run->held), BLOCK);
}

/* The last block is not like others, so there are always some bytes held. */
static int cmac_update(struct cmac_run *run, struct page *page, const u8 *data,
		       size_t len)
{
	size_t part = min_t(size_t, len, BLOCK - run->n_held);
	size_t bulk;
	int err = 0;

	if (run->n_held) {
		memcpy(run->held + run->n_held, data, part);
		run->n_held += part;
		data += part;
		len -= part;
	}
	if (!len)
		return 0;
	if (run->n_held)
		err = cmac_held(run);
	bulk = round_down(len - 1, BLOCK);
	if (!err && bulk)
		err = cmac_blocks(run, page, offset_in_page(data), bulk);
	run->n_held = len - bulk;
	memcpy(run->held, data + bulk, run->n_held);
	return err;
}

static int cmac_final(struct cmac_run *run)
{
	const u8 *subkey = run->mac->cmac.k1;

	if (run->n_held < BLOCK) {
		run->held[run->n_held] = 0x80;
		memset(run->held + run->n_held + 1, 0, BLOCK - 1 - run->n_held);
		subkey = run->mac->cmac.k2;
	}
	crypto_xor(run->held, subkey, BLOCK);
	return cmac_held(run);
}

static int cmac_message(struct cmac_run *run, struct smbsign_sg *sg)
{
	struct sg_mapping_iter it;
	size_t left = sg->len;
	int err = 0;

	sg_miter_start(&it, sg->first, sg->nents, SG_MITER_FROM_SG);
	while (!err && left && sg_miter_next(&it)) {
		err = cmac_update(run, it.page, it.addr, it.length);
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
	u8 space[sizeof(struct skcipher_request) + CBC_REQSIZE_MAX]
		__aligned(__alignof__(struct skcipher_request));
	struct cmac_run run = { .mac = mac, .req = (void *)space };
	int err;

	crypto_init_wait(&run.wait);
	skcipher_request_set_tfm(run.req, mac->cmac.cbc);
	skcipher_request_set_callback(run.req, CRYPTO_TFM_REQ_MAY_SLEEP |
				      CRYPTO_TFM_REQ_MAY_BACKLOG,
				      crypto_req_done, &run.wait);
	err = cmac_message(&run, sg);
	if (!err)
		memcpy(out, run.iv, SMBSIGN_SIGNATURE_LEN);
	memzero_explicit(&run, sizeof(run));
	memzero_explicit(space, sizeof(space));
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

/* The subkeys come from a block of zeros, encrypted. */
static int cmac_subkeys(struct smbsign_mac *mac)
{
	static const u8 zero[BLOCK];
	struct smbsign_sg sg;
	u8 block[BLOCK];
	int err;

	smbsign_sg_init(&sg);
	err = smbsign_sg_add(&sg, zero, sizeof(zero));
	if (!err)
		err = smbsign_cmac_compute(mac, &sg, block);
	smbsign_sg_free(&sg);
	cmac_double(block, mac->cmac.k1);
	cmac_double(mac->cmac.k1, mac->cmac.k2);
	memzero_explicit(block, sizeof(block));
	return err;
}

/**
 * smbsign_cmac_key() - make an object ready, by its key
 * @mac: the object; its subkeys are zero
 *
 * May sleep.
 *
 * Return: 0; -ENOENT if the kernel has no cbc(aes); or what the crypto API
 * returns
 */
int smbsign_cmac_key(struct smbsign_mac *mac)
{
	struct crypto_skcipher *cbc = crypto_alloc_skcipher("cbc(aes)", 0, 0);
	int err;

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

/**
 * smbsign_cmac_exit() - give the pages back; nobody computes any more
 */
void smbsign_cmac_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct cmac_sink *sink = per_cpu_ptr(&cmac_sinks, cpu);

		if (!sg_page(sink->sg))
			continue;
		clear_highpage(sg_page(sink->sg));
		__free_page(sg_page(sink->sg));
		sg_init_table(sink->sg, ARRAY_SIZE(sink->sg));
	}
}

/**
 * smbsign_cmac_init() - set a page aside for each CPU
 *
 * Return: 0 or -ENOMEM
 */
int smbsign_cmac_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct cmac_sink *sink = per_cpu_ptr(&cmac_sinks, cpu);
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page) {
			smbsign_cmac_exit();
			return -ENOMEM;
		}
		sg_init_table(sink->sg, ARRAY_SIZE(sink->sg));
		sg_set_page(sink->sg, page, PAGE_SIZE, 0);
		sg_chain(sink->sg, ARRAY_SIZE(sink->sg), sink->sg);
	}
	return 0;
}
