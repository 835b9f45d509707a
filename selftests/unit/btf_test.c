// SPDX-License-Identifier: GPL-2.0-only
/* What btf.c and btf_render.c answer, on blobs built here and on real ones. */

#include "btf_build.h"
#include "ktap.h"

static struct sample ids;
static struct build base_build, build;
static struct opened base, split;

/* The sample's base, and whatever @build holds on top of it. */
static int reopen(void)
{
	opened_free(&split);
	return opened_build(&split, &build, &base.btf);
}

static void setup(void)
{
	opened_free(&split);
	opened_free(&base);
	sample_base(&base_build, &ids);
	KTAP_CHECK(!opened_build(&base, &base_build, NULL));
	sample_split(&build, &base_build, &ids);
	KTAP_CHECK(!reopen());
}

static bool member_is(const char *owner, const char *path, u32 offset, u32 size,
		      const char *type)
{
	struct smbsign_btf_member m;
	char name[SMBSIGN_BTF_TYPE_LEN];

	return !smbsign_btf_member(&split.btf, owner, path, &m) &&
	       m.offset == offset && m.size == size && !m.bits &&
	       !smbsign_btf_type_name(&split.btf, m.type, name, sizeof(name)) &&
	       !strcmp(name, type);
}

/* An error leaves the value alone. */
static int enum_error(const char *owner, const char *name)
{
	u32 value = 1234;
	int err = smbsign_btf_enum(&split.btf, owner, name, &value);

	return !err || value == 1234 ? err : -EFAULT;
}

static bool enum_is(const char *owner, const char *name, u32 expected)
{
	u32 value;

	return !smbsign_btf_enum(&split.btf, owner, name, &value) &&
	       value == expected;
}

static int member_error(const char *owner, const char *path)
{
	struct smbsign_btf_member m;

	return smbsign_btf_member(&split.btf, owner, path, &m);
}

static bool renders(u32 id, const char *expected)
{
	char name[SMBSIGN_BTF_TYPE_LEN];

	if (smbsign_btf_type_name(&split.btf, id, name, sizeof(name)))
		return false;
	if (strcmp(name, expected))
		printf("# %s, expected %s\n", name, expected);
	return !strcmp(name, expected);
}

static bool proto_is(const char *func, const char *expected)
{
	char buf[SMBSIGN_BTF_PROTO_LEN];

	return !smbsign_btf_proto(&split.btf, func, buf, sizeof(buf)) &&
	       !strcmp(buf, expected);
}

static void members(void)
{
	setup();
	KTAP_CHECK(member_is("work", "conn", 0, 8, "struct conn *"));
	KTAP_CHECK(member_is("work", "tail", 40, 4, "int"));
	KTAP_CHECK(member_is("list_head", "prev", 8, 8, "struct list_head *"));
	KTAP_CHECK(member_error("work", "nope") == -ENODATA);
	KTAP_CHECK(member_error("work", "con") == -ENODATA);
	KTAP_CHECK(member_error("work", "") == -ENODATA);
	KTAP_CHECK(member_error("nope", "conn") == -ENOENT);
	KTAP_CHECK(member_error("", "conn") == -ENOENT);
}

static void nested_members(void)
{
	setup();
	KTAP_CHECK(member_is("work", "vals", 24, 8, "struct {}"));
	KTAP_CHECK(member_is("work", "vals.kind", 28, 4, "int"));
	KTAP_CHECK(member_is("conn", "list.prev", 8, 8, "struct list_head *"));
	KTAP_CHECK(member_error("work", "vals.nope") == -ENODATA);
	KTAP_CHECK(member_error("work", "vals.") == -ENODATA);
	KTAP_CHECK(member_error("work", ".vals") == -ENODATA);
	KTAP_CHECK(member_error("work", "conn.refs") == -ENODATA);
}

static void anonymous_members(void)
{
	setup();
	KTAP_CHECK(member_is("work", "blob", 8, 8, "void *"));
	KTAP_CHECK(member_is("work", "key", 8, 16, "u8 [16]"));
}

