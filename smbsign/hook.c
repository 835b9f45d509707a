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

/* Must call nothing traceable: it would recurse. */
static void notrace hook_redirect(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops,
				  struct ftrace_regs *fregs)
{
	struct smbsign_hook *hook = container_of(ops, struct smbsign_hook, ops);

	ftrace_regs_set_instruction_pointer(fregs,
					    (unsigned long)hook->replacement);
}

/*
 * Where the ftrace site of a function of a module is. A kprobe that is never
 * armed finds it: at the symbol, or behind its ENDBR.
 */
static int hook_find(const char *module, const char *func, unsigned long *site)
{
	struct kprobe probe = { .flags = KPROBE_FLAG_DISABLED };
	char name[KSYM_NAME_LEN];
	int err;

	if (snprintf(name, sizeof(name), "%s:%s", module, func) >= sizeof(name))
		return -ENAMETOOLONG;
	probe.symbol_name = name;
	err = register_kprobe(&probe);
	if (err)
		return err;
	*site = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

static int hook_resolve_one(const char *module,
			    const struct smbsign_callee *callee, size_t skip,
			    unsigned long *site, char *why, size_t why_len)
{
	int err = hook_find(callee->module ?: module, callee->func, site);

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
 * Return: 0, or -ENOENT and what register_kprobe() returns
 */
int smbsign_hook_resolve(const char *module, struct smbsign_hook *const *hooks,
			 char *why, size_t why_len)
{
	int err = 0;

	for (; !err && *hooks; hooks++)
		err = hook_resolve_one(module, &(*hooks)->original,
				       MCOUNT_INSN_SIZE, &(*hooks)->site, why,
				       why_len);
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
	hook->ops.func = hook_redirect;
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
static void hook_unregister(struct smbsign_hook *hook)
{
	if (!hook->site)
		return;
	unregister_ftrace_function(&hook->ops);
	ftrace_set_filter_ip(&hook->ops, hook->site, 1, 0);
}

static void hook_probe_function(void);

static struct smbsign_hook hook_probe = {
	.original = { .func = "hook_probe_function" },
	.replacement = hook_probe_function,
};

/* Traceable, never called: only to ask ftrace whether it accepts a hook. */
static noinline void hook_probe_function(void)
{
	barrier();
}

static bool hook_ftrace_is_off(void)
{
	if (hook_register(&hook_probe))
		return true;
	hook_unregister(&hook_probe);
	return false;
}

static void hook_explain(const struct smbsign_hook *hook, int err, char *why,
			 size_t why_len)
{
	if (err == -EBUSY && !hook_ftrace_is_off())
		scnprintf(why, why_len,
			  "%s is redirected by another user, such as a live patch",
			  hook->original.func);
	else if (err == -EBUSY)
		scnprintf(why, why_len, "ftrace is off (kernel.ftrace_enabled=0)");
	else
		scnprintf(why, why_len, "%s cannot be redirected (%d)",
			  hook->original.func, err);
}

/* The first @n of a table, the last one of them first. */
static void hook_unregister_first(struct smbsign_hook *const *hooks, size_t n)
{
	while (n--)
		hook_unregister(hooks[n]);
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
 * or what ftrace returns
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
	hook_unregister_first(hooks, n);
	return err;
}

/**
 * smbsign_hook_remove() - take all redirections of a table back
 * @hooks: NULL-terminated table, placed
 *
 * The last one first, so that a table's order holds both ways: what a function
 * begins, one before it in the table can finish. On return no new call enters a
 * replacement; calls that are under way are the caller's business. May sleep;
 * the caller holds the target's lock.
 */
void smbsign_hook_remove(struct smbsign_hook *const *hooks)
{
	size_t n = 0;

	while (hooks[n])
		n++;
	hook_unregister_first(hooks, n);
}

/* Calls of one function that may be under way at a time. */
#define RESULT_CALLS 256

static int result_enter(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct kretprobe *probe = get_kretprobe(call);
	void **arg = (void **)call->data;

	if (!probe)
		return 1;
	*arg = (void *)regs_get_kernel_argument(regs,
						container_of(probe,
							     struct smbsign_result,
							     probe)->arg);
	return 0;
}

NOKPROBE_SYMBOL(result_enter);

static int result_leave(struct kretprobe_instance *call, struct pt_regs *regs)
{
	struct kretprobe *probe = get_kretprobe(call);
	struct smbsign_result *result;
	void **arg = (void **)call->data;

	if (!probe)
		return 0;
	result = container_of(probe, struct smbsign_result, probe);
	regs_set_return_value(regs, result->correct(*arg,
						    regs_return_value(regs)));
	return 0;
}

NOKPROBE_SYMBOL(result_leave);

static int result_register(const char *module, struct smbsign_result *result)
{
	unsigned long site;
	int err = hook_find(module, result->func, &site);

	if (err)
		return err;
	memset(&result->probe, 0, sizeof(result->probe));
	result->probe.kp.addr = (kprobe_opcode_t *)site;
	result->probe.entry_handler = result_enter;
	result->probe.handler = result_leave;
	result->probe.data_size = sizeof(void *);
	result->probe.maxactive = RESULT_CALLS;
	return register_kretprobe(&result->probe);
}

/**
 * smbsign_result_place() - correct the results of all functions of a table
 * @module: name of the target, which is loaded or in MODULE_STATE_COMING
 * @results: NULL-terminated table
 * @why: set to the reason of a failure
 * @why_len: size of @why
 *
 * May sleep; the caller holds the target's lock.
 *
 * Return: 0, or what register_kretprobe() returns
 */
int smbsign_result_place(const char *module,
			 struct smbsign_result *const *results, char *why,
			 size_t why_len)
{
	size_t n;
	int err;

	for (n = 0; results[n]; n++) {
		err = result_register(module, results[n]);
		if (err)
			goto err_unregister;
	}
	return 0;

err_unregister:
	scnprintf(why, why_len, "%s cannot be probed (%d)", results[n]->func,
		  err);
	while (n--)
		unregister_kretprobe(&results[n]->probe);
	return err;
}

/**
 * smbsign_result_remove() - leave the results of a table as they are
 * @results: NULL-terminated table, placed
 *
 * On return nothing of ours runs for them any more; calls may be under way.
 * May sleep; the caller holds the target's lock.
 */
void smbsign_result_remove(struct smbsign_result *const *results)
{
	for (; *results; results++)
		unregister_kretprobe(&(*results)->probe);
}

/**
 * smbsign_hook_init() - find out that the mechanism works at all
 *
 * Return: 0, or an error if functions of modules cannot be found
 */
int smbsign_hook_init(void)
{
	return hook_find(KBUILD_MODNAME, hook_probe.original.func,
			 &hook_probe.site);
}
