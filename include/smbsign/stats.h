/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of what was signed, verified and refused, per direction. */
#ifndef SMBSIGN_STATS_H
#define SMBSIGN_STATS_H

#include <linux/percpu.h>

#include <smbsign/policy.h>

/* Order and names are those of the sysfs files in stats/. */
enum smbsign_stat {
	SMBSIGN_STAT_SIGNED,
	SMBSIGN_STAT_VERIFIED,
	SMBSIGN_STAT_UNSIGNED,
	SMBSIGN_STAT_BAD_SIGNATURE,
	SMBSIGN_STAT_REPLAYED,
	SMBSIGN_STAT_GUEST,
	SMBSIGN_STAT_DIALECT,
	SMBSIGN_STAT_ALGORITHM,
	SMBSIGN_STAT_AUTH_FAILED,
	SMBSIGN_STAT_DENIED,
	SMBSIGN_STAT_AUDITED,
	SMBSIGN_STAT_EXEMPTED,
	SMBSIGN_STAT_TOLERATED,
	__SMBSIGN_STAT_MAX,
	/* What is no violation has no counter. */
	SMBSIGN_STAT_NONE = __SMBSIGN_STAT_MAX
};

/* Each CPU counts for itself; readers add up. */
struct smbsign_stats {
	u64 count[__SMBSIGN_STAT_MAX];
};

DECLARE_PER_CPU(struct smbsign_stats [__SMBSIGN_SIDE_MAX], smbsign_stats);

extern const char *const smbsign_stat_names[__SMBSIGN_STAT_MAX];

/* Count one event. May be called from any context. */
static inline void smbsign_count(enum smbsign_side side, enum smbsign_stat stat)
{
	this_cpu_inc(smbsign_stats[side].count[stat]);
}

u64 smbsign_stat_read(enum smbsign_side side, enum smbsign_stat stat);

#endif /* SMBSIGN_STATS_H */
