// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections of ksmbd. One that was there before all our hooks were is not in
 * the table, and not trusted: which MessageIds it has used is not known, so a
 * replay could not be told.
 */
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include <smbsign/exempt.h>

#include "server.h"

static const struct rhashtable_params conn_params = {
	.key_len = sizeof(struct ksmbd_conn *),
	.key_offset = offsetof(struct server_conn, conn),
	.head_offset = offsetof(struct server_conn, node),
	.automatic_shrinking = true,
};

static struct rhashtable conns;

/* Their size is just above a power of two, which kmalloc would double. */
static struct kmem_cache *conn_cache;

/*
 * Held for writing while ksmbd frees a connection, so that one found in the
 * table by whoever holds it for reading is still there. Not taken for messages.
 */
static DECLARE_RWSEM(conns_lock);

/* Connections that are ended at once, at least, and in how many rounds at most. */
#define ENDED_AT_ONCE 4u
#define ENDING_ROUNDS 32

/* Seconds after which also connections end that have no request under way. */
#define PATIENCE 4

/* Connections that we have ended and ksmbd has not freed. */
static atomic_t n_ending;
static DECLARE_WAIT_QUEUE_HEAD(has_ended);

/* The hooks are about to be removed: begin nothing that only we can go on with. */
static bool leaving;

/**
 * server_is_leaving() - are the hooks about to be removed?
 *
 * Return: true if they are
 */
bool server_is_leaving(void)
{
	return READ_ONCE(leaving);
}

/**
 * server_conn_is_ours_only() - would ksmbd sign otherwise than negotiated?
 * @sc: the connection
 *
 * ksmbd knows one algorithm for each dialect.
 *
 * Return: true if the connection cannot live without us
 */
bool server_conn_is_ours_only(const struct server_conn *sc)
{
	return sc->dialect == SMBSIGN_DIALECT_311 &&
	       sc->alg != SMBSIGN_AES_CMAC;
}

static bool has_forbidden_channels(struct server_conn *sc)
{
	return sc->alg == SMBSIGN_AES_GMAC &&
	       !smbsign_gmac_multichannel(SMBSIGN_SERVER) &&
	       server_has_further_channels(sc);
}

/* End some connections that @must be; returns their number. */
static unsigned int end_some(bool (*must)(struct server_conn *sc),
			     unsigned int most)
{
	struct rhashtable_iter it;
	struct server_conn *sc;
	unsigned int n = 0;

	down_read(&conns_lock);
	rhashtable_walk_enter(&conns, &it);
	rhashtable_walk_start(&it);
	while (n < most && (sc = rhashtable_walk_next(&it))) {
		if (IS_ERR(sc) || sc->ending || !must(sc))
			continue;
		rhashtable_walk_stop(&it);
		sc->ending = true;
		atomic_inc(&n_ending);
		smbsign_call(ksmbd_conn_abort)(sc->conn);
		n++;
		rhashtable_walk_start(&it);
	}
	rhashtable_walk_stop(&it);
	rhashtable_walk_exit(&it);
	up_read(&conns_lock);
	return n;
}

/*
 * End connections a few at a time. If all end at once, their clients come back
 * at once, and ksmbd 6.12 lets each wait until the others' former sessions are
 * idle, which takes minutes. The more there are, the more are ended at once, so
 * that all of it takes 8 seconds at most.
 */
static void end_all(bool (*must)(struct server_conn *sc))
{
	unsigned int n = atomic_read(&conns.nelems);
	unsigned int most = max(ENDED_AT_ONCE, n / ENDING_ROUNDS + 1);
	int round;

	for (round = 0; round < ENDING_ROUNDS && end_some(must, most); round++)
		wait_event_timeout(has_ended, !atomic_read(&n_ending), HZ / 4);
}

