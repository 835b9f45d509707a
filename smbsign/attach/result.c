// SPDX-License-Identifier: GPL-2.0-only
/*
 * Correction of what functions of a target return, by kretprobes: for functions
 * that can wait for a dead server, where a redirection would keep our code on
 * the stack.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/string.h>

#include <smbsign/hook.h>

#include "internal.h"

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
	int err = smbsign_hook_find(module, result->func, &site);

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
