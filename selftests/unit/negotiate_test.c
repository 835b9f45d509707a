// SPDX-License-Identifier: GPL-2.0-only
/* What smb2/negotiate.c makes of negotiate contexts, good and bad. */

#include <linux/kernel.h>
#include <smbsign/pdu.h>
#include "fuzz.h"
#include "ktap.h"

#define MAX_LEN		1024
#define ROUNDS		300000
#define REQ_LEN		sizeof(struct smbsign_negotiate_req)
#define RSP_LEN		sizeof(struct smbsign_negotiate_rsp)

#define HMAC	1u
#define CMAC	2u
#define GMAC	4u

static u8 buf[MAX_LEN];
static size_t used;

static void put16(u16 value)
{
	buf[used++] = value;
	buf[used++] = value >> 8;
}

static void context_begin(u16 type, u16 len)
{
	while (used % 8)
		buf[used++] = 0;
	put16(type);
	put16(len);
	put16(0);
	put16(0);
}

static void put_other(u16 type, u16 len)
{
	context_begin(type, len);
	memset(buf + used, 0x5a, len);
	used += len;
}

/* One whose DataLength and count need not be what its data is. */
static void put_signing(u16 len, u16 count, int n, const u16 *algs)
{
	context_begin(SMBSIGN_CONTEXT_SIGNING, len);
	put16(count);
	for (; n; n--)
		put16(*algs++);
}

static void request_begin(u16 contexts)
{
	struct smbsign_negotiate_req *req = (void *)buf;

	memset(buf, 0, sizeof(buf));
	req->hdr.protocol = cpu_to_le32(SMBSIGN_PROTO_SMB2);
	req->structure_size = cpu_to_le16(36);
	req->dialect_count = cpu_to_le16(3);
	used = REQ_LEN;
	put16(SMBSIGN_DIALECT_21);
	put16(SMBSIGN_DIALECT_302);
	put16(SMBSIGN_DIALECT_311);
	while (used % 8)
		used++;
	req->context_offset = cpu_to_le32(used);
	req->context_count = cpu_to_le16(contexts);
}

static void response_begin(u16 contexts)
{
	struct smbsign_negotiate_rsp *rsp = (void *)buf;

	memset(buf, 0, sizeof(buf));
	rsp->hdr.protocol = cpu_to_le32(SMBSIGN_PROTO_SMB2);
	rsp->structure_size = cpu_to_le16(65);
	rsp->dialect = cpu_to_le16(SMBSIGN_DIALECT_311);
	rsp->security_offset = cpu_to_le16(RSP_LEN);
	rsp->security_length = cpu_to_le16(74);
	used = RSP_LEN + 80;
	rsp->context_offset = cpu_to_le32(used);
	rsp->context_count = cpu_to_le16(contexts);
}

static bool valid_of(const void *msg, size_t len)
{
	void *copy = fuzz_copy(msg, len);
	bool valid = smbsign_negotiate_contexts_valid(copy, len);

	free(copy);
	return valid;
}

static bool signing_of(const void *msg, size_t len, u32 *offered)
{
	void *copy = fuzz_copy(msg, len);
	bool there = smbsign_negotiate_signing(copy, len, offered);

	free(copy);
	return there;
}

static bool offers_of(size_t len, u16 dialect)
{
	void *copy = fuzz_copy(buf, len);
	bool there = smbsign_negotiate_offers(copy, len, dialect);

	free(copy);
	return there;
}

static void dialects(void)
{
	size_t end = REQ_LEN + 6;
	size_t len;

	request_begin(0);
	KTAP_CHECK(offers_of(end, SMBSIGN_DIALECT_21));
	KTAP_CHECK(offers_of(end, SMBSIGN_DIALECT_302));
	KTAP_CHECK(offers_of(end, SMBSIGN_DIALECT_311));
	KTAP_CHECK(!offers_of(end, SMBSIGN_DIALECT_202));
	KTAP_CHECK(!offers_of(end, SMBSIGN_DIALECT_30));
	for (len = 0; len < end; len++)
		KTAP_CHECK(!offers_of(len, SMBSIGN_DIALECT_21));
	((struct smbsign_negotiate_req *)buf)->dialect_count = 0;
	KTAP_CHECK(!offers_of(end, SMBSIGN_DIALECT_21));
}

struct offer {
	const char *name;
	u16 len;		/* DataLength of the signing context */
	u16 count;
	int n;
	u16 algs[5];
	bool valid;
	u32 offered;
};

