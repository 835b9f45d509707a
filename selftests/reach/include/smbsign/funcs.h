/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of include/smbsign/funcs.h: the rows are read, nothing is hooked. */
#define SMBSIGN_FUNCS_DECLARE(FUNCS) struct smbsign_hook
