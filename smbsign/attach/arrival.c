// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets come and go.
 *
 * A target that is being loaded is attached before its init function runs, in
 * MODULE_STATE_COMING, and refused there if that fails while policy is not off.
 * One that is there already is attached when smbsign loads, or when policy is
 * written. One that is being loaded while smbsign is, and has had its COMING
 * notifiers before we listened, shows by its BTF, which they publish, or by
 * MODULE_STATE_LIVE at the latest.
 */
#include <linux/module.h>

#include <smbsign/hook.h>
#include <smbsign/layout.h>
#include <smbsign/target.h>

#include "btf.h"
#include "internal.h"

static struct smbsign_target *const targets[] = {
	&smbsign_client_target,
	&smbsign_server_target,
};

/*
 * Held while a target comes, goes, is looked for or tried again: protects
 * changes of smbsign_target.presence, .learnt and .unknown, and @leaving. Taken
 * before target->lock. BTF is files of sysfs, and so is "attached", which takes
 * target->lock: BTF is read under this lock only.
 */
static DEFINE_MUTEX(arriving);

/* This module is being unloaded: no target is attached any more. */
static bool leaving;

static void target_learn(struct smbsign_target *target)
{
	lockdep_assert_held(&arriving);
	target->learnt = smbsign_layout_resolve(target->layout, target->unknown,
						sizeof(target->unknown));
}

static int target_arrive(struct smbsign_target *target)
{
	int err;

	target_learn(target);
	mutex_lock(&target->lock);
	target->presence = SMBSIGN_TARGET_LOADED;
	err = smbsign_target_attach(target);
	mutex_unlock(&target->lock);
	return err;
}

/* The target's text is going, with all that ftrace might have left in it. */
static void target_leave(struct smbsign_target *target,
			 enum smbsign_presence presence)
{
	lockdep_assert_held(&arriving);
	mutex_lock(&target->lock);
	smbsign_target_detach(target);
	WRITE_ONCE(target->attached, false);
	target->presence = presence;
	if (presence == SMBSIGN_TARGET_ABSENT)
		target->reason[0] = '\0';
	mutex_unlock(&target->lock);
}

/* If it came before and did not go, its loading has failed: forget it first. */
static int target_coming(struct smbsign_target *target)
{
	int err;

	target_leave(target, SMBSIGN_TARGET_ABSENT);
	err = target_arrive(target);
	if (!err ||
	    READ_ONCE(smbsign_policy[target->side].require) == SMBSIGN_OFF)
		return 0;
	target_leave(target, SMBSIGN_TARGET_REFUSED);
	pr_err("%s is not loaded, as signing could not be enforced\n",
	       smbsign_target_name(target));
	return err;
}

static int target_told(struct smbsign_target *target, unsigned long state)
{
	int err = 0;

	mutex_lock(&arriving);
	if (state == MODULE_STATE_GOING)
		target_leave(target, SMBSIGN_TARGET_ABSENT);
	else if (state == MODULE_STATE_COMING && !leaving)
		err = target_coming(target);
	else if (state == MODULE_STATE_LIVE && !leaving &&
		 target->presence != SMBSIGN_TARGET_LOADED)
		target_arrive(target);
	mutex_unlock(&arriving);
	return err;
}

static int target_notify(struct notifier_block *nb, unsigned long state,
			 void *data)
{
	struct module *module = data;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		if (!strcmp(module->name, smbsign_target_name(targets[i])))
			return notifier_from_errno(target_told(targets[i],
							       state));
	return NOTIFY_DONE;
}

static struct notifier_block target_nb = { .notifier_call = target_notify };

/**
 * smbsign_target_retry() - attach to a target that is loaded but not attached
 * @target: which
 *
 * For when policy is about to be enforced. What was missing may be there now,
 * memory too, so the target is learnt again where that failed. May sleep.
 *
 * Return: 0 if the target is attached or not loaded; else why it could not
 * be attached, which smbsign_target_show() then names
 */
int smbsign_target_retry(struct smbsign_target *target)
{
	int err = 0;

	mutex_lock(&arriving);
	if (target->presence == SMBSIGN_TARGET_LOADED && target->learnt)
		target_learn(target);
	mutex_lock(&target->lock);
	if (target->presence == SMBSIGN_TARGET_BUILTIN)
		err = -EOPNOTSUPP;
	else if (target->presence == SMBSIGN_TARGET_LOADED && !target->attached)
		err = smbsign_target_attach(target);
	mutex_unlock(&target->lock);
	mutex_unlock(&arriving);
	return err;
}

