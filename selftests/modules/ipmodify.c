// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds a function of ksmbd the way a live patch does: whoever redirects it
 * later has to hear so.
 */
#include <linux/ftrace.h>
#include <linux/module.h>

static void notrace ipmodify_callback(unsigned long ip, unsigned long parent_ip,
				      struct ftrace_ops *ops,
				      struct ftrace_regs *fregs)
{
}

static struct ftrace_ops ipmodify_ops = {
	.func = ipmodify_callback,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_SAVE_REGS,
};

static unsigned char function[] = "smb2_check_user_session";

static int __init ipmodify_init(void)
{
	int err;

	err = ftrace_set_filter(&ipmodify_ops, function, sizeof(function) - 1,
				1);
	if (err)
		return err;
	return register_ftrace_function(&ipmodify_ops);
}

static void __exit ipmodify_exit(void)
{
	unregister_ftrace_function(&ipmodify_ops);
}

module_init(ipmodify_init);
module_exit(ipmodify_exit);
MODULE_DESCRIPTION("Holds a function of ksmbd by ftrace, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
