// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the client gets encrypted. cifs decrypts it and has reply.c judge what it
 * finds, but for READs, which are judged here. Runs in the connection's
 * demultiplex thread.
 */
#include <linux/string.h>

#include "client.h"

/* Has cifs taken a request off the queue, which therefore has to get its end? */
static bool transform_took_any(struct mid_q_entry **mids, int n)
{
	while (n--) {
		if (mids[n] && !smbsign_client_is_queued(mids[n]))
			return true;
	}
	return false;
}

/*
 * cifs has given up on an encrypted compound at the last element that it looked
 * at, and would tell nobody, so that those before would be waited for without
 * end. They are finished as if it had not come to that. If a request waits for
 * the last one, it is tried again on the next connection, as all that have got
 * no reply; what else it may be, as a break, has been dealt with.
 */
static void transform_finish(struct TCP_Server_Info *server,
			     struct mid_q_entry **mids, char **bufs, int n)
{
	struct mid_q_entry *mid = mids[n - 1];

	if (!mid) {
		bufs[n - 1] = NULL;
		return;
	}
	if (!smbsign_client_is_queued(mid))
		return;
	smbsign_client_teardown(server, false);
	memset(bufs[n - 1], 0, sizeof(struct smbsign_hdr));
	smbsign_original(cifs_handle_standard)(server, mid);
	SMBSIGN_SET(client, mid, mid_state, SMBSIGN_MID_RETRY_NEEDED);
}

/* READs, which a function of cifs handles, were not seen by ours. */
static void transform_check(struct smbsign_client_conn *conn,
			    struct TCP_Server_Info *server,
			    struct mid_q_entry **mids, char **bufs, int n)
{
	struct smbsign_client_reply reply = { .decrypted = true };
	enum smbsign_reason reason;

	while (n--) {
		if (!mids[n] || !SMBSIGN_GET(client, mids[n], mid_handle) ||
		    SMBSIGN_GET(client, mids[n], mid_state) !=
		    SMBSIGN_MID_RESPONSE_RECEIVED ||
		    smbsign_client_is_verified(mids[n]))
			continue;
		reply.mid = mids[n];
		reply.hdr = bufs[n] ? (void *)bufs[n] :
				      SMBSIGN_GET(client, server, server_smallbuf);
		reason = smbsign_client_verify(conn, &reply);
		if (reason == SMBSIGN_ACCEPTED)
			smbsign_client_set_verified(mids[n]);
		else
			smbsign_client_read_refuse(conn, server, &reply,
						   reason);
	}
}

/* cifs ends the connection by itself if there is none, and nobody hears why. */
static bool transform_has_message(struct TCP_Server_Info *server)
{
	return SMBSIGN_GET(client, server, server_pdu_size) >=
	       sizeof(struct smbsign_transform) + sizeof(struct smbsign_hdr);
}

static int transform_receive(struct smbsign_client_conn *conn,
			     struct TCP_Server_Info *server,
			     struct mid_q_entry **mids, char **bufs, int *n)
{
	const struct smbsign_transform *transform =
		SMBSIGN_GET(client, server, server_smallbuf);
	int ret;

	if (!transform_has_message(server)) {
		smbsign_client_refuse_unread(server, SMBSIGN_BECAUSE_MALFORMED);
		return -1;
	}
	conn->transform_id = le64_to_cpu(transform->session_id);
	if (!smbsign_client_session_find(conn, conn->transform_id)) {
		smbsign_client_refuse_unread(server, SMBSIGN_BECAUSE_NOT_DECRYPTED);
		return -1;
	}
	conn->in_transform = true;
	ret = smbsign_original(smb3_receive_transform)(server, mids, bufs, n);
	conn->in_transform = false;
	if (ret == -EBADMSG) {
		smbsign_client_refuse_unread(server, SMBSIGN_BECAUSE_NOT_DECRYPTED);
	} else if (ret < 0 && transform_took_any(mids, *n)) {
		transform_finish(server, mids, bufs, *n);
		ret = 0;
	}
	if (ret >= 0)
		transform_check(conn, server, mids, bufs, *n);
	return ret;
}

int hook_smb3_receive_transform(struct TCP_Server_Info *server,
				struct mid_q_entry **mids, char **bufs, int *n)
{
	struct smbsign_client_receive receive;
	struct smbsign_client_conn *conn;
	enum smbsign_client_rule rule;
	int idx = smbsign_client_enter();
	int ret = -1;

	rule = smbsign_client_receive_begin(&receive, server, &conn);
	if (rule == SMBSIGN_RULE_STOCK)
		ret = smbsign_original(smb3_receive_transform)(server, mids,
							       bufs, n);
	else if (rule == SMBSIGN_RULE_OURS)
		ret = transform_receive(conn, server, mids, bufs, n);
	smbsign_client_receive_end(&receive);
	smbsign_client_leave(idx);
	return ret;
}
