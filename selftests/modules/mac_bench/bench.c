// SPDX-License-Identifier: GPL-2.0-only
/*
 * The time that one message takes, by smbsign's engine, and as the kernel's own
 * SMB code computes AES-CMAC: a key is set for each message, on an object that
 * is kept, or that is allocated too.
 */
#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sched/signal.h>
#include <linux/sort.h>

#include "mac_bench.h"

#define ROUNDS 7
#define ROUND_NS (20 * NSEC_PER_MSEC)

enum method {
	BY_GMAC,
	BY_CMAC,
	BY_HMAC,
	STOCK_KEPT,
	STOCK_FRESH,
	__METHOD_MAX
};

static const char * const method_names[__METHOD_MAX] = {
	[BY_GMAC] = "aes-gmac",
	[BY_CMAC] = "aes-cmac",
	[BY_HMAC] = "hmac-sha256",
	[STOCK_KEPT] = "stock-cmac",
	[STOCK_FRESH] = "stock-cmac+alloc",
};

static const enum smbsign_alg method_alg[] = {
	[BY_GMAC] = SMBSIGN_AES_GMAC,
	[BY_CMAC] = SMBSIGN_AES_CMAC,
	[BY_HMAC] = SMBSIGN_HMAC_SHA256,
};

static const size_t sizes[] = { 128, 512, SZ_4K, SZ_64K, SZ_1M, SZ_4M };

struct bench {
	struct smbsign_mac *mac[BY_HMAC + 1];
	struct crypto_shash *kept;
	struct message msg;
	u64 message_id;
};

static int stock_digest(struct crypto_shash *tfm, const struct message *msg)
{
	u8 out[SMBSIGN_SIGNATURE_LEN];
	SHASH_DESC_ON_STACK(desc, tfm);
	int err;

	desc->tfm = tfm;
	err = crypto_shash_setkey(tfm, mac_bench_key, SMBSIGN_KEY_LEN);
	if (!err)
		err = crypto_shash_init(desc);
	if (!err)
		err = crypto_shash_update(desc, msg->buf, msg->len);
	return err ?: crypto_shash_final(desc, out);
}

static int stock_fresh(const struct message *msg)
{
	struct crypto_shash *tfm = crypto_alloc_shash("cmac(aes)", 0, 0);
	int err;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	err = stock_digest(tfm, msg);
	crypto_free_shash(tfm);
	return err;
}

static int once(struct bench *b, enum method method)
{
	struct smbsign_nonce nonce = { .message_id = b->message_id++ };
	u8 out[SMBSIGN_SIGNATURE_LEN];

	if (method == STOCK_KEPT)
		return stock_digest(b->kept, &b->msg);
	if (method == STOCK_FRESH)
		return stock_fresh(&b->msg);
	return message_compute(&b->msg, b->mac[method], &nonce, out);
}

/* ns of one message, or an error */
static s64 round_ns(struct bench *b, enum method method)
{
	unsigned int n = 0;
	ktime_t start, now;
	int err;

	err = once(b, method);
	start = ktime_get();
	do {
		if (!err)
			err = once(b, method);
		if (err)
			return err;
		n++;
		cond_resched();
		now = ktime_get();
	} while (ktime_to_ns(ktime_sub(now, start)) < ROUND_NS);
	return div_u64(ktime_to_ns(ktime_sub(now, start)), n);
}

static int compare(const void *a, const void *b)
{
	s64 x = *(const s64 *)a, y = *(const s64 *)b;

	return x < y ? -1 : x > y;
}

static void show_size(struct seq_file *seq, struct bench *b)
{
	s64 ns[__METHOD_MAX][ROUNDS];
	int method, i;
	s64 median, stock;

	for (i = 0; i < ROUNDS; i++)
		for (method = 0; method < __METHOD_MAX; method++)
			ns[method][i] = round_ns(b, method);
	for (method = 0; method < __METHOD_MAX; method++)
		sort(ns[method], ROUNDS, sizeof(s64), compare, NULL);
	stock = ns[STOCK_KEPT][ROUNDS / 2];
	for (method = 0; method < __METHOD_MAX; method++) {
		median = ns[method][ROUNDS / 2];
		if (ns[method][0] <= 0 || stock <= 0) {
			seq_printf(seq, "%zu %s error %lld\n", b->msg.len,
				   method_names[method], ns[method][0]);
			continue;
		}
		seq_printf(seq, "%zu %s %lld %llu %llu\n", b->msg.len,
			   method_names[method], median,
			   div64_u64(b->msg.len * 1000ULL, median),
			   div64_u64(stock * 100ULL, median));
	}
}

static int bench_begin(struct bench *b)
{
	int method;

	memset(b, 0, sizeof(*b));
	b->kept = crypto_alloc_shash("cmac(aes)", 0, 0);
	if (IS_ERR(b->kept))
		return PTR_ERR(b->kept);
	for (method = 0; method <= BY_HMAC; method++) {
		b->mac[method] = smbsign_mac_alloc(method_alg[method],
						   mac_bench_key);
		if (IS_ERR(b->mac[method]))
			return PTR_ERR(b->mac[method]);
	}
	return 0;
}

static void bench_end(struct bench *b)
{
	int method;

	for (method = 0; method <= BY_HMAC; method++)
		if (!IS_ERR_OR_NULL(b->mac[method]))
			smbsign_mac_put(b->mac[method]);
	if (!IS_ERR(b->kept))
		crypto_free_shash(b->kept);
}

/* Columns: bytes, how, ns a message, MB/s, speed as % of stock-cmac */
int bench_show(struct seq_file *seq, void *unused)
{
	struct bench b;
	size_t i;
	int err;

	err = bench_begin(&b);
	for (i = 0; !err && i < ARRAY_SIZE(sizes); i++) {
		err = message_alloc(&b.msg, LAYOUT_KMALLOC, 0, sizes[i]);
		if (err)
			break;
		show_size(seq, &b);
		message_free(&b.msg);
		if (fatal_signal_pending(current))
			err = -EINTR;
	}
	bench_end(&b);
	return err;
}
