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

#include <smbsign/client.h>

const char smbsign_client_ksmbd_fault[] =
	"wrong signature, a fault of old ksmbd: load smbsign there, or list it in client/exempt";

static int hook_cifs_handle_standard(struct TCP_Server_Info *server,
				     struct mid_q_entry *mid);
SMBSIGN_DEFINE_HOOK(cifs_handle_standard);
static int hook_smb3_receive_transform(struct TCP_Server_Info *server,
				       struct mid_q_entry **mids, char **bufs,
				       int *n);
SMBSIGN_DEFINE_HOOK(smb3_receive_transform);

/* MS-SMB2 2.2.41 */
struct reply_transform_hdr {
	__le32 protocol;
	__u8 signature[16];
	__u8 nonce[16];
	__le32 original_len;
	__le16 reserved;
	__le16 flags;
	__le64 session_id;
} __packed;

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
 * smbsign_client_book_pending() - add credits of STATUS_PENDING to the reply
 * @mid: the request
 * @hdr: the reply, accepted
 */
void smbsign_client_book_pending(struct mid_q_entry *mid,
				 struct smbsign_hdr *hdr)
{
	u32 credits = (smbsign_client_tag(mid) & SMBSIGN_TAG_CREDITS) >>
		      SMBSIGN_TAG_CREDITS_SHIFT;

	if (credits)
		le16_add_cpu(&hdr->credits, credits);
}

static const char *check_signature(struct smbsign_client_conn *conn,
				   struct smbsign_client_session *session,
				   struct smbsign_hdr *hdr, size_t len,
				   struct cifs_io_subrequest *rdata,
				   size_t data_len, enum smbsign_stat *stat)
{
	*stat = SMBSIGN_STAT_UNSIGNED;
	if (!(hdr->flags & cpu_to_le32(SMBSIGN_FLAG_SIGNED)))
		return "it is not signed";
	*stat = SMBSIGN_STAT_BAD_SIGNATURE;
	switch (smbsign_client_verify(session, hdr, len, rdata, data_len)) {
	case 0:
		smbsign_client_count(conn, SMBSIGN_STAT_VERIFIED);
		return NULL;
	case -EBADMSG:
		break;
	default:
		return "its signature cannot be computed";
	}
	if (!data_len && smbsign_client_is_ksmbd_fault(session, hdr, len))
		return smbsign_client_ksmbd_fault;
	return "wrong signature";
}

/**
 * smbsign_client_check_plain() - judge a reply that was not encrypted
 * @conn: the connection
 * @mid: the request
 * @hdr: the reply, or of a READ what comes before the data
 * @len: bytes at @hdr
 * @rdata: the read whose data follows, or NULL
 * @data_len: bytes of that data
 * @stat: set to the kind of violation
 *
 * Return: NULL if it may be used; otherwise why not
 */
const char *smbsign_client_check_plain(struct smbsign_client_conn *conn,
				       struct mid_q_entry *mid,
				       struct smbsign_hdr *hdr, size_t len,
				       struct cifs_io_subrequest *rdata,
				       size_t data_len, enum smbsign_stat *stat)
{
	struct smbsign_client_session *session;
	u32 tag = smbsign_client_tag(mid);

	*stat = SMBSIGN_STAT_UNSIGNED;
	if (!(tag & SMBSIGN_TAG_OURS))
		return "its request was not sent under this policy";
	if (tag & SMBSIGN_TAG_ENCRYPTED)
		return "it is not encrypted, its request was";
	if (!(tag & SMBSIGN_TAG_SESSION))
		return NULL;
	session = smbsign_client_session_of(conn, mid);
	if (!session)
		return "its session is gone";
	if (session->guest) {
		*stat = SMBSIGN_STAT_GUEST;
		return smbsign_allows_guest(SMBSIGN_CLIENT) ? NULL :
		       "its session is a guest's";
	}
	return check_signature(conn, session, hdr, len, rdata, data_len,
			       stat);
}

/* What an authentic reply says may be unacceptable still. */
static const char *check_content(struct smbsign_client_conn *conn,
				 struct mid_q_entry *mid,
				 struct smbsign_hdr *hdr, size_t len,
				 enum smbsign_stat *stat)
{
	*stat = SMBSIGN_STAT_DIALECT;
	switch (le16_to_cpu(hdr->command)) {
	case SMBSIGN_NEGOTIATE:
		return smbsign_client_answer_check(conn, hdr, len);
	case SMBSIGN_SESSION_SETUP:
		return smbsign_client_setup_reply(conn, hdr, len) ?
		       "it cannot be kept" : NULL;
	case SMBSIGN_LOGOFF:
		smbsign_client_session_drop(conn,
					    le64_to_cpu(hdr->session_id));
		return NULL;
	default:
		if (!(smbsign_client_tag(mid) & SMBSIGN_TAG_VALIDATE))
			return NULL;
		return smbsign_client_validate_check(conn, hdr, len);
	}
}

