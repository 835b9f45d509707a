// SPDX-License-Identifier: GPL-2.0-only
/* Counters, see smbsign/stats.h. */
#include <smbsign/stats.h>

DEFINE_PER_CPU(struct smbsign_stats [__SMBSIGN_SIDE_MAX], smbsign_stats);

const char *const smbsign_stat_names[__SMBSIGN_STAT_MAX] = {
	[SMBSIGN_STAT_SIGNED] = "signed",
	[SMBSIGN_STAT_VERIFIED] = "verified",
	[SMBSIGN_STAT_UNSIGNED] = "unsigned",
	[SMBSIGN_STAT_BAD_SIGNATURE] = "bad_signature",
	[SMBSIGN_STAT_REPLAYED] = "replayed",
	[SMBSIGN_STAT_GUEST] = "guest",
	[SMBSIGN_STAT_DIALECT] = "dialect",
	[SMBSIGN_STAT_ALGORITHM] = "algorithm",
	[SMBSIGN_STAT_AUTH_FAILED] = "auth_failed",
	[SMBSIGN_STAT_DENIED] = "denied",
	[SMBSIGN_STAT_AUDITED] = "audited",
	[SMBSIGN_STAT_EXEMPTED] = "exempted",
	[SMBSIGN_STAT_TOLERATED] = "tolerated",
};

/**
 * smbsign_stat_read() - the sum of a counter over all CPUs
 * @side: direction
 * @stat: which counter
 *
 * Return: the count since the module was loaded; a value that was true at
 * some moment during the call
 */
u64 smbsign_stat_read(enum smbsign_side side, enum smbsign_stat stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(smbsign_stats, cpu)[side].count[stat];
	return sum;
}