static const struct offer offers[] = {
	{ "one", 4, 1, 1, { 1 }, true, CMAC },
	{ "all", 8, 3, 3, { 2, 1, 0 }, true, HMAC | CMAC | GMAC },
	{ "unknown", 4, 1, 1, { 77 }, true, 0 },
	{ "unknown that looks known in 5 bits", 4, 1, 1, { 34 }, true, 0 },
	{ "known and unknown", 8, 3, 3, { 0xffff, 2, 32 }, true, GMAC },
	{ "twice the same", 6, 2, 2, { 2, 2 }, true, GMAC },
	{ "more data than algorithms", 10, 1, 4, { 2, 1, 0, 0 }, true, GMAC },
	{ "odd length", 5, 1, 2, { 2, 0 }, true, GMAC },
	{ "none", 4, 0, 1, { 1 }, false, 0 },
	{ "no data", 0, 0, 0, { 0 }, false, 0 },
	{ "count alone", 2, 1, 0, { 0 }, false, 0 },
	{ "half an algorithm", 3, 1, 1, { 1 }, false, 0 },
	{ "one and a half", 5, 2, 2, { 1, 2 }, false, 0 },
	{ "one too few", 6, 3, 3, { 2, 1, 0 }, false, 0 },
	{ "count huge", 8, 0xffff, 3, { 2, 1, 0 }, false, 0 },
	{ "not within the message", 100, 1, 1, { 1 }, false, 0 },
	{ "length huge", 0xffff, 1, 1, { 1 }, false, 0 },
};

static void offer_table(void)
{
	const struct offer *o;
	u32 offered;
	bool valid, there;

	for (o = offers; o < offers + ARRAY_SIZE(offers); o++) {
		request_begin(2);
		put_other(SMBSIGN_CONTEXT_PREAUTH, 38);
		put_signing(o->len, o->count, o->n, o->algs);
		valid = valid_of(buf, used);
		there = signing_of(buf, used, &offered);
		if (valid != o->valid || offered != o->offered)
			printf("# %s: %d %x\n", o->name, valid, offered);
		KTAP_CHECK(valid == o->valid && there == o->valid);
		KTAP_CHECK(offered == o->offered);
	}
}

static const u16 all_algs[] = { 2, 1, 0 };

/* Lengths at which a part of the request is cut off. */
static void truncated(void)
{
	size_t len, contexts;
	u32 offered;

	request_begin(3);
	contexts = used;
	put_other(SMBSIGN_CONTEXT_PREAUTH, 38);
	put_signing(8, 3, 3, all_algs);
	put_other(SMBSIGN_CONTEXT_ENCRYPTION, 4);
	for (len = 0; len < used; len++) {
		bool before = len >= REQ_LEN && len < REQ_LEN + 6;

		/* A list of dialects that is cut off is for ksmbd to refuse. */
		KTAP_CHECK(valid_of(buf, len) == before);
		signing_of(buf, len, &offered);
		KTAP_CHECK(len >= contexts + 64 || !offered);
	}
	KTAP_CHECK(valid_of(buf, used));
	KTAP_CHECK(signing_of(buf, used, &offered));
	KTAP_CHECK(offered == (HMAC | CMAC | GMAC));
}

static void no_contexts(void)
{
	struct smbsign_negotiate_req *req = (void *)buf;
	u32 offered;

	request_begin(0);
	KTAP_CHECK(valid_of(buf, used));
	KTAP_CHECK(!signing_of(buf, used, &offered) && !offered);
	/* Without 3.1.1 these fields are ClientStartTime. */
	request_begin(0xffff);
	req->dialect_count = cpu_to_le16(2);
	req->context_offset = cpu_to_le32(0xfffffff0);
	KTAP_CHECK(valid_of(buf, used));
	KTAP_CHECK(!signing_of(buf, used, &offered) && !offered);
	req->dialect_count = cpu_to_le16(3);
	KTAP_CHECK(!valid_of(buf, used));
	KTAP_CHECK(!signing_of(buf, used, &offered) && !offered);
}

static void duplicates(void)
{
	request_begin(3);
	put_signing(4, 1, 1, all_algs);
	put_other(SMBSIGN_CONTEXT_PREAUTH, 38);
	put_signing(4, 1, 1, all_algs);
	KTAP_CHECK(!valid_of(buf, used));
	/* Not counted, so not there. */
	((struct smbsign_negotiate_req *)buf)->context_count = cpu_to_le16(2);
	KTAP_CHECK(valid_of(buf, used));
	/* Of other types ksmbd decides. */
	request_begin(3);
	put_other(SMBSIGN_CONTEXT_PREAUTH, 38);
	put_other(SMBSIGN_CONTEXT_PREAUTH, 38);
	put_signing(4, 1, 1, all_algs);
	KTAP_CHECK(valid_of(buf, used));
}

