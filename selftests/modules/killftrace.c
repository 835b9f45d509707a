// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shuts ftrace down for good, as the kernel does when it finds call sites in a
 * state that it does not expect.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

/* The test VMs' CPUs have no IBT, so that any function may be called like this. */
static int __init killftrace_init(void)
{
	struct kprobe probe = {
		.symbol_name = "ftrace_kill",
		.flags = KPROBE_FLAG_DISABLED,
	};
	void (*ftrace_kill)(void);
	int err = register_kprobe(&probe);

	if (err)
		return err;
	ftrace_kill = (void *)probe.addr;
	unregister_kprobe(&probe);
	ftrace_kill();
	return 0;
}

static void __exit killftrace_exit(void)
{
}

module_init(killftrace_init);
module_exit(killftrace_exit);
MODULE_DESCRIPTION("Shuts ftrace down, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
