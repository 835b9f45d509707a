// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/fs/smbsign, as Documentation/sysfs-fs-smbsign has it:
 *
 *	version
 *	drivers/ALGORITHM, see drivers.c
 *	{client,server}/{attached,require,allow_guest,gmac_multichannel}
 *	{client,server}/algorithms
 *	{client,server}/exempt, see exempt_file.c
 *	{client,server}/stats/NAME
 *	connections/N/NAME, see connection.c
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/sysfs.h>

#include <smbsign/connection.h>
#include <smbsign/policy.h>
#include <smbsign/stats.h>
#include <smbsign/sysfs.h>
#include <smbsign/target.h>

#include "drivers.h"
#include "exempt_file.h"

/* Set up before its directory is visible, and gone after it; no lock needed. */
static struct kobject *root_dir;
static struct kobject *side_dir[__SMBSIGN_SIDE_MAX];

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%s\n", THIS_MODULE->version);
}

static struct kobj_attribute version_attr = __ATTR_RO(version);

static enum smbsign_side side_of(const struct kobject *kobj)
{
	return kobj == side_dir[SMBSIGN_CLIENT] ? SMBSIGN_CLIENT :
						  SMBSIGN_SERVER;
}

static ssize_t attached_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	return smbsign_target_show(smbsign_target_of(side_of(kobj)), buf);
}

static ssize_t require_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	int require = READ_ONCE(smbsign_policy[side_of(kobj)].require);

	return sysfs_emit(buf, "%s\n", smbsign_require_name(require));
}

static ssize_t require_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t count)
{
	enum smbsign_side side = side_of(kobj);
	int require = smbsign_require_parse(buf);
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (require < 0)
		return require;
	if (require != SMBSIGN_OFF) {
		err = smbsign_target_retry(smbsign_target_of(side));
		if (err)
			return err;
	}
	WRITE_ONCE(smbsign_policy[side].require, require);
	smbsign_target_policy_changed(smbsign_target_of(side));
	return count;
}

static ssize_t flag_store(bool *flag, const char *buf, size_t count)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return smbsign_flag_parse(buf, flag) ?: count;
}

static ssize_t allow_guest_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", smbsign_allows_guest(side_of(kobj)));
}

static ssize_t allow_guest_store(struct kobject *kobj,
				 struct kobj_attribute *attr, const char *buf,
				 size_t count)
{
	return flag_store(&smbsign_policy[side_of(kobj)].allow_guest, buf,
			  count);
}

static ssize_t gmac_multichannel_show(struct kobject *kobj,
				      struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  smbsign_gmac_multichannel(side_of(kobj)));
}

static ssize_t gmac_multichannel_store(struct kobject *kobj,
				       struct kobj_attribute *attr,
				       const char *buf, size_t count)
{
	enum smbsign_side side = side_of(kobj);
	ssize_t rc;

	rc = flag_store(&smbsign_policy[side].gmac_multichannel, buf, count);
	if (rc > 0)
		smbsign_target_policy_changed(smbsign_target_of(side));
	return rc;
}

static ssize_t algorithms_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	struct smbsign_algs algs = smbsign_algs(side_of(kobj));

	return smbsign_algs_show(&algs, buf);
}

static ssize_t algorithms_store(struct kobject *kobj,
				struct kobj_attribute *attr, const char *buf,
				size_t count)
{
	enum smbsign_side side = side_of(kobj);
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = smbsign_algs_parse(buf, &smbsign_policy[side].algs);
	if (err)
		return err;
	smbsign_target_policy_changed(smbsign_target_of(side));
	return count;
}

static struct kobj_attribute attached_attr = __ATTR_RO(attached);
static struct kobj_attribute require_attr = __ATTR_RW(require);
static struct kobj_attribute allow_guest_attr = __ATTR_RW(allow_guest);
static struct kobj_attribute gmac_multichannel_attr =
	__ATTR_RW(gmac_multichannel);
static struct kobj_attribute algorithms_attr = __ATTR_RW(algorithms);

static struct attribute *side_attrs[] = {
	&attached_attr.attr,
	&require_attr.attr,
	&allow_guest_attr.attr,
	&gmac_multichannel_attr.attr,
	&algorithms_attr.attr,
	NULL
};

static const struct attribute_group side_group = { .attrs = side_attrs };

static ssize_t stat_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf);

