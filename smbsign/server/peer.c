// SPDX-License-Identifier: GPL-2.0-only
/* Who a client is, as its socket says. */
#include <linux/in.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "server.h"

/* SMB Direct has no socket, but what reads by RDMA. */
static struct sock *sock_of(struct ksmbd_conn *conn)
{
	struct ksmbd_transport *transport =
		SMBSIGN_GET(server, conn, conn_transport);
	const struct ksmbd_transport_ops *ops =
		SMBSIGN_GET(server, transport, transport_ops);
	struct socket *socket;
	struct tcp_transport *tcp;

	if (SMBSIGN_GET(server, ops, ops_rdma_read))
		return NULL;
	tcp = (void *)transport - SMBSIGN_OFFSET(server, tcp_base);
	socket = READ_ONCE(*SMBSIGN_PTR(server, tcp, tcp_socket));
	return socket ? socket->sk : NULL;
}

static void peer_v4(struct sockaddr_storage *peer, __be32 addr)
{
	struct sockaddr_in *in = (void *)peer;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = addr;
}

/*
 * A link-local address means a host on one network only: that of the interface
 * that the connection came in by.
 */
static void peer_v6(struct sockaddr_storage *peer, const struct sock *sk)
{
	struct sockaddr_in6 *in6 = (void *)peer;

	in6->sin6_family = AF_INET6;
	in6->sin6_addr = sk->sk_v6_daddr;
	in6->sin6_scope_id = ipv6_iface_scope_id(&in6->sin6_addr,
						 sk->sk_bound_dev_if);
}

/**
 * server_peer() - the address of a client
 * @conn: ksmbd's connection, with a request under way
 * @peer: set to the address, without a port; IPv4 that came over an IPv6 socket
 *	as IPv4; AF_UNSPEC if the client has none, which no exemption matches
 */
void server_peer(struct ksmbd_conn *conn, struct sockaddr_storage *peer)
{
	const struct sock *sk = sock_of(conn);

	memset(peer, 0, sizeof(*peer));
	if (!sk)
		return;
	if (sk->sk_family == AF_INET)
		peer_v4(peer, sk->sk_daddr);
	else if (ipv6_addr_v4mapped(&sk->sk_v6_daddr))
		peer_v4(peer, sk->sk_v6_daddr.s6_addr32[3]);
	else if (sk->sk_family == AF_INET6)
		peer_v6(peer, sk);
}
