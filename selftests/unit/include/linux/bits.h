/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UNIT_LINUX_BITS_H
#define _UNIT_LINUX_BITS_H

#define BITS_PER_BYTE	8
#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))
#define GENMASK(h, l)	((~0UL >> (63 - (h))) & (~0UL << (l)))

#endif
