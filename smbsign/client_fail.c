// SPDX-License-Identifier: GPL-2.0-only
/*
 * What follows when a reply cannot be accepted: it is reported, its connection
 * is torn down, and cifs tries the request again on a new one, until connecting
 * anew goes on failing.
 */
#include <linux/delay.h>
#include <linux/inet.h>
#include <linux/jiffies.h>
#include <linux/net.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>

#include <smbsign/client.h>

/* How often connecting anew, from NEGOTIATE to TREE_CONNECT, may fail. */
#define TRIES_TO_CONNECT 3
/* How long cifs waits until it connects anew in vain, in the background. */
#define CONNECT_PACE HZ
/* How often cifs tries again what was under way on such a connection. */
#define RETRANS_RAISED 10
#define RETRANS_QUIET (60 * HZ)
/* How long an error is put down to a refused reply. */
#define REFUSED_LATELY (30 * HZ)

SMBSIGN_DEFINE_CALLEE(cifs_signal_cifsd_for_reconnect,
		      void (struct TCP_Server_Info *, bool));

SMBSIGN_DEFINE_CALLEE(cifs_mark_tcp_ses_conns_for_reconnect,
		      void (struct TCP_Server_Info *, bool));

static const char *const command_names[] = {
	"NEGOTIATE", "SESSION_SETUP", "LOGOFF", "TREE_CONNECT",
	"TREE_DISCONNECT", "CREATE", "CLOSE", "FLUSH", "READ", "WRITE", "LOCK",
	"IOCTL", "CANCEL", "ECHO", "QUERY_DIRECTORY", "CHANGE_NOTIFY",
	"QUERY_INFO", "SET_INFO", "OPLOCK_BREAK",
};

static const char *fail_command_name(u16 command)
{
	return command < ARRAY_SIZE(command_names) ? command_names[command] :
						     "unknown command";
}

/* The first channel, where cifs looks when something happens to any. */
static struct TCP_Server_Info *fail_primary(struct TCP_Server_Info *server)
{
	return SMBSIGN_GET(client, server, server_primary) ?: server;
}

static struct smbsign_client_conn *
fail_primary_conn(struct TCP_Server_Info *server)
{
	return smbsign_client_conn_find(fail_primary(server));
}

static void fail_note_refusal(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = fail_primary_conn(server);

	if (conn)
		WRITE_ONCE(conn->refused_at, jiffies ?: 1);
}

/* Of times where 0 is never. */
static bool fail_is_recent(unsigned long at, unsigned long span)
{
	return at && time_before(jiffies, at + span);
}

/**
 * smbsign_client_report() - count and log that something was refused
 * @server: the connection
 * @command: command of the message
 * @stat: kind of the violation
 * @what: what is wrong with it
 *
 * To be called in a replacement. May be called from any context.
 */
void smbsign_client_report(struct TCP_Server_Info *server, u16 command,
			   enum smbsign_stat stat, const char *what)
{
	static DEFINE_RATELIMIT_STATE(limit, 5 * HZ, 10);
	struct smbsign_client_conn *conn = smbsign_client_conn_find(server);

	fail_note_refusal(server);
	if (conn)
		smbsign_client_count(conn, stat);
	else
		smbsign_count(SMBSIGN_CLIENT, stat);
	smbsign_count(SMBSIGN_CLIENT, SMBSIGN_STAT_DENIED);
	if (__ratelimit(&limit))
		pr_warn("client: %pISpc: reply to %s refused, STATUS_INVALID_SIGNATURE (0xc000a000): %s\n",
			SMBSIGN_PTR(client, server, server_dstaddr),
			fail_command_name(command), what);
}

/**
 * smbsign_client_grant_tries() - a share was connected: all is well
 * @conn: the connection
 */
void smbsign_client_grant_tries(struct smbsign_client_conn *conn)
{
	spin_lock(&conn->lock);
	WRITE_ONCE(conn->tries, TRIES_TO_CONNECT);
	spin_unlock(&conn->lock);
}

/**
 * smbsign_client_spend_try() - connecting anew has failed
 * @conn: the connection
 *
 * Return: false if it shall not be tried again, as it has failed too often, or
 * as no share was ever connected
 */
bool smbsign_client_spend_try(struct smbsign_client_conn *conn)
{
	bool left;

	spin_lock(&conn->lock);
	left = conn->tries;
	if (left)
		WRITE_ONCE(conn->tries, conn->tries - 1);
	spin_unlock(&conn->lock);
	return left;
}

static bool fail_torn_lately(const struct smbsign_client_conn *conn)
{
	return conn && fail_is_recent(READ_ONCE(conn->torn_at), RETRANS_QUIET);
}

/**
 * smbsign_client_torn_lately() - have we ended this connection?
 * @server: the connection
 *
 * May be called from any context.
 *
 * Return: true if it was not long ago, or if it was another channel, and
 * connecting anew has not failed too often
 */
bool smbsign_client_torn_lately(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = fail_primary_conn(server);

	return fail_torn_lately(conn) && READ_ONCE(conn->tries);
}

/**
 * smbsign_client_is_hopeless() - is it of no use to connect anew?
 * @server: the connection
 *
 * May be called from any context.
 *
 * Return: true if we have ended it, and the server's answers to what came then
 * go on being refused
 */
bool smbsign_client_is_hopeless(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = fail_primary_conn(server);

	return fail_torn_lately(conn) && !READ_ONCE(conn->tries);
}

/**
 * smbsign_client_pace() - a connection is about to be negotiated
 * @server: the connection
 *
 * A worker of cifs does so as soon as one has ended: where all is refused this
 * would go on as fast as the server answers. May sleep.
 */
