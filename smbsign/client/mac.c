// SPDX-License-Identifier: GPL-2.0-only
/* Is the signature of a reply right? */
#include <crypto/algapi.h>
#include <linux/string.h>

#include "client.h"

/* Of a reply, whatever its flags say. */
static struct smbsign_nonce mac_reply_nonce(const struct smbsign_hdr *hdr)
{
	return (struct smbsign_nonce) {
		.message_id = le64_to_cpu(hdr->message_id),
		.bits = SMBSIGN_NONCE_SERVER,
	};
}

/**
 * smbsign_client_verify_mac() - is a reply signed, and rightly?
 * @session: what its request was sent on; not a guest
 * @reply: the reply
 *
 * May sleep.
 *
 * Return: SMBSIGN_ACCEPTED, or why not
 */
enum smbsign_reason
smbsign_client_verify_mac(const struct smbsign_client_session *session,
			  const struct smbsign_client_reply *reply)
{
	struct smbsign_hdr *hdr = reply->hdr;
	struct smbsign_nonce nonce = mac_reply_nonce(hdr);
	u8 expected[SMBSIGN_SIGNATURE_LEN];
	u8 received[SMBSIGN_SIGNATURE_LEN];
	struct smbsign_sg sg;
	int err;

	if (!(hdr->flags & cpu_to_le32(SMBSIGN_FLAG_SIGNED)))
		return SMBSIGN_BECAUSE_UNSIGNED;
	memcpy(received, hdr->signature, sizeof(received));
	memset(hdr->signature, 0, sizeof(hdr->signature));
	smbsign_sg_init(&sg);
	err = smbsign_sg_add(&sg, hdr, reply->len);
	if (!err && reply->rdata)
		err = smbsign_client_add_read_data(&sg, reply->rdata,
						   reply->data_len);
	if (!err)
		err = smbsign_mac_compute(session->mac, &nonce, &sg, expected);
	smbsign_sg_free(&sg);
	memcpy(hdr->signature, received, sizeof(received));
	if (err)
		return SMBSIGN_BECAUSE_NOT_COMPUTED;
	return crypto_memneq(expected, received, sizeof(expected)) ?
	       SMBSIGN_BECAUSE_BAD_SIGNATURE : SMBSIGN_ACCEPTED;
}

/* 2.2.38, up to what we read */
struct mac_query_info_rsp {
	struct smbsign_hdr hdr;
	__le16 structure_size;
	__le16 buffer_offset;
	__le32 buffer_length;
} __packed;

static bool mac_matches(const struct smbsign_client_session *session,
			const struct smbsign_hdr *hdr, struct smbsign_sg *sg,
			const u8 *received)
{
	struct smbsign_nonce nonce = mac_reply_nonce(hdr);
	u8 expected[SMBSIGN_SIGNATURE_LEN];

	return !smbsign_mac_compute(session->mac, &nonce, sg, expected) &&
	       !crypto_memneq(expected, received, sizeof(expected));
}

/* A failed READ is signed together with the length that precedes it. */
static int mac_add_prefixed(struct smbsign_sg *sg, struct smbsign_hdr *hdr,
			    size_t len, __be32 *prefix)
{
	int err;

	*prefix = cpu_to_be32(len);
	err = smbsign_sg_add(sg, prefix, sizeof(*prefix));
	return err ?: smbsign_sg_add(sg, hdr, len);
}

/* A security descriptor is signed without what precedes it. */
static int mac_add_payload(struct smbsign_sg *sg, struct smbsign_hdr *hdr,
			   size_t len)
{
	const struct mac_query_info_rsp *rsp = (void *)hdr;
	size_t offset, length;

	if (len < sizeof(*rsp))
		return -EINVAL;
	offset = le16_to_cpu(rsp->buffer_offset);
	length = le32_to_cpu(rsp->buffer_length);
	if (!length || offset > len || length > len - offset)
		return -EINVAL;
	return smbsign_sg_add(sg, (void *)hdr + offset, length);
}

/**
 * smbsign_client_is_ksmbd_fault() - is this how ksmbd before 7.0 mis-signs?
 * @session: what the request was sent on; not a guest
 * @hdr: a reply whose signature is wrong
 * @len: its bytes
 *
 * Errors of READ and security descriptors. Only to name the fault: the reply
 * is refused all the same. May sleep.
 *
 * Return: true if it is
 */
bool smbsign_client_is_ksmbd_fault(const struct smbsign_client_session *session,
				   struct smbsign_hdr *hdr, size_t len)
{
	u8 received[SMBSIGN_SIGNATURE_LEN];
	struct smbsign_sg sg;
	__be32 prefix;
	bool match;
	int err;

	memcpy(received, hdr->signature, sizeof(received));
	memset(hdr->signature, 0, sizeof(hdr->signature));
	smbsign_sg_init(&sg);
	switch (le16_to_cpu(hdr->command)) {
	case SMBSIGN_READ:
		err = mac_add_prefixed(&sg, hdr, len, &prefix);
		break;
	case SMBSIGN_QUERY_INFO:
		err = mac_add_payload(&sg, hdr, len);
		break;
	default:
		err = -EINVAL;
	}
	match = !err && mac_matches(session, hdr, &sg, received);
	smbsign_sg_free(&sg);
	memcpy(hdr->signature, received, sizeof(received));
	return match;
}
