// SPDX-License-Identifier: GPL-2.0-only
/*
 * What cifs consumes. Each of its functions that takes something out of a reply
 * asks whether the request is marked as verified, and gets an error if not. So
 * a reply that has come past those which judge it, in a kernel where they are
 * not called, is of no use to anybody.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "client.h"

/*
 * May a reply to this request be used? Also if cifs had it under its own rule, as
 * it would have been a moment before; that cifs then logs a wrong signature, and no
 * more than that, is lost. To have it asked for again is no way: smb2_compound_op()
 * leaks the reply to the first element of what it sends again.
 */
static bool consume_is_fine(struct TCP_Server_Info *server,
			    struct mid_q_entry *mid)
{
	struct smbsign_client_conn *conn;

	return smbsign_client_tag(mid) &
		       (SMBSIGN_TAG_VERIFIED | SMBSIGN_TAG_STOCK) ||
	       smbsign_client_look(server, &conn) == SMBSIGN_RULE_STOCK;
}

/* Was the request sent before we ruled? Then it can be sent again. */
static bool consume_is_old(struct mid_q_entry *mid)
{
	return !(smbsign_client_tag(mid) & SMBSIGN_TAG_OURS);
}

static void consume_report(struct TCP_Server_Info *server,
			   struct mid_q_entry *mid)
{
	u16 command = le16_to_cpu(SMBSIGN_GET(client, mid, mid_command));

	smbsign_client_report(server, command, SMBSIGN_BECAUSE_NOT_VERIFIED);
}

/*
 * All but READs. Of a compound cifs looks at later replies whatever was said of
 * the first, so that nothing may be left of one.
 */
int hook_smb2_check_receive(struct mid_q_entry *mid,
			    struct TCP_Server_Info *server, bool log_error)
{
	int idx = smbsign_client_enter();
	int ret;

	if (consume_is_fine(server, mid)) {
		ret = smbsign_original(smb2_check_receive)(mid, server,
							   log_error);
	} else {
		WARN_ON_ONCE(!consume_is_old(mid));
		consume_report(server, mid);
		memset(SMBSIGN_GET(client, mid, mid_resp_buf), 0,
		       SMBSIGN_GET(client, mid, mid_resp_size));
		ret = consume_is_old(mid) ? -EAGAIN : -EKEYREJECTED;
	}
	smbsign_client_leave(idx);
	return ret;
}

/*
 * The data of a READ is in place, but the reader is told of it by this function
 * only. What was received before we ruled is asked for again: its end may have come
 * later than its beginning.
 */
static void consume_read(struct TCP_Server_Info *server, struct mid_q_entry *mid)
{
	bool old = consume_is_old(mid);

	if (SMBSIGN_GET(client, mid, mid_state) !=
	    SMBSIGN_MID_RESPONSE_RECEIVED || consume_is_fine(server, mid))
		return;
	if (!old)
		consume_report(server, mid);
	smbsign_client_read_forget(mid, !old);
}

/* The request comes first up to 6.16, and second after that. */
void hook_smb2_readv_callback(void *first, void *second)
{
	struct mid_q_entry *mid = SMBSIGN_FORM(client, smb2_readv_callback) ?
				  second : first;
	struct cifs_io_subrequest *rdata = SMBSIGN_GET(client, mid, mid_data);
	int idx = smbsign_client_enter();

	consume_read(SMBSIGN_GET(client, rdata, rdata_server), mid);
	smbsign_original(smb2_readv_callback)(first, second);
	smbsign_client_leave(idx);
}

/* cifs need not verify again: the two above have asked for our verdict. */
int hook_smb2_verify_signature(struct smb_rqst *rqst,
			       struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret = 0;

	if (smbsign_client_look(server, &conn) == SMBSIGN_RULE_STOCK)
		ret = smbsign_original(smb2_verify_signature)(rqst, server);
	smbsign_client_leave(idx);
	return ret;
}
