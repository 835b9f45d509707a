// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replies that do not come. cifs waits for a reply as long as others come, so
 * one that was taken out of the stream would be waited for without end.
 */
#include <linux/jiffies.h>
#include <linux/list.h>

#include <smbsign/client.h>

/* In echo intervals, as cifs has it for a server that is silent altogether. */
#define STALE_ECHOES 3
/*
 * After STATUS_PENDING. As nobody signs that, it may be forged, and must not
 * make a task wait without end.
 */
#define PENDING_ECHOES 10

static bool stale_mid(struct mid_q_entry *mid, unsigned long echo)
{
	u32 tag = smbsign_client_tag(mid);
	bool pending = tag & SMBSIGN_TAG_PENDING;
	unsigned long limit = echo * (pending ? PENDING_ECHOES : STALE_ECHOES);

	return SMBSIGN_GET(client, mid, mid_state) ==
	       SMBSIGN_MID_REQUEST_SUBMITTED &&
	       !(pending && tag & SMBSIGN_TAG_WAITS) &&
	       time_after(jiffies, SMBSIGN_GET(client, mid, mid_when) + limit);
}

static struct mid_q_entry *stale_entry(struct list_head *pos)
{
	return (void *)((char *)pos - SMBSIGN_OFFSET(client, mid_qhead));
}

static bool stale_any(struct TCP_Server_Info *server, unsigned long echo)
{
	struct list_head *queue = SMBSIGN_PTR(client, server, server_pending);
	spinlock_t *lock = SMBSIGN_PTR(client, server, server_mid_lock);
	struct list_head *pos;
	bool found = false;

	spin_lock(lock);
	list_for_each(pos, queue) {
		found = stale_mid(stale_entry(pos), echo);
		if (found)
			break;
	}
	spin_unlock(lock);
	return found;
}

/**
 * smbsign_client_check_stale() - end a connection on which a reply is missing
 * @conn: the connection
 * @server: the same, as cifs has it
 *
 * To be called when a reply has been accepted. Looks once per echo interval,
 * and there is a reply in each. Demultiplex thread only.
 */
void smbsign_client_check_stale(struct smbsign_client_conn *conn,
				struct TCP_Server_Info *server)
{
	unsigned long echo = SMBSIGN_GET(client, server, server_echo_interval);

	if (time_before(jiffies, conn->looked_at + echo / 2))
		return;
	conn->looked_at = jiffies;
	if (!stale_any(server, echo))
		return;
	smbsign_client_report(server, SMBSIGN_COMMAND_NONE,
			      SMBSIGN_STAT_REPLAYED,
			      "a reply before it is missing");
	smbsign_client_teardown(server, false);
}