static bool is_against_policy(struct server_conn *sc)
{
	return sc->negotiated &&
	       (!smbsign_alg_allowed(SMBSIGN_SERVER, sc->alg) ||
		has_forbidden_channels(sc));
}

static bool needs_us(struct server_conn *sc)
{
	return sc->negotiated &&
	       (server_conn_is_ours_only(sc) || server_notify_waits(sc));
}

/* The table has one reference, each request under way another. */
static bool is_busy(struct server_conn *sc)
{
	return refcount_read(&sc->refs) > 1;
}

static bool is_any(struct server_conn *sc)
{
	return true;
}

/**
 * server_renegotiate() - end connections, so that their clients begin anew
 * @going: the hooks are about to be removed; else policy was changed
 *
 * May sleep; the caller holds the target's lock.
 */
void server_renegotiate(bool going)
{
	WRITE_ONCE(leaving, going);
	end_all(going || !smbsign_enforces(SMBSIGN_SERVER) ? needs_us :
							     is_against_policy);
}

/**
 * server_hurry() - end connections whose requests wait, as we are leaving
 * @seconds: for which requests have been waited for
 *
 * A request that waits for a byte-range lock would keep us for as long as it
 * does: ksmbd cancels it when its connection ends. One that waits for another
 * client to give an oplock back goes on when that one's connection ends. May
 * sleep; the caller holds the target's lock.
 */
void server_hurry(unsigned int seconds)
{
	end_all(seconds < PATIENCE ? is_busy : is_any);
}

/**
 * server_conn_get() - find our side of a connection
 * @conn: ksmbd's connection
 *
 * May be called from any context that may hold RCU's read lock.
 *
 * Return: with a reference for the caller; or NULL if the connection is older
 * than our hooks, or memory was short when it came
 */
struct server_conn *server_conn_get(struct ksmbd_conn *conn)
{
	struct server_conn *sc;

	rcu_read_lock();
	sc = rhashtable_lookup(&conns, &conn, conn_params);
	if (sc && !refcount_inc_not_zero(&sc->refs))
		sc = NULL;
	rcu_read_unlock();
	return sc;
}

static void conn_free(struct rcu_head *rcu)
{
	kmem_cache_free(conn_cache, container_of(rcu, struct server_conn, rcu));
}

/**
 * server_conn_put() - drop a reference
 * @sc: our side of a connection
 *
 * May sleep.
 */
void server_conn_put(struct server_conn *sc)
{
	if (!refcount_dec_and_test(&sc->refs))
		return;
	smbsign_connection_remove(sc->shown);
	server_sessions_forget(sc);
	server_notify_forget(sc);
	server_permits_forget(sc);
	if (sc->window.used != sc->window.first)
		kvfree(sc->window.used);
	call_rcu(&sc->rcu, conn_free);
}

/**
 * server_conn_fit_window() - let the client hold the credits that ksmbd grants
 * @sc: a connection that was just negotiated
 *
 * "smb2 max credits" of ksmbd.conf may be more than its default. If memory is
 * short, a client that uses so many at once is disconnected. May sleep.
 */
void server_conn_fit_window(struct server_conn *sc)
{
	struct smb_version_values *vals = SMBSIGN_GET(server, sc->conn, conn_vals);
	u32 max = min_t(u32, SMBSIGN_GET(server, vals, vals_max_credits),
			SERVER_CREDITS_MAX);
	u32 *ring, len;

	if (max <= SMBSIGN_WINDOW_LEN)
		return;
	len = roundup_pow_of_two(max);
	ring = kvzalloc(len / 8, GFP_KERNEL);
	if (!ring)
		return;
	spin_lock(&sc->lock);
	ring = smbsign_window_grow(&sc->window, ring, len);
	spin_unlock(&sc->lock);
	kvfree(ring);
}

