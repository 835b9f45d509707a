// SPDX-License-Identifier: GPL-2.0-only
/*
 * What follows when a reply cannot be accepted: it is reported, its connection
 * is torn down, and cifs tries the request again on a new one. An operation
 * that goes on failing gets an error.
 */
#include <linux/inet.h>
#include <linux/jiffies.h>
#include <linux/net.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>

#include <smbsign/client.h>

/* Failures in a row of one operation after which it gets an error. */
#define STRIKES_PER_OPERATION 4
/* The same for all operations, while no quiet period has passed. */
#define STRIKES_PER_BURST 256
#define BURST_QUIET (10 * HZ)
/* A reply that nothing waits for is nobody's failure, so it is many's. */
#define STRIKES_PER_UNASKED 8
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
 * smbsign_client_torn_lately() - have we ended this connection?
 * @server: the connection
 *
 * May be called from any context.
 *
 * Return: true if it was not long ago, or if it was another channel; false if
 * the server's answers to NEGOTIATE go on being refused
 */
bool smbsign_client_torn_lately(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = fail_primary_conn(server);

	return conn && READ_ONCE(conn->tries) &&
	       fail_is_recent(READ_ONCE(conn->torn_at), RETRANS_QUIET);
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
 * smbsign_client_teardown() - end a connection
 * @server: the connection
 * @all: those of the same session too
 *
 * cifs negotiates it anew, and tries again what was outstanding. The caller is
 * the demultiplex thread or holds srv_mutex, so the socket stays. May sleep.
 */
void smbsign_client_teardown(struct TCP_Server_Info *server, bool all)
{
	struct socket *sock = SMBSIGN_GET(client, server, server_ssocket);

	fail_raise_retrans(fail_primary(server),
			   smbsign_client_conn_get(fail_primary(server)));
	smbsign_call(cifs_signal_cifsd_for_reconnect)(server, all);
	if (sock)
		kernel_sock_shutdown(sock, SHUT_RDWR);
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
 * Unlike smbsign_client_teardown() this may be called by any task; the
 * connection ends when its demultiplex thread looks up. May sleep.
 */
void smbsign_client_signal(struct TCP_Server_Info *server)
{
	fail_raise_retrans(fail_primary(server), fail_primary_conn(server));
	smbsign_call(cifs_signal_cifsd_for_reconnect)(server, false);
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
	if (SMBSIGN_GET(client, server, server_status) ==
	    SMBSIGN_TCP_NEED_NEGOTIATE)
		smbsign_call(cifs_mark_tcp_ses_conns_for_reconnect)(server,
								    true);
}

static struct smbsign_client_strike *
fail_strike_find(struct smbsign_client_conn *conn, const void *who, u16 command)
{
	struct smbsign_client_strike *strike = conn->strikes;

	for (; strike < conn->strikes + SMBSIGN_STRIKES; strike++) {
		if (strike->count && strike->who == who &&
		    strike->command == command)
			return strike;
	}
	return NULL;
}

/* A free slot, or that of the operation with the fewest failures. */
static struct smbsign_client_strike *
fail_strike_new(struct smbsign_client_conn *conn)
{
	struct smbsign_client_strike *best = conn->strikes, *strike;

	for (strike = best; strike < conn->strikes + SMBSIGN_STRIKES; strike++) {
		if (strike->count < best->count)
			best = strike;
	}
	if (!best->count)
		conn->n_strikes++;
	best->count = 0;
	return best;
}

static bool fail_burst(struct smbsign_client_conn *conn, unsigned int strikes)
{
	unsigned int burst = conn->burst + strikes;

	if (time_after(jiffies, conn->burst_at + BURST_QUIET))
		burst = strikes;
	WRITE_ONCE(conn->burst_at, jiffies);
	WRITE_ONCE(conn->burst, burst);
	return burst > STRIKES_PER_BURST;
}

/**
 * smbsign_client_unasked() - a reply came that nothing waits for
 * @conn: the connection
 *
 * Demultiplex thread only.
 */
void smbsign_client_unasked(struct smbsign_client_conn *conn)
{
	fail_burst(conn, STRIKES_PER_UNASKED);
}

/**
 * smbsign_client_gives_up() - has a connection failed too often of late?
 * @conn: the connection
 *
 * cifs would send some requests again without end, though no reply to them
 * arrives that could be refused.
 *
 * Return: true if requests are to get an error
 */
bool smbsign_client_gives_up(const struct smbsign_client_conn *conn)
{
	return READ_ONCE(conn->burst) > STRIKES_PER_BURST &&
	       !time_after(jiffies, READ_ONCE(conn->burst_at) + BURST_QUIET);
}

/**
 * smbsign_client_strike() - the reply to a request could not be accepted
 * @conn: the connection
 * @mid: the request
 *
 * Operations are known by what cifs hands to the callback: the task of a
 * synchronous one, the structure of a read or write. Demultiplex thread only.
 *
 * Return: true if it has failed too often, and is to get an error
 */
bool smbsign_client_strike(struct smbsign_client_conn *conn,
			   struct mid_q_entry *mid)
{
	const void *who = SMBSIGN_GET(client, mid, mid_data);
	u16 command = le16_to_cpu(SMBSIGN_GET(client, mid, mid_command));
	struct smbsign_client_strike *strike;

	if (fail_burst(conn, 1))
		return true;
	strike = fail_strike_find(conn, who, command);
	if (!strike)
		strike = fail_strike_new(conn);
	strike->who = who;
	strike->command = command;
	if (++strike->count < STRIKES_PER_OPERATION)
		return false;
	strike->count = 0;
	conn->n_strikes--;
	return true;
}

/**
 * smbsign_client_forgive() - the reply to a request was accepted
 * @conn: the connection
 * @server: the same, as cifs has it
 * @mid: the request
 *
 * Demultiplex thread only.
 */
void smbsign_client_forgive(struct smbsign_client_conn *conn,
			    struct TCP_Server_Info *server,
			    struct mid_q_entry *mid)
{
	struct smbsign_client_strike *strike;

	smbsign_client_check_stale(conn, server);
	if (unlikely(READ_ONCE(conn->is_raised)) &&
	    time_after(jiffies, READ_ONCE(conn->torn_at) + RETRANS_QUIET))
		smbsign_client_calm(conn, server);
	if (likely(!conn->n_strikes))
		return;
	strike = fail_strike_find(conn, SMBSIGN_GET(client, mid, mid_data),
				  le16_to_cpu(SMBSIGN_GET(client, mid,
							  mid_command)));
	if (!strike)
		return;
	strike->count = 0;
	conn->n_strikes--;
}
