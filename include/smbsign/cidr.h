/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of IPv4 and IPv6 networks in CIDR notation. Pure: compiles in user space
 * too.
 */
#ifndef _SMBSIGN_CIDR_H
#define _SMBSIGN_CIDR_H

#include <linux/types.h>

/* Room for the longest text of one network, and a separator. */
#define SMBSIGN_CIDR_TEXT_LEN 66

/* Room for the name of an interface, as IFNAMSIZ. */
#define SMBSIGN_CIDR_SCOPE_LEN 16

/**
 * struct smbsign_cidr - a network
 * @addr: its address; of IPv4 the first 4 bytes. Bits after @prefix are 0
 * @v6: it is IPv6
 * @prefix: bits of @addr that count
 * @scope: the interface that its hosts are behind, or empty: any. Only of
 *	link-local networks
 * @ifindex: index of that interface; whoever knows interfaces sets it
 */
struct smbsign_cidr {
	u8 addr[16];
	bool v6;
	u8 prefix;
	char scope[SMBSIGN_CIDR_SCOPE_LEN];
	u32 ifindex;
};

int smbsign_cidr_parse(const char *text, struct smbsign_cidr *set, size_t max);
bool smbsign_cidr_match(const struct smbsign_cidr *set, size_t n, bool v6,
			const u8 *addr, u32 ifindex);
int smbsign_cidr_format(const struct smbsign_cidr *cidr, char *buf, size_t len);

#endif /* _SMBSIGN_CIDR_H */
