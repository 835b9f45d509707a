// SPDX-License-Identifier: GPL-2.0-only
/* Responses of ksmbd as messages: their pieces, their elements, their credits. */
#include "server.h"

/**
 * server_response_init() - look at a response
 * @rsp: set to describe it; the caller sets @rsp->sc and may change @rsp->sess
 * @work: ksmbd's request, or what it sends without one
 *
 * ksmbd puts the length of the transport into the first piece.
 *
 * Return: false if there is no response
 */
bool server_response_init(struct server_response *rsp, struct ksmbd_work *work)
{
	unsigned int i;
	int last = SMBSIGN_GET(server, work, work_iov_idx);

	if (!SMBSIGN_GET(server, work, work_response) || last < 1)
		return false;
	memset(rsp, 0, sizeof(*rsp));
	rsp->conn = SMBSIGN_GET(server, work, work_conn);
	rsp->sess = SMBSIGN_GET(server, work, work_sess);
	rsp->vec = SMBSIGN_GET(server, work, work_iov) + 1;
	rsp->n_vec = last;
	for (i = 0; i < rsp->n_vec; i++)
		rsp->len += rsp->vec[i].iov_len;
	return true;
}

/**
 * server_response_at() - find an element of a response
 * @rsp: the response
 * @offset: bytes from its beginning
 *
 * Return: the SMB2 header there, or NULL if there is none
 */
struct smbsign_hdr *server_response_at(const struct server_response *rsp,
				       size_t offset)
{
	struct smbsign_hdr *hdr;
	unsigned int i;

	for (i = 0; i < rsp->n_vec; i++) {
		if (offset < rsp->vec[i].iov_len)
			break;
		offset -= rsp->vec[i].iov_len;
	}
	if (i == rsp->n_vec || rsp->vec[i].iov_len - offset < SMBSIGN_HDR_LEN)
		return NULL;
	hdr = rsp->vec[i].iov_base + offset;
	if (hdr->protocol != cpu_to_le32(SMBSIGN_PROTO_SMB2))
		return NULL;
	return hdr;
}

/**
 * server_response_element() - how long is an element of a response?
 * @rsp: the response
 * @hdr: the element
 * @offset: where it begins
 *
 * Return: its bytes, or 0 if it does not fit
 */
size_t server_response_element(const struct server_response *rsp,
			       const struct smbsign_hdr *hdr, size_t offset)
{
	size_t left = rsp->len - offset;
	size_t next = le32_to_cpu(hdr->next_command);

	if (!next)
		return left;
	return next < SMBSIGN_HDR_LEN || next >= left ? 0 : next;
}

/**
 * server_response_grant() - widen the window by what a response grants
 * @rsp: the response, with its connection
 *
 * MS-SMB2 3.3.5.2.3
 */
void server_response_grant(const struct server_response *rsp)
{
	struct server_conn *sc = rsp->sc;
	struct smbsign_hdr *hdr;
	size_t offset = 0;
	u32 credits = 0;

	while (offset < rsp->len && (hdr = server_response_at(rsp, offset))) {
		size_t len = server_response_element(rsp, hdr, offset);

		credits += le16_to_cpu(hdr->credits);
		if (!len)
			break;
		offset += len;
	}
	spin_lock(&sc->lock);
	smbsign_window_grant(&sc->window, min_t(u32, credits, U16_MAX));
	spin_unlock(&sc->lock);
}

/* Make the piece an element by itself, of a length that others may follow. */
static void make_element(struct kvec *piece)
{
	struct smbsign_hdr *hdr = piece->iov_base;
	size_t len = ALIGN(piece->iov_len, 8);

	if (!hdr->next_command)
		return;
	memset(piece->iov_base + piece->iov_len, 0, len - piece->iov_len);
	piece->iov_len = len;
	hdr->next_command = cpu_to_le32(len);
}

/* The piece that @piece supersedes: its header is the same. An answer has two. */
static int superseded_by(const struct kvec *iov, int kept,
			 const struct kvec *piece)
{
	int i;

	for (i = kept; i > max(kept - 2, 0); i--)
		if (iov[i].iov_base == piece->iov_base)
			return i;
	return 0;
}

/**
 * server_response_repair() - take away pieces that ksmbd has superseded
 * @work: ksmbd's request, whose response is complete
 *
 * Where a handler fails after it has put its answer (TREE_CONNECT does, for a
 * share that does not exist), ksmbd puts an error at the same place, as a further
 * piece. The message then has that header twice: nobody could verify it, as the
 * signature in one of them changes the other.
 */
void server_response_repair(struct ksmbd_work *work)
{
	struct kvec *iov = SMBSIGN_GET(server, work, work_iov);
	int last = SMBSIGN_GET(server, work, work_iov_idx);
	int i, kept = 0;
	u32 len = 0;

	for (i = 1; i <= last; i++) {
		int old = superseded_by(iov, kept, &iov[i]);

		kept = old ?: kept + 1;
		iov[kept] = iov[i];
		if (old)
			make_element(&iov[kept]);
	}
	if (kept == last)
		return;
	for (i = 1; i <= kept; i++)
		len += iov[i].iov_len;
	SMBSIGN_SET(server, work, work_iov_idx, kept);
	SMBSIGN_SET(server, work, work_iov_cnt, kept + 1);
	*(__be32 *)iov[0].iov_base = cpu_to_be32(len);
}
