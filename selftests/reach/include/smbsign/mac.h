/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of include/smbsign/mac.h: what the tables take from there. */
#define SMBSIGN_KEY_LEN 16
