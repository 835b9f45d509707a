// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMB 2.0.2, which ksmbd does not speak. It is SMB 2.1 without what only comes
 * of asking for it: leases, resilient handles, payloads of several credits. Both
 * are signed by HMAC-SHA256. So a client that knows nothing newer is served as
 * one of 2.1, and told that it is 2.0.2.
 */
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "../server.h"

/* The only capability of 2.0.2, MS-SMB2 2.2.4 */
#define CAP_DFS 0x00000001

/**
 * server_smb202_begin() - let ksmbd answer a client of SMB 2.0.2
 * @sw: its NEGOTIATE, before ksmbd answers it
 *
 * ksmbd has looked for a dialect in common; its "server min protocol" holds
 * for us as well. Context: ksmbd holds the connection's lock. May sleep.
 *
 * Return: true if server_smb202_answer() has to correct the answer
 */
bool server_smb202_begin(struct server_work *sw)
{
	struct ksmbd_conn *conn = SMBSIGN_GET(server, sw->work, work_conn);
	__le16 smb21 = cpu_to_le16(SMBSIGN_DIALECT_21);
	size_t len;
	u8 *msg;

	if (!sw->enforced ||
	    SMBSIGN_GET(server, conn, conn_dialect) != KSMBD_NO_DIALECT)
		return false;
	len = server_message(SMBSIGN_GET(server, sw->work, work_request), &msg);
	if (!smbsign_negotiate_offers(msg, len, SMBSIGN_DIALECT_202) ||
	    smbsign_call(ksmbd_lookup_dialect_by_id)(&smb21, cpu_to_le16(1)) !=
	    SMBSIGN_DIALECT_21)
		return false;
	SMBSIGN_SET(server, conn, conn_dialect, SMBSIGN_DIALECT_21);
	return true;
}

static void at_most(__le32 *size, u32 most)
{
	*size = cpu_to_le32(min(le32_to_cpu(*size), most));
}

/**
 * server_smb202_answer() - make an answer of SMB 2.1 one of SMB 2.0.2
 * @rsp: the answer to NEGOTIATE
 *
 * MS-SMB2 3.3.5.4
 */
void server_smb202_answer(struct smbsign_negotiate_rsp *rsp)
{
	rsp->dialect = cpu_to_le16(SMBSIGN_DIALECT_202);
	rsp->capabilities &= cpu_to_le32(CAP_DFS);
	at_most(&rsp->max_transact, SZ_64K);
	at_most(&rsp->max_read, SZ_64K);
	at_most(&rsp->max_write, SZ_64K);
}
