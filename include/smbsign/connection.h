/* SPDX-License-Identifier: GPL-2.0-only */
/* Live connections as the administrator sees them: connections/N in sysfs. */
#ifndef SMBSIGN_CONNECTION_H
#define SMBSIGN_CONNECTION_H

#include <linux/atomic.h>
#include <linux/kobject.h>
#include <linux/socket.h>

#include <smbsign/mac.h>
#include <smbsign/policy.h>
#include <smbsign/stats.h>

/**
 * enum smbsign_protection - how messages of a connection's sessions go
 * @SMBSIGN_PROTECTION_NONE: as the stock kernel lets them: policy is off, or
 *	leaves the peer alone
 * @SMBSIGN_PROTECTION_SIGNED: signed
 * @SMBSIGN_PROTECTION_ENCRYPTED: encrypted, and signed where the protocol does
 *	not encrypt
 */
enum smbsign_protection {
	SMBSIGN_PROTECTION_NONE,
	SMBSIGN_PROTECTION_SIGNED,
	SMBSIGN_PROTECTION_ENCRYPTED,
};

/**
 * struct smbsign_tally - what was counted on one connection
 * @n_signed: messages that we signed
 * @n_verified: messages whose signature was verified and is right
 * @n_violations: messages that were refused, or would be if the peer were not
 *	exempt
 */
struct smbsign_tally {
	atomic64_t n_signed;
	atomic64_t n_verified;
	atomic64_t n_violations;
};

/**
 * struct smbsign_connection_info - what there is to say about a connection
 * @peer: address of the other end; set before the owner is asked
 * @dialect: DialectRevision, host byte order; 0 if there is none yet
 * @alg: its signing algorithm
 * @protection: see there
 * @sessions: established sessions on it
 * @tally: counters
 */
struct smbsign_connection_info {
	const struct sockaddr *peer;
	u16 dialect;
	enum smbsign_alg alg;
	enum smbsign_protection protection;
	unsigned int sessions;
	const struct smbsign_tally *tally;
};

/* May sleep, and must not wait for who removes the connection. */
typedef void smbsign_describe_fn(void *owner,
				 struct smbsign_connection_info *info);

struct smbsign_connection;

int smbsign_connections_init(struct kobject *parent);
void smbsign_connections_exit(void);
struct smbsign_connection *
smbsign_connection_add(enum smbsign_side side, const struct sockaddr *peer,
		       smbsign_describe_fn *describe, void *owner);
void smbsign_connection_remove(struct smbsign_connection *connection);

/* Count one event of a connection. May be called from any context. */
static inline void smbsign_tally_count(struct smbsign_tally *tally,
				       enum smbsign_side side,
				       enum smbsign_stat stat)
{
	smbsign_count(side, stat);
	switch (stat) {
	case SMBSIGN_STAT_SIGNED:
		atomic64_inc(&tally->n_signed);
		break;
	case SMBSIGN_STAT_VERIFIED:
		atomic64_inc(&tally->n_verified);
		break;
	case SMBSIGN_STAT_TOLERATED:
		break;
	default:
		atomic64_inc(&tally->n_violations);
	}
}

#endif /* SMBSIGN_CONNECTION_H */
