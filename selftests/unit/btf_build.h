/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds BTF blobs for tests, and opens blobs out of memory and files.
 *
 * Blobs get memory of exactly their size, so that the address sanitizer sees
 * every access outside of one.
 */
#ifndef _UNIT_BTF_BUILD_H
#define _UNIT_BTF_BUILD_H

#include <linux/btf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include <attach/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUILD_HEAD	24
#define BUILD_MAX	4096

struct build {
	u32 words[BUILD_MAX];
	u32 nr_words;
	char strs[BUILD_MAX];
	u32 nr_strs;
	u32 first_str;
	u32 next_id;
};

struct opened {
	struct smbsign_btf btf;
	void *data;
	size_t len;
	u32 *index;
};

static inline void build_init(struct build *b, const struct build *base)
{
	b->nr_words = 0;
	b->first_str = base ? base->first_str + base->nr_strs : 0;
	b->next_id = base ? base->next_id : 1;
	b->strs[0] = '\0';
	b->nr_strs = 1;
}

static inline u32 build_str(struct build *b, const char *s)
{
	u32 off = b->nr_strs;

	if (!s)
		return 0;
	memcpy(b->strs + off, s, strlen(s) + 1);
	b->nr_strs += strlen(s) + 1;
	return b->first_str + off;
}

static inline void build_word(struct build *b, u32 word)
{
	b->words[b->nr_words++] = word;
}

/* Returns the id. Members and the like are to follow as words. */
static inline u32 build_type(struct build *b, u32 kind, const char *name,
			     u32 vlen, u32 size_or_type)
{
	build_word(b, build_str(b, name));
	build_word(b, kind << 24 | vlen);
	build_word(b, size_or_type);
	return b->next_id++;
}

#define BUILD_KFLAG	BIT(31)

static inline void build_set_kflag(struct build *b, u32 words_back)
{
	b->words[b->nr_words - words_back + 1] |= BUILD_KFLAG;
}

static inline void build_member(struct build *b, const char *name, u32 type,
				u32 bits)
{
	build_word(b, build_str(b, name));
	build_word(b, type);
	build_word(b, bits);
}

static inline u32 build_int(struct build *b, const char *name, u32 size)
{
	u32 id = build_type(b, BTF_KIND_INT, name, 0, size);

	build_word(b, size * 8);
	return id;
}

static inline u32 build_array(struct build *b, u32 type, u32 nelems)
{
	u32 id = build_type(b, BTF_KIND_ARRAY, NULL, 0, 0);

	build_word(b, type);
	build_word(b, type);
	build_word(b, nelems);
	return id;
}

static inline void build_enumerator(struct build *b, const char *name, u32 value)
{
	build_word(b, build_str(b, name));
	build_word(b, value);
}

static inline u32 build_ptr(struct build *b, u32 type)
{
	return build_type(b, BTF_KIND_PTR, NULL, 0, type);
}

/* @params: type ids, ended by -1. */
static inline u32 build_func(struct build *b, const char *name, u32 ret,
			     const int *params)
{
	u32 nr, id;

	for (nr = 0; params[nr] != -1;)
		nr++;
	id = build_type(b, BTF_KIND_FUNC_PROTO, NULL, nr, ret);
	for (; *params != -1; params++) {
		build_word(b, *params ? build_str(b, "p") : 0);
		build_word(b, *params);
	}
	build_type(b, BTF_KIND_FUNC, name, 1, id);
	return id;
}

/* The blob; the caller frees it. */
static inline void *build_end(const struct build *b, size_t *len)
{
	u32 type_len = b->nr_words * sizeof(u32);
	u32 head[] = { BTF_MAGIC | BTF_VERSION << 16, BUILD_HEAD, 0, type_len,
		       type_len, b->nr_strs };
	char *blob;

	*len = sizeof(head) + type_len + b->nr_strs;
	blob = malloc(*len);
	memcpy(blob, head, sizeof(head));
	memcpy(blob + sizeof(head), b->words, type_len);
	memcpy(blob + sizeof(head) + type_len, b->strs, b->nr_strs);
	return blob;
}

/* Open and index a copy of @data. */
static inline int opened_copy(struct opened *o, const void *data, size_t len,
			      const struct smbsign_btf *base)
{
	int err;

	o->index = NULL;
	o->len = len;
	o->data = malloc(len ? len : 1);
	if (len)
		memcpy(o->data, data, len);
	err = smbsign_btf_open(&o->btf, o->data, len, base);
	if (err)
		return err;
	o->index = malloc(smbsign_btf_index_size(&o->btf));
	return smbsign_btf_index(&o->btf, o->index);
}

static inline int opened_build(struct opened *o, const struct build *b,
			       const struct smbsign_btf *base)
{
	size_t len;
	void *data = build_end(b, &len);
	int err = opened_copy(o, data, len, base);

	free(data);
	return err;
}

