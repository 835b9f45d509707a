// SPDX-License-Identifier: GPL-2.0-only
/* What smb2/answer.c makes of the answers that set a connection up. */

#include <linux/kernel.h>
#include <smbsign/pdu.h>
#include "fuzz.h"
#include "ktap.h"

#define MAX_LEN		1024
#define ROUNDS		300000
#define REQ_LEN		sizeof(struct smbsign_negotiate_req)
#define RSP_LEN		sizeof(struct smbsign_negotiate_rsp)
#define SHA512		1
#define GCM		2

static u8 buf[MAX_LEN];
static size_t used;
static struct smbsign_offer offer;

static void put16(u16 value)
{
	buf[used++] = value;
	buf[used++] = value >> 8;
}

/* A context of 16-bit numbers, whose DataLength need not be theirs. */
static void put_context(u16 type, u16 len, int n, const u16 *numbers)
{
	while (used % 8)
		buf[used++] = 0;
	put16(type);
	put16(len);
	put16(0);
	put16(0);
	for (; n; n--)
		put16(*numbers++);
}

static void put_hash(u16 id)
{
	put_context(SMBSIGN_CONTEXT_PREAUTH, 8, 4, (u16[]){ 1, 2, id, 0x5a5a });
}

static void put_one(u16 type, u16 id)
{
	put_context(type, 4, 2, (u16[]){ 1, id });
}

/* What cifs.ko and we offer, from @dialects on. */
static void make_offer(int n, const u16 *dialects)
{
	struct smbsign_negotiate_req *req = (void *)buf;

	memset(buf, 0, sizeof(buf));
	req->security_mode = cpu_to_le16(SMBSIGN_SECMODE_REQUIRED);
	req->capabilities = cpu_to_le32(0x7f);
	memset(req->client_guid, 0x77, 16);
	req->dialect_count = cpu_to_le16(n);
	used = REQ_LEN;
	for (; n; n--)
		put16(*dialects++);
	while (used % 8)
		used++;
	req->context_offset = cpu_to_le32(used);
	req->context_count = cpu_to_le16(3);
	put_hash(SHA512);
	put_context(SMBSIGN_CONTEXT_ENCRYPTION, 6, 3, (u16[]){ 2, GCM, 1 });
	put_context(SMBSIGN_CONTEXT_SIGNING, 6, 3, (u16[]){ 2, 2, 1 });
	smbsign_offer_read(&offer, buf, used);
}

static void offer_all(void)
{
	make_offer(4, (u16[]){ SMBSIGN_DIALECT_21, SMBSIGN_DIALECT_30,
			       SMBSIGN_DIALECT_302, SMBSIGN_DIALECT_311 });
}

static void answer_begin(u16 dialect, u16 contexts)
{
	struct smbsign_negotiate_rsp *rsp = (void *)buf;

	memset(buf, 0, sizeof(buf));
	rsp->security_mode = cpu_to_le16(SMBSIGN_SECMODE_ENABLED);
	rsp->dialect = cpu_to_le16(dialect);
	rsp->capabilities = cpu_to_le32(0x2f);
	memset(rsp->server_guid, 0x55, 16);
	used = RSP_LEN + 80;
	rsp->context_offset = cpu_to_le32(used);
	rsp->context_count = cpu_to_le16(contexts);
}

static enum smbsign_answer_fault read_of(struct smbsign_answer *answer,
					 size_t len)
{
	void *copy = fuzz_copy(buf, len);
	enum smbsign_answer_fault fault =
		smbsign_answer_read(answer, &offer, copy, len);

	free(copy);
	return fault;
}

static enum smbsign_answer_fault fault_of(size_t len)
{
	struct smbsign_answer answer;

	return read_of(&answer, len);
}

static void offers(void)
{
	struct smbsign_validate_req req;
	size_t len;

	offer_all();
	KTAP_CHECK(offer.n_dialects == 4 &&
		   offer.dialects[3] == SMBSIGN_DIALECT_311);
	KTAP_CHECK(offer.hashes == 1 << SHA512);
	KTAP_CHECK(offer.ciphers == (1 << GCM | 1 << 1));
	KTAP_CHECK(offer.algorithms == (1 << 2 | 1 << 1));
	KTAP_CHECK(smbsign_offer_validation(&offer, &req) == 24 + 8);
	KTAP_CHECK(req.dialect_count == cpu_to_le16(4) &&
		   req.capabilities == cpu_to_le32(0x7f) &&
		   req.dialects[0] == cpu_to_le16(SMBSIGN_DIALECT_21));
	/* Without SMB 3.1.1 there are no contexts. */
	make_offer(1, (u16[]){ SMBSIGN_DIALECT_302 });
	KTAP_CHECK(offer.n_dialects == 1 && !offer.hashes && !offer.ciphers &&
		   !offer.algorithms);
	for (len = 0; len < REQ_LEN; len++) {
		void *copy = fuzz_copy(buf, len);

		smbsign_offer_read(&offer, copy, len);
		free(copy);
		KTAP_CHECK(!offer.n_dialects);
	}
}