/* The transform's session, the message's and the request's must be one. */
static bool check_decrypted(struct smbsign_client_conn *conn,
			    struct mid_q_entry *mid,
			    const struct smbsign_hdr *hdr)
{
	struct smbsign_client_session *session;

	session = smbsign_client_session_of(conn, mid);
	if (!session)
		return !(smbsign_client_tag(mid) & SMBSIGN_TAG_SESSION) &&
		       (smbsign_client_tag(mid) & SMBSIGN_TAG_OURS);
	return session->id == conn->transform_id &&
	       le64_to_cpu(hdr->session_id) == conn->transform_id;
}

/*
 * A reply is not acceptable: end the connection. What is outstanding is tried
 * again, but for this request if it goes on failing, or if that is known: cifs
 * is shown a message that is malformed, which is an error.
 */
static int reply_refuse(struct smbsign_client_conn *conn,
			struct TCP_Server_Info *server, struct mid_q_entry *mid,
			struct smbsign_hdr *hdr, enum smbsign_stat stat,
			const char *why)
{
	u16 command = le16_to_cpu(hdr->command);

	smbsign_client_report(server, command, stat, why);
	smbsign_client_teardown(server, false);
	if (!smbsign_client_strike(conn, mid) &&
	    why != smbsign_client_ksmbd_fault)
		return -1;
	memset(hdr, 0, sizeof(*hdr));
	return smbsign_original(cifs_handle_standard)(server, mid);
}

/*
 * No request waits for it: only a break may come unasked. A reply that had
 * another MessageId will be missing.
 */
static int reply_unasked(struct smbsign_client_conn *conn,
			 struct TCP_Server_Info *server,
			 struct smbsign_hdr *hdr)
{
	if (le64_to_cpu(hdr->message_id) != SMBSIGN_MID_NONE ||
	    le16_to_cpu(hdr->command) != SMBSIGN_OPLOCK_BREAK) {
		smbsign_client_report(server, le16_to_cpu(hdr->command),
				      SMBSIGN_STAT_REPLAYED,
				      "nothing was asked");
		smbsign_client_unasked(conn);
		smbsign_client_teardown(server, false);
		return -1;
	}
	hdr->credits = 0;
	return smbsign_original(cifs_handle_standard)(server, NULL);
}

/* cifs would connect anew before it returns, which may take long. */
static bool reply_ends_session(const struct smbsign_hdr *hdr)
{
	u32 status = le32_to_cpu(hdr->status);

	return status == SMBSIGN_STATUS_USER_SESSION_DELETED ||
	       status == SMBSIGN_STATUS_NETWORK_SESSION_EXPIRED;
}

static int reply_accept(struct smbsign_client_conn *conn,
			struct TCP_Server_Info *server, struct mid_q_entry *mid,
			struct smbsign_hdr *hdr, size_t len)
{
	enum smbsign_stat stat;
	const char *why = check_content(conn, mid, hdr, len, &stat);

	if (why)
		return reply_refuse(conn, server, mid, hdr, stat, why);
	smbsign_client_accepted(conn, server, mid);
	if (reply_ends_session(hdr)) {
		smbsign_client_teardown(server, true);
		return -1;
	}
	smbsign_client_book_pending(mid, hdr);
	return smbsign_original(cifs_handle_standard)(server, mid);
}

static int reply_plain(struct smbsign_client_conn *conn,
		       struct TCP_Server_Info *server, struct mid_q_entry *mid,
		       struct smbsign_hdr *hdr, size_t len)
{
	enum smbsign_stat stat;
	const char *why;

	if (!mid)
		return reply_unasked(conn, server, hdr);
	if (le32_to_cpu(hdr->status) == SMBSIGN_STATUS_PENDING) {
		smbsign_client_note_pending(mid, hdr);
		return -1;
	}
	why = smbsign_client_check_plain(conn, mid, hdr, len, NULL, 0, &stat);
	if (why)
		return reply_refuse(conn, server, mid, hdr, stat, why);
	return reply_accept(conn, server, mid, hdr, len);
}

