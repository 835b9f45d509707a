// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replies to asynchronous READs, whose data goes from the socket straight to
 * where the reader wants it. It is verified there, before the reader is told:
 * until then pages are locked and not up to date. Runs in the demultiplex
 * thread.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include "client.h"

/* MS-SMB2 2.2.20 */
struct read_rsp {
	struct smbsign_hdr hdr;
	__le16 structure_size;
	__u8 data_offset;
	__u8 reserved;
	__le32 data_length;
	__le32 data_remaining;
	__le32 reserved2;
} __packed;

static size_t read_got(struct cifs_io_subrequest *rdata)
{
	return SMBSIGN_HAS(client, rdata_got) ?
	       SMBSIGN_GET(client, rdata, rdata_got) :
	       SMBSIGN_GET(client, rdata, rdata_got32);
}

/* Bytes before the data; cifs reads no more of an error than a header's. */
static size_t read_head_len(struct TCP_Server_Info *server,
			    const struct smbsign_hdr *hdr)
{
	const struct read_rsp *rsp = (const void *)hdr;
	size_t pdu = SMBSIGN_GET(client, server, server_pdu_size);

	if (hdr->status || pdu < sizeof(*rsp))
		return min(pdu, sizeof(*rsp));
	return max_t(size_t, rsp->data_offset, sizeof(*rsp));
}

/* Judge what the original has received and taken off the queue. */
static enum smbsign_reason read_check(struct smbsign_client_conn *conn,
				      struct TCP_Server_Info *server,
				      const struct smbsign_client_reply *reply)
{
	if (SMBSIGN_GET(client, reply->mid, mid_state) !=
	    SMBSIGN_MID_RESPONSE_RECEIVED ||
	    reply->len + reply->data_len !=
	    SMBSIGN_GET(client, server, server_pdu_size))
		return SMBSIGN_BECAUSE_MALFORMED;
	return smbsign_client_verify(conn, reply);
}

/**
 * smbsign_client_read_forget() - have nothing be left of a READ's reply
 * @mid: the READ; its callback is still to be run
 * @fails: it is to get an error; otherwise it is to be tried again
 */
void smbsign_client_read_forget(struct mid_q_entry *mid, bool fails)
{
	struct cifs_io_subrequest *rdata = SMBSIGN_GET(client, mid, mid_data);

	if (SMBSIGN_HAS(client, rdata_got))
		SMBSIGN_SET(client, rdata, rdata_got, 0);
	else
		SMBSIGN_SET(client, rdata, rdata_got32, 0);
	SMBSIGN_SET(client, mid, mid_state,
		    fails ? SMBSIGN_MID_RESPONSE_MALFORMED :
			    SMBSIGN_MID_RETRY_NEEDED);
}

/**
 * smbsign_client_read_refuse() - a READ that was received is not acceptable
 * @conn: the connection
 * @server: the same, as cifs has it
 * @reply: the reply; its request is off the queue, the callback still to be run
 * @reason: why
 *
 * Nothing is left of the reply, the connection is torn down, and the callback
 * will find that the read has to be tried again, or has failed. Demultiplex
 * thread only.
 */
void smbsign_client_read_refuse(struct smbsign_client_conn *conn,
				struct TCP_Server_Info *server,
				const struct smbsign_client_reply *reply,
				enum smbsign_reason reason)
{
	bool fails = smbsign_client_refuse(conn, server, reply, reason) ==
		     SMBSIGN_FAIL;

	memset(reply->hdr, 0, sizeof(*reply->hdr));
	smbsign_client_read_forget(reply->mid, fails);
}

/*
 * A wrong signature of what lies in a task's own memory may be the task's doing,
 * who must not be able to end a connection that others use: only this READ
 * fails. What it may still send is not taken from the reply, which is not
 * authentic, but is what the READ has cost. What reads directly tries again a few
 * times, as an attacker may have altered the reply, too.
 */
static void read_fail_direct(struct TCP_Server_Info *server,
			     const struct smbsign_client_reply *reply)
{
	u16 credits = SMBSIGN_GET(client, reply->rdata, rdata_credits);

	smbsign_client_report(server, SMBSIGN_READ,
			      SMBSIGN_BECAUSE_DIRECT_READ);
	memset(reply->hdr, 0, sizeof(*reply->hdr));
	reply->hdr->credits = cpu_to_le16(credits);
	smbsign_client_read_forget(reply->mid, true);
}