static void bit_fields(void)
{
	struct smbsign_btf_member m;

	setup();
	KTAP_CHECK(!smbsign_btf_member(&split.btf, "work", "sync", &m));
	KTAP_CHECK(m.offset == 32 && m.bit == 0 && m.bits == 1 && m.size == 1);
	KTAP_CHECK(!smbsign_btf_member(&split.btf, "work", "mode", &m));
	KTAP_CHECK(m.offset == 32 && m.bit == 1 && m.bits == 3 && m.size == 1);
}

static void struct_sizes(void)
{
	u32 size;

	setup();
	KTAP_CHECK(!smbsign_btf_struct_size(&split.btf, "work", &size));
	KTAP_CHECK(size == 48);
	KTAP_CHECK(!smbsign_btf_struct_size(&split.btf, "list_head", &size));
	KTAP_CHECK(size == 16);
	KTAP_CHECK(smbsign_btf_struct_size(&split.btf, "check", &size) ==
		   -ENOENT);
}

static void prototypes(void)
{
	char buf[SMBSIGN_BTF_PROTO_LEN];

	setup();
	KTAP_CHECK(proto_is("check", "int (struct work *, _Bool)"));
	KTAP_CHECK(proto_is("stop", "void (void)"));
	KTAP_CHECK(proto_is("log", "void (int, ...)"));
	KTAP_CHECK(smbsign_btf_proto(&split.btf, "work", buf, sizeof(buf)) ==
		   -ENOENT);
}

static void enums(void)
{
	setup();
	KTAP_CHECK(enum_is("state", "NEW", 0));
	KTAP_CHECK(enum_is("state", "READY", 3));
	KTAP_CHECK(enum_is("state", "MAX", 0x7fffffff));
	KTAP_CHECK(enum_is("colour", "RED", 0));
	KTAP_CHECK(enum_is("big", "SMALL", 7));
	KTAP_CHECK(enum_error("state", "READ") == -ENODATA);
	KTAP_CHECK(enum_error("state", "") == -ENODATA);
	KTAP_CHECK(enum_error("state", "NEGATIVE") == -ERANGE);
	KTAP_CHECK(enum_error("big", "BIG") == -ERANGE);
	KTAP_CHECK(enum_error("nope", "NEW") == -ENOENT);
	/* Structures and functions are no enumerations, and the other way. */
	KTAP_CHECK(enum_error("work", "conn") == -ENOENT);
	KTAP_CHECK(enum_error("check", "p") == -ENOENT);
	KTAP_CHECK(member_error("state", "NEW") == -ENOENT);
}

static void enum_definitions(void)
{
	setup();
	/* A second one that agrees on READY, and not on NEW. */
	build_type(&build, BTF_KIND_ENUM, "state", 2, 4);
	build_enumerator(&build, "NEW", 1);
	build_enumerator(&build, "READY", 3);
	/* One that hides the base's. */
	build_type(&build, BTF_KIND_ENUM, "colour", 1, 4);
	build_enumerator(&build, "BLUE", 2);
	KTAP_CHECK(!reopen());
	KTAP_CHECK(enum_is("state", "READY", 3));
	KTAP_CHECK(enum_error("state", "NEW") == -ENOTUNIQ);
	KTAP_CHECK(enum_error("state", "MAX") == -ENOTUNIQ);
	KTAP_CHECK(enum_is("colour", "BLUE", 2));
	KTAP_CHECK(enum_error("colour", "RED") == -ENODATA);
}

static void bad_enumerators(void)
{
	setup();
	build_type(&build, BTF_KIND_ENUM, "broken", 2, 4);
	build_word(&build, 0x7fffff00);
	build_word(&build, 1);
	build_enumerator(&build, "AFTER", 2);
	KTAP_CHECK(!reopen());
	KTAP_CHECK(enum_error("broken", "AFTER") == -EBADMSG);
}

