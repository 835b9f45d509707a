// SPDX-License-Identifier: GPL-2.0-only
/*
 * Redirection by ftrace. Each hooked function has an ftrace_ops of its own,
 * which sets the instruction pointer to the replacement: nothing is looked up
 * on the way. PERMANENT, so that kernel.ftrace_enabled=0 cannot switch a
 * check off; IPMODIFY, so that no other user can redirect the function too.
 *
 * The original is reached past its ftrace site by a static call, which is a
 * direct call: IBT does not ask for an ENDBR there, and our own redirection
 * is not met again.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/string.h>

#include <smbsign/compat.h>
#include <smbsign/hook.h>

#include "internal.h"

/* Calls nothing that can be traced or probed: that would call us again. */
static void notrace hook_redirect(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops,
				  struct ftrace_regs *fregs)
{
	struct smbsign_hook *hook = container_of(ops, struct smbsign_hook, ops);

	ftrace_regs_set_instruction_pointer(fregs,
					    (unsigned long)hook->replacement);
}

NOKPROBE_SYMBOL(hook_redirect);

/* Nothing of ours is on the stack of a call that is not redirected. */
static void notrace hook_redirect_wanted(unsigned long ip,
					 unsigned long parent_ip,
					 struct ftrace_ops *ops,
					 struct ftrace_regs *fregs)
{
	if (container_of(ops, struct smbsign_hook, ops)->wanted())
		hook_redirect(ip, parent_ip, ops, fregs);
}

NOKPROBE_SYMBOL(hook_redirect_wanted);

/**
 * smbsign_hook_find() - find the ftrace site of a function
 * @module: the module that has it; NULL: the kernel image
 * @func: its name
 * @site: set to the address of its ftrace site
 *
 * A kprobe that is never armed finds it: at the symbol, or behind its ENDBR.
 * Process context; may sleep.
 *
 * Return: 0; -ENOENT if there is no such function, or its module is going; or
 * what register_kprobe() returns
 */
int smbsign_hook_find(const char *module, const char *func, unsigned long *site)
{
	struct kprobe probe = { .flags = KPROBE_FLAG_DISABLED };
	char name[KSYM_NAME_LEN];
	int err;

	if (snprintf(name, sizeof(name), "%s%s%s", module ?: "",
		     module ? ":" : "", func) >= sizeof(name))
		return -ENAMETOOLONG;
	probe.symbol_name = name;
	err = register_kprobe(&probe);
	if (err)
		return err;
	*site = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

/* Copies that gcc makes of a function; callers of one do not meet our hook. */
static const char *const clone_suffixes[] = {
	".isra.0", ".isra.1", ".constprop.0", ".constprop.1", ".part.0",
	".part.1", ".isra.0.constprop.0", ".constprop.0.isra.0",
};

/* A clone that cannot be ruled out counts as one. */
static int hook_refuse_clones(const char *module, const char *func, char *why,
			      size_t why_len)
{
	char clone[KSYM_NAME_LEN];
	unsigned long site;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clone_suffixes); i++) {
		scnprintf(clone, sizeof(clone), "%s%s", func,
			  clone_suffixes[i]);
		if (smbsign_hook_find(module, clone, &site) == -ENOENT)
			continue;
		scnprintf(why, why_len,
			  "function %s has a copy %s, which cannot be redirected",
			  func, clone);
		return -EOPNOTSUPP;
	}
	return 0;
}

static int hook_resolve_one(const char *module,
			    const struct smbsign_callee *callee, size_t skip,
			    unsigned long *site, char *why, size_t why_len)
{
	int err = smbsign_hook_find(callee->module ?: module, callee->func,
				    site);

	if (err == -ENOENT && callee->optional) {
		*site = 0;
		return 0;
	}
	if (err) {
		scnprintf(why, why_len, "function %s cannot be found (%d)",
			  callee->func, err);
		return err;
	}
	__static_call_update(callee->key, callee->tramp,
			     (void *)(*site + skip));
	return 0;
}

/**
 * smbsign_hook_resolve() - find functions that will be redirected
 * @module: name of the target, which is loaded or in MODULE_STATE_COMING
 * @hooks: NULL-terminated table
 * @why: set to the reason of a failure
 * @why_len: size of @why
 *
 * After this smbsign_original() may be used. May sleep; the caller holds the
 * target's lock.
 *
 * Return: 0; -EOPNOTSUPP if gcc has copied one of them, as callers of the copy
 * would not be redirected; or -ENOENT and what register_kprobe() returns
 */
int smbsign_hook_resolve(const char *module, struct smbsign_hook *const *hooks,
			 char *why, size_t why_len)
{
	const struct smbsign_callee *original;
	int err = 0;

	for (; !err && *hooks; hooks++) {
		original = &(*hooks)->original;
		if (!(*hooks)->wanted)
			err = hook_refuse_clones(original->module ?: module,
						 original->func, why, why_len);
		err = err ?:
		      hook_resolve_one(module, original, MCOUNT_INSN_SIZE,
				       &(*hooks)->site, why, why_len);
	}
	return err;
}

/**
 * smbsign_hook_resolve_callees() - find functions that will be called
 * @module: name of the target, which is loaded or in MODULE_STATE_COMING
 * @callees: NULL-terminated table
 * @why: set to the reason of a failure
 * @why_len: size of @why
 *
 * After this smbsign_call() may be used. May sleep; the caller holds the
 * target's lock.
 *
 * Return: 0, or -ENOENT and what register_kprobe() returns
 */
