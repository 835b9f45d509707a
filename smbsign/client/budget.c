// SPDX-License-Identifier: GPL-2.0-only
/*
 * The patience that the client has with its connections, see patience.h: what
 * happens is noted in the connection's entry, and the rest of the client asks
 * here what follows from it.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "client.h"

/* How long cifs waits until it connects anew in vain, in the background. */
#define CONNECT_PACE HZ
/* How often cifs repeats what was under way on a connection that we ended. */
#define RETRANS_RAISED 10

/* The first channel, where cifs looks when something happens to any. */
static struct TCP_Server_Info *budget_primary(struct TCP_Server_Info *server)
{
	return SMBSIGN_GET(client, server, server_primary) ?: server;
}

static struct smbsign_client_conn *
budget_primary_conn(struct TCP_Server_Info *server)
{
	return smbsign_client_conn_find(budget_primary(server));
}

/**
 * smbsign_client_has_primary() - is the first channel's connection still there?
 * @server: any channel's connection
 *
 * The first channel may be freed before the others are, and has an entry as long
 * as it is not. May be called from any context.
 *
 * Return: true if cifs may look for the sessions of @server
 */
bool smbsign_client_has_primary(struct TCP_Server_Info *server)
{
	return budget_primary(server) == server || budget_primary_conn(server);
}

/**
 * smbsign_client_grant_tries() - a share was connected: all is well
 * @conn: the connection
 */
void smbsign_client_grant_tries(struct smbsign_client_conn *conn)
{
	spin_lock(&conn->lock);
	smbsign_patience_connected(&conn->patience, jiffies);
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
	bool again;

	spin_lock(&conn->lock);
	again = smbsign_patience_failed(&conn->patience, jiffies);
	spin_unlock(&conn->lock);
	return again;
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
	struct smbsign_client_conn *conn = budget_primary_conn(server);

	return conn && smbsign_patience_ended_lately(&conn->patience, jiffies) &&
	       !smbsign_patience_is_hopeless(&conn->patience, jiffies);
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
	struct smbsign_client_conn *conn = budget_primary_conn(server);

	return conn && smbsign_patience_is_hopeless(&conn->patience, jiffies);
}

/**
 * smbsign_client_refused_lately() - was a reply of this server refused?
 * @server: the connection
 *
 * Return: true if we ended it, or another channel, not long ago
 */
bool smbsign_client_refused_lately(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn = budget_primary_conn(server);

	return conn && smbsign_patience_ended_lately(&conn->patience, jiffies);
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
	struct smbsign_client_conn *conn = budget_primary_conn(server);
	long left;

	if (!(current->flags & PF_WQ_WORKER) || !conn ||
	    !smbsign_patience_is_hopeless(&conn->patience, jiffies))
		return;
	left = READ_ONCE(conn->patience.ended_at) + CONNECT_PACE - jiffies;
	if (left > 0)
		msleep(jiffies_to_msecs(left));
}

/*
 * On a soft mount cifs returns EAGAIN for what was under way. It repeats that
 * if told so, as by the mount option retrans, which must not last: it decides
 * whether mounts share a connection. But it has to last until what was under way
 * is done, which needs several attempts: the first one finds that its file has
 * to be opened again.
 */
static void budget_raise_retrans(struct smbsign_client_conn *conn,
				 struct TCP_Server_Info *server)
{
	lockdep_assert_held(&conn->lock);
	if (!SMBSIGN_HAS(client, server_retrans) || conn->gone ||
	    conn->is_raised ||
	    SMBSIGN_GET(client, server, server_retrans) >= RETRANS_RAISED)
		return;
	conn->is_raised = true;
	conn->retrans = SMBSIGN_GET(client, server, server_retrans);
	SMBSIGN_SET(client, server, server_retrans, RETRANS_RAISED);
}

static void budget_note_end(struct TCP_Server_Info *server, bool repeats)
{
	struct smbsign_client_conn *conn = smbsign_client_conn_find(server);

	if (!conn)
		return;
	spin_lock(&conn->lock);
	smbsign_patience_ended(&conn->patience, jiffies);
	if (repeats)
		budget_raise_retrans(conn, server);
	spin_unlock(&conn->lock);
}

/**
 * smbsign_client_note_end() - we are about to end a connection
 * @server: the connection
 *
 * To be called in a replacement. May be called from any context.
 */
void smbsign_client_note_end(struct TCP_Server_Info *server)
{
	struct TCP_Server_Info *primary = budget_primary(server);

	if (primary != server)
		budget_note_end(server, false);
	budget_note_end(primary, true);
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
	if (conn->is_raised && !conn->gone) {
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
	u16 command = le16_to_cpu(SMBSIGN_GET(client, mid, mid_command));
	enum smbsign_patience_state state;

	if (likely(READ_ONCE(conn->patience.state) == SMBSIGN_PATIENCE_GOOD &&
		   !READ_ONCE(conn->is_raised)))
		return;
	spin_lock(&conn->lock);
	smbsign_patience_accepted(&conn->patience, command, jiffies);
	state = conn->patience.state;
	spin_unlock(&conn->lock);
	if (state == SMBSIGN_PATIENCE_GOOD)
		smbsign_client_calm(conn, server);
}

/**
 * smbsign_client_strike() - the reply to a request could not be accepted
 * @conn: the connection
 * @mid: the request
 *
 * Demultiplex thread only.
 *
 * Return: true if that has happened too often, and the request is to get an
 * error
 */
bool smbsign_client_strike(struct smbsign_client_conn *conn,
			   struct mid_q_entry *mid)
{
	u16 command = le16_to_cpu(SMBSIGN_GET(client, mid, mid_command));
	bool fails;

	/* Validating NEGOTIATE is a part of connecting a share. */
	if (smbsign_client_tag(mid) & SMBSIGN_TAG_VALIDATE)
		command = SMBSIGN_TREE_CONNECT;
	spin_lock(&conn->lock);
	fails = smbsign_patience_refused(&conn->patience, command, jiffies);
	spin_unlock(&conn->lock);
	return fails;
}

/**
 * smbsign_client_blame() - what connects a connection anew is being refused
 * @conn: the connection
 *
 * For what is not judged as it arrives, as the last reply to SESSION_SETUP.
 */
void smbsign_client_blame(struct smbsign_client_conn *conn)
{
	spin_lock(&conn->lock);
	smbsign_patience_refused(&conn->patience, SMBSIGN_SESSION_SETUP,
				 jiffies);
	spin_unlock(&conn->lock);
}

/**
 * smbsign_client_gives_up() - has a command failed too often of late?
 * @conn: the connection
 * @command: the command
 *
 * cifs would send READs and WRITEs again without end, though no reply to them
 * arrives that could be refused. May be called from any context.
 *
 * Return: true if such requests are to get an error
 */
bool smbsign_client_gives_up(struct smbsign_client_conn *conn, u16 command)
{
	return (command == SMBSIGN_READ || command == SMBSIGN_WRITE) &&
	       smbsign_patience_gives_up(&conn->patience, command, jiffies);
}

/**
 * smbsign_client_note_mount() - a mount uses a connection that was ended
 * @server: the connection
 * @is_hard: it is a hard mount, which waits for its server without end
 *
 * May be called from any context.
 */
void smbsign_client_note_mount(struct TCP_Server_Info *server, bool is_hard)
{
	struct smbsign_client_conn *conn = budget_primary_conn(server);

	if (conn && is_hard)
		WRITE_ONCE(conn->patience.hard, true);
}