static void renderings(void)
{
	u32 cchar, fn, tag;

	setup();
	cchar = build_type(&build, BTF_KIND_CONST, NULL, 0, ids.char_);
	fn = build_type(&build, BTF_KIND_FUNC_PROTO, NULL, 0, 0);
	tag = build_type(&build, BTF_KIND_TYPE_TAG, "rcu", 0, ids.conn);
	u32 list[] = {
		build_ptr(&build, cchar),
		build_type(&build, BTF_KIND_CONST, NULL, 0, ids.void_ptr),
		build_ptr(&build, ids.void_ptr),
		build_ptr(&build, fn),
		build_ptr(&build, tag),
		build_array(&build, build_array(&build, ids.u8_, 4), 3),
		build_ptr(&build, ids.key),
		build_type(&build, BTF_KIND_VOLATILE, NULL, 0, cchar),
		build_type(&build, BTF_KIND_RESTRICT, NULL, 0, ids.void_ptr),
		build_type(&build, BTF_KIND_FWD, "u", 0, 0),
	};
	static const char * const expected[] = {
		"const char *", "void * const", "void **", "fn *",
		"struct conn *", "u8 [4] [3]", "u8 [16] *",
		"volatile const char", "void * restrict", "union u",
	};

	build_set_kflag(&build, 3);
	KTAP_CHECK(!reopen());
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		KTAP_CHECK(renders(list[i], expected[i]));
	KTAP_CHECK(renders(0, "void"));
	KTAP_CHECK(!renders(build.next_id, ""));
	KTAP_CHECK(!renders(~0U, ""));
}

static void small_buffers(void)
{
	char buf[32];
	size_t len;

	setup();
	for (len = 0; len <= strlen("int (struct work *, _Bool)"); len++)
		KTAP_CHECK(smbsign_btf_proto(&split.btf, "check", buf, len) ==
			   -ENOSPC);
	KTAP_CHECK(!smbsign_btf_proto(&split.btf, "check", buf, len));
}

static void module_hides_base(void)
{
	setup();
	KTAP_CHECK(member_is("hidden", "new", 8, 8, "void *"));
	KTAP_CHECK(member_error("hidden", "old") == -ENODATA);
	KTAP_CHECK(member_error("onlyfwd", "x") == -ENOENT);
}

static void duplicates(void)
{
	u32 other = 0, size;
	char buf[SMBSIGN_BTF_PROTO_LEN];

	setup();
	/* The same once more, but "refs" as another type of the same size. */
	build_type(&build, BTF_KIND_STRUCT, "conn", 3, 24);
	build_member(&build, "list", ids.list, 0);
	build_member(&build, "refs", build.next_id, 128);
	build_member(&build, "more", ids.int_, 160);
	other = build_int(&build, "unsigned int", 4);
	build_func(&build, "stop", 0, (int []){ -1 });
	build_func(&build, "check", ids.int_, (int []){ other, -1 });
	KTAP_CHECK(!reopen());

	KTAP_CHECK(member_is("conn", "list", 0, 16, "struct list_head"));
	KTAP_CHECK(member_error("conn", "refs") == -ENOTUNIQ);
	KTAP_CHECK(member_error("conn", "more") == -ENOTUNIQ);
	KTAP_CHECK(!smbsign_btf_struct_size(&split.btf, "conn", &size));
	KTAP_CHECK(proto_is("stop", "void (void)"));
	KTAP_CHECK(smbsign_btf_proto(&split.btf, "check", buf, sizeof(buf)) ==
		   -ENOTUNIQ);
}

static int open_with(u32 at, u8 byte)
{
	struct opened o;
	size_t len;
	u8 *data = build_end(&base_build, &len);
	int err;

	data[at] = byte;
	err = opened_copy(&o, data, len, NULL);
	opened_free(&o);
	free(data);
	return err;
}

