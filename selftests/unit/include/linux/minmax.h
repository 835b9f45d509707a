/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UNIT_LINUX_MINMAX_H
#define _UNIT_LINUX_MINMAX_H

#define min_t(type, a, b) ({			\
	type min_a = (a);			\
	type min_b = (b);			\
	min_a < min_b ? min_a : min_b;		\
})
#define max_t(type, a, b) ({			\
	type max_a = (a);			\
	type max_b = (b);			\
	max_a > max_b ? max_a : max_b;		\
})
#define min(a, b)	min_t(typeof((a) + 0), a, b)
#define max(a, b)	max_t(typeof((a) + 0), a, b)
#define clamp(v, lo, hi) min(max(v, lo), hi)

#endif
