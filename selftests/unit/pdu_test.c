// SPDX-License-Identifier: GPL-2.0-only
/* How smb2/pdu.c walks over compounds, good and bad. */

#include <linux/kernel.h>
#include <smbsign/pdu.h>
#include "fuzz.h"
#include "ktap.h"

#define MAX_LEN		1024
#define ROUNDS		300000

static u8 buf[MAX_LEN];

static struct smbsign_hdr *put_header(size_t offset, u32 next)
{
	struct smbsign_hdr *hdr = (void *)(buf + offset);

	hdr->protocol = cpu_to_le32(SMBSIGN_PROTO_SMB2);
	hdr->structure_size = cpu_to_le16(64);
	hdr->next_command = cpu_to_le32(next);
	return hdr;
}

struct walk {
	const char *name;
	size_t len;
	u32 next[4];		/* of each element */
	int elements;		/* found, till the walk ends */
	bool whole;		/* the last one found ends the message */
};

static const struct walk walks[] = {
	{ "header alone", 64, { 0 }, 1, true },
	{ "body", 200, { 0 }, 1, true },
	{ "odd length", 77, { 0 }, 1, true },
	{ "nothing", 0, { 0 }, 0, false },
	{ "too short", 63, { 0 }, 0, false },
	{ "two", 200, { 64, 0 }, 2, true },
	{ "three", 400, { 128, 72, 0 }, 3, true },
	{ "next within its own header", 200, { 8 }, 0, false },
	{ "next at 56", 200, { 56 }, 0, false },
	{ "next not aligned", 300, { 68 }, 0, false },
	{ "next one too many", 200, { 200 + 8 }, 0, false },
	{ "next huge", 200, { 0xfffffff8 }, 0, false },
	{ "next is the end", 200, { 200 }, 1, false },
	{ "second too short", 127, { 64, 0 }, 1, false },
	{ "second's next too far", 200, { 72, 136 }, 1, false },
	{ "second's next wraps", 200, { 72, 0xffffffb8 }, 1, false },
	{ "third does not fit", 200, { 72, 72, 0 }, 2, false },
};

/* The elements of the @len bytes at @msg, -1 if one is not within them. */
static int walk_elements(const u8 *msg, size_t len, bool *whole)
{
	struct smbsign_pdu pdu;
	size_t end = 0;
	bool more;
	int n = 0;

	*whole = false;
	for (more = smbsign_pdu_first(msg, len, &pdu); more;
	     more = smbsign_pdu_next(msg, len, &pdu)) {
		if (pdu.offset != end || pdu.offset > len ||
		    pdu.len < SMBSIGN_HDR_LEN || pdu.len > len - pdu.offset)
			return -1;
		n++;
		end = pdu.offset + pdu.len;
		if (smbsign_pdu_last(msg, &pdu)) {
			*whole = true;
			return end == len ? n : -1;
		}
	}
	return n;
}

static void put_walk(const struct walk *w)
{
	size_t offset = 0;
	int i;

	memset(buf, 0xa5, sizeof(buf));
	for (i = 0; i < 4 && offset <= MAX_LEN - SMBSIGN_HDR_LEN; i++) {
		put_header(offset, w->next[i]);
		if (!w->next[i] || w->next[i] > MAX_LEN)
			break;
		offset += w->next[i];
	}
}

static void table(void)
{
	const struct walk *w;
	bool whole;
	u8 *msg;
	int n;

	for (w = walks; w < walks + ARRAY_SIZE(walks); w++) {
		put_walk(w);
		msg = fuzz_copy(buf, w->len);
		n = walk_elements(msg, w->len, &whole);
		free(msg);
		if (n != w->elements || whole != w->whole)
			printf("# %s: %d elements\n", w->name, n);
		KTAP_CHECK(n == w->elements && whole == w->whole);
	}
}

static void protocols(void)
{
	static const u32 others[] = {
		0, SMBSIGN_PROTO_TRANSFORM, 0x424d53ff, 0x424d53fc, 0xfe534d42
	};
	struct smbsign_pdu pdu;
	size_t i;

	memset(buf, 0, sizeof(buf));
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		put_header(0, 64);
		put_header(64, 0)->protocol = cpu_to_le32(others[i]);
		KTAP_CHECK(smbsign_pdu_first(buf, 128, &pdu));
		KTAP_CHECK(!smbsign_pdu_last(buf, &pdu));
		KTAP_CHECK(!smbsign_pdu_next(buf, 128, &pdu));
		put_header(0, 0)->protocol = cpu_to_le32(others[i]);
		KTAP_CHECK(!smbsign_pdu_first(buf, 128, &pdu));
	}
}

/* A walk that fails says nothing about elements after the one that failed. */
static void failure_keeps_element(void)
{
	struct smbsign_pdu pdu;

	memset(buf, 0, sizeof(buf));
	put_header(0, 64);
	put_header(64, 4);
	KTAP_CHECK(smbsign_pdu_first(buf, 200, &pdu));
	KTAP_CHECK(!smbsign_pdu_next(buf, 200, &pdu));
	KTAP_CHECK(pdu.offset == 0 && pdu.len == 64);
}

static void sizes(void)
{
	KTAP_CHECK(sizeof(struct smbsign_hdr) == SMBSIGN_HDR_LEN);
	KTAP_CHECK(offsetof(struct smbsign_hdr, signature) == 48);
	KTAP_CHECK(sizeof(struct smbsign_transform) == 52);
	KTAP_CHECK(sizeof(struct smbsign_negotiate_req) == 64 + 36);
	KTAP_CHECK(sizeof(struct smbsign_negotiate_rsp) == 64 + 64);
	KTAP_CHECK(sizeof(struct smbsign_negotiate_context) == 8);
}

static void random_compound(void)
{
	size_t offset = 0;
	u32 next, n;

	memset(buf, 0, sizeof(buf));
	for (n = fuzz_below(4); n; n--) {
		next = 64 + 8 * fuzz_below(16);
		put_header(offset, next);
		offset += next;
	}
	put_header(offset, 0);
}

static void fuzz(void)
{
	int i, n, whole_ones = 0;
	bool whole;
	size_t len;
	u8 *msg;

	for (i = 0; i < ROUNDS; i++) {
		random_compound();
		fuzz_damage(buf, 300);
		len = fuzz_below(700);
		msg = fuzz_copy(buf, len);
		n = walk_elements(msg, len, &whole);
		free(msg);
		KTAP_CHECK(n >= 0 && n <= (int)(len / SMBSIGN_HDR_LEN));
		whole_ones += whole;
	}
	/* The damage must not be such that nothing is tested. */
	KTAP_CHECK(whole_ones > ROUNDS / 20 && whole_ones < ROUNDS / 20 * 19);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(sizes),
	KTAP_CASE(table),
	KTAP_CASE(protocols),
	KTAP_CASE(failure_keeps_element),
	KTAP_CASE(fuzz),
};

KTAP_MAIN("pdu", cases)
