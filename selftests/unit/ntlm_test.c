// SPDX-License-Identifier: GPL-2.0-only
/* What smb2/ntlm.c makes of AUTHENTICATE_MESSAGEs, good and bad. */

#include <linux/kernel.h>
#include <smbsign/pdu.h>
#include "fuzz.h"
#include "ktap.h"

#define MAX_LEN		512
#define ROUNDS		300000
#define MSG_LEN		88	/* with Version and MIC */
#define NT_RESPONSE	20	/* where its field is */
#define SESSION_KEY	52
#define FLAGS		60
#define KEY_EXCH	0x40000000
#define AV_PAIRS	44	/* in the response */

static u8 buf[MAX_LEN];

static void put16(u8 *at, u16 value)
{
	at[0] = value;
	at[1] = value >> 8;
}

static void put32(u8 *at, u32 value)
{
	put16(at, value);
	put16(at + 2, value >> 16);
}

static void put_field(size_t at, u16 len, u32 offset)
{
	put16(buf + at, len);
	put16(buf + at + 2, len);
	put32(buf + at + 4, offset);
}

static void message_begin(u32 flags)
{
	memset(buf, 0, sizeof(buf));
	memcpy(buf, "NTLMSSP", 8);
	put32(buf + 8, 3);
	put32(buf + FLAGS, flags);
}

struct pairs {
	const char *name;
	u16 response_len;
	u16 pairs[6];		/* id, length; what follows is zero */
	bool valid;
};

static const struct pairs pairs[] = {
	{ "no response", 0, {}, true },
	{ "of v1", 24, {}, true },
	{ "shorter than a v2 can be", 25, {}, false },
	{ "nothing but its head", AV_PAIRS, {}, false },
	{ "half a pair", AV_PAIRS + 2, {}, false },
	{ "an end", AV_PAIRS + 4, {}, true },
	{ "an end with a length", AV_PAIRS + 4, { 0, 8 }, true },
	{ "something after the end", AV_PAIRS + 12, { 0, 0, 9, 9 }, true },
	{ "one", AV_PAIRS + 12, { 1, 4 }, true },
	{ "empty ones", AV_PAIRS + 12, { 1, 0, 2, 0 }, true },
	{ "no end", AV_PAIRS + 8, { 1, 4 }, false },
	{ "half an end", AV_PAIRS + 10, { 1, 4 }, false },
	{ "one too long by one", AV_PAIRS + 12, { 1, 9 }, false },
	{ "one far too long", AV_PAIRS + 12, { 0x3850, 0x7822 }, false },
	{ "the longest", AV_PAIRS + 12, { 7, 0xffff }, false },
	{ "a second too long", AV_PAIRS + 12, { 1, 0, 2, 5 }, false },
};

static void table(void)
{
	const struct pairs *p;
	bool valid;
	size_t i;
	u8 *msg;

	for (p = pairs; p < pairs + ARRAY_SIZE(pairs); p++) {
		message_begin(0);
		put_field(NT_RESPONSE, p->response_len, MSG_LEN);
		for (i = 0; i < ARRAY_SIZE(p->pairs); i++)
			put16(buf + MSG_LEN + AV_PAIRS + 2 * i, p->pairs[i]);
		msg = fuzz_copy(buf, MSG_LEN + p->response_len);
		valid = smbsign_ntlm_response_valid(msg,
						    MSG_LEN + p->response_len);
		free(msg);
		if (valid != p->valid)
			printf("# %s: %d\n", p->name, valid);
		KTAP_CHECK(valid == p->valid);
	}
}

/* Of what is not within the message, or is none, nothing is said. */
static void not_ours(void)
{
	message_begin(0);
	put16(buf + MSG_LEN + AV_PAIRS, 1);
	put16(buf + MSG_LEN + AV_PAIRS + 2, 0xffff);
	put_field(NT_RESPONSE, 60, MSG_LEN);
	KTAP_CHECK(!smbsign_ntlm_response_valid(buf, MSG_LEN + 60));
	KTAP_CHECK(smbsign_ntlm_response_valid(buf, MSG_LEN + 59));
	KTAP_CHECK(smbsign_ntlm_response_valid(buf, 12));
	put_field(NT_RESPONSE, 60, 0xffffffe0);
	KTAP_CHECK(smbsign_ntlm_response_valid(buf, MAX_LEN));
}

