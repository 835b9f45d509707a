// SPDX-License-Identifier: GPL-2.0-only
/*
 * Damaged blobs: nothing is asked of the answers, but that they come, and that
 * the sanitizers have nothing to say. Seeds are fixed, so a failure repeats.
 */

#include "btf_build.h"
#include "ktap.h"

#define SYNTHETIC_ROUNDS	100000
#define REAL_ROUNDS		500
#define MAX_DAMAGES		8

static struct build base_build, split_build;
static u32 seed;

static u32 next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static const char * const owners[] = {
	"work", "conn", "hidden", "list_head", "onlyfwd",
	"ksmbd_work", "ksmbd_conn", "TCP_Server_Info",
};

static const char * const paths[] = {
	"conn", "key", "vals.kind", "sync", "list.prev", "nope", "tail",
	"srv_mutex.wait_lock", "vals",
};

static const char * const funcs[] = {
	"check", "stop", "log", "smb2_is_sign_req", "smb2_check_sign_req",
};

static const char * const enums[] = { "state", "colour", "big", "statusEnum" };

static const char * const values[] = {
	"NEW", "NEGATIVE", "RED", "SMALL", "BIG", "CifsNeedNegotiate", "nope",
};

/* Every look-up there is, the ids at both ends of the blob among them. */
static void look_up(const struct smbsign_btf *btf)
{
	struct smbsign_btf_member m;
	char text[SMBSIGN_BTF_PROTO_LEN];
	u32 size, i;
	size_t o, p;

	for (o = 0; o < ARRAY_SIZE(owners); o++) {
		smbsign_btf_struct_size(btf, owners[o], &size);
		for (p = 0; p < ARRAY_SIZE(paths); p++) {
			if (smbsign_btf_member(btf, owners[o], paths[p], &m))
				continue;
			smbsign_btf_type_name(btf, m.type, text, 16);
		}
	}
	for (p = 0; p < ARRAY_SIZE(funcs); p++)
		smbsign_btf_proto(btf, funcs[p], text, sizeof(text));
	for (o = 0; o < ARRAY_SIZE(enums); o++) {
		for (p = 0; p < ARRAY_SIZE(values); p++)
			smbsign_btf_enum(btf, enums[o], values[p], &size);
	}
	for (i = 0; i < 64; i++) {
		smbsign_btf_type_name(btf, i, text, sizeof(text));
		smbsign_btf_type_name(btf, btf->first_id + btf->nr_types - i,
				      text, sizeof(text));
	}
}

static void try_blob(const void *data, size_t len,
		     const struct smbsign_btf *base)
{
	struct opened o;

	if (!opened_copy(&o, data, len, base))
		look_up(&o.btf);
	opened_free(&o);
}

static void damage(u8 *data, size_t len)
{
	static const u32 words[] = { 0, 1, 0xff, 0x7fffffff, ~0U };
	u32 n = 1 + next_random() % MAX_DAMAGES;
	size_t at;

	while (n--) {
		at = next_random() % len;
		switch (next_random() % 4) {
		case 0:
			data[at] ^= 1 << next_random() % 8;
			break;
		case 1:
			data[at] = next_random();
			break;
		case 2:
			data[at / 4 * 4] += next_random() % 8;
			break;
		default:
			at = at / 4 * 4;
			if (at + 4 <= len)
				memcpy(data + at, &words[next_random() % 5], 4);
		}
	}
}

static void try_damaged(const void *intact, size_t len,
			const struct smbsign_btf *base, u32 rounds)
{
	u8 *data = malloc(len);

	while (rounds--) {
		memcpy(data, intact, len);
		damage(data, len);
		try_blob(data, len, base);
	}
	free(data);
}

static void build_samples(struct opened *base, struct opened *split)
{
	struct sample ids;

	seed = 0x534d4253;
	memset(split, 0, sizeof(*split));
	sample_base(&base_build, &ids);
	KTAP_CHECK(!opened_build(base, &base_build, NULL));
	sample_split(&split_build, &base_build, &ids);
	KTAP_CHECK(!opened_build(split, &split_build, &base->btf));
}

static void truncated(void)
{
	struct opened base, split;
	size_t len;

	build_samples(&base, &split);
	for (len = 0; len < base.len; len++)
		try_blob(base.data, len, NULL);
	for (len = 0; len < split.len; len++)
		try_blob(split.data, len, &base.btf);
	opened_free(&split);
	opened_free(&base);
}

static void every_bit(void)
{
	struct opened base, split;
	size_t i;

	build_samples(&base, &split);
	for (i = 0; i < split.len * 8; i++) {
		((u8 *)split.data)[i / 8] ^= 1 << i % 8;
		try_blob(split.data, split.len, &base.btf);
		((u8 *)split.data)[i / 8] ^= 1 << i % 8;
	}
	opened_free(&split);
	opened_free(&base);
}

static void damaged_module(void)
{
	struct opened base, split;

	build_samples(&base, &split);
	try_damaged(split.data, split.len, &base.btf, SYNTHETIC_ROUNDS);
	opened_free(&split);
	opened_free(&base);
}

static void damaged_base(void)
{
	struct opened base, split, bad;
	u32 i;

	build_samples(&base, &split);
	for (i = 0; i < SYNTHETIC_ROUNDS; i++) {
		u8 *data = malloc(base.len);

		memcpy(data, base.data, base.len);
		damage(data, base.len);
		if (!opened_copy(&bad, data, base.len, NULL))
			try_blob(split.data, split.len, &bad.btf);
		opened_free(&bad);
		free(data);
	}
	opened_free(&split);
	opened_free(&base);
}

static bool real_module(const char *dir, const char *name,
			const struct smbsign_btf *vmlinux)
{
	struct opened module;
	bool ok = !opened_file(&module, dir, name, vmlinux);

	if (ok)
		try_damaged(module.data, module.len, vmlinux, REAL_ROUNDS);
	opened_free(&module);
	return ok;
}

static void damaged_real_modules(void)
{
	const char *env = getenv("SMBSIGN_BTF_DIRS");
	struct opened vmlinux;
	char *dirs, *dir, *save;
	bool ok = true;

	if (!env || !*env)
		ktap_skip("SMBSIGN_BTF_DIRS is not set");
	seed = 0x534d4253;
	dirs = strdup(env);
	for (dir = strtok_r(dirs, " :", &save); dir && ok;
	     dir = strtok_r(NULL, " :", &save)) {
		ok = !opened_file(&vmlinux, dir, "vmlinux", NULL) &&
		     real_module(dir, "ksmbd", &vmlinux.btf) &&
		     real_module(dir, "cifs", &vmlinux.btf);
		opened_free(&vmlinux);
	}
	free(dirs);
	KTAP_CHECK(ok);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(truncated),
	KTAP_CASE(every_bit),
	KTAP_CASE(damaged_module),
	KTAP_CASE(damaged_base),
	KTAP_CASE(damaged_real_modules),
};

KTAP_MAIN("btf_fuzz", cases)
