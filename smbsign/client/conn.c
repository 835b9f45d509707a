// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client's connections. One is known from its NEGOTIATE on; one that was
 * negotiated without us is unknown, and nothing passes on it until it has been
 * negotiated anew.
 */
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include <smbsign/exempt.h>

#include "client.h"

#define CONN_HASH_BITS 6

/*
 * Protects changes of the table of connections; readers use the SRCU. While it
 * is held, a connection that is in the table is not freed by cifs, which first
 * takes it out.
 */
static DEFINE_MUTEX(conns_lock);
static DEFINE_HASHTABLE(client_conns, CONN_HASH_BITS);

static void conn_free_rcu(struct rcu_head *rcu)
{
	struct smbsign_client_conn *conn =
		container_of(rcu, struct smbsign_client_conn, rcu);

	smbsign_client_sessions_free(conn);
	kfree(conn);
}

/**
 * smbsign_client_conn_find() - the connection of a TCP_Server_Info
 * @server: its address
 *
 * Return: the connection, valid until the replacement returns, or NULL
 */
struct smbsign_client_conn *smbsign_client_conn_find(const void *server)
{
	struct smbsign_client_conn *conn;

	hash_for_each_possible_rcu(client_conns, conn, node,
				   (unsigned long)server,
				   srcu_read_lock_held(&smbsign_client_target.inflight)) {
		if (conn->server == server)
			return conn;
	}
	return NULL;
}

/**
 * smbsign_client_conns_visit() - look at all connections
 * @visit: called for each; cifs does not free it meanwhile. Returns true to be
 *	remembered. May sleep
 * @arg: for @visit
 *
 * May sleep.
 *
 * Return: true if any call of @visit has
 */
bool smbsign_client_conns_visit(bool (*visit)(struct smbsign_client_conn *conn,
					      struct TCP_Server_Info *server,
					      unsigned long arg),
				unsigned long arg)
{
	struct smbsign_client_conn *conn;
	bool any = false;
	int bucket;

	mutex_lock(&conns_lock);
	hash_for_each(client_conns, bucket, conn, node)
		any |= visit(conn, (struct TCP_Server_Info *)conn->server, arg);
	mutex_unlock(&conns_lock);
	return any;
}

/**
 * smbsign_client_look() - whose word counts on a connection
 * @server: the connection, as cifs has it
 * @conn: set to ours; to NULL if it is unknown
 *
 * Return: see enum smbsign_client_rule
 */
enum smbsign_client_rule
smbsign_client_look(struct TCP_Server_Info *server,
		    struct smbsign_client_conn **conn)
{
	*conn = smbsign_client_conn_find(server);
	if (!smbsign_client_active())
		return *conn && smbsign_client_is_foreign(*conn) ? SMBSIGN_RULE_UNKNOWN :
							 SMBSIGN_RULE_STOCK;
	if (!*conn || smbsign_client_is_unknown(*conn))
		return smbsign_exempt_match(SMBSIGN_CLIENT,
					    SMBSIGN_PTR(client, server,
							server_dstaddr)) ?
		       SMBSIGN_RULE_STOCK : SMBSIGN_RULE_UNKNOWN;
	return (*conn)->exempt ? SMBSIGN_RULE_STOCK : SMBSIGN_RULE_OURS;
}

static struct smbsign_client_conn *conn_create(const void *server)
{
	struct smbsign_client_conn *conn = kzalloc(sizeof(*conn), GFP_NOFS);
	struct smbsign_client_conn *other;

	if (!conn)
		return NULL;
	conn->server = server;
	spin_lock_init(&conn->lock);
	xa_init_flags(&conn->sessions, XA_FLAGS_ALLOC1);
	INIT_LIST_HEAD(&conn->setups);
	smbsign_client_watch_init(conn);
	mutex_lock(&conns_lock);
	other = smbsign_client_conn_find(server);
	if (!other)
		hash_add_rcu(client_conns, &conn->node, (unsigned long)server);
	mutex_unlock(&conns_lock);
	if (!other)
		return conn;
	kfree(conn);
	return other;
}

/*
 * Only a task that negotiates or sends creates an entry, as it has a reference
 * to the connection: an entry that was created when something arrives could
 * outlive the connection.
 */
static struct smbsign_client_conn *
conn_find_or_create(struct TCP_Server_Info *server)
{
	return smbsign_client_conn_find(server) ?: conn_create(server);
}

/**
 * smbsign_client_conn_meet() - a request goes to a connection not known to us
 * @server: the connection, as cifs has it; the caller has a reference to it
 *
 * It was negotiated before we came. The entry tells that what is under way when
 * the connection ends is to be repeated. May sleep.
 */