static void bad_headers(void)
{
	struct opened o;

	setup();
	KTAP_CHECK(open_with(0, 0x9f) == 0);
	KTAP_CHECK(open_with(0, 0xeb) == -EINVAL);	/* magic */
	KTAP_CHECK(open_with(2, 2) == -EINVAL);		/* version */
	KTAP_CHECK(open_with(3, 1) == -EINVAL);		/* flags */
	KTAP_CHECK(open_with(4, 20) == -EINVAL);	/* hdr_len */
	KTAP_CHECK(open_with(7, 0x80) == -EINVAL);
	KTAP_CHECK(open_with(8, 2) == -EINVAL);		/* type_off */
	KTAP_CHECK(open_with(11, 0xff) == -EINVAL);
	KTAP_CHECK(open_with(15, 0xff) == -EINVAL);	/* type_len */
	KTAP_CHECK(open_with(19, 0xff) == -EINVAL);	/* str_off */
	KTAP_CHECK(open_with(23, 0xff) == -EINVAL);	/* str_len */
	KTAP_CHECK(open_with(base.len - 1, 'x') == -EBADMSG);
	KTAP_CHECK(smbsign_btf_open(&o.btf, (char *)base.data + 1,
				    base.len - 1, NULL) == -EINVAL);
	KTAP_CHECK(smbsign_btf_open(&o.btf, base.data, 0, NULL) == -EINVAL);
}

/* Swapped as a whole, the header of another byte order. */
static void swapped_magic(void)
{
	setup();
	((u8 *)base.data)[0] = BTF_MAGIC >> 8;
	((u8 *)base.data)[1] = BTF_MAGIC & 0xff;
	KTAP_CHECK(smbsign_btf_open(&split.btf, base.data, base.len, NULL) ==
		   -EINVAL);
}

/* Later versions may make the header longer. */
static void longer_header(void)
{
	struct opened o;
	size_t len;
	u8 *data, *longer;
	u32 hdr_len = 32;
	int err;

	setup();
	data = build_end(&base_build, &len);
	longer = calloc(1, len + 8);
	memcpy(longer, data, BUILD_HEAD);
	memcpy(longer + 4, &hdr_len, 4);
	memcpy(longer + hdr_len, data + BUILD_HEAD, len - BUILD_HEAD);
	err = opened_copy(&o, longer, len + 8, NULL);
	opened_free(&o);
	free(longer);
	free(data);
	KTAP_CHECK(!err);
}

static void bad_kinds(void)
{
	setup();
	build_type(&build, 0, NULL, 0, 0);
	KTAP_CHECK(reopen() == -EBADMSG);
	setup();
	build_type(&build, BTF_KIND_ENUM64 + 1, NULL, 0, 0);
	KTAP_CHECK(reopen() == -EBADMSG);
	setup();
	build_type(&build, 0x7f, NULL, 0, 0);
	KTAP_CHECK(reopen() == -EBADMSG);
}

static void bad_lengths(void)
{
	setup();
	build_type(&build, BTF_KIND_STRUCT, "cut", 1, 4);
	KTAP_CHECK(reopen() == -EBADMSG);
	setup();
	build_type(&build, BTF_KIND_STRUCT, "huge", 0xffffff, 4);
	KTAP_CHECK(reopen() == -EBADMSG);
	setup();
	build_word(&build, 0);
	KTAP_CHECK(reopen() == -EBADMSG);
}

/* Half a type at the very end of a blob whose strings come first. */
static void ragged_end(void)
{
	static const u32 blob[] = { BTF_MAGIC | BTF_VERSION << 16, BUILD_HEAD,
				    4, 4, 0, 4, 0, 0 };
	struct opened o;
	int err = opened_copy(&o, blob, sizeof(blob), NULL);

	opened_free(&o);
	KTAP_CHECK(err == -EBADMSG);
}

static void bad_names(void)
{
	setup();
	build_type(&build, BTF_KIND_STRUCT, NULL, 0, 4);
	build.words[build.nr_words - 3] = build.first_str + build.nr_strs;
	KTAP_CHECK(reopen() == -EBADMSG);
	setup();
	build_type(&build, BTF_KIND_STRUCT, "s", 1, 4);
	build_member(&build, NULL, ids.int_, 0);
	build.words[build.nr_words - 3] = ~0U;
	KTAP_CHECK(!reopen());
	KTAP_CHECK(member_error("s", "x") == -EBADMSG);
}

