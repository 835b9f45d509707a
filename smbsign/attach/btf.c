// SPDX-License-Identifier: GPL-2.0-only
/*
 * BTF look-ups
 *
 * The blob comes from the running kernel, but a wrong answer here becomes a
 * wild pointer in the halves, so it is treated as hostile: every offset,
 * id and length is checked where it is used, and every walk is bounded.
 */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "btf.h"
#include "btf_words.h"

#define KINDS_ALIAS	(KINDS_QUALIFIER | KIND(TYPEDEF) | KIND(TYPE_TAG))
#define KINDS_SIZED	(KINDS_OWNER | KIND(INT) | KINDS_ENUM | KIND(FLOAT))

/* Bounds that no real kernel comes near. */
#define MAX_NESTING	8	/* anonymous structures in one another */
#define MAX_VISITS	65536	/* members looked at for one look-up */

/* The part of struct btf_header that all versions have. */
struct btf_head {
	u16 magic;
	u8 version;
	u8 flags;
	u32 hdr_len;
	u32 type_off;
	u32 type_len;
	u32 str_off;
	u32 str_len;
};

/* Words after the first three: fixed, and for each unit of vlen. */
static const struct {
	u8 known;
	u8 fixed;
	u8 each;
} kind_words[NR_BTF_KINDS] = {
	[BTF_KIND_INT]		= { 1, 1, 0 },
	[BTF_KIND_PTR]		= { 1, 0, 0 },
	[BTF_KIND_ARRAY]	= { 1, 3, 0 },
	[BTF_KIND_STRUCT]	= { 1, 0, 3 },
	[BTF_KIND_UNION]	= { 1, 0, 3 },
	[BTF_KIND_ENUM]		= { 1, 0, 2 },
	[BTF_KIND_FWD]		= { 1, 0, 0 },
	[BTF_KIND_TYPEDEF]	= { 1, 0, 0 },
	[BTF_KIND_VOLATILE]	= { 1, 0, 0 },
	[BTF_KIND_CONST]	= { 1, 0, 0 },
	[BTF_KIND_RESTRICT]	= { 1, 0, 0 },
	[BTF_KIND_FUNC]		= { 1, 0, 0 },
	[BTF_KIND_FUNC_PROTO]	= { 1, 0, 2 },
	[BTF_KIND_VAR]		= { 1, 1, 0 },
	[BTF_KIND_DATASEC]	= { 1, 0, 3 },
	[BTF_KIND_FLOAT]	= { 1, 0, 0 },
	[BTF_KIND_DECL_TAG]	= { 1, 1, 0 },
	[BTF_KIND_TYPE_TAG]	= { 1, 0, 0 },
	[BTF_KIND_ENUM64]	= { 1, 0, 3 },
};

/* ---- opening ---- */

/* Words that the type at @t occupies, or 0 if its kind is not known. */
static u32 type_words(const u32 *t)
{
	u32 kind = BTF_KIND(t);

	if (kind >= NR_BTF_KINDS || !kind_words[kind].known)
		return 0;
	return BTF_TYPE_WORDS + kind_words[kind].fixed +
	       kind_words[kind].each * BTF_VLEN(t);
}

/* Count the types, and note where each starts if @offsets is given. */
static int walk_types(const struct smbsign_btf *btf, u32 *offsets, u32 *count)
{
	u32 left = btf->type_words;
	u32 n, nr = 0;

	while (left) {
		const u32 *t = btf->types + (btf->type_words - left);

		if (left < BTF_TYPE_WORDS)
			return -EBADMSG;
		n = type_words(t);
		if (!n || n > left)
			return -EBADMSG;
		if (offsets)
			offsets[nr] = btf->type_words - left;
		nr++;
		left -= n;
	}
	*count = nr;
	return 0;
}

static int check_head(const struct btf_head *head, size_t len)
{
	u64 room;

	if (head->magic != BTF_MAGIC || head->version != BTF_VERSION ||
	    head->flags)
		return -EINVAL;
	if (head->hdr_len < sizeof(*head) || head->hdr_len > len)
		return -EINVAL;
	room = len - head->hdr_len;
	if ((u64)head->type_off + head->type_len > room ||
	    (u64)head->str_off + head->str_len > room)
		return -EINVAL;
	if (((u64)head->hdr_len + head->type_off) % sizeof(u32) ||
	    head->type_len % sizeof(u32))
		return -EINVAL;
	return 0;
}