static inline int opened_file(struct opened *o, const char *dir,
			      const char *name, const struct smbsign_btf *base)
{
	char path[4096];
	void *data;
	long len;
	FILE *f;
	int err;

	memset(o, 0, sizeof(*o));
	snprintf(path, sizeof(path), "%s/%s.btf", dir, name);
	f = fopen(path, "rb");
	if (!f)
		return -ENOENT;
	fseek(f, 0, SEEK_END);
	len = ftell(f);
	rewind(f);
	data = malloc(len);
	err = fread(data, 1, len, f) == (size_t)len ? 0 : -EIO;
	fclose(f);
	if (!err)
		err = opened_copy(o, data, len, base);
	free(data);
	return err;
}

static inline void opened_free(struct opened *o)
{
	free(o->index);
	free(o->data);
	memset(o, 0, sizeof(*o));
}

/* The ids that tests name. */
struct sample {
	u32 int_, uchar, u8_, char_, bool_, void_ptr, list, key, conn, work;
};

/* What a vmlinux has: basic types, and a structure that modules use. */
static inline void sample_base(struct build *b, struct sample *s)
{
	u32 list_ptr;

	build_init(b, NULL);
	s->int_ = build_int(b, "int", 4);
	s->uchar = build_int(b, "unsigned char", 1);
	s->char_ = build_int(b, "char", 1);
	s->bool_ = build_int(b, "_Bool", 1);
	s->u8_ = build_type(b, BTF_KIND_TYPEDEF, "u8", 0, s->uchar);
	s->void_ptr = build_ptr(b, 0);
	s->key = build_array(b, s->u8_, 16);
	list_ptr = build_ptr(b, b->next_id + 1);
	s->list = build_type(b, BTF_KIND_STRUCT, "list_head", 2, 16);
	build_member(b, "next", list_ptr, 0);
	build_member(b, "prev", list_ptr, 64);
	build_type(b, BTF_KIND_STRUCT, "hidden", 1, 8);
	build_member(b, "old", s->void_ptr, 0);
	build_type(b, BTF_KIND_FLOAT, "double", 0, 8);
	build_type(b, BTF_KIND_ENUM, "colour", 1, 4);
	build_enumerator(b, "RED", 0);
	build_type(b, BTF_KIND_ENUM64, "big", 2, 8);
	build_enumerator(b, "BIG", 0);
	build_word(b, 1);
	build_enumerator(b, "SMALL", 7);
	build_word(b, 0);
}

/* The types of a module on top of it, with at least one of each kind. */
static inline void sample_split(struct build *b, const struct build *base,
				struct sample *s)
{
	u32 inner, anon, conn_ptr, var;

	build_init(b, base);
	build_type(b, BTF_KIND_FWD, "work", 0, 0);
	build_type(b, BTF_KIND_FWD, "onlyfwd", 0, 0);
	s->conn = build_type(b, BTF_KIND_STRUCT, "conn", 2, 24);
	build_member(b, "list", s->list, 0);
	build_member(b, "refs", s->int_, 128);
	conn_ptr = build_ptr(b, s->conn);
	inner = build_type(b, BTF_KIND_STRUCT, NULL, 2, 8);
	build_member(b, "size", s->int_, 0);
	build_member(b, "kind", s->int_, 32);
	anon = build_type(b, BTF_KIND_UNION, NULL, 2, 16);
	build_member(b, "blob", s->void_ptr, 0);
	build_member(b, "key", s->key, 0);
	s->work = build_type(b, BTF_KIND_STRUCT, "work", 6, 48);
	build_set_kflag(b, 3);
	build_member(b, "conn", conn_ptr, 0);
	build_member(b, NULL, anon, 64);
	build_member(b, "vals", inner, 192);
	build_member(b, "sync", s->bool_, 1 << 24 | 256);
	build_member(b, "mode", s->int_, 3 << 24 | 257);
	build_member(b, "tail", s->int_, 320);
	build_type(b, BTF_KIND_STRUCT, "hidden", 1, 16);
	build_member(b, "new", s->void_ptr, 64);
	build_func(b, "check", s->int_,
		   (int []){ build_ptr(b, s->work), s->bool_, -1 });
	build_func(b, "stop", 0, (int []){ -1 });
	build_func(b, "log", 0, (int []){ s->int_, 0, -1 });
	build_type(b, BTF_KIND_ENUM, "state", 4, 4);
	build_enumerator(b, "NEW", 0);
	build_enumerator(b, "READY", 3);
	build_enumerator(b, "MAX", 0x7fffffff);
	build_enumerator(b, "NEGATIVE", -1);
	build_type(b, BTF_KIND_TYPE_TAG, "user", 0, s->char_);
	var = build_type(b, BTF_KIND_VAR, "counter", 0, s->int_);
	build_word(b, 0);
	build_type(b, BTF_KIND_DATASEC, ".data", 1, 4);
	build_word(b, var);
	build_word(b, 0);
	build_word(b, 4);
	build_type(b, BTF_KIND_DECL_TAG, "tag", 0, s->work);
	build_word(b, -1);
}

#endif
