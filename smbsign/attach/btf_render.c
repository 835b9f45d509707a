// SPDX-License-Identifier: GPL-2.0-only
/*
 * BTF types and prototypes as text, for tables of what is expected and for
 * messages about what was found.
 */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "btf.h"
#include "btf_words.h"

/*
 * Text goes to @buf or, if @compare is set, is compared with what is there, so
 * that two types can be compared without a second buffer.
 */
struct sink {
	char *buf;
	size_t len;
	size_t pos;
	bool compare;
	int err;
};

static void sink_put(struct sink *s, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (!text)
		s->err = s->err ?: -EBADMSG;
	if (s->err)
		return;
	if (n >= s->len - s->pos)
		s->err = s->compare ? -ENOTUNIQ : -ENOSPC;
	else if (!s->compare)
		memcpy(s->buf + s->pos, text, n);
	else if (memcmp(s->buf + s->pos, text, n))
		s->err = -ENOTUNIQ;
	s->pos += n;
}

static void sink_init(struct sink *s, char *buf, size_t len)
{
	*s = (struct sink) { .buf = buf, .len = len };
	if (!len)
		s->err = -ENOSPC;
}

static int sink_end(struct sink *s)
{
	if (s->err)
		return s->err;
	if (!s->compare)
		s->buf[s->pos] = '\0';
	return s->buf[s->pos] ? -ENOTUNIQ : 0;
}

static const char *qualifier_name(const u32 *t)
{
	switch (BTF_KIND(t)) {
	case BTF_KIND_CONST:
		return "const";
	case BTF_KIND_VOLATILE:
		return "volatile";
	default:
		return "restrict";
	}
}

/* @t is NULL for void. */
static void render_leaf(const struct smbsign_btf *btf, const u32 *t,
			struct sink *s)
{
	const char *name;

	if (!t) {
		sink_put(s, "void");
		return;
	}
	name = btf_string(btf, BTF_NAME(t));
	switch (BTF_KIND(t)) {
	case BTF_KIND_STRUCT:
		sink_put(s, "struct ");
		break;
	case BTF_KIND_UNION:
		sink_put(s, "union ");
		break;
	case BTF_KIND_FWD:
		sink_put(s, BTF_KFLAG(t) ? "union " : "struct ");
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		sink_put(s, "enum ");
		break;
	case BTF_KIND_FUNC_PROTO:
		name = "fn";
		break;
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPEDEF:
		break;
	default:
		name = NULL;
	}
	sink_put(s, name && !*name ? "{}" : name);
}

/* @t is around @inner, or around the leaf if that is NULL. */
static void render_wrapper(const u32 *t, const u32 *inner, struct sink *s)
{
	char text[16];

	if (btf_is(t, KIND(PTR))) {
		sink_put(s, btf_is(inner, KIND(PTR)) ? "*" : " *");
		return;
	}
	sink_put(s, " ");
	if (btf_is(t, KIND(ARRAY))) {
		snprintf(text, sizeof(text), "[%u]", BTF_NELEMS(t));
		sink_put(s, text);
	} else {
		sink_put(s, qualifier_name(t));
	}
}

/*
 * What is around a type, outermost first, down to its leaf, which is 0 for
 * void. Type tags are left out. Returns the number of @chain, or an error.
 */
static int unwrap(const struct smbsign_btf *btf, u32 id, const u32 **chain,
		  u32 *leaf)
{
	const unsigned long wrappers = KINDS_QUALIFIER | KIND(PTR) |
				       KIND(ARRAY) | KIND(TYPE_TAG);
	const u32 *t;
	int i, n = 0;

	for (i = 0; id && i < BTF_MAX_CHAIN; i++) {
		t = btf_type(btf, id);
		if (!t)
			return -EBADMSG;
		if (!btf_is(t, wrappers))
			break;
		if (!btf_is(t, KIND(TYPE_TAG)))
			chain[n++] = t;
		id = btf_is(t, KIND(ARRAY)) ? BTF_ELEM(t) : BTF_TYPE(t);
	}
	*leaf = id;
	return i < BTF_MAX_CHAIN ? n : -EBADMSG;
}

/*
 * Qualifiers of the leaf stand before it, everything else is appended from the
 * inside out.
 */
