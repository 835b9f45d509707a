// SPDX-License-Identifier: GPL-2.0-only
/* What becomes of violations: counters, the log, the end of a connection. */
#include <linux/in.h>
#include <linux/printk.h>
#include <net/ipv6.h>

#include "server_internal.h"

/* Bad signatures after which a connection is closed: no client sends them. */
#define BAD_SIGNATURES_MAX 8

static const char *const violation_text[__SMBSIGN_STAT_MAX] = {
	[SMBSIGN_STAT_UNSIGNED] = "not signed",
	[SMBSIGN_STAT_BAD_SIGNATURE] = "signature is wrong",
	[SMBSIGN_STAT_REPLAYED] = "MessageId was used or not granted",
	[SMBSIGN_STAT_GUEST] = "guest or anonymous session",
};

static struct ksmbd_conn *conn_of(const struct server_work *sw)
{
	return SMBSIGN_GET(server, sw->work, work_conn);
}

/**
 * server_peer() - the address of a client
 * @conn: ksmbd's connection
 * @peer: set to the address; the port is not known
 *
 * ksmbd keeps either address in one place and does not say which it is. That
 * of IPv4 fills four bytes, and no IPv6 address of a client ends in 96 zero
 * bits; or it came over IPv6, and is mapped.
 */
void server_peer(struct ksmbd_conn *conn, struct sockaddr_storage *peer)
{
	const struct in6_addr *addr = SMBSIGN_PTR(server, conn, conn_peer);

	memset(peer, 0, sizeof(*peer));
	if (ipv6_addr_v4mapped(addr)) {
		peer->ss_family = AF_INET;
		((struct sockaddr_in *)peer)->sin_addr.s_addr =
			addr->s6_addr32[3];
	} else if (addr->s6_addr32[1] | addr->s6_addr32[2] | addr->s6_addr32[3]) {
		peer->ss_family = AF_INET6;
		((struct sockaddr_in6 *)peer)->sin6_addr = *addr;
	} else {
		peer->ss_family = AF_INET;
		((struct sockaddr_in *)peer)->sin_addr.s_addr =
			addr->s6_addr32[0];
	}
}

static u16 command_of(const struct server_work *sw)
{
	const struct smbsign_hdr *hdr;
	u8 *msg;

	server_message(SMBSIGN_GET(server, sw->work, work_request), &msg);
	hdr = (void *)msg;
	return le16_to_cpu(hdr->command);
}

/**
 * server_abort() - end the connection of a request, without an answer
 * @sw: the request
 * @why: for the log
 *
 * May sleep.
 */
void server_abort(struct server_work *sw, const char *why)
{
	struct sockaddr_storage peer;

	server_peer(conn_of(sw), &peer);
	pr_warn_ratelimited("server: %pISc disconnected at command 0x%02x: %s\n",
			    &peer, command_of(sw), why);
	sw->mute = true;
	smbsign_call(ksmbd_conn_abort)(conn_of(sw));
}

/**
 * server_violation() - count and report a request that is refused
 * @sw: the request
 * @stat: what was wrong with it
 *
 * If the peer is exempt that is all. Else ends the connection if it keeps
 * sending bad signatures, and if the client was never told that it must sign:
 * it learns that by negotiating anew. May sleep.
 */
void server_violation(struct server_work *sw, enum smbsign_stat stat)
{
	struct sockaddr_storage peer;

	if (sw->conn)
		server_count(sw->conn, stat);
	else
		smbsign_count(SMBSIGN_SERVER, stat);
	smbsign_count(SMBSIGN_SERVER, sw->audited ? SMBSIGN_STAT_EXEMPTED :
						    SMBSIGN_STAT_DENIED);
	server_peer(conn_of(sw), &peer);
	pr_warn_ratelimited("server: %s command 0x%02x of %pISc: %s\n",
			    sw->audited ? "let through" : "refused",
			    command_of(sw), &peer, violation_text[stat]);
	if (sw->audited)
		return;
	if (!sw->conn->promised)
		server_abort(sw, "signing was not negotiated as required");
	else if (stat == SMBSIGN_STAT_BAD_SIGNATURE &&
		 atomic_inc_return(&sw->conn->bad) >= BAD_SIGNATURES_MAX)
		server_abort(sw, "too many bad signatures");
}