/* Only a split blob may do without strings or without the empty one. */
static int check_strings(const struct smbsign_btf *btf)
{
	if (btf->base && !btf->strs_len)
		return 0;
	if (!btf->strs_len || btf->strs[btf->strs_len - 1])
		return -EBADMSG;
	if (!btf->base && btf->strs[0])
		return -EBADMSG;
	return 0;
}

/**
 * smbsign_btf_open() - check a BTF blob and find its sections
 * @btf: what to set up
 * @data: the blob, 4-byte aligned, native endian; stays the caller's, and must
 *	outlive @btf
 * @len: its length in bytes
 * @base: the opened and indexed vmlinux blob if @data is a module's, or NULL
 *
 * No look-up works before smbsign_btf_index(). Any context; allocates nothing.
 *
 * Return: 0; -EINVAL if the header is not one of BTF version 1 of this machine's
 * byte order, or points outside the blob; -EBADMSG if the types or strings are
 * malformed or of an unknown kind.
 */
int smbsign_btf_open(struct smbsign_btf *btf, const void *data, size_t len,
		     const struct smbsign_btf *base)
{
	struct btf_head head;
	const u8 *body;
	int ret;

	if (len < sizeof(head) || len > SMBSIGN_BTF_MAX_LEN ||
	    !IS_ALIGNED((unsigned long)data, sizeof(u32)))
		return -EINVAL;
	memcpy(&head, data, sizeof(head));
	ret = check_head(&head, len);
	if (ret)
		return ret;

	body = (const u8 *)data + head.hdr_len;
	memset(btf, 0, sizeof(*btf));
	btf->base = base;
	btf->data = data;
	btf->types = (const u32 *)(body + head.type_off);
	btf->type_words = head.type_len / sizeof(u32);
	btf->strs = (const char *)body + head.str_off;
	btf->strs_len = head.str_len;
	btf->first_id = base ? base->first_id + base->nr_types : 1;
	btf->first_str = base ? base->first_str + base->strs_len : 0;

	ret = check_strings(btf);
	if (ret)
		return ret;
	ret = walk_types(btf, NULL, &btf->nr_types);
	if (ret)
		return ret;
	for (btf->nr_heads = 64; btf->nr_heads < btf->nr_types / 2;)
		btf->nr_heads *= 2;
	return 0;
}

/**
 * smbsign_btf_index_size() - memory that smbsign_btf_index() needs
 * @btf: an opened blob
 *
 * Return: a number of bytes, about 12 for each type.
 */
size_t smbsign_btf_index_size(const struct smbsign_btf *btf)
{
	return sizeof(u32) * (2 * (size_t)btf->nr_types + btf->nr_heads);
}

static u32 *hash_head(const struct smbsign_btf *btf, const char *name)
{
	u32 hash = 2166136261u;

	while (*name)
		hash = (hash ^ (u8)*name++) * 16777619u;
	return &btf->heads[(hash ^ hash >> 16) & (btf->nr_heads - 1)];
}

/**
 * smbsign_btf_index() - make an opened blob ready for look-ups
 * @btf: an opened blob
 * @index: memory of smbsign_btf_index_size() bytes; stays the caller's, and
 *	must outlive @btf
 *
 * Any context. Costs one pass over all types and the hash of every name of a
 * structure, union, enumeration or function.
 *
 * Return: 0, or -EBADMSG if such a name lies outside the string section.
 */
int smbsign_btf_index(struct smbsign_btf *btf, u32 *index)
{
	const char *name;
	const u32 *t;
	u32 *head;
	u32 i, nr;
	int ret;

	btf->index = index;
	btf->offsets = index;
	btf->next = btf->offsets + btf->nr_types;
	btf->heads = btf->next + btf->nr_types;
	memset(btf->next, 0, sizeof(u32) * (btf->nr_types + btf->nr_heads));
	ret = walk_types(btf, btf->offsets, &nr);
	if (ret)
		return ret;

	for (i = 0; i < nr; i++) {
		t = btf->types + btf->offsets[i];
		if (!(BIT(BTF_KIND(t)) &
		      (KINDS_OWNER | KINDS_ENUM | KIND(FUNC))))
			continue;
		name = btf_string(btf, BTF_NAME(t));
		if (!name)
			return -EBADMSG;
		if (!*name)
			continue;
		head = hash_head(btf, name);
		btf->next[i] = *head;
		*head = i + 1;
	}
	return 0;
}

