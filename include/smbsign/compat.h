/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that kernels have given to the same thing. Told apart by what the
 * headers define, never by version.
 */
#ifndef SMBSIGN_COMPAT_H
#define SMBSIGN_COMPAT_H

#include <linux/ftrace.h>

/* 6.1 */
#ifndef ftrace_regs_set_instruction_pointer
#define ftrace_regs_set_instruction_pointer ftrace_instruction_pointer_set
#endif

#endif /* SMBSIGN_COMPAT_H */