static bool read_is_doubtful(const struct smbsign_client_reply *reply,
			     enum smbsign_reason reason)
{
	return reason == SMBSIGN_BECAUSE_BAD_SIGNATURE && reply->data_len &&
	       smbsign_client_read_is_direct(reply->rdata);
}

static int read_receive(struct smbsign_client_conn *conn,
			struct TCP_Server_Info *server, struct mid_q_entry *mid)
{
	struct smbsign_client_reply reply = { .mid = mid };
	int ret = smbsign_original(cifs_readv_receive)(server, mid);
	enum smbsign_reason reason;

	if (ret < 0)
		return ret;
	reply.hdr = SMBSIGN_GET(client, mid, mid_resp_buf);
	reply.len = read_head_len(server, reply.hdr);
	reply.rdata = SMBSIGN_GET(client, mid, mid_data);
	reply.data_len = read_got(reply.rdata);
	reason = read_check(conn, server, &reply);
	if (read_is_doubtful(&reply, reason)) {
		read_fail_direct(server, &reply);
		return 0;
	}
	if (reason != SMBSIGN_ACCEPTED) {
		smbsign_client_read_refuse(conn, server, &reply, reason);
		return 0;
	}
	smbsign_client_accepted(conn, server, mid);
	smbsign_client_set_verified(mid);
	smbsign_client_book_pending(mid, reply.hdr);
	return ret;
}

/*
 * The original acts on two kinds of error before anything can be verified. After
 * the first one the server goes on working. After the second, which it cannot
 * sign, the connection is set up anew, as after a reply that is not acceptable.
 */
static int read_begin(struct smbsign_client_conn *conn,
		      struct TCP_Server_Info *server, struct mid_q_entry *mid)
{
	const struct smbsign_client_reply reply = {
		.mid = mid,
		.hdr = SMBSIGN_GET(client, server, server_smallbuf),
	};
	bool pending = le32_to_cpu(reply.hdr->status) == SMBSIGN_STATUS_PENDING;

	if (!pending && !smbsign_client_ends_session(reply.hdr))
		return read_receive(conn, server, mid);
	smbsign_client_refuse(conn, server, &reply,
			      pending ? SMBSIGN_BECAUSE_INTERIM :
					SMBSIGN_BECAUSE_SESSION_ENDED);
	if (pending)
		smbsign_call(cifs_discard_remaining_data)(server);
	return -1;
}

/*
 * The rest of a reply did not come, and cifs has taken its request off the queue
 * all the same, where connecting anew would not find it. The caller runs its
 * callback if we report a reply; of that nothing is left, and it is tried again.
 */
static bool read_lost(const struct smbsign_client_receive *receive,
		      struct mid_q_entry *mid, int ret)
{
	return ret < 0 && receive->postponed && !smbsign_client_is_queued(mid);
}

static int read_finish(struct mid_q_entry *mid)
{
	memset(SMBSIGN_GET(client, mid, mid_resp_buf), 0,
	       sizeof(struct smbsign_hdr));
	smbsign_client_read_forget(mid, false);
	return 0;
}

/*
 * Sent when we ruled, answered when we do not: if we do again before all of the
 * answer is there, the READ is like one that was sent before.
 */
static void read_disown(struct mid_q_entry *mid)
{
	if (smbsign_client_tag(mid) & SMBSIGN_TAG_OURS)
		smbsign_client_set_tag(mid, 0);
}

int hook_cifs_readv_receive(struct TCP_Server_Info *server,
			    struct mid_q_entry *mid)
{
	struct smbsign_client_receive receive;
	struct smbsign_client_conn *conn;
	enum smbsign_client_rule rule;
	int idx = smbsign_client_enter();
	int ret = -1;

	rule = smbsign_client_receive_begin(&receive, server, &conn);
	if (rule == SMBSIGN_RULE_STOCK) {
		read_disown(mid);
		ret = smbsign_original(cifs_readv_receive)(server, mid);
	} else if (rule == SMBSIGN_RULE_OURS) {
		ret = read_begin(conn, server, mid);
	}
	smbsign_client_receive_end(&receive);
	if (read_lost(&receive, mid, ret))
		ret = read_finish(mid);
	smbsign_client_leave(idx);
	return ret;
}
