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
 * struct smbsign_target - what glue declares about its target, and its state
 * @side: whose policy rules it
 * @layout: the members and prototypes that glue relies on, and its name
 * @hooks: NULL-terminated table of redirections
 * @gate: NULL-terminated table of redirections that are placed when all of
 *	@hooks are, and removed, and left by everyone, before any of them is
 * @results: NULL-terminated table of functions whose results glue corrects; may
 *	be NULL
 * @callees: NULL-terminated table of functions that glue calls
 * @prepare: makes glue ready before the first redirection; may sleep
 * @renegotiate: ends the connections that policy no longer allows as they are,
 *	or that stock code could not go on with, if @leaving; may be NULL; may
 *	sleep
 * @finish: forgets all of the target; nothing of glue runs any more
 * @inflight: held by a replacement while it runs, and by the gate while what
 *	it began is under way; detach waits for it
 * @learnt: 0, or why @layout does not fit the target
 * @unknown: the same in words; both are written while the target arrives, when
 *	it is not @live yet, and read under @lock while it is
 * @lock: serialises attach and detach; protects what follows. Taken by files of
 *	sysfs, so that none of those may be read under it
 * @attached: all hooks are in place; also read without the lock
 * @live: the target is loaded, as far as we have seen; becomes true only while
 *	it arrives, so that it stays false under that lock too
 * @reason: why it is not attached; empty if it is, or is not loaded
 */
struct smbsign_target {
	enum smbsign_side side;
	const struct smbsign_layout *layout;
	struct smbsign_hook *const *hooks;
	struct smbsign_hook *const *gate;
	struct smbsign_result *const *results;
	struct smbsign_callee *const *callees;
	int (*prepare)(void);
	void (*renegotiate)(bool leaving);
	void (*finish)(void);

	struct srcu_struct inflight;
	int learnt;
	char unknown[SMBSIGN_REASON_LEN];
	struct mutex lock;
	bool attached;
	bool live;
	char reason[SMBSIGN_REASON_LEN];
};

void smbsign_target_policy_changed(struct smbsign_target *target);
int smbsign_target_retry(struct smbsign_target *target);
ssize_t smbsign_target_show(struct smbsign_target *target, char *buf);
struct smbsign_target *smbsign_target_of(enum smbsign_side side);
int smbsign_target_init(void);
void smbsign_target_exit(void);

extern struct smbsign_target smbsign_client_target;
extern struct smbsign_target smbsign_server_target;

#endif /* SMBSIGN_TARGET_H */
