/* SPDX-License-Identifier: GPL-2.0-only */
/* Peers that policy leaves alone, one list for each direction. */
#ifndef _SMBSIGN_EXEMPT_H
#define _SMBSIGN_EXEMPT_H

#include <linux/socket.h>

#include <smbsign/policy.h>

#define SMBSIGN_EXEMPT_MAX 512

bool smbsign_exempt_match(enum smbsign_side side, const struct sockaddr *addr);
int smbsign_exempt_set(enum smbsign_side side, const char *text);
ssize_t smbsign_exempt_show(enum smbsign_side side, char *buf, size_t len);
void smbsign_exempt_clear(enum smbsign_side side);

#endif /* _SMBSIGN_EXEMPT_H */
