/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of a BTF blob, for the files that make up btf.h.
 *
 * All of the type section is 32-bit words: three for each type (name, info,
 * size or type), then what its kind adds. The format only ever grew into bits
 * that were zero before (vlen and kind became wider in 7.x), so the widest
 * reading is right for all kernels, and the narrower masks of an old kernel's
 * linux/btf.h are not used.
 */
#ifndef _SMBSIGN_BTF_WORDS_H
#define _SMBSIGN_BTF_WORDS_H

#include <linux/bits.h>
#include <linux/btf.h>
#include <linux/types.h>

#include "btf.h"

#define BTF_TYPE_WORDS	3
#define BTF_NAME(t)	((t)[0])
#define BTF_KIND(t)	((t)[1] >> 24 & 0x7f)
#define BTF_VLEN(t)	((t)[1] & 0xffffff)
#define BTF_KFLAG(t)	((t)[1] >> 31)
#define BTF_SIZE(t)	((t)[2])
#define BTF_TYPE(t)	((t)[2])

/* What an array has instead of BTF_TYPE(). */
#define BTF_ELEM(t)	((t)[BTF_TYPE_WORDS])
#define BTF_NELEMS(t)	((t)[BTF_TYPE_WORDS + 2])

#define KIND(name)	BIT(BTF_KIND_##name)
#define KINDS_QUALIFIER	(KIND(CONST) | KIND(VOLATILE) | KIND(RESTRICT))
#define KINDS_OWNER	(KIND(STRUCT) | KIND(UNION))
#define KINDS_ENUM	(KIND(ENUM) | KIND(ENUM64))

/* Typedefs, qualifiers and pointers in a row: no real kernel comes near. */
#define BTF_MAX_CHAIN	32

/* Whether @t, which may be NULL, is one of @kinds, a set of KIND() bits. */
static inline bool btf_is(const u32 *t, unsigned long kinds)
{
	return t && BIT(BTF_KIND(t)) & kinds;
}

/* The words of type @id; NULL for an unknown id, and for 0, which is void. */
static inline const u32 *btf_type(const struct smbsign_btf *btf, u32 id)
{
	if (btf->base && id < btf->first_id)
		btf = btf->base;
	id -= btf->first_id;
	return id < btf->nr_types ? btf->types + btf->offsets[id] : NULL;
}

/* The string at @off, or NULL if there is none. */
static inline const char *btf_string(const struct smbsign_btf *btf, u32 off)
{
	if (btf->base && off < btf->first_str)
		btf = btf->base;
	off -= btf->first_str;
	return off < btf->strs_len ? btf->strs + off : NULL;
}

/**
 * struct smbsign_btf_defs - walks all definitions of a name
 * @btf: where the walk is: in the module, or on in its base
 * @name: the name
 * @kinds: the KIND() bits that count
 * @link: the next type to look at plus 1, or 0
 * @found: whether @btf had any, so that the base is left alone
 *
 * A module's own definitions hide those of the base, because they are what it
 * was compiled with.
 */
struct smbsign_btf_defs {
	const struct smbsign_btf *btf;
	const char *name;
	unsigned long kinds;
	u32 link;
	bool found;
};

/* btf.c */
struct smbsign_btf_defs smbsign_btf_defs_of(const struct smbsign_btf *btf,
					    const char *name,
					    unsigned long kinds);
const u32 *smbsign_btf_defs_next(struct smbsign_btf_defs *d);

/* btf_render.c */
bool smbsign_btf_same_type(const struct smbsign_btf *btf, u32 a, u32 b);

#endif
