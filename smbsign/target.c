// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching to targets and detaching from them, as they come and go.
 *
 * A target that is being loaded is attached before its init function runs,
 * in MODULE_STATE_COMING, and refused there if that fails while policy is not
 * off. One that is there already is attached when smbsign loads, or when
 * policy is written.
 *
 * Leaving: (1) the redirections are removed, (2) a grace period of tasks lets
 * every caller that was just redirected arrive or leave, (3) those that are
 * inside are waited for, (4) another grace period of tasks lets them leave
 * the last instructions of our text.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>

#include <smbsign/btf.h>
#include <smbsign/hook.h>
#include <smbsign/layout.h>
#include <smbsign/target.h>

static struct smbsign_target *const targets[] = {
	&smbsign_client_target,
	&smbsign_server_target,
};

static const char *target_name(const struct smbsign_target *target)
{
	return target->layout->module;
}

/*
 * Held while a target is got to know and attached, as it may be loaded while
 * smbsign is. Taken before target->lock; not by files of sysfs.
 */
static DEFINE_MUTEX(arriving);

/* Reads BTF, which is files of sysfs: not to be called with target->lock held. */
static void target_learn(struct smbsign_target *target)
{
	lockdep_assert_held(&arriving);
	target->learnt = smbsign_layout_resolve(target->layout, target->unknown,
						sizeof(target->unknown));
}

static int target_resolve(struct smbsign_target *target)
{
	const char *name = target_name(target);
	char *why = target->reason;
	size_t len = sizeof(target->reason);
	int err = target->learnt;

	if (err) {
		strscpy(why, target->unknown, len);
		return err;
	}
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

/* On return no one executes a replacement whose redirection is removed. */
static void target_drain(struct smbsign_target *target)
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

	err = smbsign_hook_place(target->hooks, why, len);
	if (err)
		return err;
	err = smbsign_hook_place(target->gate, why, len);
	if (err)
		goto err_hooks;
	if (!target->results)
		return 0;
	err = smbsign_result_place(target_name(target), target->results, why,
				   len);
	if (err)
		goto err_gate;
	return 0;

err_gate:
	smbsign_hook_remove(target->gate);
err_hooks:
	smbsign_hook_remove(target->hooks);
	return err;
}

static int target_attach(struct smbsign_target *target)
{
	int err;

	lockdep_assert_held(&target->lock);
	err = target_resolve(target);
	if (err)
		goto err_log;
	err = target_prepare(target);
	if (err)
		goto err_log;
	err = target_place(target);
	if (err)
		goto err_finish;
	target->reason[0] = '\0';
	WRITE_ONCE(target->attached, true);
	pr_info("attached to %s\n", target_name(target));
	return 0;

err_finish:
	target_drain(target);
	target->finish();
err_log:
	pr_err("cannot attach to %s: %s\n", target_name(target),
	       target->reason);
	return err;
}

static void target_detach(struct smbsign_target *target)
{
	lockdep_assert_held(&target->lock);
	if (!target->attached)
		return;
	if (target->renegotiate)
		target->renegotiate(true);
	if (target->results)
		smbsign_result_remove(target->results);
	smbsign_hook_remove(target->gate);
	target_drain(target);
	smbsign_hook_remove(target->hooks);
	target_drain(target);
	target->finish();
	WRITE_ONCE(target->attached, false);
	pr_info("detached from %s\n", target_name(target));
}

static void target_gone(struct smbsign_target *target)
{
	mutex_lock(&target->lock);
	target_detach(target);
	target->live = false;
	target->reason[0] = '\0';
	mutex_unlock(&target->lock);
}

/* One that we have refused before is gone, though we were not told. */
static int target_coming(struct smbsign_target *target)
{
	int err;

	mutex_lock(&arriving);
	target_gone(target);
	target_learn(target);
	mutex_lock(&target->lock);
	target->live = true;
	err = target_attach(target);
	if (err && READ_ONCE(smbsign_policy[target->side].require) == SMBSIGN_OFF)
		err = 0;
	if (err)
		pr_err("%s is not loaded, as signing could not be enforced\n",
		       target_name(target));
	mutex_unlock(&target->lock);
	mutex_unlock(&arriving);
	return err;
}

static int target_notify(struct notifier_block *nb, unsigned long state,
			 void *data)
{
	struct module *module = data;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		if (strcmp(module->name, target_name(targets[i])))
			continue;
		if (state == MODULE_STATE_COMING)
			return notifier_from_errno(target_coming(targets[i]));
		if (state == MODULE_STATE_GOING)
			target_gone(targets[i]);
	}
	return NOTIFY_DONE;
}

static struct notifier_block target_nb = { .notifier_call = target_notify };

/**
 * smbsign_target_retry() - attach to a target that is loaded but not attached
 * @target: which
 *
 * For when policy is about to be enforced. May sleep.
 *
 * Return: 0 if the target is attached or not loaded; else why it could not
 * be attached, which smbsign_target_show() then names
 */
int smbsign_target_retry(struct smbsign_target *target)
{
	int err = 0;

	mutex_lock(&target->lock);
	/* One that was refused while it was being loaded is not there any more. */
	if (target->live && !target->attached)
		target->live = smbsign_module_is_loaded(target_name(target));
	if (target->live && !target->attached)
		err = target_attach(target);
	mutex_unlock(&target->lock);
	return err;
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
	else if (!target->live)
		len = sysfs_emit(buf, "no: %s not loaded\n",
				 target_name(target));
	else
		len = sysfs_emit(buf, "no: %s\n", target->reason);
	mutex_unlock(&target->lock);
	return len;
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

static bool target_is_live(struct smbsign_target *target)
{
	bool live;

	mutex_lock(&target->lock);
	live = target->live;
	mutex_unlock(&target->lock);
	return live;
}

static void target_find(struct smbsign_target *target)
{
	mutex_lock(&arriving);
	if (!target_is_live(target) &&
	    smbsign_module_is_loaded(target_name(target))) {
		target_learn(target);
		mutex_lock(&target->lock);
		target->live = true;
		target_attach(target);
		mutex_unlock(&target->lock);
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

/**
 * smbsign_target_exit() - detach from all targets
 *
 * On return no code or data of this module is in use by a target.
 */
void smbsign_target_exit(void)
{
	size_t i;

	unregister_module_notifier(&target_nb);
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		mutex_lock(&targets[i]->lock);
		target_detach(targets[i]);
		mutex_unlock(&targets[i]->lock);
	}
	targets_cleanup(ARRAY_SIZE(targets));
}