static int reply_decrypted(struct smbsign_client_conn *conn,
			   struct TCP_Server_Info *server,
			   struct mid_q_entry *mid, struct smbsign_hdr *hdr,
			   size_t len)
{
	bool pending = le32_to_cpu(hdr->status) == SMBSIGN_STATUS_PENDING;

	if (mid && pending)
		smbsign_client_set_tag(mid, smbsign_client_tag(mid) |
					    SMBSIGN_TAG_PENDING);
	if (!mid || pending)
		return smbsign_original(cifs_handle_standard)(server, mid);
	if (!check_decrypted(conn, mid, hdr))
		return reply_refuse(conn, server, mid, hdr,
				    SMBSIGN_STAT_BAD_SIGNATURE,
				    "it was encrypted for another session");
	return reply_accept(conn, server, mid, hdr, len);
}

static int reply_standard(struct smbsign_client_conn *conn,
			  struct TCP_Server_Info *server,
			  struct mid_q_entry *mid)
{
	struct smbsign_hdr *hdr = reply_hdr(server);
	size_t len = SMBSIGN_GET(client, server, server_total_read);

	if (len < sizeof(*hdr)) {
		smbsign_client_teardown(server, false);
		return -1;
	}
	return conn->in_transform ?
	       reply_decrypted(conn, server, mid, hdr, len) :
	       reply_plain(conn, server, mid, hdr, len);
}

/* A complete message, as it came or decrypted. */
static int hook_cifs_handle_standard(struct TCP_Server_Info *server,
				     struct mid_q_entry *mid)
{
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret = -1;

	switch (smbsign_client_look(server, &conn)) {
	case SMBSIGN_RULE_STOCK:
		ret = smbsign_original(cifs_handle_standard)(server, mid);
		break;
	case SMBSIGN_RULE_UNKNOWN:
		smbsign_client_teardown(server, true);
		break;
	case SMBSIGN_RULE_OURS:
		ret = reply_standard(conn, server, mid);
	}
	smbsign_client_leave(idx);
	return ret;
}

static int hook_smb2_verify_signature(struct smb_rqst *rqst,
				      struct TCP_Server_Info *server);
SMBSIGN_DEFINE_HOOK(smb2_verify_signature);

/* Too late, and what it would look at has been verified. */
static int hook_smb2_verify_signature(struct smb_rqst *rqst,
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

/* Bulk reads were not seen by cifs_handle_standard(). */
static void transform_check(struct smbsign_client_conn *conn,
			    struct TCP_Server_Info *server,
			    struct mid_q_entry **mids, char **bufs, int n)
{
	struct smbsign_hdr *hdr;

	while (n--) {
		hdr = bufs[n] ? (void *)bufs[n] : reply_hdr(server);
		if (!mids[n] || check_decrypted(conn, mids[n], hdr))
			continue;
		smbsign_client_report(server, SMBSIGN_READ,
				      SMBSIGN_STAT_BAD_SIGNATURE,
				      "it was encrypted for another session");
		smbsign_client_read_fail(conn, server, mids[n], hdr, false);
	}
}

static int reply_transform(struct smbsign_client_conn *conn,
			   struct TCP_Server_Info *server,
			   struct mid_q_entry **mids, char **bufs, int *n)
{
	const struct reply_transform_hdr *transform =
		SMBSIGN_GET(client, server, server_smallbuf);
	int ret;

	conn->transform_id = le64_to_cpu(transform->session_id);
	if (!smbsign_client_session_find(conn, conn->transform_id)) {
		smbsign_client_teardown(server, false);
		return -1;
	}
	conn->in_transform = true;
	ret = smbsign_original(smb3_receive_transform)(server, mids, bufs, n);
	conn->in_transform = false;
	if (ret == -EBADMSG) {
		smbsign_client_report(server, SMBSIGN_COMMAND_NONE,
				      SMBSIGN_STAT_BAD_SIGNATURE,
				      "it cannot be decrypted");
		smbsign_client_teardown(server, false);
	} else if (ret >= 0) {
		transform_check(conn, server, mids, bufs, *n);
	}
	return ret;
}

static int hook_smb3_receive_transform(struct TCP_Server_Info *server,
				       struct mid_q_entry **mids, char **bufs,
				       int *n)
{
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret = -1;

	switch (smbsign_client_look(server, &conn)) {
	case SMBSIGN_RULE_STOCK:
		ret = smbsign_original(smb3_receive_transform)(server, mids,
							       bufs, n);
		break;
	case SMBSIGN_RULE_UNKNOWN:
		smbsign_client_teardown(server, true);
		break;
	case SMBSIGN_RULE_OURS:
		ret = reply_transform(conn, server, mids, bufs, n);
	}
	smbsign_client_leave(idx);
	return ret;
}