static void bad_members(void)
{
	setup();
	build_type(&build, BTF_KIND_STRUCT, "s", 7, 8);
	build_member(&build, "beyond", ids.int_, 40);
	build_member(&build, "far", ids.int_, 0xfffffff8);
	build_member(&build, "odd", ids.int_, 1);
	build_member(&build, "nothing", 0, 0);
	build_member(&build, "unknown", build.next_id + 1000, 0);
	build_member(&build, "fwd", base_build.next_id, 0);
	build_member(&build, "fine", ids.int_, 32);
	KTAP_CHECK(!reopen());
	KTAP_CHECK(member_error("s", "beyond") == -EBADMSG);
	KTAP_CHECK(member_error("s", "far") == -EBADMSG);
	KTAP_CHECK(member_error("s", "odd") == -EBADMSG);
	KTAP_CHECK(member_error("s", "nothing") == -EBADMSG);
	KTAP_CHECK(member_error("s", "unknown") == -EBADMSG);
	KTAP_CHECK(member_error("s", "fwd") == -EBADMSG);
	KTAP_CHECK(!member_error("s", "fine"));
}

static void cycles(void)
{
	char name[SMBSIGN_BTF_TYPE_LEN];
	u32 loop;

	setup();
	loop = build_type(&build, BTF_KIND_TYPEDEF, "loop", 0, build.next_id);
	build_type(&build, BTF_KIND_STRUCT, "s", 4, 8);
	build_member(&build, "a", loop, 0);
	build_member(&build, "b", build.next_id, 0);
	build_member(&build, "c", build.next_id + 1, 0);
	build_member(&build, NULL, build.next_id - 1, 0);
	build_ptr(&build, build.next_id);
	build_array(&build, build.next_id, 2);
	KTAP_CHECK(!reopen());
	KTAP_CHECK(member_error("s", "a") == -EBADMSG);
	KTAP_CHECK(!member_error("s", "b"));
	KTAP_CHECK(member_error("s", "c") == -EBADMSG);
	KTAP_CHECK(member_error("s", "nope") == -EBADMSG);
	KTAP_CHECK(smbsign_btf_type_name(&split.btf, loop + 2, name,
					 sizeof(name)) == -EBADMSG);
}

/* Small to write down, exponentially large to walk. */
static void exponential_nesting(void)
{
	u32 i, j;

	setup();
	for (i = 0; i < 7; i++) {
		build_type(&build, BTF_KIND_STRUCT, i ? NULL : "s", 100, 4);
		for (j = 0; j < 100; j++)
			build_member(&build, NULL, build.next_id, 0);
	}
	build_type(&build, BTF_KIND_STRUCT, NULL, 0, 4);
	KTAP_CHECK(!reopen());
	KTAP_CHECK(member_error("s", "x") == -EBADMSG);
}

static void build_nest(const char *name, u32 depth)
{
	while (depth--) {
		build_type(&build, BTF_KIND_STRUCT, name, 1, 4);
		build_member(&build, NULL, build.next_id, 0);
		name = NULL;
	}
	build_type(&build, BTF_KIND_STRUCT, NULL, 1, 4);
	build_member(&build, "deep", ids.int_, 0);
}

static void deep_nesting(void)
{
	setup();
	build_nest("fine", 7);
	build_nest("mad", 8);
	KTAP_CHECK(!reopen());
	KTAP_CHECK(member_is("fine", "deep", 0, 4, "int"));
	KTAP_CHECK(member_error("mad", "deep") == -EBADMSG);
}