static void many_contexts(void)
{
	int i, n;

	for (n = 31; n <= 33; n++) {
		request_begin(n);
		for (i = 0; i < n - 1; i++)
			put_other(100, 0);
		put_signing(4, 1, 1, all_algs);
		KTAP_CHECK(valid_of(buf, used) == (n <= 32));
	}
}

/* As a client would: the one algorithm of the one context, or -1. */
static int answered(const u8 *msg, size_t len)
{
	const struct smbsign_negotiate_rsp *rsp = (const void *)msg;
	size_t at = le32_to_cpu(rsp->context_offset);
	u16 n = le16_to_cpu(rsp->context_count);
	int alg = -1;

	for (; n; n--) {
		size_t data_len;

		at = (at + 7) & ~7ull;
		if (at > len || len - at < 8)
			return -1;
		data_len = msg[at + 2] | msg[at + 3] << 8;
		if (data_len > len - at - 8)
			return -1;
		if ((msg[at] | msg[at + 1] << 8) == SMBSIGN_CONTEXT_SIGNING) {
			if (alg >= 0 || data_len < 4 || msg[at + 8] != 1 ||
			    msg[at + 9])
				return -1;
			alg = msg[at + 10] | msg[at + 11] << 8;
		}
		at += 8 + data_len;
	}
	return alg;
}

static void answer_added(void)
{
	size_t room, want, len;
	u8 *msg;
	int alg;

	for (room = 0; room < 24; room++) {
		response_begin(2);
		put_other(SMBSIGN_CONTEXT_PREAUTH, 38);
		put_other(SMBSIGN_CONTEXT_ENCRYPTION, 4);
		want = ((used + 7) & ~7ull) + 12;
		msg = fuzz_copy(buf, used + room);
		len = smbsign_negotiate_answer(msg, used, used + room, 2);
		alg = len ? answered(msg, len) : -1;
		if (!len)
			alg = memcmp(msg, buf, used) ? 99 : 2;
		free(msg);
		KTAP_CHECK(len == (used + room >= want ? want : 0));
		KTAP_CHECK(alg == 2);
	}
}

/* What lies between the contexts and the new one is sent: it must be zero. */
static void answer_pads(void)
{
	size_t end, len;

	response_begin(1);
	put_other(SMBSIGN_CONTEXT_ENCRYPTION, 3);
	end = used;
	memset(buf + end, 0xee, 64);
	len = smbsign_negotiate_answer(buf, end, sizeof(buf), 1);
	KTAP_CHECK(len == end + 5 + 12 && answered(buf, len) == 1);
	KTAP_CHECK(!memcmp(buf + end, "\0\0\0\0", 5));
	KTAP_CHECK(!memcmp(buf + end + 5, "\x08\0\x04\0\0\0\0\0\1\0\1\0", 12));
	KTAP_CHECK(buf[len] == 0xee);
}

static void answer_replaced(void)
{
	size_t len;
	u8 *msg;
	int alg;

	response_begin(3);
	put_other(SMBSIGN_CONTEXT_PREAUTH, 38);
	put_signing(4, 1, 1, all_algs + 1);
	put_other(SMBSIGN_CONTEXT_ENCRYPTION, 4);
	msg = fuzz_copy(buf, used);
	len = smbsign_negotiate_answer(msg, used, used, 2);
	alg = len ? answered(msg, len) : -1;
	free(msg);
	KTAP_CHECK(len == used && alg == 2);
}

static void answer_refused(void)
{
	struct smbsign_negotiate_rsp *rsp = (void *)buf;

	response_begin(1);
	put_signing(2, 1, 1, all_algs);
	KTAP_CHECK(!smbsign_negotiate_answer(buf, used, MAX_LEN, 2));
	response_begin(2);
	put_signing(4, 1, 1, all_algs);
	put_signing(4, 1, 1, all_algs);
	KTAP_CHECK(!smbsign_negotiate_answer(buf, used, MAX_LEN, 2));
	response_begin(0);
	KTAP_CHECK(!smbsign_negotiate_answer(buf, used, MAX_LEN, 2));
	response_begin(1);
	put_other(SMBSIGN_CONTEXT_PREAUTH, 38);
	KTAP_CHECK(!smbsign_negotiate_answer(buf, RSP_LEN - 1, MAX_LEN, 2));
	KTAP_CHECK(!smbsign_negotiate_answer(buf, used - 1, MAX_LEN, 2));
	rsp->context_offset = cpu_to_le32(0xffffffff);
	KTAP_CHECK(!smbsign_negotiate_answer(buf, used, MAX_LEN, 2));
	/* Whoever reads it would look for the new context before the rest. */
	response_begin(1);
	put_other(SMBSIGN_CONTEXT_PREAUTH, 38);
	KTAP_CHECK(!smbsign_negotiate_answer(buf, used + 16, MAX_LEN, 2));
	KTAP_CHECK(rsp->context_count == cpu_to_le16(1));
}

