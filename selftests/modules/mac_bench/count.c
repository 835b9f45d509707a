// SPDX-License-Identifier: GPL-2.0-only
/*
 * "ALGORITHM LAYOUT SIZE NUMBER HOW", written to `count`, computes so many
 * signatures between calls of mac_bench_begin() and mac_bench_end(), where a
 * tracer has its probes. HOW is "keyed" for what smbsign does for a message,
 * "fresh" for an object made for each: a tracer that sees nothing is blind.
 */
#include <linux/err.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <smbsign/keycache.h>
#include "mac_bench.h"

struct job {
	enum smbsign_alg alg;
	enum layout layout;
	size_t len;
	unsigned int number;
	bool fresh;
};

noinline void mac_bench_begin(void);
noinline void mac_bench_begin(void)
{
	barrier();
}

noinline void mac_bench_end(void);
noinline void mac_bench_end(void)
{
	barrier();
}

/* As the glue does it: ask the connection's cache, compute, drop. */
static int compute(struct smbsign_keycache *cache, const struct job *job,
		   struct message *msg, u64 message_id)
{
	struct smbsign_nonce nonce = { .message_id = message_id };
	u8 out[SMBSIGN_SIGNATURE_LEN];
	struct smbsign_mac *mac;
	int err;

	mac = job->fresh ? smbsign_mac_alloc(job->alg, mac_bench_key) :
		smbsign_keycache_get(cache, job->alg, mac_bench_key);
	if (IS_ERR(mac))
		return PTR_ERR(mac);
	err = message_compute(msg, mac, &nonce, out);
	smbsign_mac_put(mac);
	return err;
}

static int run(struct smbsign_keycache *cache, const struct job *job,
	       struct message *msg)
{
	unsigned int i;
	int err;

	/* The first message of a connection sets its key. */
	err = compute(cache, job, msg, 0);
	mac_bench_begin();
	for (i = 0; !err && i < job->number; i++)
		err = compute(cache, job, msg, i + 1);
	mac_bench_end();
	return err;
}

static int job_parse(const char *text, struct job *job)
{
	char alg[16], layout[16], how[16];
	int i;

	if (sscanf(text, "%15s %15s %zu %u %15s", alg, layout, &job->len,
		   &job->number, how) != 5 || job->len > SZ_4M)
		return -EINVAL;
	job->fresh = !strcmp(how, "fresh");
	job->alg = __SMBSIGN_ALG_MAX;
	for (i = 0; i < __SMBSIGN_ALG_MAX; i++)
		if (!strcmp(alg, smbsign_alg_name(i)))
			job->alg = i;
	job->layout = __LAYOUT_MAX;
	for (i = 0; i < __LAYOUT_MAX; i++)
		if (!strcmp(layout, layout_name(i)))
			job->layout = i;
	return job->alg == __SMBSIGN_ALG_MAX || job->layout == __LAYOUT_MAX ?
		-EINVAL : 0;
}

ssize_t count_write(struct file *file, const char __user *text, size_t len,
		    loff_t *pos)
{
	struct smbsign_keycache cache;
	struct message msg;
	char line[80] = "";
	struct job job;
	int err;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, len))
		return -EFAULT;
	err = job_parse(line, &job);
	if (err)
		return err;
	err = message_alloc(&msg, job.layout, 0, job.len);
	if (err)
		return err;
	smbsign_keycache_init(&cache);
	err = run(&cache, &job, &msg);
	smbsign_keycache_destroy(&cache);
	message_free(&msg);
	return err ?: len;
}
