/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UNIT_LINUX_SLAB_H
#define _UNIT_LINUX_SLAB_H

#include <linux/types.h>
#include <stdlib.h>

#define GFP_KERNEL	0
#define GFP_ATOMIC	0

#define kmalloc(size, gfp)		((void)(gfp), malloc(size))
#define kzalloc(size, gfp)		((void)(gfp), calloc(1, size))
#define kcalloc(n, size, gfp)		((void)(gfp), calloc(n, size))
#define kvmalloc(size, gfp)		kmalloc(size, gfp)
#define kvmalloc_array(n, size, gfp)	kcalloc(n, size, gfp)
#define kfree(p)			free((void *)(p))
#define kvfree(p)			free((void *)(p))

#endif
