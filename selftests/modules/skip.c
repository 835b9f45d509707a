// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps a function from running: its callers find that it has done nothing. So
 * it looks to smbsign as if the kernel never called what smbsign redirects.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

static char *function;
module_param(function, charp, 0444);

static struct kprobe probe;

static noinline int nothing(void)
{
	return 0;
}

static int skip(struct kprobe *kprobe, struct pt_regs *regs)
{
	instruction_pointer_set(regs, (unsigned long)nothing);
	return 1;
}
NOKPROBE_SYMBOL(skip);

static int __init skip_init(void)
{
	probe.symbol_name = function;
	probe.pre_handler = skip;
	return register_kprobe(&probe);
}

static void __exit skip_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(skip_init);
module_exit(skip_exit);
MODULE_DESCRIPTION("Skips a function, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
