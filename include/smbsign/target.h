/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A target: the module whose functions are redirected, cifs or ksmbd. A
 * target is attached as a whole or not at all.
 */
#ifndef SMBSIGN_TARGET_H
#define SMBSIGN_TARGET_H

#include <linux/mutex.h>
#include <linux/srcu.h>

#include <smbsign/policy.h>

struct smbsign_callee;
struct smbsign_hook;
struct smbsign_layout;
struct smbsign_result;

/* Room for "no: " and the longest sentence of the layout room. */
#define SMBSIGN_REASON_LEN 512

/**
 * enum smbsign_presence - what we know of a target's module
 * @SMBSIGN_TARGET_ABSENT: it is not loaded
 * @SMBSIGN_TARGET_REFUSED: we have kept it from loading, when it came last
 * @SMBSIGN_TARGET_BUILTIN: it is a part of the kernel, and cannot be redirected
 * @SMBSIGN_TARGET_LOADED: it is loaded, or is being loaded
 *
 * At first that is looked up. From then on the kernel tells us:
 *
 *	MODULE_STATE_COMING	to SMBSIGN_TARGET_LOADED, or to SMBSIGN_TARGET_REFUSED
 *	MODULE_STATE_LIVE	to SMBSIGN_TARGET_LOADED; news only if COMING came
 *				before we listened, and we saw nothing
 *	MODULE_STATE_GOING	to SMBSIGN_TARGET_ABSENT; not told of one that is
 *				SMBSIGN_TARGET_REFUSED
 */
enum smbsign_presence {
	SMBSIGN_TARGET_ABSENT,
	SMBSIGN_TARGET_REFUSED,
	SMBSIGN_TARGET_BUILTIN,
	SMBSIGN_TARGET_LOADED,
};

/**
 * struct smbsign_target - what a half declares about its target, and its state
 * @side: whose policy rules it
 * @layout: the members and prototypes that the half relies on, and its name
 * @keepers: NULL-terminated table of redirections that nothing waits in, and by
 *	which what the half knows of the target stays true: placed before all
 *	others, removed when all others are, and have been left by everyone
 * @hooks: NULL-terminated table of redirections
 * @gate: NULL-terminated table of redirections that are placed when all of
 *	@hooks are, and removed, and left by everyone, before any of them is
 * @results: NULL-terminated table of functions whose results are corrected
 * @callees: NULL-terminated table of functions that the half calls
 * @settles: whoever was running in the target while hooks were placed, and has
 *	met some of them only, is let go on before it counts as attached
 * @prepare: makes the half ready before the first redirection; may sleep
 * @renegotiate: ends the connections that policy no longer allows as they are,
 *	or that stock code could not go on with, if @leaving; may be NULL; may
 *	sleep
 * @hurry: makes requests end that were waited for so many seconds while we detach;
 *	called about once a second; may be NULL; may sleep
 * @finish: forgets all of the target; nothing of the half runs any more
 * @inflight: held by a replacement while it runs, and by the gate while what
 *	it began is under way; detach waits for it
 * @learnt: 0, or why @layout does not fit the target
 * @unknown: the same in words; both are for arrival.c, and those it calls
 * @lock: serialises attach and detach; protects what follows. Taken by files of
 *	sysfs, so that none of those may be read under it
 * @attached: all hooks are in place; also read without the lock
 * @presence: what we know of the module
 * @stuck: ftrace has left redirections in place, so that it is never attached
 *	again
 * @reason: why it is not attached; empty if it is, or is not loaded
 */
struct smbsign_target {
	enum smbsign_side side;
	const struct smbsign_layout *layout;
	struct smbsign_hook *const *keepers;
	struct smbsign_hook *const *hooks;
	struct smbsign_hook *const *gate;
	struct smbsign_result *const *results;
	struct smbsign_callee *const *callees;
	bool settles;
	int (*prepare)(void);
	void (*renegotiate)(bool leaving);
	void (*hurry)(unsigned int seconds);
	void (*finish)(void);

	struct srcu_struct inflight;
	int learnt;
	char unknown[SMBSIGN_REASON_LEN];
	struct mutex lock;
	bool attached;
	enum smbsign_presence presence;
	bool stuck;
	char reason[SMBSIGN_REASON_LEN];
};

/* target.c */
void smbsign_target_policy_changed(struct smbsign_target *target);
ssize_t smbsign_target_show(struct smbsign_target *target, char *buf);

/* arrival.c */
int smbsign_target_retry(struct smbsign_target *target);
struct smbsign_target *smbsign_target_of(enum smbsign_side side);
int smbsign_target_init(void);
void smbsign_target_may_exit(void);
void smbsign_target_exit(void);

extern struct smbsign_target smbsign_client_target;
extern struct smbsign_target smbsign_server_target;

#endif /* SMBSIGN_TARGET_H */
