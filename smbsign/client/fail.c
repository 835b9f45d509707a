// SPDX-License-Identifier: GPL-2.0-only
/*
 * What follows when a reply cannot be accepted: it is reported, and its
 * connection is ended; cifs repeats the request on a new one, as long as
 * patience.h says.
 */
#include <linux/inet.h>
#include <linux/net.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>

#include "client.h"

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

/**
 * smbsign_client_tell() - log what an honest server may do, too
 * @server: the connection
 * @what: what it has done
 *
 * May be called from any context.
 */
void smbsign_client_tell(struct TCP_Server_Info *server, const char *what)
{
	static DEFINE_RATELIMIT_STATE(limit, 5 * HZ, 10);

	if (__ratelimit(&limit))
		pr_info("client: %pISpc: %s, connecting anew\n",
			SMBSIGN_PTR(client, server, server_dstaddr), what);
}

static void fail_warn(struct TCP_Server_Info *server, u16 command,
		      const char *what)
{
	static DEFINE_RATELIMIT_STATE(limit, 5 * HZ, 10);

	if (__ratelimit(&limit))
		pr_warn("client: %pISpc: reply to %s refused, STATUS_INVALID_SIGNATURE (0xc000a000): %s\n",
			SMBSIGN_PTR(client, server, server_dstaddr),
			fail_command_name(command), what);
}

/**
 * smbsign_client_report() - count and log that something was refused
 * @server: the connection
 * @command: command of the message
 * @reason: the verdict on it
 *
 * To be called in a replacement. May be called from any context.
 *
 * Return: the reason's -errno
 */
int smbsign_client_report(struct TCP_Server_Info *server, u16 command,
			  enum smbsign_reason reason)
{
	const struct smbsign_reason_row *row = smbsign_reason_row(reason);
	struct smbsign_client_conn *conn = smbsign_client_conn_find(server);

	if (conn)
		smbsign_client_count(conn, row->stat);
	else
		smbsign_count(SMBSIGN_CLIENT, row->stat);
	if (row->severity == SMBSIGN_CALM) {
		smbsign_client_tell(server, row->words);
		return row->err;
	}
	smbsign_count(SMBSIGN_CLIENT, SMBSIGN_STAT_DENIED);
	fail_warn(server, command, row->words);
	return row->err;
}

/* The demultiplex thread, which waits for replies, hears of it. */
static void fail_shut_down(struct TCP_Server_Info *server)
{
	struct socket *sock = SMBSIGN_GET(client, server, server_ssocket);

	if (sock)
		kernel_sock_shutdown(sock, SHUT_RDWR);
}

/**
 * smbsign_client_reconnect() - have the demultiplex thread connect anew
 * @server: the connection
 * @all: those of the same session too
 *
 * It does so when it reads next, which it need not wait for. Demultiplex thread,
 * or srv_mutex is held, so that the socket stays. May sleep.
 */
void smbsign_client_reconnect(struct TCP_Server_Info *server, bool all)
{
	all = all && smbsign_client_has_primary(server);
	smbsign_call(cifs_signal_cifsd_for_reconnect)(server, all);
	fail_shut_down(server);
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
	smbsign_client_note_end(server);
	smbsign_client_reconnect(server, all);
}

/**
 * smbsign_client_refuse_unread() - what has arrived is no message that we can read
 * @server: the connection, which is ended
 * @reason: why
 *
 * To be called by the demultiplex thread in a replacement. May sleep.
 */
void smbsign_client_refuse_unread(struct TCP_Server_Info *server,
				  enum smbsign_reason reason)
{
	smbsign_client_report(server, SMBSIGN_COMMAND_NONE, reason);
	smbsign_client_teardown(server, false);
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
 * smbsign_client_cut() - cut a connection, as a broken network would
 * @server: the connection, which the caller keeps from going away
 *
 * May be called by any task. It ends at once, lest cifs, which can neither use
 * nor close a file meanwhile, closes on the next connection what it meant on
 * this one; only if somebody uses it does that wait until the demultiplex thread
 * looks up. May sleep.
 */
void smbsign_client_cut(struct TCP_Server_Info *server)
{
	struct mutex *lock = SMBSIGN_PTR(client, server, server_mutex);
	unsigned int flags = memalloc_nofs_save();

	smbsign_call(cifs_signal_cifsd_for_reconnect)(server, false);
	if (mutex_trylock(lock)) {
		fail_shut_down(server);
		mutex_unlock(lock);
	}
	memalloc_nofs_restore(flags);
}

/**
 * smbsign_client_signal() - have cifs negotiate a connection anew
 * @server: the connection, which the caller keeps from going away
 *
 * Unlike smbsign_client_teardown() this may be called by any task. May sleep.
 */
void smbsign_client_signal(struct TCP_Server_Info *server)
{
	smbsign_client_note_end(server);
	smbsign_client_cut(server);
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