#define STAT_ATTR(index, _name) \
	[SMBSIGN_STAT_##index] = __ATTR(_name, 0444, stat_show, NULL)

static struct kobj_attribute stat_attr[__SMBSIGN_STAT_MAX] = {
	STAT_ATTR(SIGNED, signed),
	STAT_ATTR(VERIFIED, verified),
	STAT_ATTR(UNSIGNED, unsigned),
	STAT_ATTR(BAD_SIGNATURE, bad_signature),
	STAT_ATTR(REPLAYED, replayed),
	STAT_ATTR(GUEST, guest),
	STAT_ATTR(DIALECT, dialect),
	STAT_ATTR(ALGORITHM, algorithm),
	STAT_ATTR(AUTH_FAILED, auth_failed),
	STAT_ATTR(DENIED, denied),
	STAT_ATTR(AUDITED, audited),
	STAT_ATTR(EXEMPTED, exempted),
	STAT_ATTR(TOLERATED, tolerated),
};

static struct attribute *stat_attrs[__SMBSIGN_STAT_MAX + 1];

static const struct attribute_group stat_group = {
	.name = "stats",
	.attrs = stat_attrs,
};

static ssize_t stat_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  smbsign_stat_read(side_of(kobj), attr - stat_attr));
}

static const struct attribute_group *side_groups[] = {
	&side_group,
	&stat_group,
	NULL
};

static int side_init(enum smbsign_side side)
{
	struct kobject *dir;
	int err;

	dir = kobject_create_and_add(smbsign_side_names[side], root_dir);
	if (!dir)
		return -ENOMEM;
	side_dir[side] = dir;
	err = sysfs_create_groups(dir, side_groups);
	if (err)
		goto err_put;
	err = smbsign_exempt_file_add(side, dir);
	if (err)
		goto err_groups;
	return 0;

err_groups:
	sysfs_remove_groups(dir, side_groups);
err_put:
	kobject_put(dir);
	return err;
}

static void sides_exit(int n)
{
	while (n--) {
		if (!smbsign_target_of(n))
			continue;
		smbsign_exempt_file_remove(n, side_dir[n]);
		sysfs_remove_groups(side_dir[n], side_groups);
		kobject_put(side_dir[n]);
	}
}

static int sides_init(void)
{
	int side, err;

	for (side = 0; side < __SMBSIGN_SIDE_MAX; side++) {
		if (!smbsign_target_of(side))
			continue;
		err = side_init(side);
		if (err) {
			sides_exit(side);
			return err;
		}
	}
	return 0;
}

/**
 * smbsign_sysfs_init() - create /sys/fs/smbsign, for connections to be in
 *
 * Return: 0 or an error
 */
int smbsign_sysfs_init(void)
{
	int i, err;

	for (i = 0; i < __SMBSIGN_STAT_MAX; i++) {
		sysfs_attr_init(&stat_attr[i].attr);
		stat_attrs[i] = &stat_attr[i].attr;
	}
	root_dir = kobject_create_and_add("smbsign", fs_kobj);
	if (!root_dir)
		return -ENOMEM;
	err = smbsign_connections_init(root_dir);
	if (err)
		goto err_root;
	err = sysfs_create_file(root_dir, &version_attr.attr);
	if (err)
		goto err_connections;
	err = smbsign_drivers_add(root_dir);
	if (err)
		goto err_version;
	return 0;

err_version:
	sysfs_remove_file(root_dir, &version_attr.attr);
err_connections:
	smbsign_connections_exit();
err_root:
	kobject_put(root_dir);
	return err;
}

/**
 * smbsign_sysfs_exit() - remove /sys/fs/smbsign, which has no connection any
 * more; waits for readers
 */
void smbsign_sysfs_exit(void)
{
	smbsign_drivers_remove(root_dir);
	sysfs_remove_file(root_dir, &version_attr.attr);
	smbsign_connections_exit();
	kobject_put(root_dir);
}

/**
 * smbsign_sysfs_add_policy() - create what policy is read and written by
 *
 * To be called when targets are there.
 *
 * Return: 0 or an error
 */
int smbsign_sysfs_add_policy(void)
{
	return sides_init();
}

/**
 * smbsign_sysfs_remove_policy() - undo smbsign_sysfs_add_policy(); waits for
 * readers and writers
 */
void smbsign_sysfs_remove_policy(void)
{
	sides_exit(__SMBSIGN_SIDE_MAX);
}
