// SPDX-License-Identifier: GPL-2.0-only
/* The directory "drivers": which driver of the kernel computes what. */
#include <linux/sysfs.h>

#include <smbsign/mac.h>

#include "drivers.h"

static ssize_t driver_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf);

/* The names have hyphens, which __ATTR() would not take for part of them. */
#define DRIVER_ATTR(_name) {						\
	.attr = { .name = _name, .mode = 0444 },			\
	.show = driver_show,						\
}

static struct kobj_attribute driver_attr[__SMBSIGN_ALG_MAX] = {
	[SMBSIGN_HMAC_SHA256] = DRIVER_ATTR("hmac-sha256"),
	[SMBSIGN_AES_CMAC] = DRIVER_ATTR("aes-cmac"),
	[SMBSIGN_AES_GMAC] = DRIVER_ATTR("aes-gmac"),
};

static ssize_t driver_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%s\n", smbsign_alg_driver(attr - driver_attr));
}

static struct attribute *driver_attrs[] = {
	&driver_attr[SMBSIGN_HMAC_SHA256].attr,
	&driver_attr[SMBSIGN_AES_CMAC].attr,
	&driver_attr[SMBSIGN_AES_GMAC].attr,
	NULL
};

static_assert(ARRAY_SIZE(driver_attrs) == __SMBSIGN_ALG_MAX + 1);

static const struct attribute_group driver_group = {
	.name = "drivers",
	.attrs = driver_attrs,
};

/**
 * smbsign_drivers_add() - create the directory
 * @dir: where
 *
 * Return: 0 or an error
 */
int smbsign_drivers_add(struct kobject *dir)
{
	return sysfs_create_group(dir, &driver_group);
}

/**
 * smbsign_drivers_remove() - remove the directory; waits for readers
 * @dir: where it is
 */
void smbsign_drivers_remove(struct kobject *dir)
{
	sysfs_remove_group(dir, &driver_group);
}
