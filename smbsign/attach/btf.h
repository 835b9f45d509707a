/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers out of BTF: where a member lies, how large a structure is, what a
 * function takes and returns.
 */
#ifndef _SMBSIGN_BTF_H
#define _SMBSIGN_BTF_H

#include <linux/types.h>

/* The longest rendered type, and the longest rendered prototype. */
#define SMBSIGN_BTF_TYPE_LEN	128
#define SMBSIGN_BTF_PROTO_LEN	384

/* Larger blobs are refused; vmlinux of a distribution has some 7 MB. */
#define SMBSIGN_BTF_MAX_LEN	(128U << 20)

/**
 * struct smbsign_btf - one BTF blob, opened for look-ups
 * @base: what type ids and string offsets below @first_id and @first_str refer
 *	to (vmlinux, for a module); NULL if this is a base itself
 * @data: the blob, as given to smbsign_btf_open()
 * @types: the type section, which consists of 32-bit words throughout
 * @type_words: its length
 * @strs: the string section
 * @strs_len: its length
 * @first_id: id of the first type in @types
 * @nr_types: number of types in @types
 * @first_str: what the offset of the first string in @strs counts as
 * @nr_heads: number of hash chains, a power of two
 * @index: caller's memory, holding the next three
 * @offsets: for each type, the word in @types where it starts
 * @next: for each type, the next one in its hash chain plus 1; 0 ends it
 * @heads: for each hash chain, its first type plus 1
 *
 * Only structures, unions, enumerations and functions are hashed, by name. Immutable once
 * smbsign_btf_index() has returned, so look-ups need no lock.
 */
struct smbsign_btf {
	const struct smbsign_btf *base;
	const void *data;
	const u32 *types;
	u32 type_words;
	const char *strs;
	u32 strs_len;
	u32 first_id;
	u32 nr_types;
	u32 first_str;
	u32 nr_heads;
	u32 *index;
	u32 *offsets;
	u32 *next;
	u32 *heads;
};

/**
 * struct smbsign_btf_member - where and what a member is
 * @offset: bytes from the start of the outermost structure; for a bit-field,
 *	of the byte that holds its first bit
 * @size: bytes; for a bit-field, of the bytes that hold it
 * @type: type id, for smbsign_btf_type_name()
 * @bit: for a bit-field, its first bit within the byte at @offset, as little
 *	endian machines count
 * @bits: width of a bit-field, 0 for every other member
 */
struct smbsign_btf_member {
	u32 offset;
	u32 size;
	u32 type;
	u8 bit;
	u8 bits;
};

/* btf.c */
int smbsign_btf_open(struct smbsign_btf *btf, const void *data, size_t len,
		     const struct smbsign_btf *base);
size_t smbsign_btf_index_size(const struct smbsign_btf *btf);
int smbsign_btf_index(struct smbsign_btf *btf, u32 *index);
int smbsign_btf_member(const struct smbsign_btf *btf, const char *owner,
		       const char *path, struct smbsign_btf_member *m);
int smbsign_btf_struct_size(const struct smbsign_btf *btf, const char *owner,
			    u32 *size);

/* btf_enum.c */
int smbsign_btf_enum(const struct smbsign_btf *btf, const char *owner,
		     const char *name, u32 *value);

/* btf_render.c */
int smbsign_btf_proto(const struct smbsign_btf *btf, const char *func,
		      char *buf, size_t len);
int smbsign_btf_type_name(const struct smbsign_btf *btf, u32 id, char *buf,
			  size_t len);

/* btf_load.c */
bool smbsign_module_is_loaded(const char *name);
bool smbsign_module_is_builtin(const char *name);
int smbsign_btf_load(struct smbsign_btf *btf, const char *name,
		     const struct smbsign_btf *base);
void smbsign_btf_unload(struct smbsign_btf *btf);

#endif