static void render_type(const struct smbsign_btf *btf, u32 id, struct sink *s)
{
	const u32 *chain[BTF_MAX_CHAIN];
	u32 leaf;
	int i, outer, n;

	n = unwrap(btf, id, chain, &leaf);
	if (n < 0) {
		s->err = s->err ?: n;
		return;
	}
	for (outer = n; outer; outer--) {
		if (!btf_is(chain[outer - 1], KINDS_QUALIFIER))
			break;
	}
	for (i = outer; i < n; i++) {
		sink_put(s, qualifier_name(chain[i]));
		sink_put(s, " ");
	}
	render_leaf(btf, leaf ? btf_type(btf, leaf) : NULL, s);
	for (i = outer - 1; i >= 0; i--)
		render_wrapper(chain[i], i + 1 < outer ? chain[i + 1] : NULL, s);
}

static void render_proto(const struct smbsign_btf *btf, const u32 *func,
			 struct sink *s)
{
	const u32 *proto = btf_type(btf, BTF_TYPE(func));
	const u32 *param;
	u32 i;

	if (!btf_is(proto, KIND(FUNC_PROTO))) {
		s->err = s->err ?: -EBADMSG;
		return;
	}
	render_type(btf, BTF_TYPE(proto), s);
	sink_put(s, " (");
	for (i = 0; i < BTF_VLEN(proto) && !s->err; i++) {
		param = proto + BTF_TYPE_WORDS + 2 * i;
		if (i)
			sink_put(s, ", ");
		if (!param[0] && !param[1])
			sink_put(s, "...");
		else
			render_type(btf, param[1], s);
	}
	sink_put(s, i ? ")" : "void)");
}

/**
 * smbsign_btf_proto() - render what a function returns and takes
 * @btf: an indexed blob; a module's is searched before its base
 * @func: name of the function
 * @buf: where to put, say, "int (struct ksmbd_work *)"; parameters are rendered
 *	as smbsign_btf_type_name() does, "void" if there are none, "..." if more
 *	may follow
 * @len: size of @buf
 *
 * Any context.
 *
 * Return: 0; -ENOENT if there is no such function; -ENOTUNIQ if there are
 * several of different prototype; -ENOSPC if @buf is too small; -EBADMSG if the
 * blob is malformed. @buf holds nothing useful after an error.
 */
int smbsign_btf_proto(const struct smbsign_btf *btf, const char *func,
		      char *buf, size_t len)
{
	struct smbsign_btf_defs d = smbsign_btf_defs_of(btf, func, KIND(FUNC));
	const u32 *t = smbsign_btf_defs_next(&d);
	struct sink s;
	int ret;

	if (!t)
		return -ENOENT;
	sink_init(&s, buf, len);
	render_proto(btf, t, &s);
	ret = sink_end(&s);
	while (!ret && (t = smbsign_btf_defs_next(&d))) {
		sink_init(&s, buf, len);
		s.compare = true;
		render_proto(btf, t, &s);
		ret = sink_end(&s);
	}
	return ret;
}

/**
 * smbsign_btf_type_name() - render a type much as C would write it
 * @btf: an indexed blob
 * @id: the type
 * @buf: where to put it
 * @len: size of @buf
 *
 * Typedefs are named, not followed: "__le64", "struct ksmbd_conn *",
 * "const char *", "u8 [16]". What C would write around a name is appended from
 * the inside out instead: an array of three arrays of four bytes is
 * "u8 [4] [3]", a pointer to a function is "fn *". Type tags are left out;
 * what has no name is "struct {}". Any context.
 *
 * Return: 0; -ENOSPC if @buf is too small; -EBADMSG if the blob is malformed.
 */
int smbsign_btf_type_name(const struct smbsign_btf *btf, u32 id, char *buf,
			  size_t len)
{
	struct sink s;

	sink_init(&s, buf, len);
	render_type(btf, id, &s);
	return sink_end(&s);
}

/**
 * smbsign_btf_same_type() - whether two types are written the same way
 * @btf: an indexed blob
 * @a: one type
 * @b: the other
 *
 * Any context.
 *
 * Return: true if so; false if not, or if the blob is malformed.
 */
bool smbsign_btf_same_type(const struct smbsign_btf *btf, u32 a, u32 b)
{
	char text[SMBSIGN_BTF_TYPE_LEN];
	struct sink s;

	if (a == b)
		return true;
	if (smbsign_btf_type_name(btf, a, text, sizeof(text)))
		return false;
	sink_init(&s, text, sizeof(text));
	s.compare = true;
	render_type(btf, b, &s);
	return !sink_end(&s);
}
