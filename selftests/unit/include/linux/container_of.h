/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UNIT_LINUX_CONTAINER_OF_H
#define _UNIT_LINUX_CONTAINER_OF_H

#include <linux/stddef.h>

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#endif