int smbsign_hook_resolve_callees(const char *module,
				 struct smbsign_callee *const *callees,
				 char *why, size_t why_len)
{
	unsigned long site;
	int err = 0;

	for (; !err && *callees; callees++)
		err = hook_resolve_one(module, *callees, 0, &site, why,
				       why_len);
	return err;
}

static int hook_register(struct smbsign_hook *hook)
{
	int err;

	if (!hook->site)
		return 0;
	hook->ops.func = hook->wanted ? hook_redirect_wanted : hook_redirect;
	hook->ops.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT;
	if (!IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_ARGS))
		hook->ops.flags |= FTRACE_OPS_FL_SAVE_REGS;
	err = ftrace_set_filter_ip(&hook->ops, hook->site, 0, 0);
	if (err)
		return err;
	err = register_ftrace_function(&hook->ops);
	if (err)
		ftrace_set_filter_ip(&hook->ops, hook->site, 1, 0);
	return err;
}

/* Not ftrace_free_filter(): on 6.12 it leaves dangling pointers in the ops. */
static int hook_unregister(struct smbsign_hook *hook)
{
	int err;

	if (!hook->site)
		return 0;
	err = unregister_ftrace_function(&hook->ops);
	if (err)
		return err;
	ftrace_set_filter_ip(&hook->ops, hook->site, 1, 0);
	return 0;
}

static void hook_probe_function(void);

/* Held while hook_probe is registered: it is one for all targets. */
static DEFINE_MUTEX(hook_probe_lock);

static struct smbsign_hook hook_probe = {
	.original = { .func = "hook_probe_function" },
	.replacement = hook_probe_function,
};

/* Traceable, never called: only to ask ftrace whether it accepts a hook. */
static noinline void hook_probe_function(void)
{
	barrier();
}

/* 0, or why ftrace takes no redirection whatever; -ENODEV: it is dead. */
static int hook_try_ftrace(void)
{
	int err;

	mutex_lock(&hook_probe_lock);
	err = hook_register(&hook_probe) ?: hook_unregister(&hook_probe);
	mutex_unlock(&hook_probe_lock);
	return err;
}

static void hook_explain(const struct smbsign_hook *hook, int err, char *why,
			 size_t why_len)
{
	if (err == -ENODEV)
		scnprintf(why, why_len,
			  "ftrace has shut itself down after an error of the kernel");
	else if (err == -EBUSY && !hook_try_ftrace())
		scnprintf(why, why_len,
			  "%s is redirected by another user, such as a live patch",
			  hook->original.func);
	else if (err == -EBUSY)
		scnprintf(why, why_len, "ftrace is off (kernel.ftrace_enabled=0)");
	else
		scnprintf(why, why_len, "%s cannot be redirected (%d)",
			  hook->original.func, err);
}

/*
 * The first @n of a table, the last one of them first. A call site that ftrace
 * does not restore goes on calling us, so this module then stays in memory.
 */
static int hook_unregister_first(struct smbsign_hook *const *hooks, size_t n)
{
	static unsigned long pinned;
	int err;

	while (n--) {
		err = hook_unregister(hooks[n]);
		if (!err)
			continue;
		pr_crit("the redirection of %s cannot be removed (%d)\n",
			hooks[n]->original.func, err);
		if (!test_and_set_bit(0, &pinned))
			__module_get(THIS_MODULE);
		return -ENOTRECOVERABLE;
	}
	return 0;
}

/**
 * smbsign_hook_place() - redirect all functions of a table, or none
 * @hooks: NULL-terminated table, resolved
 * @why: set to the reason of a failure
 * @why_len: size of @why
 *
 * Replacements run from the first redirection on, so what they need is ready
 * before. May sleep; the caller holds the target's lock.
 *
 * Return: 0; -EBUSY if ftrace is off or another user redirects a function;
 * -ENOTRECOVERABLE as smbsign_hook_remove(); or what ftrace returns
 */
int smbsign_hook_place(struct smbsign_hook *const *hooks, char *why,
		       size_t why_len)
{
	size_t n;
	int err;

	for (n = 0; hooks[n]; n++) {
		err = hook_register(hooks[n]);
		if (err)
			goto err_unregister;
	}
	return 0;

err_unregister:
	hook_explain(hooks[n], err, why, why_len);
	return hook_unregister_first(hooks, n) ?: err;
}

/**
 * smbsign_hook_remove() - take all redirections of a table back
 * @hooks: NULL-terminated table, placed
 *
 * The last one first, so that a table's order holds both ways: what a function
 * begins, one before it in the table can finish. On return no new call enters a
 * replacement; calls that are under way are the caller's business. May sleep;
 * the caller holds the target's lock.
 *
 * Return: 0; or -ENOTRECOVERABLE: ftrace has left redirections in place. This
 * module then holds a reference to itself; where it is being unloaded already,
 * it must not end.
 */
int smbsign_hook_remove(struct smbsign_hook *const *hooks)
{
	size_t n = 0;

	while (hooks[n])
		n++;
	return hook_unregister_first(hooks, n);
}

/**
 * smbsign_hook_can_remove() - does ftrace still take redirections back?
 *
 * May sleep.
 *
 * Return: false if ftrace has shut itself down, for good
 */
bool smbsign_hook_can_remove(void)
{
	return hook_try_ftrace() != -ENODEV;
}

/**
 * smbsign_hook_init() - find out that the mechanism works at all
 *
 * Return: 0, or an error if functions of modules cannot be found
 */
int smbsign_hook_init(void)
{
	return smbsign_hook_find(KBUILD_MODNAME, hook_probe.original.func,
			 &hook_probe.site);
}
