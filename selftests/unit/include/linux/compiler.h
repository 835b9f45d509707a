/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UNIT_LINUX_COMPILER_H
#define _UNIT_LINUX_COMPILER_H

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define READ_ONCE(x)	(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#define __read_mostly
#define __ro_after_init
#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define __must_check	__attribute__((warn_unused_result))
#define __maybe_unused	__attribute__((unused))
#define __printf(a, b)	__attribute__((format(printf, a, b)))
#ifndef fallthrough
#define fallthrough	__attribute__((fallthrough))
#endif

#endif
