// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the client gets. A reply is judged when all of it is in memory and
 * before cifs looks at it: before its status, its credits or its data count.
 * All of this runs in the connection's demultiplex thread.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "client.h"

static struct smbsign_hdr *reply_hdr(struct TCP_Server_Info *server)
{
	return SMBSIGN_GET(client, server, server_large_buf) ?
	       SMBSIGN_GET(client, server, server_bigbuf) :
	       SMBSIGN_GET(client, server, server_smallbuf);
}

/**
 * smbsign_client_note_pending() - STATUS_PENDING has arrived for a request
 * @mid: the request
 * @hdr: what has arrived
 *
 * It is not signed, so its credits count only once the reply is there.
 */
void smbsign_client_note_pending(struct mid_q_entry *mid,
				 const struct smbsign_hdr *hdr)
{
	u32 tag = smbsign_client_tag(mid);
	u32 credits = min_t(u32, le16_to_cpu(hdr->credits),
			    SMBSIGN_TAG_CREDITS >> SMBSIGN_TAG_CREDITS_SHIFT);

	if (tag & SMBSIGN_TAG_PENDING)
		return;
	smbsign_client_set_tag(mid, tag | SMBSIGN_TAG_PENDING |
				    credits << SMBSIGN_TAG_CREDITS_SHIFT);
}

/**
 * smbsign_client_book_pending() - make up for credits of STATUS_PENDING
 * @mid: the request
 * @hdr: the reply, accepted
 *
 * A server that has granted credits with STATUS_PENDING grants none with the
 * reply. As nobody has signed that, the client gets back what the request has
 * cost, and no more.
 */
void smbsign_client_book_pending(struct mid_q_entry *mid,
				 struct smbsign_hdr *hdr)
{
	u16 credits = (smbsign_client_tag(mid) & SMBSIGN_TAG_CREDITS) >>
		      SMBSIGN_TAG_CREDITS_SHIFT;

	credits = min(credits, SMBSIGN_GET(client, mid, mid_credits));
	if (le16_to_cpu(hdr->credits) < credits)
		hdr->credits = cpu_to_le16(credits);
}

/* What an authentic reply says may be unacceptable still. */
static enum smbsign_reason
reply_check_content(struct smbsign_client_conn *conn,
		    const struct smbsign_client_reply *reply)
{
	const struct smbsign_hdr *hdr = reply->hdr;

	switch (le16_to_cpu(hdr->command)) {
	case SMBSIGN_NEGOTIATE:
		return smbsign_client_answer_check(conn, hdr, reply->len);
	case SMBSIGN_SESSION_SETUP:
		return smbsign_client_setup_reply(conn, hdr, reply->len);
	case SMBSIGN_LOGOFF:
		smbsign_client_session_drop(conn,
					    le64_to_cpu(hdr->session_id));
		return SMBSIGN_ACCEPTED;
	default:
		if (!(smbsign_client_tag(reply->mid) & SMBSIGN_TAG_VALIDATE))
			return SMBSIGN_ACCEPTED;
		return smbsign_client_validate_check(conn, hdr, reply->len);
	}
}

/*
 * A reply is not acceptable. What is outstanding is tried again, but for this
 * request if that is in vain: cifs is shown a message that is malformed, which
 * is an error.
 */
static int reply_refuse(struct smbsign_client_conn *conn,
			struct TCP_Server_Info *server,
			const struct smbsign_client_reply *reply,
			enum smbsign_reason reason)
{
	if (smbsign_client_refuse(conn, server, reply, reason) !=
	    SMBSIGN_FAIL || !reply->mid)
		return -1;
	memset(reply->hdr, 0, sizeof(*reply->hdr));
	return smbsign_original(cifs_handle_standard)(server, reply->mid);
}

static int reply_accept(struct smbsign_client_conn *conn,
			struct TCP_Server_Info *server,
			const struct smbsign_client_reply *reply)
{
	smbsign_client_accepted(conn, server, reply->mid);
	/* cifs would connect anew before it returns, which may take long. */
	if (smbsign_client_ends_session(reply->hdr)) {
		smbsign_client_teardown(server, true);
		return -1;
	}
	smbsign_client_set_verified(reply->mid);
	smbsign_client_book_pending(reply->mid, reply->hdr);
	return smbsign_original(cifs_handle_standard)(server, reply->mid);
}

/*
 * Nobody has signed a break, so its credits do not count, and cifs must not take
 * it for a sign of life: the break is handled here, and cifs hears of nothing.
 */
static int reply_accept_break(struct TCP_Server_Info *server,
			      const struct smbsign_client_reply *reply)
{
	reply->hdr->credits = 0;
	if (!smbsign_original(cifs_handle_standard)(server, NULL))
		smbsign_call(smb2_is_valid_oplock_break)((char *)reply->hdr,
							 server);
	return -1;
}

static int reply_standard(struct smbsign_client_conn *conn,
			  struct TCP_Server_Info *server,
			  struct mid_q_entry *mid)
{
	struct smbsign_client_reply reply = {
		.mid = mid,
		.hdr = reply_hdr(server),
		.len = SMBSIGN_GET(client, server, server_total_read),
		.decrypted = conn->in_transform,
	};
	enum smbsign_reason reason;

	if (reply.len < sizeof(*reply.hdr)) {
		smbsign_client_refuse_unread(server, SMBSIGN_BECAUSE_MALFORMED);
		return -1;
	}
	reason = smbsign_client_verify(conn, &reply);
	if (reason == SMBSIGN_ACCEPTED && mid)
		reason = reply_check_content(conn, &reply);
	if (reason != SMBSIGN_ACCEPTED)
		return reply_refuse(conn, server, &reply, reason);
	return mid ? reply_accept(conn, server, &reply) :
		     reply_accept_break(server, &reply);
}

/*
 * cifs may come to look at it only when we rule again. The mark stays if this was
 * the reply, not an interim one; SMB1 has another use for its place.
 */
static int reply_stock(struct TCP_Server_Info *server, struct mid_q_entry *mid)
{
	bool is_reply = mid && reply_hdr(server)->protocol ==
			       cpu_to_le32(SMBSIGN_PROTO_SMB2);
	int ret;

	if (is_reply)
		smbsign_client_set_tag(mid, smbsign_client_tag(mid) |
					    SMBSIGN_TAG_STOCK);
	ret = smbsign_original(cifs_handle_standard)(server, mid);
	if (is_reply && smbsign_client_is_queued(mid))
		smbsign_client_set_tag(mid, smbsign_client_tag(mid) &
					    ~SMBSIGN_TAG_STOCK);
	return ret;
}

/* A complete message, as it came or decrypted. */
int hook_cifs_handle_standard(struct TCP_Server_Info *server,
			      struct mid_q_entry *mid)
{
	struct smbsign_client_receive receive;
	struct smbsign_client_conn *conn;
	enum smbsign_client_rule rule;
	int idx = smbsign_client_enter();
	int ret = -1;

	rule = smbsign_client_receive_begin(&receive, server, &conn);
	if (rule == SMBSIGN_RULE_STOCK)
		ret = reply_stock(server, mid);
	else if (rule == SMBSIGN_RULE_OURS)
		ret = reply_standard(conn, server, mid);
	smbsign_client_receive_end(&receive);
	smbsign_client_leave(idx);
	return ret;
}
