/* SPDX-License-Identifier: GPL-2.0-only */
/* The administrator's decisions, one set for each direction. */
#ifndef SMBSIGN_POLICY_H
#define SMBSIGN_POLICY_H

#include <linux/types.h>

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
 * struct smbsign_policy - policy of one direction
 * @require: enum smbsign_require
 * @allow_guest: sessions that cannot sign are let through
 *
 * Written by sysfs and module parameters, read on every message: each member
 * is one word, accessed by READ_ONCE/WRITE_ONCE, and independent of the others.
 */
struct smbsign_policy {
	int require;
	bool allow_guest;
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

int smbsign_require_parse(const char *text);
const char *smbsign_require_name(int require);

#endif /* SMBSIGN_POLICY_H */
