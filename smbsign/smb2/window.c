// SPDX-License-Identifier: GPL-2.0-only
/* The command sequence window, see smbsign/window.h. */
#include <linux/kernel.h>
#include <linux/string.h>

#include <smbsign/window.h>

static u32 *word_of(struct smbsign_window *window, u64 id)
{
	return &window->used[(id & (window->len - 1)) / 32];
}

static u32 bit_of(u64 id)
{
	return 1u << (id % 32);
}

/**
 * smbsign_window_init() - start the window of a new connection
 * @window: what to initialise
 *
 * Only MessageId 0 is granted, MS-SMB2 3.3.5.1.
 */
void smbsign_window_init(struct smbsign_window *window)
{
	memset(window, 0, sizeof(*window));
	window->high = 1;
	window->len = SMBSIGN_WINDOW_LEN;
	window->used = window->first;
}

/**
 * smbsign_window_grow() - let a client hold more credits than by default
 * @window: the window
 * @ring: zeroed memory of the caller, which is used from now on
 * @len: bits of it, a power of two
 *
 * Return: the memory that is used no more: NULL, what was given by an earlier
 * call, or @ring if it is no larger than what is there
 */
u32 *smbsign_window_grow(struct smbsign_window *window, u32 *ring, u32 len)
{
	u32 *old = window->used;
	u64 id;

	if (len <= window->len)
		return ring;
	for (id = window->low; id < window->low + window->len; id++)
		if (*word_of(window, id) & bit_of(id))
			ring[(id & (len - 1)) / 32] |= bit_of(id);
	window->len = len;
	window->used = ring;
	return old == window->first ? NULL : old;
}

/**
 * smbsign_window_grant() - widen the window by granted credits
 * @window: the window
 * @credits: CreditResponse of a message that is sent
 */
void smbsign_window_grant(struct smbsign_window *window, u16 credits)
{
	window->high += credits;
}

static bool range_is_unused(struct smbsign_window *window, u64 from, u64 to)
{
	for (; from < to; from++)
		if (*word_of(window, from) & bit_of(from))
			return false;
	return true;
}

/**
 * smbsign_window_use() - take MessageIds out of the window
 * @window: the window
 * @message_id: the first of them
 * @charge: their number, at least 1
 *
 * Return: false, and nothing is taken, if one of them was used before or was
 * not granted: the connection must be ended
 */
bool smbsign_window_use(struct smbsign_window *window, u64 message_id,
			u16 charge)
{
	u64 end = message_id + charge;
	u64 id;

	if (end < message_id || message_id < window->low ||
	    end > window->high || end > window->low + window->len)
		return false;
	if (!range_is_unused(window, message_id, end))
		return false;
	for (id = message_id; id < end; id++)
		*word_of(window, id) |= bit_of(id);
	while (*word_of(window, window->low) & bit_of(window->low)) {
		*word_of(window, window->low) &= ~bit_of(window->low);
		window->low++;
	}
	return true;
}
