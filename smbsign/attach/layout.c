// SPDX-License-Identifier: GPL-2.0-only
/*
 * Layout of a target module, out of its BTF
 *
 * Nothing is guessed: a member or function that is missing, or is not what the
 * table says, refuses the target, in words.
 */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <smbsign/layout.h>

#include "btf.h"

/* Longest owner, path or function name in a table. */
#define NAME_LEN	64

/* One layout being matched; @why gets the sentence that explains an error. */
struct match {
	const struct smbsign_btf *btf;
	char *why;
	size_t len;
};

static __printf(3, 4) int refuse(struct match *m, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(m->why, m->len, fmt, args);
	va_end(args);
	return err;
}

/*
 * Copy the next of the alternatives in @list, and move @list past it. One that
 * does not fit is cut, and so will not be found: tables have none.
 */
static bool next_name(const char **list, char *name)
{
	size_t n = strcspn(*list, "|");
	size_t copied = min_t(size_t, n, NAME_LEN - 1);

	if (!n)
		return false;
	memcpy(name, *list, copied);
	name[copied] = '\0';
	*list += n;
	if (**list)
		++*list;
	return true;
}

/* Which of the alternatives in @list @text is, or -1. */
static int which(const char *list, const char *text)
{
	size_t len = strlen(text);
	size_t n;
	int i;

	for (i = 0;; i++) {
		n = strcspn(list, "|");
		if (n == len && !memcmp(list, text, n))
			return i;
		list += n;
		if (!*list++)
			return -1;
	}
}

/* An error of the blob rather than of the target's layout. */
static int refuse_error(struct match *m, const char *what, const char *name,
			int err)
{
	if (err == -ENOTUNIQ)
		return refuse(m, -EPROTO, "%s %s is defined in different ways",
			      what, name);
	return refuse(m, err, "cannot read %s %s from BTF (error %d)", what,
		      name, err);
}

static int check_member(struct match *m, const struct smbsign_field *f,
			const char *owner, const char *path,
			const struct smbsign_btf_member *found)
{
	char type[SMBSIGN_BTF_TYPE_LEN];
	int err;

	err = smbsign_btf_type_name(m->btf, found->type, type, sizeof(type));
	if (err)
		return refuse_error(m, "the type of", path, err);
	if (f->type && which(f->type, type) < 0)
		return refuse(m, -EPROTO,
			      "%s in struct %s is of type %s, expected %s",
			      path, owner, type, f->type);
	if (f->flags & SMBSIGN_BIT) {
		if (found->bits == 1)
			return 0;
		return refuse(m, -EPROTO,
			      "%s in struct %s is not a bit-field of one bit",
			      path, owner);
	}
	if (found->bits)
		return refuse(m, -EPROTO, "%s in struct %s is a bit-field",
			      path, owner);
	if (!(f->flags & SMBSIGN_ADDR) && found->size != f->size)
		return refuse(m, -EPROTO,
			      "%s in struct %s has %u bytes, expected %u",
			      path, owner, found->size, f->size);
	return 0;
}

static int match_value(struct match *m, const char *owner, const char *name,
		       u32 *out)
{
	int err = smbsign_btf_enum(m->btf, owner, name, out);

	if (err && err != -ENOENT && err != -ENODATA)
		return refuse_error(m, "enum", owner, err);
	return err;
}

/* Returns -ENODATA for a member, and -ENOENT for a structure, not there. */
static int match_path(struct match *m, const struct smbsign_field *f,
		      const char *owner, const char *path, u32 *out)
{
	struct smbsign_btf_member found;
	int err;

	if (f->flags & SMBSIGN_ENUM)
		return match_value(m, owner, path, out);
	err = smbsign_btf_member(m->btf, owner, path, &found);
	if (err == -ENOENT || err == -ENODATA)
		return err;
	if (err)
		return refuse_error(m, "struct", owner, err);
	err = check_member(m, f, owner, path, &found);
	if (err)
		return err;
	*out = found.offset;
	if (f->flags & SMBSIGN_BIT)
		*out = found.offset * BITS_PER_BYTE + found.bit;
	return 0;
}

static int match_owner(struct match *m, const struct smbsign_field *f,
		       const char *owner, u32 *out)
{
	const char *paths = f->path;
	char path[NAME_LEN];
	int err;

	if (f->flags & SMBSIGN_SIZEOF) {
		err = smbsign_btf_struct_size(m->btf, owner, out);
		if (err && err != -ENOENT)
			return refuse_error(m, "struct", owner, err);
		return err;
	}
	err = -ENODATA;
	while (err == -ENODATA && next_name(&paths, path))
		err = match_path(m, f, owner, path, out);
	return err;
}