/* ---- walking ---- */

/* What is behind typedefs and qualifiers; NULL if malformed or void. */
static const u32 *strip_aliases(const struct smbsign_btf *btf, u32 id)
{
	const u32 *t = btf_type(btf, id);
	int i;

	for (i = 0; btf_is(t, KINDS_ALIAS); i++) {
		if (i == BTF_MAX_CHAIN)
			return NULL;
		t = btf_type(btf, BTF_TYPE(t));
	}
	return t;
}

static int type_size(const struct smbsign_btf *btf, u32 id, u32 *size)
{
	u64 total = 1;
	const u32 *t;
	int i;

	for (i = 0; i < BTF_MAX_CHAIN; i++) {
		t = strip_aliases(btf, id);
		if (!btf_is(t, KIND(ARRAY)))
			break;
		id = BTF_ELEM(t);
		total *= BTF_NELEMS(t);
		if (total > U32_MAX)
			return -EBADMSG;
	}
	if (btf_is(t, KIND(PTR)))
		total *= sizeof(void *);
	else if (btf_is(t, KINDS_SIZED))
		total *= BTF_SIZE(t);
	else
		return -EBADMSG;
	if (total > U32_MAX)
		return -EBADMSG;
	*size = total;
	return 0;
}

/**
 * smbsign_btf_defs_of() - start walking all definitions of a name
 * @btf: an indexed blob
 * @name: the name; has to outlive the walk
 * @kinds: what counts: KIND() bits of what smbsign_btf_index() hashes
 *
 * Any context.
 *
 * Return: the walk, for smbsign_btf_defs_next().
 */
struct smbsign_btf_defs smbsign_btf_defs_of(const struct smbsign_btf *btf,
					    const char *name,
					    unsigned long kinds)
{
	return (struct smbsign_btf_defs) {
		.btf = btf,
		.name = name,
		.kinds = kinds,
		.link = *hash_head(btf, name),
	};
}

/**
 * smbsign_btf_defs_next() - take the next step of a walk
 * @d: the walk
 *
 * Any context.
 *
 * Return: the words of the next definition, or NULL if there is none left.
 */
const u32 *smbsign_btf_defs_next(struct smbsign_btf_defs *d)
{
	const struct smbsign_btf *btf = d->btf;
	const u32 *t;

	while (d->link) {
		t = btf->types + btf->offsets[d->link - 1];
		d->link = btf->next[d->link - 1];
		if (btf_is(t, d->kinds) &&
		    !strcmp(btf_string(btf, BTF_NAME(t)), d->name)) {
			d->found = true;
			return t;
		}
	}
	if (d->found || !btf->base)
		return NULL;
	*d = smbsign_btf_defs_of(btf->base, d->name, d->kinds);
	return smbsign_btf_defs_next(d);
}

/* ---- look-ups ---- */

/* A member while it is looked for: bits from the start of the outermost. */
struct hit {
	u64 pos;
	u32 type;
	u32 bits;
	u32 visits;
};

/*
 * Look for a member in @t and in its anonymous members. Recursion is bounded
 * by MAX_NESTING, total work by MAX_VISITS, because the tree of anonymous
 * members of a hostile blob may be exponentially larger than the blob.
 */
static int find_member(const struct smbsign_btf *btf, const u32 *t,
		       const char *name, size_t len, struct hit *hit, int depth)
{
	const u64 start = hit->pos;
	const char *str;
	const u32 *m;
	u32 i;
	int ret;

	if (depth == MAX_NESTING)
		return -EBADMSG;
	for (i = 0; i < BTF_VLEN(t); i++) {
		m = t + BTF_TYPE_WORDS + 3 * i;
		str = btf_string(btf, m[0]);
		if (!str || ++hit->visits > MAX_VISITS)
			return -EBADMSG;
		hit->type = m[1];
		hit->bits = BTF_KFLAG(t) ? m[2] >> 24 : 0;
		hit->pos = start + (BTF_KFLAG(t) ? m[2] & 0xffffff : m[2]);
		if (*str) {
			if (!strncmp(str, name, len) && !str[len])
				return 0;
			continue;
		}
		m = strip_aliases(btf, m[1]);
		if (!btf_is(m, KINDS_OWNER))
			continue;
		ret = find_member(btf, m, name, len, hit, depth + 1);
		if (ret != -ENODATA)
			return ret;
	}
	return -ENODATA;
}

