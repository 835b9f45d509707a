// SPDX-License-Identifier: GPL-2.0-only
/* The states of patience.h. */
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>

#include <smbsign/pdu.h>

#include "patience.h"

/* Three failures to connect anew, or four refused replies, use the budget up. */
#define COST_OF_CONNECTING (SMBSIGN_PATIENCE_BUDGET / 3)
#define COST_OF_REPLY (SMBSIGN_PATIENCE_BUDGET / 4)
/* How long an error is put down to a connection that we have ended. */
#define ENDED_LATELY (60 * HZ)
/* How long commands that were refused too often are not sent. */
#define SPENT_QUIET (10 * HZ)

/* What cifs does to connect anew; it fails as a whole. */
#define CONNECTING (BIT(SMBSIGN_NEGOTIATE) | BIT(SMBSIGN_SESSION_SETUP) | \
		    BIT(SMBSIGN_TREE_CONNECT))

/* Commands are small numbers; the last bit is for whatever else came. */
static u32 patience_bit(u16 command)
{
	return BIT(min_t(u16, command, 31));
}

static bool patience_ended_within(const struct smbsign_patience *patience,
				  unsigned long span, unsigned long now)
{
	return patience->ended_at &&
	       time_before(now, patience->ended_at + span);
}

/**
 * smbsign_patience_ended_lately() - have we ended the connection?
 * @patience: of the connection
 * @now: in jiffies
 *
 * May be called from any context.
 *
 * Return: true if it was within the last minute
 */
bool smbsign_patience_ended_lately(const struct smbsign_patience *patience,
				   unsigned long now)
{
	return patience_ended_within(patience, ENDED_LATELY, now);
}

/**
 * smbsign_patience_state() - the state of a connection
 * @patience: of the connection
 * @now: in jiffies
 *
 * May be called from any context.
 *
 * Return: the state, in which the time that has passed counts
 */
enum smbsign_patience_state
smbsign_patience_state(const struct smbsign_patience *patience,
		       unsigned long now)
{
	switch (patience->state) {
	case SMBSIGN_PATIENCE_AGAIN:
	case SMBSIGN_PATIENCE_SPENT:
	case SMBSIGN_PATIENCE_HOPELESS:
		return smbsign_patience_ended_lately(patience, now) ?
		       patience->state : SMBSIGN_PATIENCE_GOOD;
	default:
		return patience->state;
	}
}

/**
 * smbsign_patience_is_hopeless() - is it of no use to connect anew?
 * @patience: of the connection
 * @now: in jiffies
 *
 * May be called from any context.
 *
 * Return: true if we have ended it within the last minute, and no share was
 * connected before, or connecting anew has failed too often
 */
bool smbsign_patience_is_hopeless(const struct smbsign_patience *patience,
				  unsigned long now)
{
	switch (smbsign_patience_state(patience, now)) {
	case SMBSIGN_PATIENCE_NEW:
		return smbsign_patience_ended_lately(patience, now);
	case SMBSIGN_PATIENCE_HOPELESS:
		return true;
	default:
		return false;
	}
}

/**
 * smbsign_patience_gives_up() - has a command been refused too often of late?
 * @patience: of the connection
 * @command: the command
 * @now: in jiffies
 *
 * May be called from any context.
 *
 * Return: true if such requests get an error instead of being sent
 */
bool smbsign_patience_gives_up(const struct smbsign_patience *patience,
			       u16 command, unsigned long now)
{
	return patience->state == SMBSIGN_PATIENCE_SPENT &&
	       patience_ended_within(patience, SPENT_QUIET, now) &&
	       patience->refused & patience_bit(command);
}

static void patience_fill(struct smbsign_patience *patience)
{
	patience->budget = SMBSIGN_PATIENCE_BUDGET;
	patience->refused = 0;
}

static void patience_spend(struct smbsign_patience *patience, unsigned int cost,
			   enum smbsign_patience_state last)
{
	patience->budget -= min(cost, patience->budget);
	if (!patience->budget)
		patience->state = last;
}

/* Take note of the time that has passed without an end. */
static void patience_settle(struct smbsign_patience *patience,
			    unsigned long now)
{
	enum smbsign_patience_state state =
		smbsign_patience_state(patience, now);

	if (state == patience->state)
		return;
	patience->state = state;
	patience_fill(patience);
}

/**
 * smbsign_patience_negotiates() - the connection is about to be negotiated
 * @patience: of the connection
 */
