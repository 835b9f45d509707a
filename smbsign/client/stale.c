// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replies that do not come. cifs waits for a reply as long as others come, so
 * one that was taken out of the stream would be waited for without end.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/workqueue.h>

#include "client.h"

/* In echo intervals, as cifs has it for a server that is silent altogether. */
#define STALE_ECHOES 3
/*
 * After STATUS_PENDING. As nobody signs that, it may be forged, and must not
 * make a task wait without end.
 */
#define PENDING_ECHOES 10
/* Then cifs has had its time to end a connection that is silent altogether. */
#define SILENT_ECHOES 5

/* Often enough for the limits, seldom enough to cost nothing. */
static unsigned long stale_period(unsigned long echo)
{
	return max(echo / 2, HZ / 4UL);
}

static bool stale_waits(struct mid_q_entry *mid, unsigned long limit)
{
	return smbsign_client_is_queued(mid) &&
	       time_after(jiffies, SMBSIGN_GET(client, mid, mid_when) + limit);
}

static bool stale_mid(struct mid_q_entry *mid, unsigned long echo)
{
	u32 tag = smbsign_client_tag(mid);
	bool pending = tag & SMBSIGN_TAG_PENDING;
	unsigned long limit = echo * (pending ? PENDING_ECHOES : STALE_ECHOES);

	return !(pending && tag & SMBSIGN_TAG_WAITS) && stale_waits(mid, limit);
}

static struct mid_q_entry *stale_entry(struct list_head *pos)
{
	return (void *)((char *)pos - SMBSIGN_OFFSET(client, mid_qhead));
}

static bool stale_any(struct TCP_Server_Info *server,
		      bool (*is_stale)(struct mid_q_entry *, unsigned long),
		      unsigned long span)
{
	struct list_head *queue = SMBSIGN_PTR(client, server, server_pending);
	spinlock_t *lock = SMBSIGN_PTR(client, server, server_mid_lock);
	struct list_head *pos;
	bool found = false;

	spin_lock(lock);
	list_for_each(pos, queue) {
		found = is_stale(stale_entry(pos), span);
		if (found)
			break;
	}
	spin_unlock(lock);
	return found;
}

static bool stale_is_late(struct mid_q_entry *mid, unsigned long limit)
{
	u16 command = le16_to_cpu(SMBSIGN_GET(client, mid, mid_command));

	return command != SMBSIGN_LOCK && command != SMBSIGN_CHANGE_NOTIFY &&
	       stale_waits(mid, limit);
}

/**
 * smbsign_client_is_late() - is a reply waited for, but what may last?
 * @server: the connection, which the caller keeps from going away
 * @limit: for so long, in jiffies
 *
 * May be called from any context.
 *
 * Return: true if one is
 */
bool smbsign_client_is_late(struct TCP_Server_Info *server, unsigned long limit)
{
	return stale_any(server, stale_is_late, limit);
}

/*
 * A server from which nothing comes at all is gone, which is no attack: cifs ends
 * such a connection itself. It has a while for that.
 */
static bool stale_is_silence(struct TCP_Server_Info *server, unsigned long echo)
{
	unsigned long last = SMBSIGN_GET(client, server, server_lstrp);

	return time_after(jiffies, last + STALE_ECHOES * echo) &&
	       time_before(jiffies, last + SILENT_ECHOES * echo);
}

/* End a connection on which a reply is missing. */
static void stale_check(struct smbsign_client_conn *conn,
			struct TCP_Server_Info *server, unsigned long echo)
{
	if (smbsign_client_is_unknown(conn) || READ_ONCE(conn->exempt) ||
	    stale_is_silence(server, echo) ||
	    !stale_any(server, stale_mid, echo))
		return;
	smbsign_client_report(server, SMBSIGN_COMMAND_NONE,
			      SMBSIGN_BECAUSE_MISSING);
	smbsign_client_signal(server);
}

/*
 * Looks by the clock, whatever arrives or does not: an attacker can keep cifs'
 * own clock from running out. The entry waits for this to end before cifs frees
 * the connection. Stops when policy does, and smbsign_client_watch() begins
 * again.
 */
static void stale_work(struct work_struct *work)
{
	struct smbsign_client_conn *conn =
		container_of(work, struct smbsign_client_conn, stale.work);
	struct TCP_Server_Info *server = (void *)conn->server;
	int idx = smbsign_client_enter();
	unsigned long echo;

	if (smbsign_client_active()) {
		echo = SMBSIGN_GET(client, server, server_echo_interval);
		stale_check(conn, server, echo);
		schedule_delayed_work(&conn->stale, stale_period(echo));
	}
	smbsign_client_leave(idx);
}

/**
 * smbsign_client_watch_init() - prepare a connection's entry for being watched
 * @conn: the connection's new entry
 */
void smbsign_client_watch_init(struct smbsign_client_conn *conn)
{
	INIT_DELAYED_WORK(&conn->stale, stale_work);
}

/**
 * smbsign_client_watch() - look for missing replies from now on
 * @conn: the connection, which the caller keeps cifs from freeing
 * @server: the same, as cifs has it
 */
void smbsign_client_watch(struct smbsign_client_conn *conn,
			  struct TCP_Server_Info *server)
{
	unsigned long echo = SMBSIGN_GET(client, server, server_echo_interval);

	schedule_delayed_work(&conn->stale, stale_period(echo));
}

/**
 * smbsign_client_unwatch() - look for missing replies no more
 * @conn: the connection, which nobody begins to watch any more
 *
 * May sleep.
 */
void smbsign_client_unwatch(struct smbsign_client_conn *conn)
{
	cancel_delayed_work_sync(&conn->stale);
}
