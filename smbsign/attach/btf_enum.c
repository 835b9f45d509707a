// SPDX-License-Identifier: GPL-2.0-only
/* Values of enumerations, out of BTF. */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "btf.h"
#include "btf_words.h"

/* What can be told from SMBSIGN_ABSENT, and compared with an int. */
static int settle_value(u64 value, u32 *out)
{
	if (value > INT_MAX)
		return -ERANGE;
	*out = value;
	return 0;
}

/* An enumerator has a name and a value; one of 64 bits has its upper half too. */
static int find_enumerator(const struct smbsign_btf *btf, const u32 *t,
			   const char *name, u32 *value)
{
	bool wide = btf_is(t, KIND(ENUM64));
	u32 words = wide ? 3 : 2;
	const char *str;
	const u32 *e;
	u32 i;

	for (i = 0; i < BTF_VLEN(t); i++) {
		e = t + BTF_TYPE_WORDS + words * i;
		str = btf_string(btf, e[0]);
		if (!str)
			return -EBADMSG;
		if (!strcmp(str, name))
			return settle_value(wide ? e[1] | (u64)e[2] << 32 :
						   e[1], value);
	}
	return -ENODATA;
}

/**
 * smbsign_btf_enum() - find the value of an enumerator
 * @btf: an indexed blob; a module's is searched before its base
 * @owner: name of the enumeration
 * @name: name of the enumerator
 * @value: set on success only
 *
 * Any context.
 *
 * Return: 0; -ENOENT if there is no such enumeration; -ENODATA if it has no such
 * enumerator; -ERANGE if the value is negative or above INT_MAX; -ENOTUNIQ if
 * several definitions of it give different answers; -EBADMSG if the blob is
 * malformed.
 */
int smbsign_btf_enum(const struct smbsign_btf *btf, const char *owner,
		     const char *name, u32 *value)
{
	struct smbsign_btf_defs d = smbsign_btf_defs_of(btf, owner, KINDS_ENUM);
	const u32 *t = smbsign_btf_defs_next(&d);
	u32 first = 0, other = 0;
	int ret;

	if (!t)
		return -ENOENT;
	ret = find_enumerator(btf, t, name, &first);
	while ((t = smbsign_btf_defs_next(&d))) {
		if (find_enumerator(btf, t, name, &other) != ret ||
		    other != first)
			return -ENOTUNIQ;
	}
	if (!ret)
		*value = first;
	return ret;
}
