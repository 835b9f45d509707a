// SPDX-License-Identifier: GPL-2.0-only
/*
 * "ALGORITHM LAYOUT SIZE NUMBER HOW", written to `count`, computes so many
 * signatures between calls of mac_bench_begin() and mac_bench_end(), where a
 * tracer has its probes. HOW is "keyed" for what smbsign does for a message,
 * "users" for the same on a connection that many users share, "fresh" for an
 * object made for each message: a tracer that sees nothing is blind.
 */
#include <linux/err.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <smbsign/mac.h>
#include "mac_bench.h"

#define USERS 100

struct job {
	enum smbsign_alg alg;
	enum layout layout;
	size_t len;
	unsigned int number;
	unsigned int users;
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

static struct smbsign_mac *mac_of(const struct job *job, unsigned int user)
{
	u8 key[SMBSIGN_KEY_LEN];

	memcpy(key, mac_bench_key, sizeof(key));
	key[0] ^= user;
	return smbsign_mac_alloc(job->alg, key);
}

/* As the server does it: take the session's object, compute, drop. */
static int compute(struct smbsign_mac **macs, const struct job *job,
		   struct message *msg, u64 message_id)
{
	struct smbsign_nonce nonce = { .message_id = message_id };
	unsigned int user = message_id % job->users;
	u8 out[SMBSIGN_SIGNATURE_LEN];
	struct smbsign_mac *mac;
	int err;

	mac = job->fresh ? mac_of(job, user) : smbsign_mac_get(macs[user]);
	if (IS_ERR(mac))
		return PTR_ERR(mac);
	err = message_compute(msg, mac, &nonce, out);
	smbsign_mac_put(mac);
	return err;
}

static int run(struct smbsign_mac **macs, const struct job *job,
	       struct message *msg)
{
	unsigned int i;
	int err = 0;

	mac_bench_begin();
	for (i = 0; !err && i < job->number; i++)
		err = compute(macs, job, msg, i);
	mac_bench_end();
	return err;
}

static int run_keyed(const struct job *job, struct message *msg)
{
	struct smbsign_mac *macs[USERS];
	unsigned int n;
	int err = 0;

	for (n = 0; n < job->users; n++) {
		macs[n] = mac_of(job, n);
		if (IS_ERR(macs[n])) {
			err = PTR_ERR(macs[n]);
			break;
		}
	}
	if (!err)
		err = run(macs, job, msg);
	while (n--)
		smbsign_mac_put(macs[n]);
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
	job->users = strcmp(how, "users") ? 1 : USERS;
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
	err = run_keyed(&job, &msg);
	message_free(&msg);
	return err ?: len;
}
