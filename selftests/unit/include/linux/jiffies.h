/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UNIT_LINUX_JIFFIES_H
#define _UNIT_LINUX_JIFFIES_H

#define HZ			250
#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_before(a, b)	time_after(b, a)

#endif
