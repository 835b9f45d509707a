// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections of ksmbd. One that was there before all our hooks were is not in
 * the table, and not trusted: which MessageIds it has used is not known, so a
 * replay could not be told.
 */
#include <linux/slab.h>

#include <smbsign/exempt.h>

#include "server_internal.h"

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

static bool must_renegotiate(struct server_conn *sc, bool all)
{
	if (!sc->negotiated)
		return false;
	if (all)
		return server_conn_is_ours_only(sc) || server_notify_waits(sc);
	return !smbsign_alg_allowed(SMBSIGN_SERVER, sc->alg);
}

/**
 * server_renegotiate() - end connections, so that their clients begin anew
 * @going: the hooks are about to be removed; else policy was changed
 *
 * May sleep; the caller holds the target's lock.
 */
void server_renegotiate(bool going)
{
	bool all = going || !smbsign_enforces(SMBSIGN_SERVER);
	struct rhashtable_iter it;
	struct server_conn *sc;

	WRITE_ONCE(leaving, going);
	down_read(&conns_lock);
	rhashtable_walk_enter(&conns, &it);
	rhashtable_walk_start(&it);
	while ((sc = rhashtable_walk_next(&it))) {
		if (IS_ERR(sc) || !must_renegotiate(sc, all))
			continue;
		rhashtable_walk_stop(&it);
		smbsign_call(ksmbd_conn_abort)(sc->conn);
		rhashtable_walk_start(&it);
	}
	rhashtable_walk_stop(&it);
	rhashtable_walk_exit(&it);
	up_read(&conns_lock);
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
	smbsign_keycache_destroy(&sc->keys);
	server_sessions_forget(sc);
	server_notify_forget(sc);
	call_rcu(&sc->rcu, conn_free);
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
	if (!rhashtable_remove_fast(&conns, &sc->node, conn_params))
		server_conn_put(sc);
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
	smbsign_keycache_init(&sc->keys);
	spin_lock_init(&sc->lock);
	INIT_LIST_HEAD(&sc->notifies);
	smbsign_window_init(&sc->window);
	atomic_set(&sc->bad, 0);
	if (rhashtable_insert_fast(&conns, &sc->node, conn_params))
		kmem_cache_free(conn_cache, sc);
}

static struct ksmbd_conn *hook_ksmbd_conn_alloc(void);
SMBSIGN_DECLARE_ORIGINAL(ksmbd_conn_alloc);

static struct ksmbd_conn *hook_ksmbd_conn_alloc(void)
{
	int idx = server_enter();
	struct ksmbd_conn *conn;

	conn = smbsign_original(ksmbd_conn_alloc)();
	if (conn && READ_ONCE(smbsign_server_target.attached))
		conn_remember(conn);
	server_leave(idx);
	return conn;
}

static void hook_ksmbd_conn_free(struct ksmbd_conn *conn);
SMBSIGN_DECLARE_ORIGINAL(ksmbd_conn_free);

static void hook_ksmbd_conn_free(struct ksmbd_conn *conn)
{
	int idx = server_enter();

	down_write(&conns_lock);
	conn_forget(conn);
	up_write(&conns_lock);
	smbsign_original(ksmbd_conn_free)(conn);
	server_leave(idx);
}

SMBSIGN_DEFINE_HOOK(ksmbd_conn_alloc);
SMBSIGN_DEFINE_HOOK(ksmbd_conn_free);

/**
 * server_conns_init() - start with no connections known
 *
 * Return: 0 or -ENOMEM
 */
int server_conns_init(void)
{
	int err;

	WRITE_ONCE(leaving, false);
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