static void good_answers(void)
{
	struct smbsign_answer answer;

	offer_all();
	answer_begin(SMBSIGN_DIALECT_311, 3);
	put_hash(SHA512);
	put_one(SMBSIGN_CONTEXT_ENCRYPTION, GCM);
	put_one(SMBSIGN_CONTEXT_SIGNING, SMBSIGN_WIRE_AES_GMAC);
	KTAP_CHECK(read_of(&answer, used) == SMBSIGN_ANSWER_GOOD);
	KTAP_CHECK(answer.dialect == SMBSIGN_DIALECT_311 &&
		   answer.alg == SMBSIGN_WIRE_AES_GMAC &&
		   answer.cipher == GCM && answer.capabilities == 0x2f &&
		   answer.security_mode == SMBSIGN_SECMODE_ENABLED &&
		   answer.guid[15] == 0x55);
	KTAP_CHECK(smbsign_answer_can_encrypt(&answer));
	/* Without a signing context it is AES-CMAC; cipher 0 is none. */
	answer_begin(SMBSIGN_DIALECT_311, 2);
	put_one(SMBSIGN_CONTEXT_ENCRYPTION, 0);
	put_hash(SHA512);
	KTAP_CHECK(read_of(&answer, used) == SMBSIGN_ANSWER_GOOD);
	KTAP_CHECK(answer.alg == SMBSIGN_WIRE_AES_CMAC && !answer.cipher);
	KTAP_CHECK(!smbsign_answer_can_encrypt(&answer));
	/* Below, what looks like contexts is not. */
	answer_begin(SMBSIGN_DIALECT_302, 0xffff);
	KTAP_CHECK(read_of(&answer, RSP_LEN) == SMBSIGN_ANSWER_GOOD);
	KTAP_CHECK(answer.alg == SMBSIGN_WIRE_AES_CMAC);
	KTAP_CHECK(!smbsign_answer_can_encrypt(&answer));
	answer_begin(SMBSIGN_DIALECT_21, 0);
	KTAP_CHECK(read_of(&answer, RSP_LEN) == SMBSIGN_ANSWER_GOOD);
	KTAP_CHECK(answer.alg == SMBSIGN_WIRE_HMAC_SHA256);
}

static void bad_dialects(void)
{
	struct smbsign_answer answer;
	size_t len;

	offer_all();
	answer_begin(SMBSIGN_DIALECT_202, 0);
	KTAP_CHECK(read_of(&answer, RSP_LEN) == SMBSIGN_ANSWER_DIALECT);
	KTAP_CHECK(!answer.dialect);
	answer_begin(0x0312, 0);
	KTAP_CHECK(fault_of(RSP_LEN) == SMBSIGN_ANSWER_DIALECT);
	answer_begin(SMBSIGN_DIALECT_302, 0);
	((struct smbsign_negotiate_rsp *)buf)->security_mode = 0;
	KTAP_CHECK(read_of(&answer, RSP_LEN) == SMBSIGN_ANSWER_CANNOT_SIGN);
	KTAP_CHECK(!answer.dialect);
	for (len = 0; len < RSP_LEN; len++)
		KTAP_CHECK(fault_of(len) == SMBSIGN_ANSWER_SHORT);
}

struct one {
	const char *name;
	u16 type;
	u16 len;
	int n;
	u16 numbers[5];
	enum smbsign_answer_fault fault;
};

#define SIGNING SMBSIGN_CONTEXT_SIGNING
#define ENCRYPTION SMBSIGN_CONTEXT_ENCRYPTION
#define PREAUTH SMBSIGN_CONTEXT_PREAUTH

