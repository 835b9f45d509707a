/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that kernels have given to the same thing. Told apart by what the
 * headers define, never by version.
 */
#ifndef SMBSIGN_COMPAT_H
#define SMBSIGN_COMPAT_H

#include <linux/ftrace.h>
#include <linux/sysfs.h>

/* 6.1 */
#ifndef ftrace_regs_set_instruction_pointer
#define ftrace_regs_set_instruction_pointer ftrace_instruction_pointer_set
#endif

/* What files of bytes are told which file they are by: const as of 6.16. */
#define SMBSIGN_BIN_ATTRIBUTE						\
	typeof(*__builtin_choose_expr(					\
		__builtin_types_compatible_p(				\
			typeof(((struct bin_attribute *)0)->read),	\
			ssize_t (*)(struct file *, struct kobject *,	\
				    struct bin_attribute *, char *,	\
				    loff_t, size_t)),			\
		(struct bin_attribute *)0,				\
		(const struct bin_attribute *)0))

#endif /* SMBSIGN_COMPAT_H */