/**
 * smbsign_target_of() - the target of a direction
 * @side: which
 *
 * Return: the target, or NULL if this build has none for @side
 */
struct smbsign_target *smbsign_target_of(enum smbsign_side side)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		if (targets[i]->side == side)
			return targets[i];
	return NULL;
}

/* A module that is going counts as gone: its functions are not found any more. */
static enum smbsign_presence target_look(const struct smbsign_target *target)
{
	const char *func = target->gate[0]->original.func;
	const char *name = smbsign_target_name(target);
	unsigned long site;

	if (smbsign_module_is_loaded(name) ||
	    smbsign_hook_find(name, func, &site) != -ENOENT)
		return SMBSIGN_TARGET_LOADED;
	if (smbsign_module_is_builtin(name) ||
	    smbsign_hook_find(NULL, func, &site) != -ENOENT)
		return SMBSIGN_TARGET_BUILTIN;
	return SMBSIGN_TARGET_ABSENT;
}

static void target_is_builtin(struct smbsign_target *target)
{
	mutex_lock(&target->lock);
	target->presence = SMBSIGN_TARGET_BUILTIN;
	scnprintf(target->reason, sizeof(target->reason),
		  "%s is built into the kernel and cannot be redirected",
		  smbsign_target_name(target));
	pr_err("%s\n", target->reason);
	mutex_unlock(&target->lock);
}

/* One that has come since we listen is known already. */
static void target_find(struct smbsign_target *target)
{
	enum smbsign_presence presence;

	mutex_lock(&arriving);
	if (target->presence == SMBSIGN_TARGET_ABSENT) {
		presence = target_look(target);
		if (presence == SMBSIGN_TARGET_LOADED)
			target_arrive(target);
		else if (presence == SMBSIGN_TARGET_BUILTIN)
			target_is_builtin(target);
	}
	mutex_unlock(&arriving);
}

static void targets_cleanup(size_t n)
{
	while (n--)
		cleanup_srcu_struct(&targets[n]->inflight);
}

/**
 * smbsign_target_init() - start to watch for targets, attach to those present
 *
 * A target that is present and cannot be attached to is logged, and told by
 * smbsign_target_show(); it is no error.
 *
 * Return: 0, or -ENOMEM
 */
int smbsign_target_init(void)
{
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		mutex_init(&targets[i]->lock);
		err = init_srcu_struct(&targets[i]->inflight);
		if (err)
			goto err_cleanup;
	}
	err = register_module_notifier(&target_nb);
	if (err)
		goto err_cleanup;
	for (i = 0; i < ARRAY_SIZE(targets); i++)
		target_find(targets[i]);
	return 0;

err_cleanup:
	targets_cleanup(i);
	return err;
}

static int targets_detach(void)
{
	int err = 0;
	size_t i;

	mutex_lock(&arriving);
	leaving = true;
	for (i = 0; i < ARRAY_SIZE(targets) && !err; i++) {
		mutex_lock(&targets[i]->lock);
		err = smbsign_target_detach(targets[i]);
		mutex_unlock(&targets[i]->lock);
	}
	mutex_unlock(&arriving);
	return err;
}

/*
 * A module's exit function cannot refuse. Where ftrace does not restore the
 * call sites that lead into our text, that text has to stay, so the task that
 * unloads us sleeps for ever. It is no hung task, and nothing else waits for it.
 */
static void target_stay(void)
{
	pr_crit("ftrace has shut itself down: smbsign cannot be unloaded before the next boot, and goes on\n");
	for (;;) {
		set_current_state(TASK_IDLE);
		schedule();
	}
}

/**
 * smbsign_target_may_exit() - be sure that all targets can be detached from
 *
 * To be called first in the module's exit. Does not return if ftrace has shut
 * itself down, after an error of the kernel.
 */
void smbsign_target_may_exit(void)
{
	if (!smbsign_hook_can_remove())
		target_stay();
}

/**
 * smbsign_target_exit() - detach from all targets
 *
 * On return no code or data of this module is in use by a target. We listen to
 * the end, so that a target that goes meanwhile is not overlooked.
 */
void smbsign_target_exit(void)
{
	if (targets_detach())
		target_stay();
	unregister_module_notifier(&target_nb);
	targets_cleanup(ARRAY_SIZE(targets));
}
