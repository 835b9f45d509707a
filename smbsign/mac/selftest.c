// SPDX-License-Identifier: GPL-2.0-only
/*
 * Known answers that the engine must give before it is used. SMB2 keys have
 * 16 bytes; the vector of RFC 4231 has a shorter key, which HMAC pads to the
 * same block.
 */
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

struct mac_vector {
	const char *name;
	enum smbsign_alg alg;
	u8 key[SMBSIGN_KEY_LEN];
	struct smbsign_nonce nonce;
	u8 msg[64];
	size_t len;
	u8 mac[SMBSIGN_SIGNATURE_LEN];
};

#define RFC4493_KEY {							\
	0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,			\
	0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c }

#define RFC4493_MSG {							\
	0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,			\
	0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a,			\
	0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c,			\
	0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51,			\
	0x30, 0xc8, 0x1c, 0x46, 0xa3, 0x5c, 0xe4, 0x11,			\
	0xe5, 0xfb, 0xc1, 0x19, 0x1a, 0x0a, 0x52, 0xef,			\
	0xf6, 0x9f, 0x24, 0x45, 0xdf, 0x4f, 0x9b, 0x17,			\
	0xad, 0x2b, 0x41, 0x7b, 0xe6, 0x6c, 0x37, 0x10 }

static const struct mac_vector vectors[] = {
	{
		.name = "RFC 4231, case 2",
		.alg = SMBSIGN_HMAC_SHA256,
		.key = "Jefe",
		.msg = "what do ya want for nothing?",
		.len = 28,
		.mac = { 0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
			 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7 },
	}, {
		.name = "SMB 3.0 signing key, MS-SMB2 3.1.4.2",
		.alg = SMBSIGN_HMAC_SHA256,
		.key = { 0x7c, 0xd4, 0x51, 0x82, 0x5d, 0x04, 0x50, 0xd2,
			 0x35, 0x42, 0x4e, 0x44, 0xba, 0x6e, 0x78, 0xcc },
		.msg = "\0\0\0\1SMB2AESCMAC\0\0SmbSign\0\0\0\0\x80",
		.len = 29,
		.mac = { 0x0b, 0x7e, 0x9c, 0x5c, 0xac, 0x36, 0xc0, 0xf6,
			 0xea, 0x9a, 0xb2, 0x75, 0x29, 0x8c, 0xed, 0xce },
	}, {
		.name = "RFC 4493, 16 bytes",
		.alg = SMBSIGN_AES_CMAC,
		.key = RFC4493_KEY,
		.msg = RFC4493_MSG,
		.len = 16,
		.mac = { 0x07, 0x0a, 0x16, 0xb4, 0x6b, 0x4d, 0x41, 0x44,
			 0xf7, 0x9b, 0xdd, 0x9d, 0xd0, 0x4a, 0x28, 0x7c },
	}, {
		.name = "RFC 4493, 40 bytes",
		.alg = SMBSIGN_AES_CMAC,
		.key = RFC4493_KEY,
		.msg = RFC4493_MSG,
		.len = 40,
		.mac = { 0xdf, 0xa6, 0x67, 0x47, 0xde, 0x9a, 0xe6, 0x30,
			 0x30, 0xca, 0x32, 0x61, 0x14, 0x97, 0xc8, 0x27 },
	}, {
		.name = "RFC 4493, 64 bytes",
		.alg = SMBSIGN_AES_CMAC,
		.key = RFC4493_KEY,
		.msg = RFC4493_MSG,
		.len = 64,
		.mac = { 0x51, 0xf0, 0xbe, 0xbf, 0x7e, 0x3b, 0x9d, 0x92,
			 0xfc, 0x49, 0x74, 0x17, 0x79, 0x36, 0x3c, 0xfe },
	}, {
		.name = "NIST GCM, 128 bits of AAD",
		.alg = SMBSIGN_AES_GMAC,
		.key = { 0x77, 0xbe, 0x63, 0x70, 0x89, 0x71, 0xc4, 0xe2,
			 0x40, 0xd1, 0xcb, 0x79, 0xe8, 0xd7, 0x7f, 0xeb },
		.nonce = { 0x01bad7fe190fe0e0, 0xf397a736 },
		.msg = { 0x7a, 0x43, 0xec, 0x1d, 0x9c, 0x0a, 0x5a, 0x78,
			 0xa0, 0xb1, 0x65, 0x33, 0xa6, 0x21, 0x3c, 0xab },
		.len = 16,
		.mac = { 0x20, 0x9f, 0xcc, 0x8d, 0x36, 0x75, 0xed, 0x93,
			 0x8e, 0x9c, 0x71, 0x66, 0x70, 0x9d, 0xd9, 0x46 },
	},
};

/* In two pieces, as messages come. */
static int vector_compute(struct smbsign_mac *mac,
			  const struct mac_vector *vector, const u8 *msg,
			  u8 out[SMBSIGN_SIGNATURE_LEN])
{
	size_t half = vector->len / 2;
	struct smbsign_sg sg;
	int err;

	smbsign_sg_init(&sg);
	err = smbsign_sg_add(&sg, msg, half);
	if (!err)
		err = smbsign_sg_add(&sg, msg + half, vector->len - half);
	if (!err)
		err = smbsign_mac_compute(mac, &vector->nonce, &sg, out);
	smbsign_sg_free(&sg);
	return err;
}

static int vector_check(const struct mac_vector *vector, const u8 *msg)
{
	u8 out[SMBSIGN_SIGNATURE_LEN];
	struct smbsign_mac *mac;
	int err;

	mac = smbsign_mac_alloc(vector->alg, vector->key);
	if (IS_ERR(mac))
		return PTR_ERR(mac);
	err = vector_compute(mac, vector, msg, out);
	smbsign_mac_put(mac);
	if (!err && memcmp(out, vector->mac, sizeof(out)))
		err = -EBADMSG;
	return err;
}

/**
 * smbsign_mac_selftest() - check an algorithm against published vectors
 * @alg: the algorithm
 *
 * May sleep; when the module is loaded.
 *
 * Return: 0; -EBADMSG if an answer is wrong; or what the crypto API returns
 */
int smbsign_mac_selftest(enum smbsign_alg alg)
{
	u8 *msg = kmalloc(sizeof(vectors[0].msg), GFP_KERNEL);
	int err = 0;
	size_t i;

	if (!msg)
		return -ENOMEM;
	for (i = 0; !err && i < ARRAY_SIZE(vectors); i++) {
		if (vectors[i].alg != alg)
			continue;
		memcpy(msg, vectors[i].msg, sizeof(vectors[i].msg));
		err = vector_check(&vectors[i], msg);
		if (err)
			pr_err("self-test of %s failed: %s (%d)\n",
			       smbsign_alg_name(alg), vectors[i].name, err);
	}
	kfree(msg);
	return err;
}