/* Next to the right hash, or instead of it. */
static const struct one ones[] = {
	{ "GMAC", SIGNING, 4, 2, { 1, 2 }, SMBSIGN_ANSWER_GOOD },
	{ "HMAC, not offered", SIGNING, 4, 2, { 1, 0 }, SMBSIGN_ANSWER_ALGORITHM },
	{ "unknown", SIGNING, 4, 2, { 1, 77 }, SMBSIGN_ANSWER_ALGORITHM },
	{ "known in 5 bits", SIGNING, 4, 2, { 1, 34 }, SMBSIGN_ANSWER_ALGORITHM },
	{ "two", SIGNING, 6, 3, { 2, 2, 1 }, SMBSIGN_ANSWER_ALGORITHM },
	{ "twice one", SIGNING, 6, 3, { 2, 2, 2 }, SMBSIGN_ANSWER_ALGORITHM },
	{ "none", SIGNING, 4, 2, { 0, 2 }, SMBSIGN_ANSWER_ALGORITHM },
	{ "no data", SIGNING, 0, 0, { 0 }, SMBSIGN_ANSWER_ALGORITHM },
	{ "short", SIGNING, 3, 2, { 1, 2 }, SMBSIGN_ANSWER_ALGORITHM },
	{ "not inside", SIGNING, 400, 2, { 1, 2 }, SMBSIGN_ANSWER_CONTEXTS },
	{ "cipher", ENCRYPTION, 4, 2, { 1, 1 }, SMBSIGN_ANSWER_GOOD },
	{ "cipher not offered", ENCRYPTION, 4, 2, { 1, 4 }, SMBSIGN_ANSWER_CIPHER },
	{ "two ciphers", ENCRYPTION, 6, 3, { 2, 1, 2 }, SMBSIGN_ANSWER_CIPHER },
	{ "hash twice", PREAUTH, 8, 4, { 1, 2, SHA512, 0 }, SMBSIGN_ANSWER_CONTEXTS },
	{ "unknown context", 100, 4, 2, { 7, 7 }, SMBSIGN_ANSWER_GOOD },
};

static void single_contexts(void)
{
	const struct one *one;
	enum smbsign_answer_fault fault;

	offer_all();
	for (one = ones; one < ones + ARRAY_SIZE(ones); one++) {
		answer_begin(SMBSIGN_DIALECT_311, 2);
		put_hash(SHA512);
		put_context(one->type, one->len, one->n, one->numbers);
		fault = fault_of(used);
		if (fault != one->fault)
			printf("# %s: %d\n", one->name, fault);
		KTAP_CHECK(fault == one->fault);
	}
}

static void hashes(void)
{
	offer_all();
	answer_begin(SMBSIGN_DIALECT_311, 1);
	put_one(SIGNING, 2);
	KTAP_CHECK(fault_of(used) == SMBSIGN_ANSWER_CONTEXTS);
	answer_begin(SMBSIGN_DIALECT_311, 1);
	put_hash(2);
	KTAP_CHECK(fault_of(used) == SMBSIGN_ANSWER_HASH);
	answer_begin(SMBSIGN_DIALECT_311, 1);
	put_context(PREAUTH, 6, 3, (u16[]){ 1, 2, SHA512 });
	KTAP_CHECK(fault_of(used) == SMBSIGN_ANSWER_GOOD);
	KTAP_CHECK(fault_of(used - 1) == SMBSIGN_ANSWER_CONTEXTS);
	answer_begin(SMBSIGN_DIALECT_311, 1);
	put_context(PREAUTH, 4, 2, (u16[]){ 1, 2 });
	KTAP_CHECK(fault_of(used) == SMBSIGN_ANSWER_HASH);
	answer_begin(SMBSIGN_DIALECT_311, 0);
	KTAP_CHECK(fault_of(used) == SMBSIGN_ANSWER_CONTEXTS);
}

static void many_contexts(void)
{
	int i, n;

	offer_all();
	for (n = 15; n <= 17; n++) {
		answer_begin(SMBSIGN_DIALECT_311, n);
		put_hash(SHA512);
		for (i = 1; i < n; i++)
			put_context(100, 0, 0, NULL);
		KTAP_CHECK(fault_of(used) == (n <= 16 ? SMBSIGN_ANSWER_GOOD :
						       SMBSIGN_ANSWER_CONTEXTS));
	}
}

