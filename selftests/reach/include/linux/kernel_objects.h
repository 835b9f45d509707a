/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects of the kernel inside the targets' structures, of no particular size. */
#ifndef _REACH_KERNEL_OBJECTS_H
#define _REACH_KERNEL_OBJECTS_H

#include <linux/types.h>

struct iov_iter { char byte; };
struct list_head { char byte; };
struct mutex { char byte; };
struct rw_semaphore { char byte; };
struct work_struct { char byte; };
struct xarray { char byte; };
typedef struct { char byte; } spinlock_t;
typedef struct { char byte; } wait_queue_head_t;

struct in6_addr { char bytes[16]; };
struct sockaddr { char bytes[16]; };

#endif
