// SPDX-License-Identifier: GPL-2.0-only
/* What layout.c makes of tables: answers, all or none, and its sentences. */

#include <smbsign/layout.h>
#include "btf_build.h"
#include "ktap.h"

static struct opened base, split;

/* Stands for btf_load.c: the sample instead of what sysfs has. */
int smbsign_btf_load(struct smbsign_btf *btf, const char *name,
		     const struct smbsign_btf *on)
{
	static struct build base_build, split_build;
	static struct sample ids;
	int err;

	if (!strcmp(name, "vmlinux")) {
		sample_base(&base_build, &ids);
		err = opened_build(&base, &base_build, NULL);
		*btf = base.btf;
		return err;
	}
	if (strcmp(name, "sample"))
		return -ENOENT;
	sample_split(&split_build, &base_build, &ids);
	err = opened_build(&split, &split_build, on);
	*btf = split.btf;
	return err;
}

void smbsign_btf_unload(struct smbsign_btf *btf)
{
	opened_free(btf->base ? &split : &base);
}

#define GOOD_FIELDS(F)							\
	F(conn, 0, "work", "conn", "struct conn *", void *)		\
	F(key, 0, "nope|work", "nokey|key", "u8 [3]|u8 [16]", u8 [16])	\
	F(sync, SMBSIGN_BIT, "work", "sync", "_Bool", u8)		\
	F(kind, 0, "work", "vals.kind", NULL, int)			\
	F(list, SMBSIGN_ADDR, "conn", "list", NULL, u8)			\
	F(gone, SMBSIGN_OPTIONAL, "work", "gone", NULL, u8)		\
	F(lost, SMBSIGN_OPTIONAL, "lost", "lost", NULL, u8)		\
	F(size, SMBSIGN_SIZEOF, "lost|work", NULL, NULL, u8)		\
	F(ready, SMBSIGN_ENUM, "status|state", "DONE|READY", NULL, u8)	\
	F(done, SMBSIGN_ENUM | SMBSIGN_OPTIONAL, "state", "DONE", NULL, u8)
#define GOOD_FUNCS(P)							\
	P(HOOK, 0, int, check, (struct work *, _Bool),			\
	  "int (void)|int (struct work *, _Bool)")			\
	P(CALL, 0, void, stop, (void))					\
	P(HOOK, SMBSIGN_OPTIONAL, void, fly, (void))			\
	P(NETFS, SMBSIGN_ELSEWHERE, int, stop_elsewhere, (void))

SMBSIGN_LAYOUT_DECLARE(good, GOOD_FIELDS, GOOD_FUNCS);
SMBSIGN_LAYOUT_DEFINE(good, "sample", GOOD_FIELDS, GOOD_FUNCS);

static void resolves(void)
{
	char why[SMBSIGN_WHY_LEN];

	KTAP_CHECK(!smbsign_layout_resolve(&smbsign_good_layout, why,
					   sizeof(why)));
	KTAP_CHECK(SMBSIGN_OFFSET(good, conn) == 0);
	KTAP_CHECK(SMBSIGN_OFFSET(good, key) == 8);
	KTAP_CHECK(SMBSIGN_OFFSET(good, sync) == 256);
	KTAP_CHECK(SMBSIGN_OFFSET(good, kind) == 28);
	KTAP_CHECK(SMBSIGN_HAS(good, list) && !SMBSIGN_HAS(good, gone));
	KTAP_CHECK(!SMBSIGN_HAS(good, lost));
	KTAP_CHECK(SMBSIGN_SIZE(good, size) == 48);
	KTAP_CHECK(SMBSIGN_VALUE(good, ready) == 3);
	KTAP_CHECK(!SMBSIGN_HAS(good, done));
	KTAP_CHECK(SMBSIGN_FORM(good, check) == 1);
	KTAP_CHECK(SMBSIGN_FORM(good, stop) == 0);
	KTAP_CHECK(SMBSIGN_FORM(good, fly) == SMBSIGN_ABSENT);
}

static void accesses(void)
{
	static u64 work[6];
	char why[SMBSIGN_WHY_LEN];

	KTAP_CHECK(!smbsign_layout_resolve(&smbsign_good_layout, why,
					   sizeof(why)));
	SMBSIGN_SET(good, work, conn, why);
	KTAP_CHECK(work[0] == (unsigned long)why);
	KTAP_CHECK(SMBSIGN_GET(good, work, conn) == why);
	((u8 *)work)[23] = 7;
	KTAP_CHECK((*SMBSIGN_PTR(good, work, key))[15] == 7);
	KTAP_CHECK(!SMBSIGN_GET_BIT(good, work, sync));
	((u8 *)work)[32] = 0xfe;
	KTAP_CHECK(!SMBSIGN_GET_BIT(good, work, sync));
	((u8 *)work)[32] = 0x81;
	KTAP_CHECK(SMBSIGN_GET_BIT(good, work, sync));
}

/* One table of one field or prototype each, and what is said about it. */
struct refusal {
	struct smbsign_field field;
	struct smbsign_proto proto;
	int err;
	const char *why;
};