static int match_field(struct match *m, const struct smbsign_field *f, u32 *out)
{
	const char *kind = f->flags & SMBSIGN_ENUM ? "enum" : "struct";
	const char *owners = f->owner;
	char owner[NAME_LEN];
	bool known = false;
	int err = -ENOENT;

	while ((err == -ENOENT || err == -ENODATA) &&
	       next_name(&owners, owner)) {
		err = match_owner(m, f, owner, out);
		known |= err == -ENODATA;
	}
	if (err != -ENOENT && err != -ENODATA)
		return err;
	if (f->flags & SMBSIGN_OPTIONAL) {
		*out = SMBSIGN_ABSENT;
		return 0;
	}
	if (known)
		return refuse(m, -EPROTO, "%s %s has no member %s", kind,
			      f->owner, f->path);
	return refuse(m, -EPROTO, "there is no %s %s", kind, f->owner);
}

static int match_proto(struct match *m, const struct smbsign_proto *p, u32 *out)
{
	char form[SMBSIGN_BTF_PROTO_LEN];
	int err;

	*out = SMBSIGN_ABSENT;
	if (p->flags & SMBSIGN_ELSEWHERE)
		return 0;
	err = smbsign_btf_proto(m->btf, p->func, form, sizeof(form));
	if (err == -ENOENT && p->flags & SMBSIGN_OPTIONAL)
		return 0;
	if (err == -ENOENT)
		return refuse(m, err, "there is no function %s", p->func);
	if (err)
		return refuse_error(m, "function", p->func, err);
	err = which(p->forms, form);
	if (err < 0)
		return refuse(m, -EPROTO, "%s is %s, expected %s", p->func,
			      form, p->forms);
	*out = err;
	return 0;
}

/* Match everything; the answers are stored only if @commit is set. */
static int match_all(struct match *m, const struct smbsign_layout *l,
		     bool commit)
{
	u32 out = SMBSIGN_ABSENT;
	size_t i;
	int err;

	for (i = 0; i < l->nr_fields; i++) {
		err = match_field(m, &l->fields[i], &out);
		if (err)
			return err;
		if (commit)
			l->offsets[i] = out;
	}
	for (i = 0; i < l->nr_protos; i++) {
		err = match_proto(m, &l->protos[i], &out);
		if (err)
			return err;
		if (commit)
			l->forms[i] = out;
	}
	return 0;
}

/**
 * smbsign_layout_match() - resolve a layout against opened BTF
 * @layout: what is needed; its answers are written only if all were found
 * @btf: the target's indexed blob
 * @why: after an error, says what is missing or differs
 * @len: size of @why, SMBSIGN_WHY_LEN suffices
 *
 * Any context. A first pass checks and a second one stores: look-ups are far
 * cheaper than memory for answers that may have to be thrown away.
 *
 * Return: 0; -ENOENT if a function is missing; -EPROTO if a member is, or if
 * anything differs from the table; -EBADMSG if the blob is malformed.
 */
int smbsign_layout_match(const struct smbsign_layout *layout,
			 const struct smbsign_btf *btf, char *why, size_t len)
{
	struct match m = { .btf = btf, .why = why, .len = len };
	int err;

	err = match_all(&m, layout, false);
	if (err)
		return err;
	return match_all(&m, layout, true);
}

/**
 * smbsign_layout_resolve() - resolve a layout against the target in memory
 * @layout: what is needed; its answers are written only if all were found
 * @why: after an error, says what is missing or differs
 * @len: size of @why, SMBSIGN_WHY_LEN suffices
 *
 * The target has to be loaded, or to be loading and in MODULE_STATE_COMING.
 * Process context; reads some 5 MB of BTF and frees it again. The caller
 * serialises calls for the same layout.
 *
 * Return: as smbsign_layout_match(), or what smbsign_btf_load() returns if the
 * kernel does not give out the BTF of vmlinux or of the target.
 */
int smbsign_layout_resolve(const struct smbsign_layout *layout, char *why,
			   size_t len)
{
	struct smbsign_btf vmlinux, target;
	int err;

	err = smbsign_btf_load(&vmlinux, "vmlinux", NULL);
	if (err) {
		scnprintf(why, len, "cannot read BTF of vmlinux (error %d)",
			  err);
		return err;
	}
	err = smbsign_btf_load(&target, layout->module, &vmlinux);
	if (err) {
		scnprintf(why, len, "cannot read BTF of %s (error %d)",
			  layout->module, err);
		goto err_unload_vmlinux;
	}
	err = smbsign_layout_match(layout, &target, why, len);

	smbsign_btf_unload(&target);
err_unload_vmlinux:
	smbsign_btf_unload(&vmlinux);
	return err;
}
