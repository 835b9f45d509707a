// SPDX-License-Identifier: GPL-2.0-only
/* smbsign - SMB signing required by default. */
#include <linux/module.h>

#include <smbsign/hook.h>
#include <smbsign/mac.h>
#include <smbsign/sysfs.h>
#include <smbsign/target.h>

static int __init smbsign_init(void)
{
	int err;

	err = smbsign_mac_init();
	if (err)
		return err;
	err = smbsign_hook_init();
	if (err)
		goto err_mac;
	err = smbsign_sysfs_init();
	if (err)
		goto err_mac;
	err = smbsign_target_init();
	if (err)
		goto err_sysfs;
	err = smbsign_sysfs_add_policy();
	if (err)
		goto err_target;
	return 0;

err_target:
	smbsign_target_exit();
err_sysfs:
	smbsign_sysfs_exit();
err_mac:
	smbsign_mac_exit();
	return err;
}

static void __exit smbsign_exit(void)
{
	smbsign_target_may_exit();
	smbsign_sysfs_remove_policy();
	smbsign_target_exit();
	smbsign_sysfs_exit();
	smbsign_mac_exit();
}

module_init(smbsign_init);
module_exit(smbsign_exit);
MODULE_AUTHOR("The smbsign developers");
MODULE_DESCRIPTION("SMB signing required by default, for cifs and ksmbd");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_SOFTDEP("pre: aesni-intel");