static void huge_arrays(void)
{
	u32 a;

	setup();
	a = build_array(&build, ids.int_, 0x40000000);
	build_array(&build, a, 0xffffffff);
	build_array(&build, ids.int_, 0);
	build_type(&build, BTF_KIND_STRUCT, "s", 3, 0xffffffff);
	build_member(&build, "a", a, 0);
	build_member(&build, "b", a + 1, 0);
	build_member(&build, "flex", a + 2, 64);
	KTAP_CHECK(!reopen());
	KTAP_CHECK(member_error("s", "a") == -EBADMSG);
	KTAP_CHECK(member_error("s", "b") == -EBADMSG);
	KTAP_CHECK(member_is("s", "flex", 8, 0, "int [0]"));
}

static bool real_ksmbd(const char *dir)
{
	bool ok = !opened_file(&split, dir, "ksmbd", &base.btf) &&
		member_is("ksmbd_work", "conn", 0, 8, "struct ksmbd_conn *") &&
		!member_error("ksmbd_conn", "srv_mutex.wait_lock") &&
		!member_error("ksmbd_session", "smb3signingkey") &&
		proto_is("smb2_is_sign_req",
			 "bool (struct ksmbd_work *, unsigned int)") &&
		proto_is("smb2_check_sign_req", "int (struct ksmbd_work *)") &&
		member_error("ksmbd_work", "nope") == -ENODATA;

	opened_free(&split);
	return ok;
}

static bool real_cifs(const char *dir)
{
	struct smbsign_btf_member m;
	bool ok = !opened_file(&split, dir, "cifs", &base.btf) &&
		!smbsign_btf_member(&split.btf, "TCP_Server_Info", "dialect",
				    &m) && m.size == 2 &&
		!smbsign_btf_member(&split.btf, "cifs_tcon", "seal", &m) &&
		m.bits == 1 &&
		enum_is("statusEnum", "CifsNeedNegotiate", 4) &&
		enum_is("tid_status_enum", "TID_NEW", 0) &&
		proto_is("smb2_verify_signature",
			 "int (struct smb_rqst *, struct TCP_Server_Info *)");

	opened_free(&split);
	return ok;
}

/* SMBSIGN_BTF_DIRS: directories written by scripts/extract-btf. */
static void real_kernels(void)
{
	const char *env = getenv("SMBSIGN_BTF_DIRS");
	char *dirs, *dir, *save;
	bool ok = true;

	if (!env || !*env)
		ktap_skip("SMBSIGN_BTF_DIRS is not set");
	dirs = strdup(env);
	opened_free(&split);
	for (dir = strtok_r(dirs, " :", &save); dir && ok;
	     dir = strtok_r(NULL, " :", &save)) {
		opened_free(&base);
		ok = !opened_file(&base, dir, "vmlinux", NULL) &&
		     real_ksmbd(dir) && real_cifs(dir);
		printf("# %s: %u types of vmlinux\n", dir, base.btf.nr_types);
	}
	free(dirs);
	KTAP_CHECK(ok);
}

static void release(void)
{
	opened_free(&split);
	opened_free(&base);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(members),
	KTAP_CASE(nested_members),
	KTAP_CASE(anonymous_members),
	KTAP_CASE(bit_fields),
	KTAP_CASE(struct_sizes),
	KTAP_CASE(prototypes),
	KTAP_CASE(enums),
	KTAP_CASE(enum_definitions),
	KTAP_CASE(bad_enumerators),
	KTAP_CASE(renderings),
	KTAP_CASE(small_buffers),
	KTAP_CASE(module_hides_base),
	KTAP_CASE(duplicates),
	KTAP_CASE(bad_headers),
	KTAP_CASE(swapped_magic),
	KTAP_CASE(longer_header),
	KTAP_CASE(bad_kinds),
	KTAP_CASE(bad_lengths),
	KTAP_CASE(ragged_end),
	KTAP_CASE(bad_names),
	KTAP_CASE(bad_members),
	KTAP_CASE(cycles),
	KTAP_CASE(exponential_nesting),
	KTAP_CASE(deep_nesting),
	KTAP_CASE(huge_arrays),
	KTAP_CASE(real_kernels),
};

int main(void)
{
	int status = ktap_run("btf", cases, ARRAY_SIZE(cases));

	release();
	return status;
}