static const struct refusal refusals[] = {
	{ .field = { "work", "nope", NULL, 1, 0 }, .err = -EPROTO,
	  .why = "struct work has no member nope" },
	{ .field = { "work", "nope|gone", NULL, 1, 0 }, .err = -EPROTO,
	  .why = "struct work has no member nope|gone" },
	{ .field = { "job", "conn", NULL, 8, 0 }, .err = -EPROTO,
	  .why = "there is no struct job" },
	{ .field = { "job", NULL, NULL, 1, SMBSIGN_SIZEOF }, .err = -EPROTO,
	  .why = "there is no struct job" },
	{ .field = { "work", "conn", "void *", 8, 0 }, .err = -EPROTO,
	  .why = "conn in struct work is of type struct conn *, expected void *" },
	{ .field = { "work", "conn", "struct conn", 8, SMBSIGN_OPTIONAL },
	  .err = -EPROTO,
	  .why = "conn in struct work is of type struct conn *, expected struct conn" },
	{ .field = { "work", "key", "u8 [16]", 8, 0 }, .err = -EPROTO,
	  .why = "key in struct work has 16 bytes, expected 8" },
	{ .field = { "work", "sync", NULL, 1, 0 }, .err = -EPROTO,
	  .why = "sync in struct work is a bit-field" },
	{ .field = { "work", "mode", NULL, 1, SMBSIGN_BIT }, .err = -EPROTO,
	  .why = "mode in struct work is not a bit-field of one bit" },
	{ .field = { "work", "conn", NULL, 8, SMBSIGN_BIT }, .err = -EPROTO,
	  .why = "conn in struct work is not a bit-field of one bit" },
	{ .field = { "state", "DONE", NULL, 1, SMBSIGN_ENUM }, .err = -EPROTO,
	  .why = "enum state has no member DONE" },
	{ .field = { "status", "DONE", NULL, 1, SMBSIGN_ENUM },
	  .err = -EPROTO, .why = "there is no enum status" },
	{ .field = { "state", "NEGATIVE", NULL, 1,
		     SMBSIGN_ENUM | SMBSIGN_OPTIONAL }, .err = -ERANGE,
	  .why = "cannot read enum state from BTF (error -34)" },
	{ .proto = { "fly", "void (void)", 0 }, .err = -ENOENT,
	  .why = "there is no function fly" },
	{ .proto = { "check", "int (struct work *)", 0 }, .err = -EPROTO,
	  .why = "check is int (struct work *, _Bool), expected int (struct work *)" },
	{ .proto = { "stop", "int (void)", SMBSIGN_OPTIONAL }, .err = -EPROTO,
	  .why = "stop is void (void), expected int (void)" },
};

static void refuses(void)
{
	const struct refusal *r;
	char why[SMBSIGN_WHY_LEN];
	u32 answer;

	for (r = refusals; r < refusals + ARRAY_SIZE(refusals); r++) {
		struct smbsign_layout l = {
			.module = "sample",
			.fields = &r->field,
			.offsets = &answer,
			.nr_fields = r->field.owner ? 1 : 0,
			.protos = &r->proto,
			.forms = &answer,
			.nr_protos = r->proto.func ? 1 : 0,
		};

		answer = 1234;
		why[0] = '\0';
		KTAP_CHECK(smbsign_layout_resolve(&l, why, sizeof(why)) ==
			   r->err);
		if (strcmp(why, r->why))
			printf("# %s\n", why);
		KTAP_CHECK(!strcmp(why, r->why));
		KTAP_CHECK(answer == 1234);
	}
}

#define HALF_FIELDS(F)							\
	F(tail, 0, "work", "tail", "int", int)				\
	F(nope, 0, "work", "nope", "int", int)
#define NO_FUNCS(P)

SMBSIGN_LAYOUT_DECLARE(half, HALF_FIELDS, NO_FUNCS);
SMBSIGN_LAYOUT_DEFINE(half, "sample", HALF_FIELDS, NO_FUNCS);

static void all_or_nothing(void)
{
	char why[SMBSIGN_WHY_LEN];

	SMBSIGN_OFFSET(half, tail) = 99;
	KTAP_CHECK(smbsign_layout_resolve(&smbsign_half_layout, why,
					  sizeof(why)) == -EPROTO);
	KTAP_CHECK(SMBSIGN_OFFSET(half, tail) == 99);
}

static void absent_target(void)
{
	struct smbsign_layout l = { .module = "nosuch" };
	char why[SMBSIGN_WHY_LEN];

	KTAP_CHECK(smbsign_layout_resolve(&l, why, sizeof(why)) == -ENOENT);
	KTAP_CHECK(!strcmp(why, "cannot read BTF of nosuch (error -2)"));
}

static void short_why(void)
{
	char why[8];

	KTAP_CHECK(smbsign_layout_resolve(&smbsign_half_layout, why,
					  sizeof(why)) == -EPROTO);
	KTAP_CHECK(!strcmp(why, "struct "));
}

static const struct ktap_case cases[] = {
	KTAP_CASE(resolves),
	KTAP_CASE(accesses),
	KTAP_CASE(refuses),
	KTAP_CASE(all_or_nothing),
	KTAP_CASE(absent_target),
	KTAP_CASE(short_why),
};

KTAP_MAIN("layout", cases)
