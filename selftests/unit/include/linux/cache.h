/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UNIT_LINUX_CACHE_H
#define _UNIT_LINUX_CACHE_H

#include <linux/compiler.h>

#endif
