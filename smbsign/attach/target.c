// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching to a target and detaching from it; arrival.c says when.
 *
 * Leaving: (1) the redirections are removed, (2) a grace period of tasks lets
 * every caller that was just redirected arrive or leave, (3) those that are
 * inside are waited for, (4) another grace period of tasks lets them leave
 * the last instructions of our text.
 */
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include <smbsign/hook.h>
#include <smbsign/layout.h>
#include <smbsign/target.h>

#include "internal.h"

/**
 * smbsign_target_name() - the name of the module that a target is
 * @target: which
 *
 * Return: a constant string
 */
const char *smbsign_target_name(const struct smbsign_target *target)
{
	return target->layout->module;
}

static int target_resolve(struct smbsign_target *target)
{
	const char *name = smbsign_target_name(target);
	char *why = target->reason;
	size_t len = sizeof(target->reason);
	int err = target->learnt;

	if (err) {
		strscpy(why, target->unknown, len);
		return err;
	}
	err = smbsign_hook_resolve(name, target->keepers, why, len);
	if (!err)
		err = smbsign_hook_resolve(name, target->hooks, why, len);
	if (!err)
		err = smbsign_hook_resolve(name, target->gate, why, len);
	if (!err)
		err = smbsign_hook_resolve_callees(name, target->callees, why,
						   len);
	return err;
}

static int target_prepare(struct smbsign_target *target)
{
	int err = target->prepare();

	if (err)
		scnprintf(target->reason, sizeof(target->reason),
			  "out of resources (%d)", err);
	return err;
}

/**
 * struct drain - waits for those who are inside
 * @rcu: for call_srcu()
 * @done: they have left
 */
struct drain {
	struct rcu_head rcu;
	struct completion done;
};

static void drained(struct rcu_head *rcu)
{
	complete(&container_of(rcu, struct drain, rcu)->done);
}

/*
 * What is redirected may wait for a client as long as that likes, but not while
 * we are leaving: the half sees to it.
 */
static void target_wait(struct smbsign_target *target)
{
	struct drain drain;
	unsigned int seconds = 0;

	init_completion(&drain.done);
	init_rcu_head_on_stack(&drain.rcu);
	call_srcu(&target->inflight, &drain.rcu, drained);
	while (!wait_for_completion_timeout(&drain.done, HZ))
		if (target->hurry)
			target->hurry(++seconds);
	srcu_barrier(&target->inflight);
	destroy_rcu_head_on_stack(&drain.rcu);
}

/*
 * On return no one executes a replacement whose redirection is removed. While the
 * half hurries others, what it knows of them has to be true: the keepers are in
 * place.
 */
static void target_drain(struct smbsign_target *target)
{
	synchronize_rcu_tasks();
	target_wait(target);
	synchronize_rcu_tasks();
}

/* The same of the keepers. Nothing waits in them, so nobody is hurried. */
static void target_drain_keepers(struct smbsign_target *target)
{
	synchronize_rcu_tasks();
	synchronize_srcu(&target->inflight);
	synchronize_rcu_tasks();
}

static int target_place(struct smbsign_target *target)
{
	char *why = target->reason;
	size_t len = sizeof(target->reason);
	int err;

	err = smbsign_hook_place(target->keepers, why, len);
	if (err)
		goto err_drain;
	err = smbsign_hook_place(target->hooks, why, len);
	if (err)
		goto err_keepers;
	err = smbsign_hook_place(target->gate, why, len);
	if (err)
		goto err_hooks;
	err = smbsign_result_place(smbsign_target_name(target),
				   target->results, why, len);
	if (err)
		goto err_gate;
	return 0;

err_gate:
	err = smbsign_hook_remove(target->gate) ?: err;
err_hooks:
	err = smbsign_hook_remove(target->hooks) ?: err;
err_keepers:
	target_drain(target);
	err = smbsign_hook_remove(target->keepers) ?: err;
err_drain:
	target_drain_keepers(target);
	return err;
}

static int target_usable(struct smbsign_target *target)
{
	if (!target->stuck)
		return 0;
	strscpy(target->reason,
		"ftrace has shut itself down after an error of the kernel",
		sizeof(target->reason));
	return -ENOTRECOVERABLE;
}

/**
 * smbsign_target_attach() - redirect all functions of a target, or none
 * @target: which; loaded or in MODULE_STATE_COMING, and learnt
 *
 * May sleep; the caller holds the target's lock.
 *
 * Return: 0, or an error, which the target's reason then has in words
 */
int smbsign_target_attach(struct smbsign_target *target)
{
	int err;

	lockdep_assert_held(&target->lock);
	err = target_usable(target) ?: target_resolve(target);
	if (err)
		goto err_log;
	err = target_prepare(target);
	if (err)
		goto err_log;
	err = target_place(target);
	if (err)
		goto err_finish;
	target->reason[0] = '\0';
	if (target->settles)
		synchronize_rcu_tasks();
	WRITE_ONCE(target->attached, true);
	pr_info("attached to %s\n", smbsign_target_name(target));
	return 0;

err_finish:
	if (err == -ENOTRECOVERABLE)
		target->stuck = true;
	else
		target->finish();
err_log:
	pr_err("cannot attach to %s: %s\n", smbsign_target_name(target),
	       target->reason);
	return err;
}

static int target_remove(struct smbsign_target *target)
{
	int err = smbsign_hook_remove(target->gate);

	if (err)
		return err;
	target_drain(target);
	err = smbsign_hook_remove(target->hooks);
	if (err)
		return err;
	target_drain(target);
	err = smbsign_hook_remove(target->keepers);
	if (err)
		return err;
	target_drain_keepers(target);
	return 0;
}

/**
 * smbsign_target_detach() - take all redirections of a target back
 * @target: which; attached or not
 *
 * On return no code or data of this module is in use by the target. May sleep;
 * the caller holds the target's lock.
 *
 * Return: 0; or -ENOTRECOVERABLE as smbsign_hook_remove(): then the target is
 * attached still, and what it needs of us stays
 */
int smbsign_target_detach(struct smbsign_target *target)
{
	int err;

	lockdep_assert_held(&target->lock);
	if (!target->attached)
		return 0;
	if (target->renegotiate)
		target->renegotiate(true);
	smbsign_result_remove(target->results);
	err = target_remove(target);
	if (err) {
		target->stuck = true;
		return err;
	}
	target->finish();
	WRITE_ONCE(target->attached, false);
	pr_info("detached from %s\n", smbsign_target_name(target));
	return 0;
}

/**
 * smbsign_target_policy_changed() - apply policy to live connections
 * @target: whose policy was changed
 *
 * May sleep.
 */
void smbsign_target_policy_changed(struct smbsign_target *target)
{
	mutex_lock(&target->lock);
	if (target->attached && target->renegotiate)
		target->renegotiate(false);
	mutex_unlock(&target->lock);
}

/**
 * smbsign_target_show() - say whether a target is attached
 * @target: which
 * @buf: a page of sysfs
 *
 * Return: bytes written: "yes", "no: TARGET not loaded" or "no: REASON"
 */
ssize_t smbsign_target_show(struct smbsign_target *target, char *buf)
{
	ssize_t len;

	mutex_lock(&target->lock);
	if (target->attached)
		len = sysfs_emit(buf, "yes\n");
	else if (target->presence == SMBSIGN_TARGET_ABSENT)
		len = sysfs_emit(buf, "no: %s not loaded\n",
				 smbsign_target_name(target));
	else
		len = sysfs_emit(buf, "no: %s\n", target->reason);
	mutex_unlock(&target->lock);
	return len;
}
