// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict on what arrives. One function judges each reply, whether it came
 * plain or encrypted, to a READ or to anything else. Its callers run in the
 * connection's demultiplex thread.
 */
#include <linux/build_bug.h>
#include <linux/string.h>

#include "client.h"

/* MS-SMB2 2.2.23.1 and 2.2.23.2, with the header */
#define OPLOCK_BREAK_LEN	(SMBSIGN_HDR_LEN + 24)
#define LEASE_BREAK_LEN		(SMBSIGN_HDR_LEN + 44)
/* As much more comes from Windows 7. */
#define BREAK_PADDING		24

struct break_body {
	struct smbsign_hdr hdr;
	__le16 structure_size;
} __packed;

static_assert(sizeof(struct smbsign_hdr) == SMBSIGN_HDR_LEN);

/* Does a break have one of the two lengths that there are? */
static bool verify_break_len(const struct smbsign_hdr *hdr, size_t len)
{
	const struct break_body *body = (const void *)hdr;
	size_t want;

	if (len < sizeof(*body))
		return false;
	want = le16_to_cpu(body->structure_size) + SMBSIGN_HDR_LEN;
	if (want != OPLOCK_BREAK_LEN && want != LEASE_BREAK_LEN)
		return false;
	return len >= want && len <= want + BREAK_PADDING;
}

/*
 * No request waits for it, so only a break may be processed. cifs looks at its
 * status, and reads as much as its StructureSize says from the small buffer.
 */
static enum smbsign_reason
verify_unasked(const struct smbsign_client_reply *reply)
{
	const struct smbsign_hdr *hdr = reply->hdr;

	if (le64_to_cpu(hdr->message_id) != SMBSIGN_MID_NONE ||
	    le16_to_cpu(hdr->command) != SMBSIGN_OPLOCK_BREAK)
		return SMBSIGN_BECAUSE_UNASKED;
	if (!(hdr->flags & cpu_to_le32(SMBSIGN_FLAG_RESPONSE)))
		return SMBSIGN_BECAUSE_REFLECTED;
	if (hdr->status || hdr->next_command ||
	    !verify_break_len(hdr, reply->len))
		return SMBSIGN_BECAUSE_MALFORMED;
	return SMBSIGN_ACCEPTED;
}

/*
 * A compound was cut at NextCommand, which therefore tells how long a plain
 * message is. cifs cuts what was encrypted only after it was decrypted.
 */
static bool verify_is_whole(const struct smbsign_client_reply *reply)
{
	u32 next = le32_to_cpu(reply->hdr->next_command);

	return reply->decrypted || !next ||
	       next == reply->len + reply->data_len;
}

/* What holds of the header of every reply, MS-SMB2 3.2.5.1 */
static enum smbsign_reason
verify_header(const struct smbsign_client_reply *reply)
{
	const struct smbsign_hdr *hdr = reply->hdr;

	if (!(hdr->flags & cpu_to_le32(SMBSIGN_FLAG_RESPONSE)))
		return SMBSIGN_BECAUSE_REFLECTED;
	if (hdr->command != SMBSIGN_GET(client, reply->mid, mid_command) ||
	    le64_to_cpu(hdr->message_id) !=
	    SMBSIGN_GET(client, reply->mid, mid_id))
		return SMBSIGN_BECAUSE_UNASKED;
	if (!verify_is_whole(reply))
		return SMBSIGN_BECAUSE_MALFORMED;
	return SMBSIGN_ACCEPTED;
}

/* Policy may have changed since a guest's session was set up. */
static enum smbsign_reason
verify_guest(const struct smbsign_client_session *session)
{
	return !session->guest || smbsign_allows_guest(SMBSIGN_CLIENT) ?
	       SMBSIGN_ACCEPTED : SMBSIGN_BECAUSE_GUEST;
}

/* The transform's session, the message's and the request's must be one. */
static enum smbsign_reason
verify_decrypted(struct smbsign_client_conn *conn,
		 const struct smbsign_client_session *session,
		 const struct smbsign_client_reply *reply)
{
	if (!session || session->id != conn->transform_id ||
	    le64_to_cpu(reply->hdr->session_id) != session->id)
		return SMBSIGN_BECAUSE_OTHER_SESSION;
	return verify_guest(session);
}

/**
 * smbsign_client_ends_session() - does a reply say that its session is no more?
 * @hdr: the reply
 *
 * The server has no key then to sign it with.
 *
 * Return: true if its status does
 */
bool smbsign_client_ends_session(const struct smbsign_hdr *hdr)
{
	u32 status = le32_to_cpu(hdr->status);

	return status == SMBSIGN_STATUS_USER_SESSION_DELETED ||
	       status == SMBSIGN_STATUS_NETWORK_SESSION_EXPIRED;
}

/*
 * What honest servers send without a signature, as Samba's client knows it. It
 * is refused as any other reply, but it is no sign of an attack.
 */
