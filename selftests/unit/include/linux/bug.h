/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UNIT_LINUX_BUG_H
#define _UNIT_LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <stdio.h>
#include <stdlib.h>

/* What is only a warning in the kernel ends a unit test. */
#define WARN_ON(cond) ({						\
	int warned = !!(cond);						\
	if (warned) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		abort();						\
	}								\
	warned;								\
})
#define WARN_ON_ONCE(cond)	WARN_ON(cond)

#endif
