/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the signing engine. */
#ifndef SMBSIGN_MAC_INTERNAL_H
#define SMBSIGN_MAC_INTERNAL_H

/* The length field of the transport, MS-SMB2 2.1, has 24 bits. */
#define SMBSIGN_SG_MAX_BYTES 0xffffffu

int smbsign_sg_pool_init(void);
void smbsign_sg_pool_exit(void);

#endif /* SMBSIGN_MAC_INTERNAL_H */
