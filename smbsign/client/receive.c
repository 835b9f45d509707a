// SPDX-License-Identifier: GPL-2.0-only
/*
 * The demultiplex thread while it is in a replacement of ours, where it may
 * receive the rest of a message. We cannot leave before it does, so it must not
 * wait there for a server that is gone: what is missing is waited for as long as
 * we stay, and to connect anew is left to what called us.
 */
#include <linux/hashtable.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "client.h"

#define RECEIVE_HASH_BITS 6
/* No message takes longer than that whose sender is there. */
#define RECEIVE_LIMIT HZ

struct receive_bucket {
	raw_spinlock_t lock;
	struct hlist_head receives;
};

static struct receive_bucket receive_table[1 << RECEIVE_HASH_BITS] = {
	[0 ... (1 << RECEIVE_HASH_BITS) - 1] = {
		.lock = __RAW_SPIN_LOCK_UNLOCKED(receive_table.lock),
	},
};

static __always_inline struct receive_bucket *
receive_bucket(const struct task_struct *task)
{
	return &receive_table[hash_ptr(task, RECEIVE_HASH_BITS)];
}

/**
 * smbsign_client_receive_begin() - begin of a replacement that receives
 * @receive: to be ended before the replacement returns
 * @server: the connection
 * @conn: set as by smbsign_client_look()
 *
 * Demultiplex thread only; they may be nested. May sleep.
 *
 * Return: whose word counts; a connection of which we know nothing was torn down
 */
enum smbsign_client_rule
smbsign_client_receive_begin(struct smbsign_client_receive *receive,
			     struct TCP_Server_Info *server,
			     struct smbsign_client_conn **conn)
{
	enum smbsign_client_rule rule;
	struct receive_bucket *bucket = receive_bucket(current);

	receive->server = server;
	receive->task = current;
	receive->since = jiffies;
	receive->postponed = false;
	receive->pinned = false;
	init_completion(&receive->unpinned);
	raw_spin_lock(&bucket->lock);
	hlist_add_head(&receive->node, &bucket->receives);
	raw_spin_unlock(&bucket->lock);
	rule = smbsign_client_look(server, conn);
	if (rule == SMBSIGN_RULE_UNKNOWN)
		smbsign_client_teardown(server, true);
	return rule;
}

/**
 * smbsign_client_receive_end() - end of a replacement that receives
 * @receive: what smbsign_client_receive_begin() was given
 *
 * May sleep.
 */
void smbsign_client_receive_end(struct smbsign_client_receive *receive)
{
	struct receive_bucket *bucket = receive_bucket(receive->task);
	bool pinned;

	raw_spin_lock(&bucket->lock);
	hlist_del_init(&receive->node);
	pinned = receive->pinned;
	raw_spin_unlock(&bucket->lock);
	if (pinned)
		wait_for_completion(&receive->unpinned);
}

/*
 * Is it the demultiplex thread that asks, from within a replacement? Without a
 * socket it has RDMA, where nothing but connecting anew stops the receiving.
 */
bool notrace hook_wanted(void)
{
	struct receive_bucket *bucket = receive_bucket(current);
	const struct smbsign_client_receive *receive;
	bool inside = false;

	raw_spin_lock(&bucket->lock);
	hlist_for_each_entry(receive, &bucket->receives, node) {
		inside = receive->task == current &&
			 SMBSIGN_GET(client, receive->server, server_ssocket);
		if (inside)
			break;
	}
	raw_spin_unlock(&bucket->lock);
	return inside;
}

/* Replacements that this thread is in, which may be nested, are told. */
static void receive_note_postponed(void)
{
	struct receive_bucket *bucket = receive_bucket(current);
	struct smbsign_client_receive *receive;

	raw_spin_lock(&bucket->lock);
	hlist_for_each_entry(receive, &bucket->receives, node) {
		if (receive->task == current)
			receive->postponed = true;
	}
	raw_spin_unlock(&bucket->lock);
}

/*
 * cifs connects anew, which lasts until the server is there. What has called us
 * does so instead, when it reads next; the message that was being received is
 * lost in either case, which its receiver is told by what it called. Connecting
 * anew would also have finished all requests that wait: whoever takes one off
 * the queue meanwhile has to finish it, see read_lost().
 */
static int receive_postpone(struct TCP_Server_Info *server, bool all)
{
	receive_note_postponed();
	smbsign_client_reconnect(server, all);
	return 0;
}

int hook_cifs_reconnect(struct TCP_Server_Info *server, bool all)
{
	return receive_postpone(server, all);
}

/* As gcc has it where the former is inlined. Later kernels pass one more bool. */
int hook___cifs_reconnect(struct TCP_Server_Info *server, bool all)
{
	return receive_postpone(server, all);
}

int hook_reconnect_dfs_server(struct TCP_Server_Info *server)
{
	return receive_postpone(server, true);
}

/* One that has been inside for too long, whose connection stays until unpinned. */
static struct smbsign_client_receive *
receive_pin_overdue(struct receive_bucket *bucket)
{
	struct smbsign_client_receive *receive, *found = NULL;

	raw_spin_lock(&bucket->lock);
	hlist_for_each_entry(receive, &bucket->receives, node) {
		if (time_before(jiffies, receive->since + RECEIVE_LIMIT))
			continue;
		/* It is not found again before it has had as long once more. */
		receive->since = jiffies;
		receive->pinned = true;
		found = receive;
		break;
	}
	raw_spin_unlock(&bucket->lock);
	return found;
}

static void receive_unpin(struct receive_bucket *bucket,
			  struct smbsign_client_receive *receive)
{
	bool waits;

	raw_spin_lock(&bucket->lock);
	receive->pinned = false;
	waits = hlist_unhashed(&receive->node);
	raw_spin_unlock(&bucket->lock);
	if (waits)
		complete(&receive->unpinned);
}

/**
 * smbsign_client_receive_hurry() - cut connections of which messages are overdue
 *
 * May sleep; the caller holds the target's lock.
 */
void smbsign_client_receive_hurry(void)
{
	struct smbsign_client_receive *receive;
	struct receive_bucket *bucket;
	int i;

	lockdep_assert_held(&smbsign_client_target.lock);
	for (i = 0; i < ARRAY_SIZE(receive_table); i++) {
		bucket = &receive_table[i];
		while ((receive = receive_pin_overdue(bucket))) {
			smbsign_client_cut(receive->server);
			receive_unpin(bucket, receive);
		}
	}
}
