/* SPDX-License-Identifier: GPL-2.0-only */
/* The administrator's decisions, one set for each direction. */
#ifndef SMBSIGN_POLICY_H
#define SMBSIGN_POLICY_H

#include <linux/types.h>

#include <smbsign/mac.h>

enum smbsign_side {
	SMBSIGN_CLIENT,
	SMBSIGN_SERVER,
	__SMBSIGN_SIDE_MAX
};

/**
 * enum smbsign_require - values of the sysfs file "require"
 * @SMBSIGN_OFF: stock behaviour
 * @SMBSIGN_ALL: every message is signed or encrypted
 */
enum smbsign_require {
	SMBSIGN_OFF,
	SMBSIGN_ALL,
};

/**
 * struct smbsign_algs - algorithms in order of preference
 * @n: their number
 * @alg: enum smbsign_alg, best first
 */
struct smbsign_algs {
	u8 n;
	u8 alg[__SMBSIGN_ALG_MAX];
} __aligned(4);

/**
 * struct smbsign_policy - policy of one direction
 * @require: enum smbsign_require
 * @allow_guest: sessions that cannot sign are let through
 * @gmac_multichannel: sessions with AES-GMAC may have several channels
 * @algs: what may be negotiated; one word, so that it changes at once
 *
 * Written by sysfs and module parameters, read on every message: each member
 * is one word, accessed by READ_ONCE/WRITE_ONCE, and independent of the others.
 */
struct smbsign_policy {
	int require;
	bool allow_guest;
	bool gmac_multichannel;
	struct smbsign_algs algs;
};

extern struct smbsign_policy smbsign_policy[__SMBSIGN_SIDE_MAX];

extern const char *const smbsign_side_names[__SMBSIGN_SIDE_MAX];

/* May be called from any context. */
static inline bool smbsign_enforces(enum smbsign_side side)
{
	return READ_ONCE(smbsign_policy[side].require) == SMBSIGN_ALL;
}

/* May be called from any context. */
static inline bool smbsign_allows_guest(enum smbsign_side side)
{
	return READ_ONCE(smbsign_policy[side].allow_guest);
}

/*
 * The legs of every binding of a session are signed by Session.SigningKey under
 * the first MessageIds of another connection, so several channels repeat nonces.
 * Two messages under one nonce give away the key of AES-GMAC. May be called from
 * any context.
 */
static inline bool smbsign_gmac_multichannel(enum smbsign_side side)
{
	return READ_ONCE(smbsign_policy[side].gmac_multichannel);
}

/* The list as it is at one moment. May be called from any context. */
static inline struct smbsign_algs smbsign_algs(enum smbsign_side side)
{
	return READ_ONCE(smbsign_policy[side].algs);
}

bool smbsign_alg_allowed(enum smbsign_side side, enum smbsign_alg alg);
int smbsign_alg_pick(enum smbsign_side side, u32 offered);
int smbsign_flag_parse(const char *text, bool *flag);
int smbsign_algs_parse(const char *text, struct smbsign_algs *algs);
ssize_t smbsign_algs_show(const struct smbsign_algs *algs, char *buf);
int smbsign_require_parse(const char *text);
const char *smbsign_require_name(int require);

#endif /* SMBSIGN_POLICY_H */
