/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the signing engine. */
#ifndef SMBSIGN_MAC_INTERNAL_H
#define SMBSIGN_MAC_INTERNAL_H

/* The length field of the transport, MS-SMB2 2.1, has 24 bits. */
#define SMBSIGN_SG_MAX_BYTES 0xffffffu

int smbsign_cmac_init(void);
void smbsign_cmac_exit(void);
int smbsign_cmac_key(struct smbsign_mac *mac);
int smbsign_cmac_compute(const struct smbsign_mac *mac, struct smbsign_sg *sg,
			 u8 out[SMBSIGN_SIGNATURE_LEN]);
int smbsign_sg_pool_init(void);
void smbsign_sg_pool_exit(void);

#endif /* SMBSIGN_MAC_INTERNAL_H */