void smbsign_patience_negotiates(struct smbsign_patience *patience)
{
	if (patience->state != SMBSIGN_PATIENCE_UNKNOWN)
		return;
	patience->state = patience->budget ? SMBSIGN_PATIENCE_AGAIN :
					     SMBSIGN_PATIENCE_NEW;
	patience_fill(patience);
}

/**
 * smbsign_patience_forget() - policy no longer allows the connection as it is
 * @patience: of the connection
 */
void smbsign_patience_forget(struct smbsign_patience *patience)
{
	if (patience->state == SMBSIGN_PATIENCE_NEW)
		patience->budget = 0;
	patience->state = SMBSIGN_PATIENCE_UNKNOWN;
}

/**
 * smbsign_patience_adopt() - the connection has worked without us
 * @patience: of the connection, which is unknown
 *
 * So it is to be tried again once we have ended it.
 */
void smbsign_patience_adopt(struct smbsign_patience *patience)
{
	if (patience->state == SMBSIGN_PATIENCE_UNKNOWN)
		patience_fill(patience);
}

/**
 * smbsign_patience_connected() - a share was connected
 * @patience: of the connection
 * @now: in jiffies
 */
void smbsign_patience_connected(struct smbsign_patience *patience,
				unsigned long now)
{
	patience_settle(patience, now);
	patience->refused &= ~CONNECTING;
	if (patience->state == SMBSIGN_PATIENCE_SPENT)
		return;
	if (patience->state == SMBSIGN_PATIENCE_HOPELESS || !patience->refused)
		patience_fill(patience);
	patience->state = smbsign_patience_ended_lately(patience, now) ?
			  SMBSIGN_PATIENCE_AGAIN : SMBSIGN_PATIENCE_GOOD;
}

/**
 * smbsign_patience_ended() - we end the connection
 * @patience: of the connection
 * @now: in jiffies
 */
void smbsign_patience_ended(struct smbsign_patience *patience,
			    unsigned long now)
{
	patience_settle(patience, now);
	patience->ended_at = now ?: 1;
	if (patience->state == SMBSIGN_PATIENCE_GOOD)
		patience->state = SMBSIGN_PATIENCE_AGAIN;
}

/**
 * smbsign_patience_failed() - connecting anew has failed
 * @patience: of the connection
 * @now: in jiffies
 *
 * It costs something only if a reply was refused meanwhile: the connection may
 * have been cut, too.
 *
 * Return: true if it is to be tried again
 */
bool smbsign_patience_failed(struct smbsign_patience *patience,
			     unsigned long now)
{
	bool is_refused = patience->refused & CONNECTING;

	patience_settle(patience, now);
	patience->refused &= ~CONNECTING;
	switch (patience->state) {
	case SMBSIGN_PATIENCE_GOOD:
	case SMBSIGN_PATIENCE_AGAIN:
	case SMBSIGN_PATIENCE_SPENT:
		if (is_refused)
			patience_spend(patience, COST_OF_CONNECTING,
				       SMBSIGN_PATIENCE_HOPELESS);
		return true;
	default:
		return false;
	}
}

/**
 * smbsign_patience_refused() - a reply that its request waited for was refused
 * @patience: of the connection, which was ended for it
 * @command: of the reply
 * @now: in jiffies
 *
 * Return: true if the request is to fail, instead of being repeated
 */
bool smbsign_patience_refused(struct smbsign_patience *patience, u16 command,
			      unsigned long now)
{
	patience_settle(patience, now);
	if (patience_bit(command) & CONNECTING) {
		patience->refused |= patience_bit(command);
		return false;
	}
	if (patience->hard)
		return false;
	switch (patience->state) {
	case SMBSIGN_PATIENCE_GOOD:
	case SMBSIGN_PATIENCE_AGAIN:
	case SMBSIGN_PATIENCE_SPENT:
		patience->refused |= patience_bit(command);
		patience_spend(patience, COST_OF_REPLY,
			       SMBSIGN_PATIENCE_SPENT);
		return !patience->budget;
	default:
		return patience->state == SMBSIGN_PATIENCE_HOPELESS;
	}
}

/**
 * smbsign_patience_accepted() - a reply was accepted
 * @patience: of the connection
 * @command: of the reply
 * @now: in jiffies
 */
void smbsign_patience_accepted(struct smbsign_patience *patience, u16 command,
			       unsigned long now)
{
	patience_settle(patience, now);
	if (!(patience->refused & patience_bit(command) & ~CONNECTING))
		return;
	patience->refused &= ~patience_bit(command);
	if (patience->refused)
		return;
	patience_fill(patience);
	if (patience->state == SMBSIGN_PATIENCE_SPENT)
		patience->state = SMBSIGN_PATIENCE_AGAIN;
}
