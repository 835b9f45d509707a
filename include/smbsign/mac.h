/* SPDX-License-Identifier: GPL-2.0-only */
/* Keyed message authentication codes over the kernel crypto API. */
#ifndef SMBSIGN_MAC_H
#define SMBSIGN_MAC_H

#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/scatterlist.h>
#include <linux/types.h>
#include <linux/uio.h>

#define SMBSIGN_KEY_LEN 16
#define SMBSIGN_SIGNATURE_LEN 16

/* Values of SigningAlgorithms on the wire, MS-SMB2 2.2.3.1.7. */
enum smbsign_alg {
	SMBSIGN_HMAC_SHA256,
	SMBSIGN_AES_CMAC,
	SMBSIGN_AES_GMAC,
	__SMBSIGN_ALG_MAX
};

struct crypto_aead;
struct crypto_shash;
struct crypto_skcipher;

/**
 * struct smbsign_mac - an algorithm with a key set
 * @refs: who holds it
 * @alg: which member of the union is valid
 * @key: the key, for another algorithm to be given it too
 * @rcu: for smbsign_mac_tryget()
 * @shash: HMAC-SHA256
 * @cmac: AES-CMAC: its cipher, and the subkeys of RFC 4493
 * @aead: AES-GMAC
 *
 * Immutable but for @refs, so any number of CPUs may compute with it at once.
 */
struct smbsign_mac {
	refcount_t refs;
	enum smbsign_alg alg;
	u8 key[SMBSIGN_KEY_LEN];
	struct rcu_head rcu;
	union {
		struct crypto_shash *shash;
		struct {
			struct crypto_skcipher *cbc;
			u8 k1[SMBSIGN_SIGNATURE_LEN];
			u8 k2[SMBSIGN_SIGNATURE_LEN];
		} cmac;
		struct crypto_aead *aead;
	};
};

/* GMAC nonce bits after the MessageId, MS-SMB2 3.1.4.1. */
#define SMBSIGN_NONCE_SERVER 1u
#define SMBSIGN_NONCE_CANCEL 2u

/**
 * struct smbsign_nonce - what makes a GMAC unique under its key
 * @message_id: MessageId of the message, host byte order
 * @bits: SMBSIGN_NONCE_*
 *
 * The other algorithms ignore it.
 */
struct smbsign_nonce {
	u64 message_id;
	u32 bits;
};

#define SMBSIGN_SG_INLINE 8

struct smbsign_scratch;

/**
 * struct smbsign_sg - the bytes of one message, as a scatterlist
 * @first: entries of small messages
 * @tail: the list that is being filled
 * @used: entries used in @tail
 * @size: entries that @tail has room for, the link to the next list not counted
 * @nents: entries in all
 * @len: bytes in all
 * @scratch: memory that the message owns, or NULL
 * @owns_reserve: it owns the reserve of entries, too
 *
 * Lives on the caller's stack; smbsign_sg_free() must follow.
 */
struct smbsign_sg {
	struct scatterlist first[SMBSIGN_SG_INLINE];
	struct scatterlist *tail;
	unsigned int used;
	unsigned int size;
	unsigned int nents;
	size_t len;
	struct smbsign_scratch *scratch;
	bool owns_reserve;
};

void smbsign_sg_init(struct smbsign_sg *sg);
void smbsign_sg_free(struct smbsign_sg *sg);
int __must_check smbsign_sg_add(struct smbsign_sg *sg, const void *buf,
				size_t len);
int __must_check smbsign_sg_add_page(struct smbsign_sg *sg, struct page *page,
				     size_t offset, size_t len);
int __must_check smbsign_sg_add_kvec(struct smbsign_sg *sg,
				     const struct kvec *vec, unsigned int n,
				     size_t skip, size_t len);

struct smbsign_mac *smbsign_mac_alloc(enum smbsign_alg alg,
				      const u8 key[SMBSIGN_KEY_LEN]);
struct smbsign_mac *smbsign_mac_get(struct smbsign_mac *mac);
struct smbsign_mac *smbsign_mac_tryget(struct smbsign_mac *mac);
void smbsign_mac_put(struct smbsign_mac *mac);
int __must_check smbsign_mac_compute(struct smbsign_mac *mac,
				     const struct smbsign_nonce *nonce,
				     struct smbsign_sg *sg,
				     u8 out[SMBSIGN_SIGNATURE_LEN]);
bool smbsign_alg_available(enum smbsign_alg alg);
const char *smbsign_alg_name(enum smbsign_alg alg);
const char *smbsign_alg_driver(enum smbsign_alg alg);
int smbsign_mac_init(void);
void smbsign_mac_exit(void);

#endif /* SMBSIGN_MAC_H */
