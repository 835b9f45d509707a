// SPDX-License-Identifier: GPL-2.0-only
/*
 * Widens the moment in which a module that is being loaded has had its
 * MODULE_STATE_COMING notifiers, but has no directory in /sys/module yet: each
 * module of the name "target" waits there while "hold" is set.
 */
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/string.h>

static char *target = "ksmbd";
module_param(target, charp, 0);

static bool hold = true;
module_param(hold, bool, 0600);

typedef int mod_sysfs_setup_fn(struct module *mod, void *info, void *params,
			       unsigned int n);

static mod_sysfs_setup_fn *original;

static int slow_mod_sysfs_setup(struct module *mod, void *info, void *params,
				unsigned int n)
{
	if (!strcmp(mod->name, target)) {
		pr_info("slowload: %s waits\n", target);
		while (READ_ONCE(hold))
			msleep(20);
	}
	return original(mod, info, params, n);
}

static void notrace slowload_callback(unsigned long ip, unsigned long parent_ip,
				      struct ftrace_ops *ops,
				      struct ftrace_regs *fregs)
{
	ftrace_regs_set_instruction_pointer(fregs,
					    (unsigned long)slow_mod_sysfs_setup);
}

static struct ftrace_ops slowload_ops = {
	.func = slowload_callback,
	.flags = FTRACE_OPS_FL_IPMODIFY,
};

/* Where the ftrace site of the function is; the test VMs' CPUs have no IBT. */
static int slowload_find(unsigned long *site)
{
	struct kprobe probe = {
		.symbol_name = "mod_sysfs_setup",
		.flags = KPROBE_FLAG_DISABLED,
	};
	int err = register_kprobe(&probe);

	if (err)
		return err;
	*site = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

static int __init slowload_init(void)
{
	unsigned long site;
	int err;

	err = slowload_find(&site);
	if (err)
		return err;
	original = (mod_sysfs_setup_fn *)(site + MCOUNT_INSN_SIZE);
	err = ftrace_set_filter_ip(&slowload_ops, site, 0, 0);
	if (err)
		return err;
	return register_ftrace_function(&slowload_ops);
}

/* The tests unload it when no module is being loaded. */
static void __exit slowload_exit(void)
{
	unregister_ftrace_function(&slowload_ops);
}

module_init(slowload_init);
module_exit(slowload_exit);
MODULE_DESCRIPTION("Makes the loading of a module slow, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