struct offering {
	const char *name;
	int before, after;	/* other contexts around that of signing */
	int n;			/* algorithms that are there, or no context */
	u16 last;		/* DataLength of the last other context */
};

static const struct offering offerings[] = {
	{ "none there", 3, 0, 0, 8 },
	{ "none there, odd end", 2, 0, 0, 5 },
	{ "last", 2, 0, 1, 8 },
	{ "last after an odd one", 2, 0, 3, 3 },
	{ "first", 0, 2, 2, 6 },
	{ "middle", 1, 1, 1, 1 },
	{ "alone", 0, 0, 1, 0 },
};

static void put_offering(const struct offering *o)
{
	int i;

	request_begin(o->before + o->after + !!o->n);
	for (i = 0; i < o->before; i++)
		put_other(1, i == o->before - 1 ? o->last : 38);
	if (o->n)
		put_signing(2 + 2 * o->n, o->n, o->n, all_algs);
	for (i = 0; i < o->after; i++)
		put_other(2, i == o->after - 1 ? o->last : 38);
}

static void offers_made(void)
{
	static const u8 gmac_hmac[] = { 2, 0 };
	struct smbsign_negotiate_req *req = (void *)buf;
	const struct offering *o;
	size_t room, len;
	u32 offered;
	u8 *msg;

	for (o = offerings; o < offerings + ARRAY_SIZE(offerings); o++) {
		put_offering(o);
		room = used + 7 + 14;
		msg = fuzz_copy(buf, room);
		len = smbsign_negotiate_offer(msg, used, room, gmac_hmac, 2);
		memset(buf, 0, sizeof(buf));
		memcpy(buf, msg, len);
		free(msg);
		if (!len || len > room)
			printf("# %s: %zu bytes\n", o->name, len);
		KTAP_CHECK(len && len <= room);
		KTAP_CHECK(le16_to_cpu(req->context_count) ==
			   o->before + o->after + 1);
		KTAP_CHECK(valid_of(buf, len));
		KTAP_CHECK(signing_of(buf, len, &offered));
		KTAP_CHECK(offered == (GMAC | HMAC));
		KTAP_CHECK(!memcmp(buf + len - 6, "\2\0\2\0\0\0", 6));
	}
}

static void offers_refused(void)
{
	struct smbsign_negotiate_req *req = (void *)buf;
	static const u8 cmac = 1;

	put_offering(&offerings[0]);
	KTAP_CHECK(!smbsign_negotiate_offer(buf, used, used + 11, &cmac, 1));
	KTAP_CHECK(!smbsign_negotiate_offer(buf, used - 1, MAX_LEN, &cmac, 1));
	KTAP_CHECK(!smbsign_negotiate_offer(buf, used + 9, MAX_LEN, &cmac, 1));
	req->context_offset = cpu_to_le32(108);
	KTAP_CHECK(!smbsign_negotiate_offer(buf, used, MAX_LEN, &cmac, 1));
	request_begin(2);
	put_signing(4, 1, 1, all_algs);
	put_signing(4, 1, 1, all_algs);
	KTAP_CHECK(!smbsign_negotiate_offer(buf, used, MAX_LEN, &cmac, 1));
	/* Older dialects have no contexts. */
	put_offering(&offerings[0]);
	req->dialect_count = cpu_to_le16(2);
	KTAP_CHECK(smbsign_negotiate_offer(buf, used, used, &cmac, 1) == used);
}

static void validation(void)
{
	struct smbsign_negotiate_req *req = (void *)buf;
	struct smbsign_validate_req validate;
	u8 *copy;
	u16 n;

	for (n = 0; n <= SMBSIGN_DIALECTS_MAX + 1; n++) {
		bool fits = n <= SMBSIGN_DIALECTS_MAX;
		size_t len, want = fits ? 24 + 2 * n : 0;

		request_begin(0);
		memset(req->client_guid, 0x77, 16);
		req->dialect_count = cpu_to_le16(n);
		copy = fuzz_copy(buf, REQ_LEN + 2 * n);
		len = smbsign_negotiate_validation(copy, REQ_LEN + 2 * n,
						   &validate);
		KTAP_CHECK(len == want);
		if (n)
			len = smbsign_negotiate_validation(copy,
							   REQ_LEN + 2 * n - 1,
							   &validate);
		free(copy);
		KTAP_CHECK(!n || !len);
	}
	KTAP_CHECK(!smbsign_negotiate_validation(buf, REQ_LEN - 1, &validate));
}

