// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replies to asynchronous READs, whose data goes from the socket straight to
 * where the reader wants it. It is verified there, before the reader is told:
 * until then pages are locked and not up to date. Runs in the demultiplex
 * thread.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include <smbsign/client.h>

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

SMBSIGN_DEFINE_CALLEE(cifs_discard_remaining_data,
		      int (struct TCP_Server_Info *));

static int hook_cifs_readv_receive(struct TCP_Server_Info *server,
				   struct mid_q_entry *mid);
SMBSIGN_DEFINE_HOOK(cifs_readv_receive);

static size_t read_got(struct cifs_io_subrequest *rdata)
{
	return SMBSIGN_HAS(client, rdata_got) ?
	       SMBSIGN_GET(client, rdata, rdata_got) :
	       SMBSIGN_GET(client, rdata, rdata_got32);
}

static void read_forget(struct cifs_io_subrequest *rdata)
{
	if (SMBSIGN_HAS(client, rdata_got))
		SMBSIGN_SET(client, rdata, rdata_got, 0);
	else
		SMBSIGN_SET(client, rdata, rdata_got32, 0);
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
static const char *read_check(struct smbsign_client_conn *conn,
			      struct TCP_Server_Info *server,
			      struct mid_q_entry *mid, enum smbsign_stat *stat)
{
	struct cifs_io_subrequest *rdata = SMBSIGN_GET(client, mid, mid_data);
	struct smbsign_hdr *hdr = SMBSIGN_GET(client, mid, mid_resp_buf);
	size_t head = read_head_len(server, hdr);
	size_t got = read_got(rdata);

	*stat = SMBSIGN_STAT_BAD_SIGNATURE;
	if (SMBSIGN_GET(client, mid, mid_state) !=
	    SMBSIGN_MID_RESPONSE_RECEIVED)
		return "it is malformed";
	if (head + got != SMBSIGN_GET(client, server, server_pdu_size))
		return "it has more than data";
	return smbsign_client_check_plain(conn, mid, hdr, head, rdata, got,
					  stat);
}

/**
 * smbsign_client_read_fail() - a READ that was received is not acceptable
 * @conn: the connection
 * @server: the same, as cifs has it
 * @mid: the request, which is off the queue; its callback is still to be run
 * @hdr: the reply
 * @again_in_vain: trying again is known to be of no use
 *
 * Nothing is left of the reply, the connection is torn down, and the callback
 * will find that the read has to be tried again, or has failed.
 */
void smbsign_client_read_fail(struct smbsign_client_conn *conn,
			      struct TCP_Server_Info *server,
			      struct mid_q_entry *mid, struct smbsign_hdr *hdr,
			      bool again_in_vain)
{
	struct cifs_io_subrequest *rdata = SMBSIGN_GET(client, mid, mid_data);

	smbsign_client_teardown(server, false);
	memset(hdr, 0, sizeof(*hdr));
	read_forget(rdata);
	SMBSIGN_SET(client, mid, mid_state,
		    smbsign_client_strike(conn, mid) || again_in_vain ?
		    SMBSIGN_MID_RESPONSE_MALFORMED : SMBSIGN_MID_RETRY_NEEDED);
}

static int read_receive(struct smbsign_client_conn *conn,
			struct TCP_Server_Info *server, struct mid_q_entry *mid)
{
	int ret = smbsign_original(cifs_readv_receive)(server, mid);
	enum smbsign_stat stat;
	struct smbsign_hdr *hdr;
	const char *why;

	if (ret < 0)
		return ret;
	hdr = SMBSIGN_GET(client, mid, mid_resp_buf);
	why = read_check(conn, server, mid, &stat);
	if (!why) {
		smbsign_client_accepted(conn, server, mid);
		smbsign_client_book_pending(mid, hdr);
		return ret;
	}
	smbsign_client_report(server, SMBSIGN_READ, stat, why);
	smbsign_client_read_fail(conn, server, mid, hdr,
				 why == smbsign_client_ksmbd_fault);
	return 0;
}

/*
 * The original acts on these two before anything can be verified. The first is
 * only a reason to wait. After the second the connection would be negotiated
 * anew, which is what follows a reply that is not acceptable too.
 */
static int read_begin(struct smbsign_client_conn *conn,
		      struct TCP_Server_Info *server, struct mid_q_entry *mid)
{
	struct smbsign_hdr *hdr = SMBSIGN_GET(client, server, server_smallbuf);

	switch (le32_to_cpu(hdr->status)) {
	case SMBSIGN_STATUS_PENDING:
		smbsign_client_note_pending(mid, hdr);
		smbsign_call(cifs_discard_remaining_data)(server);
		return -1;
	case SMBSIGN_STATUS_USER_SESSION_DELETED:
	case SMBSIGN_STATUS_NETWORK_SESSION_EXPIRED:
		smbsign_client_count(conn, SMBSIGN_STAT_UNSIGNED);
		smbsign_client_teardown(server, true);
		return -1;
	default:
		return read_receive(conn, server, mid);
	}
}

static int hook_cifs_readv_receive(struct TCP_Server_Info *server,
				   struct mid_q_entry *mid)
{
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret = -1;

	switch (smbsign_client_look(server, &conn)) {
	case SMBSIGN_RULE_STOCK:
		ret = smbsign_original(cifs_readv_receive)(server, mid);
		break;
	case SMBSIGN_RULE_UNKNOWN:
		smbsign_client_teardown(server, true);
		break;
	case SMBSIGN_RULE_OURS:
		ret = read_begin(conn, server, mid);
	}
	smbsign_client_leave(idx);
	return ret;
}
