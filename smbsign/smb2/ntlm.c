// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a client authenticates with, MS-NLMP 2.2. Pure: compiles in user space
 * too.
 */
#include <linux/kernel.h>

#include <smbsign/pdu.h>

/* Length of an NTLM v1 response; what is longer is one of v2, 2.2.2.6. */
#define NTLM_V1_LEN 24

/* NTLMv2_RESPONSE up to its AvPairs, 2.2.2.8 and 2.2.2.7 */
#define NTLM_V2_AV_PAIRS 44

/* NegotiateFlags, 2.2.2.5 */
#define NTLM_KEY_EXCH 0x40000000

/* AvId of the last one of AvPairs, 2.2.2.1 */
#define NTLM_AV_EOL 0

struct ntlm_payload {
	__le16 len;
	__le16 max_len;
	__le32 offset;
} __packed;

/* AUTHENTICATE_MESSAGE, 2.2.1.3, up to what we read */
struct ntlm_authenticate {
	__u8 signature[8];
	__le32 type;
	struct ntlm_payload lm_response;
	struct ntlm_payload nt_response;
	struct ntlm_payload domain;
	struct ntlm_payload user;
	struct ntlm_payload workstation;
	struct ntlm_payload session_key;
	__le32 flags;
} __packed;

struct ntlm_av_pair {
	__le16 id;
	__le16 len;
} __packed;

/* What RC4 begins with under a key of sixteen zeroes. */
static const __u8 rc4_zero[SMBSIGN_NTLM_KEY_LEN] = {
	0xde, 0x18, 0x89, 0x41, 0xa3, 0x37, 0x5d, 0x3a,
	0x8a, 0x06, 0x1e, 0x67, 0x57, 0x6e, 0x92, 0x6d,
};

/* A part of the @len bytes at @msg, or NULL if it is not within them. */
static const void *payload_at(const void *msg, size_t len,
			      const struct ntlm_payload *payload)
{
	size_t offset = le32_to_cpu(payload->offset);

	if (offset > len || len - offset < le16_to_cpu(payload->len))
		return NULL;
	return msg + offset;
}

static bool av_pairs_valid(const void *pairs, size_t len)
{
	const struct ntlm_av_pair *pair;

	while (len >= sizeof(*pair)) {
		pair = pairs;
		if (pair->id == cpu_to_le16(NTLM_AV_EOL))
			return true;
		pairs += sizeof(*pair);
		len -= sizeof(*pair);
		if (le16_to_cpu(pair->len) > len)
			return false;
		pairs += le16_to_cpu(pair->len);
		len -= le16_to_cpu(pair->len);
	}
	return false;
}

/**
 * smbsign_ntlm_response_valid() - is an NTLMv2 response well-formed?
 * @msg: AUTHENTICATE_MESSAGE
 * @len: bytes in @msg
 *
 * Return: false if @msg has an NTLMv2 response whose AvPairs do not lie within
 * it or do not end; whether anything else is right is not looked at
 */
bool smbsign_ntlm_response_valid(const void *msg, size_t len)
{
	const struct ntlm_authenticate *auth = msg;
	const void *response;
	size_t size;

	if (len < sizeof(*auth))
		return true;
	response = payload_at(msg, len, &auth->nt_response);
	size = le16_to_cpu(auth->nt_response.len);
	if (!response || size <= NTLM_V1_LEN)
		return true;
	return size >= NTLM_V2_AV_PAIRS &&
	       av_pairs_valid(response + NTLM_V2_AV_PAIRS,
			      size - NTLM_V2_AV_PAIRS);
}

/**
 * smbsign_ntlm_anonymous_key() - the session key of an anonymous user
 * @msg: AUTHENTICATE_MESSAGE
 * @len: bytes in @msg
 * @key: set to ExportedSessionKey, MS-NLMP 3.2.5.1.2
 *
 * It is no secret: the key that protects it is zero, 3.3.2.
 *
 * Return: false if @msg has none, and the key is zero itself
 */
bool smbsign_ntlm_anonymous_key(const void *msg, size_t len,
				__u8 key[SMBSIGN_NTLM_KEY_LEN])
{
	const struct ntlm_authenticate *auth = msg;
	const __u8 *sealed;
	int i;

	if (len < sizeof(*auth) || !(auth->flags & cpu_to_le32(NTLM_KEY_EXCH)) ||
	    le16_to_cpu(auth->session_key.len) != SMBSIGN_NTLM_KEY_LEN)
		return false;
	sealed = payload_at(msg, len, &auth->session_key);
	if (!sealed)
		return false;
	for (i = 0; i < SMBSIGN_NTLM_KEY_LEN; i++)
		key[i] = sealed[i] ^ rc4_zero[i];
	return true;
}
