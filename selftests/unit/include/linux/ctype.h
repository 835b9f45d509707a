/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UNIT_LINUX_CTYPE_H
#define _UNIT_LINUX_CTYPE_H

#include <ctype.h>

#endif
