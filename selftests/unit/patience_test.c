// SPDX-License-Identifier: GPL-2.0-only
/* The client's patience: each row of its two tables. */

#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <smbsign/pdu.h>

#include "client/patience.h"
#include "ktap.h"

/* Any two commands that are not about connecting. */
#define READ	0x08
#define WRITE	0x09

#define MINUTE	(60 * HZ)

/* Not 0, and near the end of what 32 bits hold. */
static unsigned long now = 0xfffff000;

static enum smbsign_patience_state state_of(const struct smbsign_patience *p)
{
	return smbsign_patience_state(p, now);
}

/* A mount that works. */
static struct smbsign_patience good(void)
{
	struct smbsign_patience p = { 0 };

	smbsign_patience_negotiates(&p);
	smbsign_patience_connected(&p, now);
	return p;
}

static struct smbsign_patience ended(void)
{
	struct smbsign_patience p = good();

	smbsign_patience_ended(&p, now);
	return p;
}

static void mount(void)
{
	struct smbsign_patience p = { 0 };

	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_UNKNOWN);
	smbsign_patience_negotiates(&p);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_NEW);
	KTAP_CHECK(!smbsign_patience_is_hopeless(&p, now));
	KTAP_CHECK(!smbsign_patience_failed(&p, now));
	smbsign_patience_ended(&p, now);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_NEW);
	KTAP_CHECK(smbsign_patience_is_hopeless(&p, now));
	smbsign_patience_connected(&p, now + MINUTE);
	KTAP_CHECK(smbsign_patience_state(&p, now + MINUTE) ==
		   SMBSIGN_PATIENCE_GOOD);
}

static void policy(void)
{
	struct smbsign_patience p = good(), new = { 0 };

	smbsign_patience_forget(&p);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_UNKNOWN);
	smbsign_patience_ended(&p, now);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_UNKNOWN);
	smbsign_patience_negotiates(&p);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_AGAIN);
	smbsign_patience_negotiates(&new);
	smbsign_patience_forget(&new);
	smbsign_patience_negotiates(&new);
	KTAP_CHECK(state_of(&new) == SMBSIGN_PATIENCE_NEW);
	smbsign_patience_forget(&new);
	smbsign_patience_adopt(&new);
	smbsign_patience_ended(&new, now);
	KTAP_CHECK(state_of(&new) == SMBSIGN_PATIENCE_UNKNOWN);
	smbsign_patience_negotiates(&new);
	KTAP_CHECK(state_of(&new) == SMBSIGN_PATIENCE_AGAIN);
}

static void again(void)
{
	struct smbsign_patience p = ended();

	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_AGAIN);
	KTAP_CHECK(smbsign_patience_ended_lately(&p, now + MINUTE - 1));
	KTAP_CHECK(!smbsign_patience_is_hopeless(&p, now));
	smbsign_patience_connected(&p, now);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_AGAIN);
	KTAP_CHECK(smbsign_patience_state(&p, now + MINUTE) ==
		   SMBSIGN_PATIENCE_GOOD);
	KTAP_CHECK(!smbsign_patience_ended_lately(&p, now + MINUTE));
}

/* An end of the connection costs nothing, as anybody can bring it about. */
static void ends_are_free(void)
{
	struct smbsign_patience p = good();
	int i;

	for (i = 0; i < 1000; i++) {
		smbsign_patience_ended(&p, now);
		KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_AGAIN);
	}
	KTAP_CHECK(p.budget == SMBSIGN_PATIENCE_BUDGET);
}

/* Connecting anew fails, as a reply is refused. */
static bool fail(struct smbsign_patience *p, u16 command)
{
	smbsign_patience_refused(p, command, now);
	return smbsign_patience_failed(p, now);
}

static void hopeless(void)
{
	struct smbsign_patience p = ended();

	KTAP_CHECK(fail(&p, SMBSIGN_NEGOTIATE));
	KTAP_CHECK(fail(&p, SMBSIGN_SESSION_SETUP));
	KTAP_CHECK(!smbsign_patience_is_hopeless(&p, now));
	KTAP_CHECK(fail(&p, SMBSIGN_TREE_CONNECT));
	KTAP_CHECK(smbsign_patience_is_hopeless(&p, now));
	KTAP_CHECK(!fail(&p, SMBSIGN_NEGOTIATE));
	KTAP_CHECK(smbsign_patience_refused(&p, READ, now));
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_HOPELESS);
	smbsign_patience_connected(&p, now);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_AGAIN);
	KTAP_CHECK(fail(&p, SMBSIGN_NEGOTIATE));
	KTAP_CHECK(!smbsign_patience_is_hopeless(&p, now));
}

static void cut_while_connecting(void)
{
	struct smbsign_patience p = ended();
	int i;

	for (i = 0; i < 1000; i++)
		KTAP_CHECK(smbsign_patience_failed(&p, now));
	KTAP_CHECK(p.budget == SMBSIGN_PATIENCE_BUDGET);
}