static enum smbsign_reason verify_unsigned(const struct smbsign_hdr *hdr,
					   enum smbsign_reason reason)
{
	if (smbsign_client_ends_session(hdr))
		return SMBSIGN_BECAUSE_SESSION_ENDED;
	if (hdr->flags & cpu_to_le32(SMBSIGN_FLAG_SIGNED) &&
	    memchr_inv(hdr->signature, 0, sizeof(hdr->signature)))
		return reason;
	switch (le32_to_cpu(hdr->status)) {
	case SMBSIGN_STATUS_NETWORK_NAME_DELETED:
	case SMBSIGN_STATUS_FILE_CLOSED:
	case SMBSIGN_STATUS_INVALID_PARAMETER:
		return SMBSIGN_BECAUSE_OBJECT_GONE;
	default:
		return reason;
	}
}

static enum smbsign_reason
verify_signature(struct smbsign_client_conn *conn,
		 const struct smbsign_client_session *session,
		 const struct smbsign_client_reply *reply)
{
	enum smbsign_reason reason;

	if (session->guest)
		return verify_guest(session);
	reason = smbsign_client_verify_mac(session, reply);
	if (reason == SMBSIGN_ACCEPTED)
		smbsign_client_count(conn, SMBSIGN_STAT_VERIFIED);
	else if (reason == SMBSIGN_BECAUSE_BAD_SIGNATURE && !reply->data_len &&
		 smbsign_client_is_ksmbd_fault(session, reply->hdr, reply->len))
		reason = SMBSIGN_BECAUSE_KSMBD_FAULT;
	else if (reason == SMBSIGN_BECAUSE_BAD_SIGNATURE ||
		 reason == SMBSIGN_BECAUSE_UNSIGNED)
		reason = verify_unsigned(reply->hdr, reason);
	return reason;
}

static enum smbsign_reason
verify_by_tag(struct smbsign_client_conn *conn,
	      const struct smbsign_client_reply *reply)
{
	struct smbsign_client_session *session;
	u32 tag = smbsign_client_tag(reply->mid);

	if (!(tag & SMBSIGN_TAG_OURS))
		return SMBSIGN_BECAUSE_NOT_OURS;
	session = smbsign_client_session_of(conn, reply->mid);
	if (reply->decrypted)
		return verify_decrypted(conn, session, reply);
	if (tag & SMBSIGN_TAG_ENCRYPTED)
		return SMBSIGN_BECAUSE_NOT_ENCRYPTED;
	if (tag & SMBSIGN_TAG_BARE)
		return SMBSIGN_ACCEPTED;
	if (!session)
		return SMBSIGN_BECAUSE_NO_SESSION;
	return verify_signature(conn, session, reply);
}

/**
 * smbsign_client_verify() - judge what has arrived
 * @conn: the connection
 * @reply: the message
 *
 * MS-SMB2 3.2.5.1.1 to 3.2.5.1.3. Demultiplex thread only; may sleep.
 *
 * Return: SMBSIGN_ACCEPTED if it may be used, for which @reply's mid is to be
 * marked by smbsign_client_set_verified(); otherwise why not
 */
enum smbsign_reason
smbsign_client_verify(struct smbsign_client_conn *conn,
		      const struct smbsign_client_reply *reply)
{
	enum smbsign_reason reason;

	if (!reply->mid)
		return verify_unasked(reply);
	reason = verify_header(reply);
	if (reason != SMBSIGN_ACCEPTED)
		return reason;
	if (le32_to_cpu(reply->hdr->status) == SMBSIGN_STATUS_PENDING)
		return SMBSIGN_BECAUSE_INTERIM;
	return verify_by_tag(conn, reply);
}

/**
 * smbsign_client_refuse() - act on a verdict that is no acceptance
 * @conn: the connection
 * @server: the same, as cifs has it
 * @reply: the message
 * @reason: the verdict
 *
 * Counts it, logs it, and ends the connection if the reason demands it, of
 * which @reply's request hears only what the caller makes of the result.
 * Demultiplex thread only; may sleep.
 *
 * Return: SMBSIGN_IGNORE if the reply is still waited for, SMBSIGN_FAIL if the
 * request is to get an error; otherwise it is to be tried again
 */
enum smbsign_action
smbsign_client_refuse(struct smbsign_client_conn *conn,
		      struct TCP_Server_Info *server,
		      const struct smbsign_client_reply *reply,
		      enum smbsign_reason reason)
{
	const struct smbsign_reason_row *row = smbsign_reason_row(reason);

	if (row->client == SMBSIGN_IGNORE) {
		smbsign_client_note_pending(reply->mid, reply->hdr);
		return SMBSIGN_IGNORE;
	}
	smbsign_client_report(server, le16_to_cpu(reply->hdr->command), reason);
	smbsign_client_teardown(server,
				reason == SMBSIGN_BECAUSE_SESSION_ENDED);
	if (reply->mid && smbsign_client_strike(conn, reply->mid))
		return SMBSIGN_FAIL;
	return row->client;
}
