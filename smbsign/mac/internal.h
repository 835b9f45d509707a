/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the signing engine. */
#ifndef SMBSIGN_MAC_INTERNAL_H
#define SMBSIGN_MAC_INTERNAL_H

#include <linux/crypto.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include <smbsign/mac.h>

/* The length field of the transport, MS-SMB2 2.1, has 24 bits. */
#define SMBSIGN_SG_MAX_BYTES 0xffffffu

/*
 * Drivers that we do not use: those that allocate memory for each message, and
 * those of devices, which may wait for the device.
 */
#define SMBSIGN_UNFIT (CRYPTO_ALG_ALLOCATES_MEMORY | CRYPTO_ALG_KERN_DRIVER_ONLY)

#define SMBSIGN_SCRATCH_BYTES SZ_4K

/* Enough for 4 MiB in pages of 4 KiB. */
#define SMBSIGN_SCRATCH_ENTRIES 1280

/**
 * struct smbsign_scratch - memory that one message owns while it is signed
 * @lock: held by the owner
 * @data: SMBSIGN_SCRATCH_BYTES to compute in
 * @iv: state of cbc(aes)
 * @list: SMBSIGN_SCRATCH_ENTRIES for a long scatterlist
 */
struct smbsign_scratch {
	struct mutex lock; /* protects all that follows */
	u8 *data;
	u8 iv[SMBSIGN_SIGNATURE_LEN] __aligned(SMBSIGN_SIGNATURE_LEN);
	struct scatterlist *list;
} ____cacheline_aligned;

int smbsign_scratch_init(void);
void smbsign_scratch_exit(void);
int smbsign_sg_reserve_init(void);
void smbsign_sg_reserve_exit(void);
struct smbsign_scratch *smbsign_sg_scratch(struct smbsign_sg *sg);

int smbsign_cmac_key(struct smbsign_mac *mac);
int smbsign_cmac_compute(const struct smbsign_mac *mac, struct smbsign_sg *sg,
			 u8 out[SMBSIGN_SIGNATURE_LEN]);
int smbsign_gmac_key(struct smbsign_mac *mac);
int smbsign_gmac_compute(const struct smbsign_mac *mac,
			 const struct smbsign_nonce *nonce,
			 struct smbsign_sg *sg, u8 out[SMBSIGN_SIGNATURE_LEN]);
void smbsign_gmac_choose(char driver[CRYPTO_MAX_ALG_NAME]);
const char *smbsign_alg_driver_wanted(enum smbsign_alg alg);
const char *smbsign_mac_driver(const struct smbsign_mac *mac);
int smbsign_mac_selftest(enum smbsign_alg alg);

#endif /* SMBSIGN_MAC_INTERNAL_H */
