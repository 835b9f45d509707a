/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layout of a target module: where its members lie and what its functions
 * take, checked against a table of what the half was written for.
 *
 * A half lists what it uses once, and derives everything from the lists:
 *
 *	#define SERVER_FIELDS(F)					\
 *		F(work_conn, 0, "ksmbd_work", "conn",			\
 *		  "struct ksmbd_conn *", void *)			\
 *		F(work_encrypted, SMBSIGN_BIT, "ksmbd_work", "encrypted",	\
 *		  "bool", u8)						\
 *		F(sess_key, 0, "ksmbd_session", "smb3signingkey",	\
 *		  "__u8 [16]", u8 [16])					\
 *		F(work_size, SMBSIGN_SIZEOF, "ksmbd_work", NULL, NULL, u8) \
 *		F(need_negotiate, SMBSIGN_ENUM, "statusEnum",		\
 *		  "CifsNeedNegotiate", NULL, u8)
 *	#define SERVER_FUNCS(P)					\
 *		P(ksmbd_sign_smb2_pdu, 0,				\
 *		  "int (struct ksmbd_conn *)|void (struct ksmbd_conn *)")
 *
 *	SMBSIGN_LAYOUT_DECLARE(server, SERVER_FIELDS, SERVER_FUNCS);
 *	SMBSIGN_LAYOUT_DEFINE(server, "ksmbd", SERVER_FIELDS, SERVER_FUNCS);
 *
 *	err = smbsign_layout_resolve(&smbsign_server_layout, why, sizeof(why));
 *	...
 *	conn = SMBSIGN_GET(server, work, work_conn);
 *	if (SMBSIGN_GET_BIT(server, work, work_encrypted))
 *	key = *SMBSIGN_PTR(server, sess, sess_key);
 *	if (SMBSIGN_FORM(server, ksmbd_sign_smb2_pdu) == 1)
 *
 * F() takes an identifier; flags; the structure's name; the member's path as
 * for smbsign_btf_member(); its type as for smbsign_btf_type_name(), or NULL
 * for any; and the C type it is accessed as, whose size it must have. P() takes
 * what it is for, see funcs.h; flags; what the function returns, its name and
 * arguments, written as for smbsign_btf_proto(); and, if that differs from kernel
 * to kernel, its prototypes there. Structure, path, type and prototype may be
 * alternatives separated by '|': the first name that exists counts, and any of
 * the types.
 *
 * An access costs one addition, of an offset in read-mostly memory. It is valid
 * only after smbsign_layout_resolve() has succeeded, of an optional field only
 * where SMBSIGN_HAS() says so.
 */
#ifndef _SMBSIGN_LAYOUT_H
#define _SMBSIGN_LAYOUT_H

#include <linux/cache.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/types.h>

struct smbsign_btf;

/* The member may be missing. One of another type or size is an error still. */
#define SMBSIGN_OPTIONAL	0x1
/* A bit-field of one bit, for SMBSIGN_GET_BIT(); the C type does not matter. */
#define SMBSIGN_BIT		0x2
/* Used by its address only: of any size, and the C type is that of its start. */
#define SMBSIGN_ADDR		0x4
/* The structure's size, for SMBSIGN_SIZE(); path and types do not matter. */
#define SMBSIGN_SIZEOF		0x8

/*
 * The value of an enumerator, for SMBSIGN_VALUE(): of an enumeration instead of
 * a structure, and of a name instead of a path; types do not matter.
 */
#define SMBSIGN_ENUM		0x10

/* Offset of an optional member, and form of an optional function, not there. */
#define SMBSIGN_ABSENT		U32_MAX

/* A function that another module has: not looked for in the target's BTF. */
#define SMBSIGN_ELSEWHERE	0x20

/* Enough for every sentence about what is missing or differs. */
#define SMBSIGN_WHY_LEN		512

/**
 * struct smbsign_field - a member that a half needs
 * @owner: the structure, or alternatives
 * @path: the member, or alternatives
 * @type: rendered type, or alternatives, or NULL
 * @size: bytes it must have
 * @flags: SMBSIGN_OPTIONAL and so on
 */
struct smbsign_field {
	const char *owner;
	const char *path;
	const char *type;
	u16 size;
	u8 flags;
};

/**
 * struct smbsign_proto - a function that a half needs
 * @func: its name
 * @forms: rendered prototype, or alternatives
 * @flags: 0, SMBSIGN_OPTIONAL, SMBSIGN_ELSEWHERE
 */
struct smbsign_proto {
	const char *func;
	const char *forms;
	u8 flags;
};

/**
 * struct smbsign_layout - what a half needs of a target, and the answers
 * @module: name of the target module
 * @fields: members needed
 * @offsets: for each of @fields: its offset in bytes; in bits, for a
 *	bit-field; the structure's size, for SMBSIGN_SIZEOF; the value, for
 *	SMBSIGN_ENUM; or SMBSIGN_ABSENT
 * @nr_fields: number of both
 * @protos: functions needed
 * @forms: for each of @protos: which alternative it is, or SMBSIGN_ABSENT
 * @nr_protos: number of both
 *
 * @offsets and @forms are written by smbsign_layout_resolve() only, which the
 * caller serialises, and which must not run while accesses are under way unless
 * the module in memory is the one they were last resolved for.
 */
