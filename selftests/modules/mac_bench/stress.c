// SPDX-License-Identifier: GPL-2.0-only
/*
 * "THREADS MILLISECONDS", written to `stress`, lets so many kernel threads
 * compute at once, each with all keys, algorithms and sizes in an order of its
 * own. Each signature is compared with that of other code of the kernel. The
 * file then has the number of messages, of wrong signatures, of those wrong ones
 * that are right under another key, and of errors.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "mac_bench.h"

#define KEYS 4
#define THREADS_MAX 16

static const struct {
	enum layout layout;
	size_t offset;
	size_t len;
} shapes[] = {
	{ LAYOUT_KMALLOC, 0, 1 },
	{ LAYOUT_KMALLOC, 4, 129 },
	{ LAYOUT_KVEC, 0, 577 },
	{ LAYOUT_KMALLOC, 1, 4097 },
	{ LAYOUT_PAGES, 3, 8191 },
	{ LAYOUT_VMALLOC, 5, 16381 },
	{ LAYOUT_PAGES, 0, SZ_32K + 7 },
	{ LAYOUT_KVEC, 0, SZ_64K },
	/* A list of thousands of entries. */
	{ LAYOUT_PAGES, 4083, SZ_64K - 1 },
};

#define SHAPES ARRAY_SIZE(shapes)

struct stress {
	struct smbsign_mac *mac[KEYS][__SMBSIGN_ALG_MAX];
	struct message msg[SHAPES];
	u8 expected[KEYS][__SMBSIGN_ALG_MAX][SHAPES][SMBSIGN_SIGNATURE_LEN];
	unsigned long end;
	atomic_t messages, wrong, forged, errors;
};

static struct stress *stress;
static DEFINE_MUTEX(stress_lock);

static void key_make(unsigned int key, u8 out[SMBSIGN_KEY_LEN])
{
	memcpy(out, mac_bench_key, SMBSIGN_KEY_LEN);
	out[0] ^= key;
}

/* Would @out, which is wrong, be right under another key? */
static bool is_forgery(const struct stress *s, int alg, int shape, const u8 *out)
{
	int key;

	for (key = 0; key < KEYS; key++)
		if (!memcmp(out, s->expected[key][alg][shape],
			    SMBSIGN_SIGNATURE_LEN))
			return true;
	return false;
}

static void stress_one(struct stress *s, int key, int alg, int shape)
{
	struct smbsign_nonce nonce = { .message_id = shape };
	u8 out[SMBSIGN_SIGNATURE_LEN];

	atomic_inc(&s->messages);
	if (message_compute(&s->msg[shape], s->mac[key][alg], &nonce, out)) {
		atomic_inc(&s->errors);
		return;
	}
	if (!memcmp(out, s->expected[key][alg][shape], sizeof(out)))
		return;
	atomic_inc(&s->wrong);
	if (is_forgery(s, alg, shape, out))
		atomic_inc(&s->forged);
}

static int stress_thread(void *arg)
{
	/* AES-CMAC more often, as it alone needs memory to write to. */
	static const enum smbsign_alg algs[] = {
		SMBSIGN_AES_CMAC, SMBSIGN_AES_CMAC,
		SMBSIGN_AES_GMAC, SMBSIGN_HMAC_SHA256
	};
	u32 random = (unsigned long)current;

	while (!kthread_should_stop()) {
		random = random * 1664525 + 1013904223;
		if (time_before(jiffies, stress->end))
			stress_one(stress, (random >> 28) % KEYS,
				   algs[(random >> 24) % ARRAY_SIZE(algs)],
				   (random >> 8) % SHAPES);
		else
			msleep(20);
		cond_resched();
	}
	return 0;
}

static int stress_prepare(struct stress *s)
{
	u8 key_bytes[SMBSIGN_KEY_LEN];
	int key, alg, shape, err = 0;

	for (shape = 0; !err && shape < SHAPES; shape++)
		err = message_alloc(&s->msg[shape], shapes[shape].layout,
				    shapes[shape].offset, shapes[shape].len);
	for (key = 0; !err && key < KEYS; key++) {
		key_make(key, key_bytes);
		for (alg = 0; !err && alg < __SMBSIGN_ALG_MAX; alg++) {
			s->mac[key][alg] = smbsign_mac_alloc(alg, key_bytes);
			err = PTR_ERR_OR_ZERO(s->mac[key][alg]);
			for (shape = 0; !err && shape < SHAPES; shape++)
				err = reference_compute(alg, key_bytes,
							shapes[shape].len, shape,
							s->expected[key][alg][shape]);
		}
	}
	return err;
}

static void stress_free(struct stress *s)
{
	int key, alg, shape;

	for (key = 0; key < KEYS; key++)
		for (alg = 0; alg < __SMBSIGN_ALG_MAX; alg++)
			if (!IS_ERR_OR_NULL(s->mac[key][alg]))
				smbsign_mac_put(s->mac[key][alg]);
	for (shape = 0; shape < SHAPES; shape++)
		message_free(&s->msg[shape]);
}

static int stress_run(struct stress *s, unsigned int threads, unsigned int ms)
{
	struct task_struct *task[THREADS_MAX];
	unsigned int i, n;

	s->end = jiffies + msecs_to_jiffies(ms);
	for (n = 0; n < threads; n++) {
		task[n] = kthread_run(stress_thread, NULL, "mac_stress/%u", n);
		if (IS_ERR(task[n]))
			break;
	}
	msleep(ms);
	for (i = 0; i < n; i++)
		kthread_stop(task[i]);
	return n < threads ? PTR_ERR(task[n]) : 0;
}

static int stress_all(unsigned int threads, unsigned int ms)
{
	int err;

	kvfree(stress);
	stress = kvzalloc(sizeof(*stress), GFP_KERNEL);
	if (!stress)
		return -ENOMEM;
	err = stress_prepare(stress);
	if (!err)
		err = stress_run(stress, threads, ms);
	stress_free(stress);
	return err;
}

ssize_t stress_write(struct file *file, const char __user *text, size_t len,
		     loff_t *pos)
{
	unsigned int threads, ms;
	char line[32] = "";
	int err;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, len))
		return -EFAULT;
	if (sscanf(line, "%u %u", &threads, &ms) != 2 || threads > THREADS_MAX)
		return -EINVAL;
	mutex_lock(&stress_lock);
	err = stress_all(threads, ms);
	mutex_unlock(&stress_lock);
	return err ?: len;
}

int stress_show(struct seq_file *seq, void *unused)
{
	mutex_lock(&stress_lock);
	if (stress)
		seq_printf(seq, "messages %d wrong %d forged %d errors %d\n",
			   atomic_read(&stress->messages),
			   atomic_read(&stress->wrong),
			   atomic_read(&stress->forged),
			   atomic_read(&stress->errors));
	mutex_unlock(&stress_lock);
	return 0;
}

void stress_exit(void)
{
	kvfree(stress);
}
