/* SPDX-License-Identifier: GPL-2.0-only */
/* The file "exempt" in sysfs. */
#ifndef SMBSIGN_EXEMPT_FILE_H
#define SMBSIGN_EXEMPT_FILE_H

#include <linux/kobject.h>

#include <smbsign/policy.h>

int smbsign_exempt_file_add(enum smbsign_side side, struct kobject *dir);
void smbsign_exempt_file_remove(enum smbsign_side side, struct kobject *dir);

#endif /* SMBSIGN_EXEMPT_FILE_H */
