/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long the client puts up with a connection that goes on failing, and what
 * an application gets meanwhile. One state and one budget for each connection.
 *
 *	state     what it means                    what an application gets
 *	--------  -------------------------------  ----------------------------
 *	UNKNOWN   the connection was negotiated    it waits: the next message
 *	          without us, or not at all        ends the connection, and cifs
 *	                                           negotiates it anew
 *	NEW       negotiated, but no share has     the error of its mount, which
 *	          been connected yet               nobody tries again
 *	GOOD      a share was connected            what the server says
 *	AGAIN     we have ended it within the      it waits: cifs connects anew
 *	          last minute                      and repeats what was under way,
 *	                                           on soft mounts too
 *	SPENT     the budget went on replies to    soft mount: EIO from READ and
 *	          one command, which are refused   WRITE for ten seconds, and from
 *	          each time                        each refused reply
 *	HOPELESS  the budget went on connecting    EHOSTDOWN at once; cifs tries to
 *	          anew                             connect once a second
 *
 *	event                     from            to
 *	------------------------  --------------  ------------------------------
 *	NEGOTIATE begins          UNKNOWN         NEW; AGAIN if a share was
 *	                                          connected before; a full budget
 *	policy has changed        any             UNKNOWN
 *	a request is sent         UNKNOWN         UNKNOWN, as if a share had been
 *	                                          connected before
 *	a share is connected      any             AGAIN if we ended it within a
 *	                                          minute, else GOOD; a full budget,
 *	                                          but for replies that are refused
 *	we end the connection     GOOD            AGAIN
 *	connecting anew fails,    GOOD AGAIN      the same for a third of the
 *	as a reply was refused    SPENT           budget; HOPELESS if none is left
 *	a reply is refused        GOOD AGAIN      the same for a quarter of the
 *	                          SPENT           budget; SPENT if none is left
 *	a reply to each command   SPENT AGAIN     AGAIN, with a full budget
 *	that was refused is
 *	accepted
 *	a minute without an end   AGAIN SPENT     GOOD, with a full budget
 *	                          HOPELESS
 *
 * A message that nobody has signed costs nothing beyond the connection that it
 * ends, as anybody can send one. On a connection that a hard mount uses no reply
 * that is refused costs anything, as such a mount waits for ever when its
 * connection is cut each time, too.
 *
 * Pure logic: no locks and no clock.
 */
#ifndef _SMBSIGN_CLIENT_PATIENCE_H
#define _SMBSIGN_CLIENT_PATIENCE_H

#include <linux/types.h>

/**
 * enum smbsign_patience_state - see the table above
 * @SMBSIGN_PATIENCE_UNKNOWN: 0, so that nothing passes on what is not set up
 */
enum smbsign_patience_state {
	SMBSIGN_PATIENCE_UNKNOWN,
	SMBSIGN_PATIENCE_NEW,
	SMBSIGN_PATIENCE_GOOD,
	SMBSIGN_PATIENCE_AGAIN,
	SMBSIGN_PATIENCE_SPENT,
	SMBSIGN_PATIENCE_HOPELESS,
};

/**
 * struct smbsign_patience - how much a connection may still fail
 * @state: as the last event left it; ask smbsign_patience_state()
 * @budget: what is left, of SMBSIGN_PATIENCE_BUDGET
 * @hard: a hard mount uses the connection
 * @refused: bit n: replies to the command n were refused, none accepted since
 * @ended_at: when we have last ended the connection, in jiffies; 0: never
 */
struct smbsign_patience {
	enum smbsign_patience_state state;
	unsigned int budget;
	bool hard;
	u32 refused;
	unsigned long ended_at;
};

#define SMBSIGN_PATIENCE_BUDGET 12

enum smbsign_patience_state
smbsign_patience_state(const struct smbsign_patience *patience,
		       unsigned long now);
bool smbsign_patience_ended_lately(const struct smbsign_patience *patience,
				   unsigned long now);
bool smbsign_patience_is_hopeless(const struct smbsign_patience *patience,
				  unsigned long now);
bool smbsign_patience_gives_up(const struct smbsign_patience *patience,
			       u16 command, unsigned long now);
void smbsign_patience_negotiates(struct smbsign_patience *patience);
void smbsign_patience_forget(struct smbsign_patience *patience);
void smbsign_patience_adopt(struct smbsign_patience *patience);
void smbsign_patience_connected(struct smbsign_patience *patience,
				unsigned long now);
void smbsign_patience_ended(struct smbsign_patience *patience,
			    unsigned long now);
bool smbsign_patience_failed(struct smbsign_patience *patience,
			     unsigned long now);
bool smbsign_patience_refused(struct smbsign_patience *patience, u16 command,
			      unsigned long now);
void smbsign_patience_accepted(struct smbsign_patience *patience, u16 command,
			       unsigned long now);

#endif /* _SMBSIGN_CLIENT_PATIENCE_H */