struct smbsign_layout {
	const char *module;
	const struct smbsign_field *fields;
	u32 *offsets;
	size_t nr_fields;
	const struct smbsign_proto *protos;
	u32 *forms;
	size_t nr_protos;
};

#define __SMBSIGN_F_TYPE(id, flags, owner, path, type, ctype)	typeof(ctype) id;
#define __SMBSIGN_F_WORD(id, flags, owner, path, type, ctype)	u32 id;
#define __SMBSIGN_F_INIT(id, flags, owner, path, type, ctype)	\
	{ owner, path, type, sizeof(ctype), flags },
#define __SMBSIGN_P_WORD(kind, flags, ret, func, args, ...)	u32 func;
#define __SMBSIGN_P_INIT(kind, flags, ret, func, args, ...)	\
	{ #func, __SMBSIGN_P_FORMS("", ##__VA_ARGS__, #ret " " #args, ""), \
	  flags },
/* The forms that a row gives, or else its prototype. */
#define __SMBSIGN_P_FORMS(none, forms, ...)			forms

#define SMBSIGN_LAYOUT_DECLARE(target, FIELDS, PROTOS)			\
	struct smbsign_##target##_types { FIELDS(__SMBSIGN_F_TYPE) };	\
	struct smbsign_##target##_offsets { FIELDS(__SMBSIGN_F_WORD) };	\
	struct smbsign_##target##_forms { PROTOS(__SMBSIGN_P_WORD) };	\
	extern struct smbsign_##target##_offsets smbsign_##target##_offset; \
	extern struct smbsign_##target##_forms smbsign_##target##_form;	\
	extern const struct smbsign_layout smbsign_##target##_layout

#define SMBSIGN_LAYOUT_DEFINE(target, name, FIELDS, PROTOS)		\
	struct smbsign_##target##_offsets smbsign_##target##_offset	\
		__read_mostly;						\
	struct smbsign_##target##_forms smbsign_##target##_form		\
		__read_mostly;						\
	static const struct smbsign_field smbsign_##target##_fields[] = { \
		FIELDS(__SMBSIGN_F_INIT)				\
	};								\
	static const struct smbsign_proto smbsign_##target##_protos[] = { \
		PROTOS(__SMBSIGN_P_INIT)				\
	};								\
	const struct smbsign_layout smbsign_##target##_layout = {	\
		.module = name,						\
		.fields = smbsign_##target##_fields,			\
		.offsets = (u32 *)&smbsign_##target##_offset,		\
		.nr_fields = sizeof(smbsign_##target##_offset) /	\
			     sizeof(u32),				\
		.protos = smbsign_##target##_protos,			\
		.forms = (u32 *)&smbsign_##target##_form,		\
		.nr_protos = sizeof(smbsign_##target##_form) /		\
			     sizeof(u32),				\
	}

/* What smbsign_layout_resolve() found; SMBSIGN_ABSENT if it is not there. */
#define SMBSIGN_OFFSET(target, id)	(smbsign_##target##_offset.id)
#define SMBSIGN_HAS(target, id)		\
	(SMBSIGN_OFFSET(target, id) != SMBSIGN_ABSENT)
#define SMBSIGN_SIZE(target, id)	SMBSIGN_OFFSET(target, id)
#define SMBSIGN_VALUE(target, id)	((int)SMBSIGN_OFFSET(target, id))
#define SMBSIGN_FORM(target, func)	(smbsign_##target##_form.func)

/* Pointer to a member, of the C type in the table. */
#define SMBSIGN_PTR(target, obj, id)					\
	((typeof(((struct smbsign_##target##_types *)NULL)->id) *)	\
	 ((char *)(obj) + SMBSIGN_OFFSET(target, id)))

/* A member's value. */
#define SMBSIGN_GET(target, obj, id)	(*SMBSIGN_PTR(target, obj, id))

/* Store to a member. */
#define SMBSIGN_SET(target, obj, id, val) \
	((void)(*SMBSIGN_PTR(target, obj, id) = (val)))

/* A bit-field's value; they are read only, as writing one is not atomic. */
#define SMBSIGN_GET_BIT(target, obj, id)				\
	smbsign_layout_bit((const char *)(obj), SMBSIGN_OFFSET(target, id))

static inline bool smbsign_layout_bit(const char *obj, u32 nr)
{
	return obj[nr / 8] >> (nr % 8) & 1;
}

/* layout.c */
int smbsign_layout_match(const struct smbsign_layout *layout,
			 const struct smbsign_btf *btf, char *why, size_t len);
int smbsign_layout_resolve(const struct smbsign_layout *layout, char *why,
			   size_t len);

#endif