/* Sealed by an RC4 that is not ours. */
static void anonymous_key(void)
{
	static const u8 sealed[SMBSIGN_NTLM_KEY_LEN] = {
		0xde, 0x19, 0x8b, 0x42, 0xa7, 0x32, 0x5b, 0x3d,
		0x82, 0x0f, 0x14, 0x6c, 0x5b, 0x63, 0x9c, 0x62,
	};
	u8 key[SMBSIGN_NTLM_KEY_LEN];
	int i;

	message_begin(KEY_EXCH);
	put_field(SESSION_KEY, sizeof(sealed), MSG_LEN);
	memcpy(buf + MSG_LEN, sealed, sizeof(sealed));
	KTAP_CHECK(smbsign_ntlm_anonymous_key(buf, MSG_LEN + 16, key));
	for (i = 0; i < SMBSIGN_NTLM_KEY_LEN; i++)
		KTAP_CHECK(key[i] == i);
}

static void no_anonymous_key(void)
{
	u8 key[SMBSIGN_NTLM_KEY_LEN] = { 1, 2, 3 };

	message_begin(0);
	put_field(SESSION_KEY, 16, MSG_LEN);
	KTAP_CHECK(!smbsign_ntlm_anonymous_key(buf, MSG_LEN + 16, key));
	put32(buf + FLAGS, KEY_EXCH);
	KTAP_CHECK(!smbsign_ntlm_anonymous_key(buf, MSG_LEN + 15, key));
	KTAP_CHECK(!smbsign_ntlm_anonymous_key(buf, FLAGS + 3, key));
	put_field(SESSION_KEY, 15, MSG_LEN);
	KTAP_CHECK(!smbsign_ntlm_anonymous_key(buf, MSG_LEN + 16, key));
	put_field(SESSION_KEY, 17, MSG_LEN);
	KTAP_CHECK(!smbsign_ntlm_anonymous_key(buf, MSG_LEN + 17, key));
	put_field(SESSION_KEY, 16, 0xfffffff8);
	KTAP_CHECK(!smbsign_ntlm_anonymous_key(buf, MSG_LEN + 16, key));
	KTAP_CHECK(key[0] == 1 && key[1] == 2 && key[2] == 3);
}

static void fuzz(void)
{
	u8 key[SMBSIGN_NTLM_KEY_LEN];
	int i, valid = 0, keys = 0;
	size_t len;
	u8 *msg;

	for (i = 0; i < ROUNDS; i++) {
		message_begin(KEY_EXCH);
		put_field(NT_RESPONSE, 120, MSG_LEN);
		put_field(SESSION_KEY, 16, MSG_LEN + 120);
		put16(buf + MSG_LEN + AV_PAIRS, 1);
		put16(buf + MSG_LEN + AV_PAIRS + 2, fuzz_below(90));
		fuzz_damage(buf, MSG_LEN + 120);
		len = MSG_LEN + 100 + fuzz_below(100);
		msg = fuzz_copy(buf, len);
		valid += smbsign_ntlm_response_valid(msg, len);
		keys += smbsign_ntlm_anonymous_key(msg, len, key);
		free(msg);
	}
	/* The damage must not be such that nothing is tested. */
	KTAP_CHECK(valid > ROUNDS / 20 && valid < ROUNDS / 20 * 19);
	KTAP_CHECK(keys > ROUNDS / 20 && keys < ROUNDS / 20 * 19);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(table),
	KTAP_CASE(not_ours),
	KTAP_CASE(anonymous_key),
	KTAP_CASE(no_anonymous_key),
	KTAP_CASE(fuzz),
};

KTAP_MAIN("ntlm", cases)