/* Turn what was found into the answer; it has to lie within @owner. */
static int settle_member(const struct smbsign_btf *btf, const u32 *owner,
			 const struct hit *hit, struct smbsign_btf_member *m)
{
	const u32 *t = strip_aliases(btf, hit->type);
	u32 size;
	int ret;

	ret = type_size(btf, hit->type, &size);
	if (ret)
		return ret;
	if (hit->bits) {
		if (!btf_is(t, KIND(INT) | KINDS_ENUM) ||
		    hit->bits > 64)
			return -EBADMSG;
		size = DIV_ROUND_UP(hit->pos % 8 + hit->bits, 8);
	} else if (hit->pos % 8) {
		return -EBADMSG;
	} else if (btf_is(t, KIND(INT)) &&
		   (t[BTF_TYPE_WORDS] & 0xff00ff) != 8 * size) {
		/* A bit-field as encoded up to 2018: no kernel of ours. */
		return -EBADMSG;
	}
	if (hit->pos / 8 + size > BTF_SIZE(owner))
		return -EBADMSG;
	m->offset = hit->pos / 8;
	m->size = size;
	m->type = hit->type;
	m->bit = hit->pos % 8;
	m->bits = hit->bits;
	return 0;
}

static int resolve_path(const struct smbsign_btf *btf, const u32 *owner,
			const char *path, struct smbsign_btf_member *m)
{
	struct hit hit = {};
	const u32 *t = owner;
	size_t len;
	int ret;

	for (;;) {
		len = strcspn(path, ".");
		ret = len ? find_member(btf, t, path, len, &hit, 0) : -ENODATA;
		if (ret)
			return ret;
		if (!path[len])
			return settle_member(btf, owner, &hit, m);
		path += len + 1;
		t = strip_aliases(btf, hit.type);
		if (!btf_is(t, KINDS_OWNER))
			return -ENODATA;
	}
}

static bool same_member(const struct smbsign_btf *btf,
			const struct smbsign_btf_member *a,
			const struct smbsign_btf_member *b)
{
	return a->offset == b->offset && a->size == b->size &&
	       a->bit == b->bit && a->bits == b->bits &&
	       smbsign_btf_same_type(btf, a->type, b->type);
}

/**
 * smbsign_btf_member() - find a member of a structure or union
 * @btf: an indexed blob; a module's is searched before its base
 * @owner: name of the structure or union
 * @path: the member, or members joined by dots; leads into nested structures
 *	and unions, not through pointers; anonymous ones need not be spelled out
 * @m: set on success only
 *
 * Any context.
 *
 * Return: 0; -ENOENT if there is no such structure; -ENODATA if it has no such
 * member; -ENOTUNIQ if several definitions of it give different answers;
 * -EBADMSG if the blob is malformed.
 */
int smbsign_btf_member(const struct smbsign_btf *btf, const char *owner,
		       const char *path, struct smbsign_btf_member *m)
{
	struct smbsign_btf_defs d = smbsign_btf_defs_of(btf, owner, KINDS_OWNER);
	struct smbsign_btf_member first, other;
	const u32 *t = smbsign_btf_defs_next(&d);
	int ret;

	if (!t)
		return -ENOENT;
	ret = resolve_path(btf, t, path, &first);
	while ((t = smbsign_btf_defs_next(&d))) {
		if (resolve_path(btf, t, path, &other) != ret ||
		    (!ret && !same_member(btf, &first, &other)))
			return -ENOTUNIQ;
	}
	if (!ret)
		*m = first;
	return ret;
}

/**
 * smbsign_btf_struct_size() - size of a structure or union
 * @btf: an indexed blob; a module's is searched before its base
 * @owner: name of the structure or union
 * @size: set to its size in bytes on success
 *
 * Any context.
 *
 * Return: 0; -ENOENT if there is no such structure; -ENOTUNIQ if there are
 * several of different size.
 */
int smbsign_btf_struct_size(const struct smbsign_btf *btf, const char *owner,
			    u32 *size)
{
	struct smbsign_btf_defs d = smbsign_btf_defs_of(btf, owner, KINDS_OWNER);
	const u32 *first = smbsign_btf_defs_next(&d);
	const u32 *t;

	if (!first)
		return -ENOENT;
	while ((t = smbsign_btf_defs_next(&d))) {
		if (BTF_SIZE(t) != BTF_SIZE(first))
			return -ENOTUNIQ;
	}
	*size = BTF_SIZE(first);
	return 0;
}
