// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that ksmbd is processing. handle_ksmbd_work() is the gate: it is
 * redirected last and released first, so whatever has an entry here meets all
 * our hooks, and a request that was under way when we came has no entry.
 */
#include <linux/hash.h>

#include <smbsign/exempt.h>

#include "server.h"

#define WORK_BITS 8

/* A bucket, with the lock that protects it. */
struct work_bucket {
	spinlock_t lock;
	struct hlist_head head;
} ____cacheline_aligned_in_smp;

static struct work_bucket buckets[1 << WORK_BITS] = {
	[0 ... (1 << WORK_BITS) - 1] = {
		.lock = __SPIN_LOCK_UNLOCKED(buckets.lock),
	},
};

static struct work_bucket *bucket_of(struct task_struct *task)
{
	return &buckets[hash_ptr(task, WORK_BITS)];
}

/**
 * server_work_current() - the request that the calling thread is processing
 *
 * Return: our side of it, or NULL if it did not come through the gate
 */
struct server_work *server_work_current(void)
{
	struct work_bucket *bucket = bucket_of(current);
	struct server_work *sw;

	spin_lock(&bucket->lock);
	hlist_for_each_entry(sw, &bucket->head, node)
		if (sw->task == current)
			break;
	spin_unlock(&bucket->lock);
	return sw;
}

/**
 * server_work_find() - find our side of a request
 * @work: ksmbd's request
 *
 * Return: our side; or NULL if @work did not come through the gate, or the
 * calling thread is processing another one
 */
struct server_work *server_work_find(struct ksmbd_work *work)
{
	struct server_work *sw = server_work_current();

	return sw && sw->work == work ? sw : NULL;
}

static void work_judge(struct server_work *sw)
{
	struct sockaddr_storage peer;

	if (!smbsign_enforces(SMBSIGN_SERVER) || server_is_leaving())
		return;
	server_peer(SMBSIGN_GET(server, sw->work, work_conn), &peer);
	sw->audited = smbsign_exempt_match(SMBSIGN_SERVER,
					   (struct sockaddr *)&peer);
	sw->enforced = !sw->audited;
}

static void work_begin(struct server_work *sw, struct ksmbd_work *work)
{
	struct work_bucket *bucket = bucket_of(current);

	sw->task = current;
	sw->work = work;
	sw->conn = server_conn_get(SMBSIGN_GET(server, work, work_conn));
	work_judge(sw);
	spin_lock(&bucket->lock);
	hlist_add_head(&sw->node, &bucket->head);
	spin_unlock(&bucket->lock);
}

static void work_end(struct server_work *sw)
{
	struct work_bucket *bucket = bucket_of(sw->task);

	spin_lock(&bucket->lock);
	hlist_del(&sw->node);
	spin_unlock(&bucket->lock);
	if (sw->setup_sess)
		smbsign_call(ksmbd_user_session_put)(sw->setup_sess);
	if (sw->conn)
		server_conn_put(sw->conn);
}

/* ksmbd frees the request before this returns; only its address is used then. */
void hook_handle_ksmbd_work(struct work_struct *item)
{
	struct ksmbd_work *work =
		(void *)item - SMBSIGN_OFFSET(server, work_item);
	struct server_work sw = {};
	int idx = server_enter();

	work_begin(&sw, work);
	smbsign_original(handle_ksmbd_work)(item);
	work_end(&sw);
	server_leave(idx);
}
