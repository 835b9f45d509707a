// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections when policy changes, and when we leave: those that are not allowed
 * any more as they are, or that cifs alone could not go on with, are negotiated
 * anew.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>

#include <smbsign/exempt.h>

#include "client.h"

/* Then connections that are not negotiated anew are not waited for any longer. */
#define GIVE_BACK_WAIT (20 * HZ)
/* Nor are those, then, whose server does not take connections. */
#define GIVE_BACK_DOWN (3 * HZ)
#define GIVE_BACK_POLL_MS 200
/* How long requests may wait while we leave, and somebody does not let us. */
#define HURRY_LIMIT (2 * HZ)

/**
 * smbsign_client_is_foreign() - could cifs alone not go on with a connection?
 * @conn: the connection
 *
 * May be called from any context.
 *
 * Return: true if it signs with what cifs alone cannot, or where cifs alone might
 * not
 */
bool smbsign_client_is_foreign(const struct smbsign_client_conn *conn)
{
	if (smbsign_client_is_unknown(conn))
		return false;
	return conn->sign_raised ||
	       (conn->answer.dialect == SMBSIGN_DIALECT_311 &&
		conn->answer.alg != SMBSIGN_AES_CMAC);
}

static void review_forget_patience(struct smbsign_client_conn *conn)
{
	spin_lock(&conn->lock);
	smbsign_patience_forget(&conn->patience);
	spin_unlock(&conn->lock);
}

/**
 * smbsign_client_conn_forget() - a connection is negotiated without us
 * @conn: the connection
 *
 * Its entry stays: when policy is switched on again, it tells that requests
 * under way are to be repeated.
 */
void smbsign_client_conn_forget(struct smbsign_client_conn *conn)
{
	smbsign_client_sessions_forget(conn);
	review_forget_patience(conn);
}

/* Was the peer exempt, and is not any more? */
static bool review_lost_exemption(const struct smbsign_client_conn *conn,
				  struct TCP_Server_Info *server)
{
	return !smbsign_client_is_unknown(conn) && READ_ONCE(conn->exempt) &&
	       !smbsign_exempt_match(SMBSIGN_CLIENT,
				     SMBSIGN_PTR(client, server,
						 server_dstaddr));
}

static bool review_one(struct smbsign_client_conn *conn,
		       struct TCP_Server_Info *server, unsigned long unused)
{
	smbsign_client_watch(conn, server);
	if (!review_lost_exemption(conn, server))
		return false;
	review_forget_patience(conn);
	smbsign_client_signal(server);
	return true;
}

/**
 * smbsign_client_conns_review() - policy has changed, or who is exempt
 *
 * A peer that is not exempt any more is unknown until its connection has been
 * negotiated anew, which begins here: what cifs knows of open files is right
 * sooner than if a request had to find out. One that is exempt now signs until
 * then. May sleep.
 */
void smbsign_client_conns_review(void)
{
	smbsign_client_conns_visit(review_one, 0);
}

/*
 * Have it negotiated anew; true if that is to be waited for. One that is not
 * connected is cifs' alone, which cannot send on it before it has negotiated.
 */
static bool review_end_foreign(struct smbsign_client_conn *conn,
			       struct TCP_Server_Info *server,
			       unsigned long down_counts)
{
	if (!smbsign_client_is_foreign(conn) ||
	    (!down_counts && smbsign_client_is_down(server)))
		return false;
	if (!smbsign_client_is_new(server))
		smbsign_client_signal(server);
	return true;
}

static bool review_end_all_foreign(bool down_counts)
{
	return smbsign_client_conns_visit(review_end_foreign, down_counts);
}

static bool review_calm(struct smbsign_client_conn *conn,
			struct TCP_Server_Info *server, unsigned long unused)
{
	smbsign_client_calm(conn, server);
	smbsign_client_return_offload(conn, server);
	return true;
}

/**
 * smbsign_client_conns_give_back() - end what cifs alone cannot go on with
 *
 * Waits a while until they have been negotiated anew, without us. May sleep.
 */
void smbsign_client_conns_give_back(void)
{
	unsigned long began = jiffies;

	smbsign_client_conns_visit(review_calm, 0);
	while (time_before(jiffies, began + GIVE_BACK_WAIT) &&
	       review_end_all_foreign(time_before(jiffies,
						  began + GIVE_BACK_DOWN)))
		msleep(GIVE_BACK_POLL_MS);
}

static bool review_cut_late(struct smbsign_client_conn *conn,
			    struct TCP_Server_Info *server,
			    unsigned long limit)
{
	if (!smbsign_client_is_late(server, limit))
		return false;
	smbsign_client_cut(server);
	return true;
}

/**
 * smbsign_client_conns_hurry() - cut connections on which somebody waits
 *
 * A task that waits in a replacement of ours does not let us go. May sleep.
 */
void smbsign_client_conns_hurry(void)
{
	smbsign_client_conns_visit(review_cut_late, HURRY_LIMIT);
}