static void channels(void)
{
	struct smbsign_answer first, other;

	offer_all();
	answer_begin(SMBSIGN_DIALECT_302, 0);
	read_of(&first, RSP_LEN);
	other = first;
	KTAP_CHECK(smbsign_answer_same(&first, &other));
	other.dialect = SMBSIGN_DIALECT_30;
	KTAP_CHECK(!smbsign_answer_same(&first, &other));
	other = first;
	other.capabilities ^= SMBSIGN_CAP_ENCRYPTION;
	KTAP_CHECK(!smbsign_answer_same(&first, &other));
	other = first;
	other.security_mode ^= SMBSIGN_SECMODE_REQUIRED;
	KTAP_CHECK(!smbsign_answer_same(&first, &other));
	other = first;
	other.guid[15]++;
	KTAP_CHECK(!smbsign_answer_same(&first, &other));
}

static void validation_begin(struct smbsign_answer *answer, u16 dialect)
{
	struct smbsign_ioctl_rsp *rsp = (void *)buf;
	struct smbsign_validate_rsp *got = (void *)(rsp + 1);

	offer_all();
	answer_begin(dialect, 0);
	read_of(answer, RSP_LEN);
	memset(buf, 0, sizeof(buf));
	rsp->output_offset = cpu_to_le32(sizeof(*rsp));
	rsp->output_count = cpu_to_le32(sizeof(*got));
	got->capabilities = cpu_to_le32(answer->capabilities);
	memcpy(got->guid, answer->guid, sizeof(got->guid));
	got->security_mode = cpu_to_le16(answer->security_mode);
	got->dialect = cpu_to_le16(answer->dialect);
	used = sizeof(*rsp) + sizeof(*got);
}

static enum smbsign_answer_fault
validation_of(const struct smbsign_answer *answer, size_t len)
{
	void *copy = fuzz_copy(buf, len);
	enum smbsign_answer_fault fault =
		smbsign_validation_read(answer, copy, len);

	free(copy);
	return fault;
}

static void validations(void)
{
	struct smbsign_ioctl_rsp *rsp = (void *)buf;
	struct smbsign_answer answer;
	size_t len, at;

	validation_begin(&answer, SMBSIGN_DIALECT_302);
	KTAP_CHECK(validation_of(&answer, used) == SMBSIGN_ANSWER_GOOD);
	for (len = 0; len < used; len++)
		KTAP_CHECK(validation_of(&answer, len) == SMBSIGN_ANSWER_SHORT);
	for (at = sizeof(*rsp); at < used; at++) {
		buf[at] ^= 0x40;
		KTAP_CHECK(validation_of(&answer, used) ==
			   SMBSIGN_ANSWER_DIFFERS);
		buf[at] ^= 0x40;
	}
	rsp->output_count = cpu_to_le32(23);
	KTAP_CHECK(validation_of(&answer, used) == SMBSIGN_ANSWER_SHORT);
	rsp->output_count = cpu_to_le32(24);
	rsp->output_offset = cpu_to_le32(0xffffffff);
	KTAP_CHECK(validation_of(&answer, used) == SMBSIGN_ANSWER_SHORT);
}

/* Good but for where it comes from, and an error that would be fine. */
static void validation_in_compound(void)
{
	struct smbsign_hdr *hdr = (void *)buf;
	struct smbsign_answer answer, old;

	validation_begin(&answer, SMBSIGN_DIALECT_302);
	hdr->next_command = cpu_to_le32(used);
	KTAP_CHECK(validation_of(&answer, used) == SMBSIGN_ANSWER_DIFFERS);
	hdr->next_command = 0;
	hdr->flags = cpu_to_le32(SMBSIGN_FLAG_RESPONSE | SMBSIGN_FLAG_SIGNED);
	KTAP_CHECK(validation_of(&answer, used) == SMBSIGN_ANSWER_GOOD);
	hdr->flags |= cpu_to_le32(SMBSIGN_FLAG_RELATED);
	KTAP_CHECK(validation_of(&answer, used) == SMBSIGN_ANSWER_DIFFERS);
	validation_begin(&old, SMBSIGN_DIALECT_21);
	hdr->status = cpu_to_le32(SMBSIGN_STATUS_INVALID_PARAMETER);
	hdr->flags = cpu_to_le32(SMBSIGN_FLAG_RELATED);
	KTAP_CHECK(validation_of(&old, used) == SMBSIGN_ANSWER_DIFFERS);
}