static void hopeless_for_a_minute(void)
{
	struct smbsign_patience p = ended();
	int i;

	for (i = 0; i < 3; i++)
		fail(&p, SMBSIGN_NEGOTIATE);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_HOPELESS);
	KTAP_CHECK(smbsign_patience_state(&p, now + MINUTE) ==
		   SMBSIGN_PATIENCE_GOOD);
	KTAP_CHECK(smbsign_patience_failed(&p, now + MINUTE));
	KTAP_CHECK(p.budget && p.state == SMBSIGN_PATIENCE_GOOD);
}

/* A connection that works costs nothing of what refused replies have. */
static void spent(void)
{
	struct smbsign_patience p = good();
	int i;

	for (i = 0; i < 4; i++) {
		smbsign_patience_ended(&p, now);
		KTAP_CHECK(smbsign_patience_refused(&p, READ, now) ==
			   (i == 3));
		smbsign_patience_connected(&p, now);
		smbsign_patience_accepted(&p, WRITE, now);
	}
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_SPENT);
	KTAP_CHECK(smbsign_patience_gives_up(&p, READ, now));
	KTAP_CHECK(!smbsign_patience_gives_up(&p, WRITE, now));
	KTAP_CHECK(!smbsign_patience_gives_up(&p, READ, now + 10 * HZ));
	KTAP_CHECK(smbsign_patience_refused(&p, READ, now));
	smbsign_patience_accepted(&p, READ, now);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_AGAIN);
	KTAP_CHECK(p.budget == SMBSIGN_PATIENCE_BUDGET);
	KTAP_CHECK(!smbsign_patience_gives_up(&p, READ, now));
}

static void spent_until_each_is_accepted(void)
{
	struct smbsign_patience p = ended();
	u16 command;

	for (command = READ; command < READ + 4; command++)
		smbsign_patience_refused(&p, command, now);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_SPENT);
	for (command = READ; command < READ + 3; command++)
		smbsign_patience_accepted(&p, command, now);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_SPENT);
	smbsign_patience_accepted(&p, command, now);
	KTAP_CHECK(state_of(&p) == SMBSIGN_PATIENCE_AGAIN);
}

/* Those of a rate that others succeed in between never use it up. */
static void seldom(void)
{
	struct smbsign_patience p = good();
	int i;

	for (i = 0; i < 1000; i++) {
		smbsign_patience_ended(&p, now);
		KTAP_CHECK(!smbsign_patience_refused(&p, 0xffff, now));
		KTAP_CHECK(!smbsign_patience_refused(&p, READ, now));
		smbsign_patience_connected(&p, now);
		smbsign_patience_accepted(&p, READ, now);
		smbsign_patience_accepted(&p, 0xffff, now);
	}
}

static void hard_mount(void)
{
	struct smbsign_patience p = good();
	int i;

	p.hard = true;
	for (i = 0; i < 1000; i++) {
		smbsign_patience_ended(&p, now);
		KTAP_CHECK(!smbsign_patience_refused(&p, READ, now));
		KTAP_CHECK(!smbsign_patience_gives_up(&p, READ, now));
	}
	for (i = 0; i < 3; i++)
		KTAP_CHECK(fail(&p, SMBSIGN_NEGOTIATE));
	KTAP_CHECK(smbsign_patience_is_hopeless(&p, now));
}

/* Failures to connect are told by smbsign_patience_failed(). */
static void connecting(void)
{
	struct smbsign_patience p = ended();

	KTAP_CHECK(!smbsign_patience_refused(&p, SMBSIGN_NEGOTIATE, now));
	KTAP_CHECK(!smbsign_patience_refused(&p, SMBSIGN_SESSION_SETUP, now));
	KTAP_CHECK(!smbsign_patience_refused(&p, SMBSIGN_TREE_CONNECT, now));
	KTAP_CHECK(p.budget == SMBSIGN_PATIENCE_BUDGET);
	smbsign_patience_accepted(&p, SMBSIGN_NEGOTIATE, now);
	smbsign_patience_connected(&p, now);
	KTAP_CHECK(!p.refused);
}

static const struct ktap_case cases[] = {
	KTAP_CASE(mount),
	KTAP_CASE(policy),
	KTAP_CASE(again),
	KTAP_CASE(ends_are_free),
	KTAP_CASE(hopeless),
	KTAP_CASE(cut_while_connecting),
	KTAP_CASE(hopeless_for_a_minute),
	KTAP_CASE(spent),
	KTAP_CASE(spent_until_each_is_accepted),
	KTAP_CASE(seldom),
	KTAP_CASE(hard_mount),
	KTAP_CASE(connecting),
};

KTAP_MAIN("patience", cases)
