// SPDX-License-Identifier: GPL-2.0-only
/* Signing what the client sends, verifying what it gets. */
#include <crypto/algapi.h>
#include <linux/string.h>

#include <smbsign/client.h>

static struct smbsign_nonce mac_nonce(const struct smbsign_hdr *hdr)
{
	struct smbsign_nonce nonce = {
		.message_id = le64_to_cpu(hdr->message_id),
	};

	if (hdr->flags & cpu_to_le32(SMBSIGN_FLAG_RESPONSE))
		nonce.bits |= SMBSIGN_NONCE_SERVER;
	else if (le16_to_cpu(hdr->command) == SMBSIGN_CANCEL)
		nonce.bits |= SMBSIGN_NONCE_CANCEL;
	return nonce;
}

static size_t mac_kvec_len(const struct kvec *vec, unsigned int n)
{
	size_t len = 0;

	while (n--)
		len += (vec++)->iov_len;
	return len;
}

/**
 * smbsign_client_sign() - sign a request
 * @conn: the connection
 * @session: what it is sent on; not a guest
 * @rqst: the request, complete but for the signature
 *
 * May sleep.
 *
 * Return: 0 or -errno
 */
int smbsign_client_sign(struct smbsign_client_conn *conn,
			const struct smbsign_client_session *session,
			struct smb_rqst *rqst)
{
	const struct kvec *vec = SMBSIGN_GET(client, rqst, rqst_iov);
	unsigned int n = SMBSIGN_GET(client, rqst, rqst_nvec);
	struct smbsign_hdr *hdr = vec->iov_base;
	struct smbsign_nonce nonce = mac_nonce(hdr);
	u8 signature[SMBSIGN_SIGNATURE_LEN];
	struct smbsign_sg sg;
	int err;

	memset(hdr->signature, 0, sizeof(hdr->signature));
	smbsign_sg_init(&sg);
	err = smbsign_sg_add_kvec(&sg, vec, n, 0, mac_kvec_len(vec, n));
	if (!err)
		err = smbsign_client_add_rqst_data(&sg, rqst);
	if (!err)
		err = smbsign_mac_compute(session->mac, &nonce, &sg, signature);
	smbsign_sg_free(&sg);
	if (err)
		return err;
	memcpy(hdr->signature, signature, sizeof(signature));
	smbsign_client_count(conn, SMBSIGN_STAT_SIGNED);
	return 0;
}

/**
 * smbsign_client_verify() - is the signature of a reply right?
 * @session: what its request was sent on; not a guest
 * @hdr: the reply, or of a READ what comes before the data
 * @len: bytes at @hdr
 * @rdata: the read whose data follows, or NULL
 * @data_len: bytes of that data
 *
 * May sleep.
 *
 * Return: 0; -EBADMSG if it is not; or an error that left it open
 */
int smbsign_client_verify(const struct smbsign_client_session *session,
			  struct smbsign_hdr *hdr, size_t len,
			  struct cifs_io_subrequest *rdata, size_t data_len)
{
	struct smbsign_nonce nonce = mac_nonce(hdr);
	u8 expected[SMBSIGN_SIGNATURE_LEN];
	u8 received[SMBSIGN_SIGNATURE_LEN];
	struct smbsign_sg sg;
	int err;

	memcpy(received, hdr->signature, sizeof(received));
	memset(hdr->signature, 0, sizeof(hdr->signature));
	smbsign_sg_init(&sg);
	err = smbsign_sg_add(&sg, hdr, len);
	if (!err && rdata)
		err = smbsign_client_add_read_data(&sg, rdata, data_len);
	if (!err)
		err = smbsign_mac_compute(session->mac, &nonce, &sg, expected);
	smbsign_sg_free(&sg);
	memcpy(hdr->signature, received, sizeof(received));
	if (!err && crypto_memneq(expected, received, sizeof(expected)))
		err = -EBADMSG;
	return err;
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
	struct smbsign_nonce nonce = mac_nonce(hdr);
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
