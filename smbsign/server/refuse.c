// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answer to a message that is refused as a whole: one error for each of
 * its elements, MS-SMB2 3.3.5.2.7, in place of the single one that ksmbd has
 * put there.
 */
#include "server.h"

/* 2.2.2, with the byte of data that it always has; and in a compound */
#define ERROR_LEN (SMBSIGN_HDR_LEN + 9)
#define ERROR_STRIDE ALIGN(ERROR_LEN, 8)

/*
 * A guest who signs gets signatures. Answers to others are signed in any case,
 * and marked then.
 */
static u32 error_flags(const struct server_work *sw,
		       const struct smbsign_hdr *req, bool first)
{
	struct ksmbd_session *sess = SMBSIGN_GET(server, sw->work, work_sess);
	u32 flags = SMBSIGN_FLAG_RESPONSE;

	if (!first)
		flags |= SMBSIGN_FLAG_RELATED;
	if (server_is_signed(req) && sess && server_session_is_guest(sess))
		flags |= SMBSIGN_FLAG_SIGNED;
	return flags;
}

/*
 * Every answer grants credits, MS-SMB2 3.3.1.2, or a client that has none left
 * could not go on. Where ksmbd has booked none (@granted is 0) it has not booked
 * what the request costs either, so the client gets that back.
 */
static __le16 credits_of(const struct smbsign_hdr *req, __le16 granted)
{
	return granted ?: req->credit_charge ?: cpu_to_le16(1);
}

static void put_error(void *at, const struct smbsign_hdr *req, u32 status,
		      u32 flags, __le16 credits, bool last)
{
	struct smbsign_hdr *hdr = at;

	memset(at, 0, last ? ERROR_LEN : ERROR_STRIDE);
	hdr->protocol = cpu_to_le32(SMBSIGN_PROTO_SMB2);
	hdr->structure_size = cpu_to_le16(SMBSIGN_HDR_LEN);
	hdr->credit_charge = req->credit_charge;
	hdr->credits = credits;
	hdr->status = cpu_to_le32(status);
	hdr->command = req->command;
	hdr->flags = cpu_to_le32(flags);
	hdr->next_command = cpu_to_le32(last ? 0 : ERROR_STRIDE);
	hdr->message_id = req->message_id;
	hdr->async_or_tree = req->async_or_tree;
	hdr->session_id = req->session_id;
	*(u8 *)(at + SMBSIGN_HDR_LEN) = 9;
}

/* As many as fit, of the elements from the first on. Returns their bytes. */
static size_t put_errors(struct server_work *sw, u8 *out, size_t room)
{
	__le16 granted = ((struct smbsign_hdr *)out)->credits;
	struct smbsign_pdu pdu;
	size_t len, used = 0;
	bool last;
	u8 *msg;

	len = server_message(SMBSIGN_GET(server, sw->work, work_request), &msg);
	if (room < ERROR_STRIDE || !smbsign_pdu_first(msg, len, &pdu))
		return 0;
	do {
		const struct smbsign_hdr *req = (void *)msg + pdu.offset;

		last = smbsign_pdu_last(msg, &pdu) ||
		       room - used < 2 * ERROR_STRIDE ||
		       !smbsign_pdu_next(msg, len, &pdu);
		put_error(out + used, req, sw->refused,
			  error_flags(sw, req, !used),
			  credits_of(req, granted), last);
		granted = 0;
		used += last ? ERROR_LEN : ERROR_STRIDE;
	} while (!last);
	return used;
}

/**
 * server_put_refusal() - answer each element of a refused message
 * @sw: the message; ksmbd has put a single error for it
 */
void server_put_refusal(struct server_work *sw)
{
	u8 *buf = SMBSIGN_GET(server, sw->work, work_response);
	size_t room = SMBSIGN_GET(server, sw->work, work_response_len);
	struct kvec *iov = SMBSIGN_GET(server, sw->work, work_iov);
	size_t len;

	if (!buf || room <= 4 || SMBSIGN_GET(server, sw->work, work_iov_idx) != 1)
		return;
	((struct smbsign_hdr *)(buf + 4))->status = cpu_to_le32(sw->refused);
	len = put_errors(sw, buf + 4, room - 4);
	if (!len)
		return;
	iov[1].iov_base = buf + 4;
	iov[1].iov_len = len;
	*(__be32 *)buf = cpu_to_be32(len);
}

/**
 * server_is_smb1() - is a message one of SMB1? That is a NEGOTIATE
 * @sw: the message
 *
 * Return: true if it is
 */
bool server_is_smb1(const struct server_work *sw)
{
	const __le32 *protocol;
	u8 *msg;

	if (server_message(SMBSIGN_GET(server, sw->work, work_request), &msg) <
	    sizeof(*protocol))
		return false;
	protocol = (void *)msg;
	return *protocol == cpu_to_le32(SMBSIGN_PROTO_SMB1);
}

/**
 * server_refuse_smb1() - answer a NEGOTIATE of SMB1 that offers nothing newer
 * @sw: the message; ksmbd has put its answer, that it speaks no such dialect
 *
 * What ksmbd 6.12 sends has the length of the transport twice. May sleep.
 *
 * Return: false if the message is not one of SMB1
 */
bool server_refuse_smb1(struct server_work *sw)
{
	u8 *buf = SMBSIGN_GET(server, sw->work, work_response);
	struct kvec *iov = SMBSIGN_GET(server, sw->work, work_iov);

	if (!server_is_smb1(sw))
		return false;
	if (iov[1].iov_base == buf)
		iov[1].iov_base += 4;
	server_report(sw, SMBSIGN_BECAUSE_SMB1);
	return true;
}