void smbsign_client_conn_meet(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn;

	conn = conn_find_or_create(SMBSIGN_GET(client, server,
					       server_primary) ?: server);
	if (!conn)
		return;
	spin_lock(&conn->lock);
	smbsign_patience_adopt(&conn->patience);
	spin_unlock(&conn->lock);
}

/**
 * smbsign_client_conn_renew() - a connection is about to be negotiated
 * @server: the connection, as cifs has it
 *
 * Its sessions are forgotten: none survives a reconnect. cifs does not
 * negotiate one connection twice at a time, and who negotiates has a reference
 * to it.
 *
 * Return: the connection, or NULL for want of memory
 */
struct smbsign_client_conn *
smbsign_client_conn_renew(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = conn_find_or_create(server);

	if (!conn)
		return NULL;
	smbsign_client_sessions_forget(conn);
	memset(&conn->offer, 0, sizeof(conn->offer));
	memset(&conn->answer, 0, sizeof(conn->answer));
	WRITE_ONCE(conn->validated, false);
	conn->tampered = false;
	conn->refusal = 0;
	spin_lock(&conn->lock);
	smbsign_patience_negotiates(&conn->patience);
	spin_unlock(&conn->lock);
	conn->exempt = smbsign_exempt_match(SMBSIGN_CLIENT,
					    SMBSIGN_PTR(client, server,
							server_dstaddr));
	smbsign_client_watch(conn, server);
	return conn;
}

static enum smbsign_protection
conn_protection(const struct smbsign_client_conn *conn)
{
	if (!smbsign_client_active() || smbsign_client_is_unknown(conn) ||
	    conn->exempt)
		return SMBSIGN_PROTECTION_NONE;
	return conn->sealed ? SMBSIGN_PROTECTION_ENCRYPTED :
			      SMBSIGN_PROTECTION_SIGNED;
}

/* For sysfs: values that were true at some moment. */
static void conn_describe(void *owner, struct smbsign_connection_info *info)
{
	struct smbsign_client_conn *conn = owner;
	struct smbsign_client_session *session;
	unsigned long tag;

	info->dialect = READ_ONCE(conn->answer.dialect);
	info->alg = READ_ONCE(conn->answer.alg);
	info->protection = conn_protection(conn);
	info->tally = &conn->tally;
	xa_for_each(&conn->sessions, tag, session)
		info->sessions++;
}

/**
 * smbsign_client_conn_show() - a connection was negotiated: show it in sysfs
 * @conn: the connection; one that cifs is done with is not shown any more
 * @server: the same, as cifs has it
 *
 * May sleep.
 */
void smbsign_client_conn_show(struct smbsign_client_conn *conn,
			      struct TCP_Server_Info *server)
{
	mutex_lock(&conns_lock);
	if (!conn->shown && hash_hashed(&conn->node))
		WRITE_ONCE(conn->shown,
			   smbsign_connection_add(SMBSIGN_CLIENT,
						  SMBSIGN_PTR(client, server,
							      server_dstaddr),
						  conn_describe, conn));
	mutex_unlock(&conns_lock);
}

/* It is out of the table, so nobody begins to watch it any more. */
static void conn_discard(struct smbsign_client_conn *conn)
{
	smbsign_client_unwatch(conn);
	smbsign_connection_remove(conn->shown);
	call_srcu(&smbsign_client_target.inflight, &conn->rcu, conn_free_rcu);
}

static void conn_set_gone(struct smbsign_client_conn *conn)
{
	spin_lock(&conn->lock);
	conn->gone = true;
	spin_unlock(&conn->lock);
}

/**
 * smbsign_client_conn_drop() - cifs is done with a connection
 * @server: the TCP_Server_Info; need not be known
 *
 * On return nothing of ours follows @server on its own. May sleep.
 */
void smbsign_client_conn_drop(const void *server)
{
	struct smbsign_client_conn *conn;

	mutex_lock(&conns_lock);
	conn = smbsign_client_conn_find(server);
	if (conn)
		hash_del_rcu(&conn->node);
	mutex_unlock(&conns_lock);
	if (!conn)
		return;
	conn_set_gone(conn);
	conn_discard(conn);
}

/**
 * smbsign_client_conn_drop_all() - forget everything; no replacement runs
 *
 * May sleep.
 */
void smbsign_client_conn_drop_all(void)
{
	struct smbsign_client_conn *conn;
	struct hlist_node *next;
	int bucket;

	hash_for_each_safe(client_conns, bucket, next, conn, node) {
		hash_del(&conn->node);
		conn_discard(conn);
	}
	srcu_barrier(&smbsign_client_target.inflight);
}
