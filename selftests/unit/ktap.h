/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP for unit tests in user space: a test program is one table of cases.
 *
 *	static void adds(void)
 *	{
 *		KTAP_CHECK(1 + 1 == 2);
 *	}
 *
 *	static const struct ktap_case cases[] = { KTAP_CASE(adds) };
 *	KTAP_MAIN("arith", cases)
 *
 * A case fails at its first KTAP_CHECK() that does not hold, or is skipped by
 * ktap_skip() with a reason; either ends the function it is used in.
 */
#ifndef _UNIT_KTAP_H
#define _UNIT_KTAP_H

#include <stdbool.h>
#include <stdio.h>

struct ktap_case {
	const char *name;
	void (*run)(void);
};

static bool ktap_failed;
static const char *ktap_skipped;

#define KTAP_CASE(fn)	{ #fn, fn }

#define KTAP_CHECK(cond) do {						\
	if (!(cond)) {							\
		ktap_failed = true;					\
		printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);	\
		return;							\
	}								\
	if (ktap_failed)						\
		return;							\
} while (0)

#define ktap_skip(why) do {						\
	ktap_skipped = (why);						\
	return;								\
} while (0)

static inline int ktap_run(const char *area, const struct ktap_case *cases,
			   size_t nr)
{
	int failed = 0;
	size_t i;

	printf("KTAP version 1\n1..%zu\n", nr);
	for (i = 0; i < nr; i++) {
		ktap_failed = false;
		ktap_skipped = NULL;
		cases[i].run();
		printf("%s %zu %s.%s", ktap_failed ? "not ok" : "ok", i + 1,
		       area, cases[i].name);
		if (ktap_skipped)
			printf(" # SKIP %s", ktap_skipped);
		printf("\n");
		fflush(stdout);
		failed += ktap_failed;
	}
	return failed ? 1 : 0;
}

#define KTAP_MAIN(area, cases)						\
int main(void)								\
{									\
	return ktap_run(area, cases, sizeof(cases) / sizeof((cases)[0])); \
}

#endif
