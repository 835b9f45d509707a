/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers that are the same in every run, and damage done by them. */
#ifndef _UNIT_FUZZ_H
#define _UNIT_FUZZ_H

#include <linux/types.h>
#include <stdlib.h>
#include <string.h>

static u32 fuzz_seed = 1;

static inline u32 fuzz_next(void)
{
	fuzz_seed ^= fuzz_seed << 13;
	fuzz_seed ^= fuzz_seed >> 17;
	fuzz_seed ^= fuzz_seed << 5;
	return fuzz_seed;
}

/* 0 to @n - 1 */
static inline u32 fuzz_below(u32 n)
{
	return fuzz_next() % n;
}

/* A copy with not a byte to spare, so that the sanitizer sees each overrun. */
static inline void *fuzz_copy(const void *from, size_t len)
{
	void *copy = malloc(len);

	if (!copy)
		abort();
	return memcpy(copy, from, len);
}

/* A few bytes, or a 16 bit number, to values that matter, or any. */
static inline void fuzz_damage(u8 *buf, size_t len)
{
	static const u16 values[] = {
		0, 1, 2, 3, 4, 7, 8, 63, 64, 65, 0x7fff, 0x8000, 0xffff
	};
	u32 n = fuzz_below(4);
	u32 at, value;

	for (; n; n--) {
		at = fuzz_below(len - 1);
		value = fuzz_below(2) ? fuzz_next() :
			values[fuzz_below(sizeof(values) / 2)];
		buf[at] = value;
		if (fuzz_below(2))
			buf[at + 1] = value >> 8;
	}
}

#endif
