// SPDX-License-Identifier: GPL-2.0-only
/* The command sequence window against a model that keeps every id. */

#include <linux/kernel.h>
#include <smbsign/window.h>
#include "fuzz.h"
#include "ktap.h"

#define MODEL_IDS	200000
#define ROUNDS		400000

static struct smbsign_window window;

static void first_id(void)
{
	smbsign_window_init(&window);
	KTAP_CHECK(!smbsign_window_use(&window, 1, 1));
	KTAP_CHECK(!smbsign_window_use(&window, 0, 2));
	KTAP_CHECK(smbsign_window_use(&window, 0, 1));
	KTAP_CHECK(!smbsign_window_use(&window, 0, 1));
	KTAP_CHECK(!smbsign_window_use(&window, 1, 1));
	smbsign_window_grant(&window, 1);
	KTAP_CHECK(smbsign_window_use(&window, 1, 1));
	KTAP_CHECK(!smbsign_window_use(&window, 2, 1));
	smbsign_window_grant(&window, 0);
	KTAP_CHECK(!smbsign_window_use(&window, 2, 1));
}

/* An id of the middle stays used while the window moves past it. */
static void out_of_order(void)
{
	smbsign_window_init(&window);
	smbsign_window_grant(&window, 9);
	KTAP_CHECK(smbsign_window_use(&window, 5, 2));
	KTAP_CHECK(!smbsign_window_use(&window, 6, 1));
	KTAP_CHECK(!smbsign_window_use(&window, 3, 3));
	KTAP_CHECK(smbsign_window_use(&window, 3, 2));
	KTAP_CHECK(smbsign_window_use(&window, 0, 3));
	KTAP_CHECK(!smbsign_window_use(&window, 6, 1));
	KTAP_CHECK(smbsign_window_use(&window, 7, 3));
	KTAP_CHECK(!smbsign_window_use(&window, 10, 1));
	KTAP_CHECK(!smbsign_window_use(&window, 9, 1));
}

/* All or none: a refused range leaves what it names free. */
static void refusal_takes_nothing(void)
{
	smbsign_window_init(&window);
	smbsign_window_grant(&window, 9);
	KTAP_CHECK(!smbsign_window_use(&window, 8, 3));
	KTAP_CHECK(smbsign_window_use(&window, 8, 2));
	KTAP_CHECK(!smbsign_window_use(&window, 7, 2));
	KTAP_CHECK(smbsign_window_use(&window, 7, 1));
}

static void extremes(void)
{
	smbsign_window_init(&window);
	KTAP_CHECK(!smbsign_window_use(&window, ~0ULL, 1));
	KTAP_CHECK(!smbsign_window_use(&window, ~0ULL, 2));
	KTAP_CHECK(!smbsign_window_use(&window, ~0ULL - 1, 65535));
	KTAP_CHECK(!smbsign_window_use(&window, 1ULL << 63, 65535));
	KTAP_CHECK(!smbsign_window_use(&window, 0, 65535));
	KTAP_CHECK(smbsign_window_use(&window, 0, 1));
}

/* However much is granted, no more than the ring has bits is in use. */
static void full_ring(void)
{
	int i;

	smbsign_window_init(&window);
	for (i = 0; i < 4; i++)
		smbsign_window_grant(&window, 65535);
	KTAP_CHECK(!smbsign_window_use(&window, SMBSIGN_WINDOW_LEN, 1));
	KTAP_CHECK(!smbsign_window_use(&window, 1, SMBSIGN_WINDOW_LEN));
	KTAP_CHECK(smbsign_window_use(&window, 1, SMBSIGN_WINDOW_LEN - 1));
	KTAP_CHECK(!smbsign_window_use(&window, SMBSIGN_WINDOW_LEN, 1));
	KTAP_CHECK(smbsign_window_use(&window, 0, 1));
	KTAP_CHECK(!smbsign_window_use(&window, 0, 1));
	KTAP_CHECK(!smbsign_window_use(&window, SMBSIGN_WINDOW_LEN - 1, 1));
	KTAP_CHECK(smbsign_window_use(&window, SMBSIGN_WINDOW_LEN,
				      SMBSIGN_WINDOW_LEN));
	KTAP_CHECK(!smbsign_window_use(&window, SMBSIGN_WINDOW_LEN, 1));
}

