/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory "drivers" in sysfs. */
#ifndef SMBSIGN_DRIVERS_H
#define SMBSIGN_DRIVERS_H

#include <linux/kobject.h>

int smbsign_drivers_add(struct kobject *dir);
void smbsign_drivers_remove(struct kobject *dir);

#endif /* SMBSIGN_DRIVERS_H */