void smbsign_client_pace(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = fail_primary_conn(server);
	long left;

	if (!(current->flags & PF_WQ_WORKER) ||
	    !smbsign_client_is_hopeless(server))
		return;
	left = READ_ONCE(conn->torn_at) + CONNECT_PACE - jiffies;
	if (left > 0)
		msleep(jiffies_to_msecs(left));
}

/**
 * smbsign_client_refused_lately() - was a reply of this server refused?
 * @server: the connection
 *
 * Return: true if it was not long ago, on it or another channel
 */
bool smbsign_client_refused_lately(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = fail_primary_conn(server);

	return conn && fail_is_recent(READ_ONCE(conn->refused_at),
				      REFUSED_LATELY);
}

/*
 * On a soft mount cifs returns EAGAIN for what was under way. It tries that
 * again if told so, as by the mount option retrans, which must not last: it
 * decides whether mounts share a connection. But it has to last until what was
 * under way is done, which needs several attempts: the first one finds that
 * its file has to be opened again.
 */
static void fail_raise_retrans(struct TCP_Server_Info *server,
			       struct smbsign_client_conn *conn)
{
	if (!conn)
		return;
	WRITE_ONCE(conn->torn_at, jiffies ?: 1);
	if (!SMBSIGN_HAS(client, server_retrans))
		return;
	spin_lock(&conn->lock);
	if (!conn->is_raised &&
	    SMBSIGN_GET(client, server, server_retrans) < RETRANS_RAISED) {
		conn->is_raised = true;
		conn->retrans = SMBSIGN_GET(client, server, server_retrans);
		SMBSIGN_SET(client, server, server_retrans, RETRANS_RAISED);
	}
	spin_unlock(&conn->lock);
}

/**
 * smbsign_client_calm() - a connection has worked a while, or is not ours
 * @conn: the connection
 * @server: the same, as cifs has it
 */
void smbsign_client_calm(struct smbsign_client_conn *conn,
			 struct TCP_Server_Info *server)
{
	spin_lock(&conn->lock);
	if (conn->is_raised) {
		conn->is_raised = false;
		SMBSIGN_SET(client, server, server_retrans, conn->retrans);
	}
	spin_unlock(&conn->lock);
}

/**
 * smbsign_client_accepted() - the reply to a request was accepted
 * @conn: the connection
 * @server: the same, as cifs has it
 * @mid: the request
 *
 * Demultiplex thread only.
 */
void smbsign_client_accepted(struct smbsign_client_conn *conn,
			     struct TCP_Server_Info *server,
			     struct mid_q_entry *mid)
{
	smbsign_client_check_stale(conn, server);
	if (unlikely(READ_ONCE(conn->is_raised)) && !fail_torn_lately(conn))
		smbsign_client_calm(conn, server);
	smbsign_client_forgive(conn, mid);
}

/* The demultiplex thread, which waits for replies, hears of it. */
static void fail_shut_down(struct TCP_Server_Info *server)
{
	struct socket *sock = SMBSIGN_GET(client, server, server_ssocket);

	if (sock)
		kernel_sock_shutdown(sock, SHUT_RDWR);
}

/**
 * smbsign_client_teardown() - end a connection
 * @server: the connection
 * @all: those of the same session too
 *
 * cifs negotiates it anew, and tries again what was outstanding. The caller is
 * the demultiplex thread or holds srv_mutex, so the socket stays. May sleep.
 */
void smbsign_client_teardown(struct TCP_Server_Info *server, bool all)
{
	fail_raise_retrans(fail_primary(server),
			   smbsign_client_conn_get(fail_primary(server)));
	smbsign_call(cifs_signal_cifsd_for_reconnect)(server, all);
	fail_shut_down(server);
}

/**
 * smbsign_client_end() - end a connection, from a task that uses it
 * @server: the connection; the caller does not hold srv_mutex
 *
 * May sleep.
 */
void smbsign_client_end(struct TCP_Server_Info *server)
{
	unsigned int flags = memalloc_nofs_save();

	mutex_lock(SMBSIGN_PTR(client, server, server_mutex));
	smbsign_client_teardown(server, false);
	mutex_unlock(SMBSIGN_PTR(client, server, server_mutex));
	memalloc_nofs_restore(flags);
}

/**
 * smbsign_client_signal() - have cifs negotiate a connection anew
 * @server: the connection, which the caller keeps from going away
 *
 * Unlike smbsign_client_teardown() this may be called by any task. It ends at
 * once, lest cifs, which can neither use nor close a file meanwhile, closes on
 * the next connection what it meant on this one; only if somebody uses it does
 * that wait until the demultiplex thread looks up. May sleep.
 */
void smbsign_client_signal(struct TCP_Server_Info *server)
{
	struct mutex *lock = SMBSIGN_PTR(client, server, server_mutex);
	unsigned int flags = memalloc_nofs_save();

	fail_raise_retrans(fail_primary(server), fail_primary_conn(server));
	smbsign_call(cifs_signal_cifsd_for_reconnect)(server, false);
	if (mutex_trylock(lock)) {
		fail_shut_down(server);
		mutex_unlock(lock);
	}
	memalloc_nofs_restore(flags);
}

/**
 * smbsign_client_unstick() - cifs would not send a request
 * @server: the connection
 *
 * A session that was set up on a connection in the moment that this ended is
 * taken for a good one by cifs, which waits for ever that somebody negotiates.
 */
void smbsign_client_unstick(struct TCP_Server_Info *server)
{
	if (smbsign_client_is_new(server))
		smbsign_call(cifs_mark_tcp_ses_conns_for_reconnect)(server,
								    true);
}