/* A larger ring knows what the smaller one knew. */
static void grown_ring(void)
{
	static u32 ring[4 * SMBSIGN_WINDOW_LEN / 32], larger[8 * SMBSIGN_WINDOW_LEN / 32];

	smbsign_window_init(&window);
	smbsign_window_grant(&window, 5 * SMBSIGN_WINDOW_LEN);
	KTAP_CHECK(smbsign_window_use(&window, 0, 8000));
	KTAP_CHECK(smbsign_window_use(&window, 9000, 100));
	KTAP_CHECK(!smbsign_window_grow(&window, ring, 4 * SMBSIGN_WINDOW_LEN));
	KTAP_CHECK(smbsign_window_grow(&window, larger, SMBSIGN_WINDOW_LEN) == larger);
	KTAP_CHECK(!smbsign_window_use(&window, 7999, 1));
	KTAP_CHECK(!smbsign_window_use(&window, 9000, 1));
	KTAP_CHECK(!smbsign_window_use(&window, 9099, 1));
	KTAP_CHECK(smbsign_window_use(&window, 8999, 1));
	KTAP_CHECK(smbsign_window_use(&window, 8000 + 3 * SMBSIGN_WINDOW_LEN, 1));
	KTAP_CHECK(!smbsign_window_use(&window, 8000 + 4 * SMBSIGN_WINDOW_LEN, 1));
	KTAP_CHECK(smbsign_window_grow(&window, larger, 8 * SMBSIGN_WINDOW_LEN) == ring);
	KTAP_CHECK(!smbsign_window_use(&window, 8000 + 3 * SMBSIGN_WINDOW_LEN, 1));
	KTAP_CHECK(smbsign_window_use(&window, 8000 + 4 * SMBSIGN_WINDOW_LEN, 1));
}

/* A set of ids, and nothing clever. */
static struct {
	u8 used[MODEL_IDS];
	u64 granted;
	u64 low;
} model;

static bool model_use(u64 id, u64 charge)
{
	u64 i;

	if (id > MODEL_IDS || id + charge > model.granted ||
	    id + charge > model.low + SMBSIGN_WINDOW_LEN)
		return false;
	for (i = id; i < id + charge; i++)
		if (model.used[i])
			return false;
	memset(model.used + id, 1, charge);
	while (model.used[model.low])
		model.low++;
	return true;
}

/* Mostly near the window's ends, where it matters. */
static u64 random_id(void)
{
	switch (fuzz_below(8)) {
	case 0:
		return model.granted + fuzz_below(4) - 2;
	case 1:
		return fuzz_below(model.granted);
	case 2:
		return model.low + SMBSIGN_WINDOW_LEN + fuzz_below(4) - 2;
	case 3:
		return model.low - fuzz_below(100);
	case 4:
		return (u64)fuzz_next() << 32 | fuzz_next();
	case 5:
		return model.low;
	default:
		return model.low + fuzz_below(64);
	}
}

static void against_model(void)
{
	int i, taken = 0;
	u16 charge;
	u64 id;

	memset(&model, 0, sizeof(model));
	model.granted = 1;
	smbsign_window_init(&window);
	for (i = 0; i < ROUNDS; i++) {
		if (!fuzz_below(4) && model.granted < MODEL_IDS - 70000) {
			charge = fuzz_below(100) ? fuzz_below(9) :
				 fuzz_below(10000);
			smbsign_window_grant(&window, charge);
			model.granted += charge;
		}
		id = random_id();
		charge = 1 + fuzz_below(fuzz_below(4) ? 2 : 40);
		if (smbsign_window_use(&window, id, charge) !=
		    model_use(id, charge)) {
			printf("# id %llu charge %u low %llu high %llu\n", id,
			       charge, model.low, model.granted);
			KTAP_CHECK(false);
		}
		/* Whatever it was, now it is used or cannot be. */
		taken += window.low == model.low;
		KTAP_CHECK(window.low == model.low);
		KTAP_CHECK(window.high == model.granted);
	}
	/* The ring must have gone round. */
	KTAP_CHECK(taken == ROUNDS && model.low > 4 * SMBSIGN_WINDOW_LEN);
}

/* Each id of a long run is taken once, and once only, in any order. */
static void no_replay(void)
{
	u64 base, id;
	u32 step;

	smbsign_window_init(&window);
	smbsign_window_grant(&window, 2047);
	for (base = 0; base < 20 * 2048; base += 2048) {
		for (step = 0; step < 2048; step++) {
			id = base + step * 1021 % 2048;
			KTAP_CHECK(smbsign_window_use(&window, id, 1));
			KTAP_CHECK(!smbsign_window_use(&window, id, 1));
		}
		for (id = 0; id < base + 2048; id += 7)
			KTAP_CHECK(!smbsign_window_use(&window, id, 1));
		smbsign_window_grant(&window, 2048);
	}
}

static const struct ktap_case cases[] = {
	KTAP_CASE(first_id),
	KTAP_CASE(out_of_order),
	KTAP_CASE(refusal_takes_nothing),
	KTAP_CASE(extremes),
	KTAP_CASE(full_ring),
	KTAP_CASE(grown_ring),
	KTAP_CASE(against_model),
	KTAP_CASE(no_replay),
};

KTAP_MAIN("window", cases)