static void validation_errors(void)
{
	static const u32 known[] = {
		SMBSIGN_STATUS_FILE_CLOSED,
		SMBSIGN_STATUS_INVALID_DEVICE_REQUEST,
		SMBSIGN_STATUS_FS_DRIVER_REQUIRED,
		SMBSIGN_STATUS_NOT_SUPPORTED,
		SMBSIGN_STATUS_INVALID_PARAMETER,
	};
	struct smbsign_hdr *hdr = (void *)buf;
	struct smbsign_answer old, new;
	size_t i;

	validation_begin(&new, SMBSIGN_DIALECT_30);
	validation_begin(&old, SMBSIGN_DIALECT_21);
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		hdr->status = cpu_to_le32(known[i]);
		KTAP_CHECK(validation_of(&old, 73) == SMBSIGN_ANSWER_GOOD);
		KTAP_CHECK(validation_of(&new, 73) == SMBSIGN_ANSWER_ERROR);
	}
	hdr->status = cpu_to_le32(SMBSIGN_STATUS_ACCESS_DENIED);
	KTAP_CHECK(validation_of(&old, used) == SMBSIGN_ANSWER_ERROR);
	KTAP_CHECK(validation_of(&new, used) == SMBSIGN_ANSWER_ERROR);
	hdr->status = cpu_to_le32(1);
	KTAP_CHECK(validation_of(&old, used) == SMBSIGN_ANSWER_ERROR);
}

static void setups(void)
{
	struct smbsign_setup_rsp *rsp = (void *)buf;
	u16 flags = 0;
	size_t len;

	memset(buf, 0, sizeof(buf));
	rsp->session_flags = cpu_to_le16(SMBSIGN_SETUP_RSP_GUEST);
	for (len = 0; len <= sizeof(*rsp); len++) {
		void *copy = fuzz_copy(buf, len);

		KTAP_CHECK(smbsign_setup_answer_read(copy, len, &flags) ==
			   (len == sizeof(*rsp)));
		free(copy);
	}
	KTAP_CHECK(flags == SMBSIGN_SETUP_RSP_GUEST);
}

static void random_answer(void)
{
	u16 n = 1 + fuzz_below(4);

	answer_begin(fuzz_below(8) ? SMBSIGN_DIALECT_311 : SMBSIGN_DIALECT_30,
		     n);
	put_hash(1 + !fuzz_below(8));
	while (--n)
		put_one(1 + fuzz_below(8), fuzz_below(4));
	fuzz_damage(buf + 64, used - 64);
}

/* What is accepted was offered, whatever came. */
static void fuzz_answer(void)
{
	struct smbsign_answer answer;
	int i, good = 0;
	size_t len;

	offer_all();
	for (i = 0; i < ROUNDS; i++) {
		random_answer();
		len = fuzz_below(8) ? used : fuzz_below(used);
		if (read_of(&answer, len) != SMBSIGN_ANSWER_GOOD)
			continue;
		good++;
		KTAP_CHECK(answer.dialect == SMBSIGN_DIALECT_311 ||
			   answer.dialect == SMBSIGN_DIALECT_30 ||
			   answer.dialect == SMBSIGN_DIALECT_302 ||
			   answer.dialect == SMBSIGN_DIALECT_21);
		KTAP_CHECK(answer.security_mode & 3);
		if (answer.dialect == SMBSIGN_DIALECT_311)
			KTAP_CHECK(offer.algorithms & 1 << answer.alg &&
				   (offer.ciphers | 1) & 1 << answer.cipher);
	}
	KTAP_CHECK(good > ROUNDS / 20 && good < ROUNDS / 10 * 9);
}

static void fuzz_validation(void)
{
	struct smbsign_answer answer;
	int i, good = 0;
	size_t len;

	for (i = 0; i < ROUNDS; i++) {
		validation_begin(&answer, SMBSIGN_DIALECT_302);
		if (fuzz_below(2))
			fuzz_damage(buf + 64, used - 64);
		len = fuzz_below(8) ? used : fuzz_below(used);
		good += validation_of(&answer, len) == SMBSIGN_ANSWER_GOOD;
	}
	KTAP_CHECK(good > ROUNDS / 10 && good < ROUNDS / 10 * 9);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(offers),
	KTAP_CASE(good_answers),
	KTAP_CASE(bad_dialects),
	KTAP_CASE(single_contexts),
	KTAP_CASE(hashes),
	KTAP_CASE(many_contexts),
	KTAP_CASE(channels),
	KTAP_CASE(validations),
	KTAP_CASE(validation_in_compound),
	KTAP_CASE(validation_errors),
	KTAP_CASE(setups),
	KTAP_CASE(fuzz_answer),
	KTAP_CASE(fuzz_validation),
};

KTAP_MAIN("answer", cases)