/* For sysfs: values that were true at some moment. */
static void conn_describe(void *owner, struct smbsign_connection_info *info)
{
	struct server_conn *sc = owner;

	info->dialect = READ_ONCE(sc->dialect);
	info->alg = READ_ONCE(sc->alg);
	info->tally = &sc->tally;
	info->sessions = server_sessions_count(sc);
	if (!smbsign_enforces(SMBSIGN_SERVER) || !READ_ONCE(sc->promised) ||
	    smbsign_exempt_match(SMBSIGN_SERVER, info->peer))
		info->protection = SMBSIGN_PROTECTION_NONE;
	else if (READ_ONCE(sc->sealed))
		info->protection = SMBSIGN_PROTECTION_ENCRYPTED;
	else
		info->protection = SMBSIGN_PROTECTION_SIGNED;
}

/**
 * server_conn_show() - a connection was negotiated: show it in sysfs
 * @sc: the connection
 *
 * ksmbd answers one NEGOTIATE of a connection at a time. May sleep.
 */
void server_conn_show(struct server_conn *sc)
{
	struct sockaddr_storage peer;

	if (sc->shown)
		return;
	server_peer(sc->conn, &peer);
	sc->shown = smbsign_connection_add(SMBSIGN_SERVER,
					   (const struct sockaddr *)&peer,
					   conn_describe, sc);
}

static void conn_forget(struct ksmbd_conn *conn)
{
	struct server_conn *sc = server_conn_get(conn);

	if (!sc)
		return;
	if (!rhashtable_remove_fast(&conns, &sc->node, conn_params)) {
		if (sc->ending && atomic_dec_and_test(&n_ending))
			wake_up(&has_ended);
		server_conn_put(sc);
	}
	server_conn_put(sc);
}

static void conn_remember(struct ksmbd_conn *conn)
{
	struct server_conn *sc = kmem_cache_zalloc(conn_cache, GFP_KERNEL);

	if (!sc)
		return;
	sc->conn = conn;
	refcount_set(&sc->refs, 1);
	hash_init(sc->sessions);
	sema_init(&sc->setup, 1);
	spin_lock_init(&sc->lock);
	INIT_LIST_HEAD(&sc->notifies);
	INIT_LIST_HEAD(&sc->deferred);
	smbsign_window_init(&sc->window);
	atomic_set(&sc->bad, 0);
	if (rhashtable_insert_fast(&conns, &sc->node, conn_params))
		kmem_cache_free(conn_cache, sc);
}

struct ksmbd_conn *hook_ksmbd_conn_alloc(void)
{
	int idx = server_enter();
	struct ksmbd_conn *conn;

	conn = smbsign_original(ksmbd_conn_alloc)();
	if (conn && READ_ONCE(smbsign_server_target.attached))
		conn_remember(conn);
	server_leave(idx);
	return conn;
}

void hook_ksmbd_conn_free(struct ksmbd_conn *conn)
{
	int idx = server_enter();

	down_write(&conns_lock);
	conn_forget(conn);
	up_write(&conns_lock);
	smbsign_original(ksmbd_conn_free)(conn);
	server_leave(idx);
}

/**
 * server_conns_init() - start with no connections known
 *
 * Return: 0 or -ENOMEM
 */
int server_conns_init(void)
{
	int err;

	WRITE_ONCE(leaving, false);
	atomic_set(&n_ending, 0);
	conn_cache = kmem_cache_create("smbsign_server_conn",
				       sizeof(struct server_conn), 0, 0, NULL);
	if (!conn_cache)
		return -ENOMEM;
	err = rhashtable_init(&conns, &conn_params);
	if (err)
		kmem_cache_destroy(conn_cache);
	return err;
}

static void conn_drop(void *ptr, void *arg)
{
	server_conn_put(ptr);
}

/**
 * server_conns_exit() - forget all connections; no hook runs any more
 */
void server_conns_exit(void)
{
	rhashtable_free_and_destroy(&conns, conn_drop, NULL);
	rcu_barrier();
	kmem_cache_destroy(conn_cache);
}
