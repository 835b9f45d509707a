// SPDX-License-Identifier: GPL-2.0-only
/* The rows of reason.h. */
#include <linux/bug.h>
#include <linux/errno.h>

#include <smbsign/pdu.h>
#include <smbsign/reason.h>

#define REASON_ROW(_name, _stat, _server, _status, _client, _err, _severity, \
		   _words)						\
	[SMBSIGN_BECAUSE_##_name] = {					\
		.stat = SMBSIGN_STAT_##_stat,				\
		.server = SMBSIGN_##_server,				\
		.status = SMBSIGN_STATUS_##_status,			\
		.client = SMBSIGN_##_client,				\
		.err = -_err,						\
		.severity = SMBSIGN_##_severity,			\
		.words = _words,					\
	},

static const struct smbsign_reason_row rows[__SMBSIGN_REASON_MAX] = {
	SMBSIGN_REASONS(REASON_ROW)
};

/**
 * smbsign_reason_row() - what follows from a refusal
 * @reason: the refusal, which is not SMBSIGN_ACCEPTED
 *
 * May be called from any context.
 *
 * Return: its row; of a number that is no refusal that of a malformed message,
 * so that a wrong verdict refuses too
 */
const struct smbsign_reason_row *
smbsign_reason_row(enum smbsign_reason reason)
{
	if (WARN_ON_ONCE(reason <= SMBSIGN_ACCEPTED ||
			 reason >= __SMBSIGN_REASON_MAX))
		reason = SMBSIGN_BECAUSE_MALFORMED;
	return &rows[reason];
}