static void random_contexts(void (*begin)(u16 contexts))
{
	u16 n = 1 + fuzz_below(4), algs[4], i;

	begin(n);
	for (; n; n--) {
		if (fuzz_below(3)) {
			put_other(1 + fuzz_below(7), fuzz_below(40));
			continue;
		}
		for (i = 0; i < 4; i++)
			algs[i] = fuzz_below(4);
		i = 1 + fuzz_below(4);
		put_signing(2 + 2 * i, i, i, algs);
	}
}

static void fuzz_request(void)
{
	int i, valid_ones = 0, offers_seen = 0;
	bool valid, there;
	u32 offered;
	size_t len;

	for (i = 0; i < ROUNDS; i++) {
		random_contexts(request_begin);
		fuzz_damage(buf + 64, used - 64);
		len = fuzz_below(8) ? used : fuzz_below(used);
		valid = valid_of(buf, len);
		there = signing_of(buf, len, &offered);
		KTAP_CHECK(there || !offered);
		valid_ones += valid;
		offers_seen += valid && there;
	}
	KTAP_CHECK(valid_ones > ROUNDS / 10);
	KTAP_CHECK(valid_ones < ROUNDS / 10 * 9);
	KTAP_CHECK(offers_seen > ROUNDS / 20);
}

/* Is what has come of one answer as promised? */
static bool answer_good(const u8 *msg, size_t before, size_t len, size_t room,
			u16 alg)
{
	if (!len)
		return !memcmp(msg, buf, before);
	return len >= before && len <= room && answered(msg, len) == alg;
}

static void fuzz_answer(void)
{
	size_t before, room, len;
	int i, done = 0;
	bool good;
	u16 alg;
	u8 *msg;

	for (i = 0; i < ROUNDS; i++) {
		random_contexts(response_begin);
		if (fuzz_below(2))
			fuzz_damage(buf + 64, used - 64);
		before = fuzz_below(8) ? used : fuzz_below(used);
		room = before + fuzz_below(40);
		alg = fuzz_below(3);
		msg = fuzz_copy(buf, room);
		len = smbsign_negotiate_answer(msg, before, room, alg);
		good = answer_good(msg, before, len, room, alg);
		free(msg);
		KTAP_CHECK(good);
		done += !!len;
	}
	KTAP_CHECK(done > ROUNDS / 10 && done < ROUNDS / 10 * 9);
}

/* What is offered is offered, once; or nothing is sent. */
static void fuzz_offer(void)
{
	static const u8 algs[] = { 2, 1, 0 };
	size_t before, room, len;
	int i, done = 0;
	u32 offered, n, want;
	bool good;
	u8 *msg;

	for (i = 0; i < ROUNDS; i++) {
		random_contexts(request_begin);
		if (fuzz_below(2))
			fuzz_damage(buf + REQ_LEN - 8, used - REQ_LEN + 8);
		before = fuzz_below(8) ? used : fuzz_below(used);
		room = before + fuzz_below(40);
		n = 1 + fuzz_below(3);
		want = n == 1 ? GMAC : n == 2 ? GMAC | CMAC :
			GMAC | CMAC | HMAC;
		msg = fuzz_copy(buf, room);
		len = smbsign_negotiate_offer(msg, before, room, algs, n);
		good = len <= room;
		if (good && len && smbsign_negotiate_signing(msg, len, &offered))
			good = offered == want &&
			       smbsign_negotiate_contexts_valid(msg, len);
		else if (good && len)
			good = len == before && !memcmp(msg, buf, before);
		free(msg);
		KTAP_CHECK(good);
		done += !!len;
	}
	KTAP_CHECK(done > ROUNDS / 10 && done < ROUNDS / 10 * 9);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(dialects),
	KTAP_CASE(offer_table),
	KTAP_CASE(truncated),
	KTAP_CASE(no_contexts),
	KTAP_CASE(duplicates),
	KTAP_CASE(many_contexts),
	KTAP_CASE(answer_added),
	KTAP_CASE(answer_pads),
	KTAP_CASE(answer_replaced),
	KTAP_CASE(answer_refused),
	KTAP_CASE(offers_made),
	KTAP_CASE(offers_refused),
	KTAP_CASE(validation),
	KTAP_CASE(fuzz_request),
	KTAP_CASE(fuzz_answer),
	KTAP_CASE(fuzz_offer),
};

KTAP_MAIN("negotiate", cases)
