/* SPDX-License-Identifier: GPL-2.0-only */
/* What the administrator sees: /sys/fs/smbsign. */
#ifndef SMBSIGN_SYSFS_H
#define SMBSIGN_SYSFS_H

int smbsign_sysfs_init(void);
void smbsign_sysfs_exit(void);
int smbsign_sysfs_add_policy(void);
void smbsign_sysfs_remove_policy(void);

#endif /* SMBSIGN_SYSFS_H */
