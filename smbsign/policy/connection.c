// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/fs/smbsign/connections: a directory for each live connection, from its
 * NEGOTIATE on. Numbers are not used twice.
 */
#include <linux/completion.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <smbsign/connection.h>
#include <smbsign/pdu.h>

/**
 * struct smbsign_connection - the directory of a connection
 * @kobj: the directory; its references keep this structure, not @owner
 * @side: which half it belongs to
 * @peer: address of the other end
 * @describe: says what there is to say
 * @owner: for @describe; not used once the directory is removed
 *
 * Immutable.
 */
struct smbsign_connection {
	struct kobject kobj;
	enum smbsign_side side;
	struct sockaddr_in6 peer;
	smbsign_describe_fn *describe;
	void *owner;
};

/* Set up before there are connections, and gone after them; no lock needed. */
static struct kobject *connections_dir;

static atomic64_t last_number;

/*
 * Directories that are not released yet, and one for the time between init and
 * exit. Where CONFIG_DEBUG_KOBJECT_RELEASE is set the kernel releases them
 * seconds after the last reference is gone, and calls us to do so.
 */
static atomic_t unreleased = ATOMIC_INIT(1);
static DECLARE_COMPLETION(all_released);

static void unreleased_put(void)
{
	if (atomic_dec_and_test(&unreleased))
		complete(&all_released);
}

static const char *const protection_names[] = {
	[SMBSIGN_PROTECTION_NONE] = "none",
	[SMBSIGN_PROTECTION_SIGNED] = "signed",
	[SMBSIGN_PROTECTION_ENCRYPTED] = "encrypted",
};

static struct smbsign_connection *connection_of(struct kobject *kobj)
{
	return container_of(kobj, struct smbsign_connection, kobj);
}

static void connection_describe(struct kobject *kobj,
				struct smbsign_connection_info *info)
{
	struct smbsign_connection *connection = connection_of(kobj);

	memset(info, 0, sizeof(*info));
	info->peer = (const struct sockaddr *)&connection->peer;
	connection->describe(connection->owner, info);
}

static ssize_t role_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	enum smbsign_side side = connection_of(kobj)->side;

	return sysfs_emit(buf, "%s\n", smbsign_side_names[side]);
}

static ssize_t peer_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%pISc\n", &connection_of(kobj)->peer);
}

static const char *dialect_name(u16 dialect)
{
	switch (dialect) {
	case SMBSIGN_DIALECT_202:
		return "2.0.2";
	case SMBSIGN_DIALECT_21:
		return "2.1";
	case SMBSIGN_DIALECT_30:
		return "3.0";
	case SMBSIGN_DIALECT_302:
		return "3.0.2";
	case SMBSIGN_DIALECT_311:
		return "3.1.1";
	default:
		return "none";
	}
}

static ssize_t dialect_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	struct smbsign_connection_info info;

	connection_describe(kobj, &info);
	return sysfs_emit(buf, "%s\n", dialect_name(info.dialect));
}

static ssize_t algorithm_show(struct kobject *kobj, struct kobj_attribute *attr,
			      char *buf)
{
	struct smbsign_connection_info info;

	connection_describe(kobj, &info);
	return sysfs_emit(buf, "%s\n",
			  info.dialect ? smbsign_alg_name(info.alg) : "none");
}

static ssize_t protection_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	struct smbsign_connection_info info;

	connection_describe(kobj, &info);
	return sysfs_emit(buf, "%s\n", protection_names[info.protection]);
}

static ssize_t sessions_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	struct smbsign_connection_info info;

	connection_describe(kobj, &info);
	return sysfs_emit(buf, "%u\n", info.sessions);
}

static ssize_t signed_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	struct smbsign_connection_info info;

	connection_describe(kobj, &info);
	return sysfs_emit(buf, "%lld\n", atomic64_read(&info.tally->n_signed));
}

static ssize_t verified_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	struct smbsign_connection_info info;

	connection_describe(kobj, &info);
	return sysfs_emit(buf, "%lld\n",
			  atomic64_read(&info.tally->n_verified));
}

static ssize_t violations_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	struct smbsign_connection_info info;

	connection_describe(kobj, &info);
	return sysfs_emit(buf, "%lld\n",
			  atomic64_read(&info.tally->n_violations));
}

static struct kobj_attribute role_attr = __ATTR_RO(role);
static struct kobj_attribute peer_attr = __ATTR_RO(peer);
static struct kobj_attribute dialect_attr = __ATTR_RO(dialect);
static struct kobj_attribute algorithm_attr = __ATTR_RO(algorithm);
static struct kobj_attribute protection_attr = __ATTR_RO(protection);
static struct kobj_attribute sessions_attr = __ATTR_RO(sessions);
static struct kobj_attribute signed_attr = __ATTR(signed, 0444, signed_show,
						  NULL);
static struct kobj_attribute verified_attr = __ATTR_RO(verified);
static struct kobj_attribute violations_attr = __ATTR_RO(violations);

static struct attribute *connection_attrs[] = {
	&role_attr.attr,
	&peer_attr.attr,
	&dialect_attr.attr,
	&algorithm_attr.attr,
	&protection_attr.attr,
	&sessions_attr.attr,
	&signed_attr.attr,
	&verified_attr.attr,
	&violations_attr.attr,
	NULL
};

ATTRIBUTE_GROUPS(connection);

static void connection_release(struct kobject *kobj)
{
	kfree(connection_of(kobj));
	unreleased_put();
}

static const struct kobj_type connection_type = {
	.release = connection_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = connection_groups,
};

static size_t peer_len(const struct sockaddr *peer)
{
	return peer->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
					     sizeof(struct sockaddr_in);
}

/**
 * smbsign_connection_add() - show a connection
 * @side: which half it belongs to
 * @peer: address of the other end, IPv4 or IPv6
 * @describe: called while somebody reads a file, until
 *	smbsign_connection_remove() returns
 * @owner: for @describe
 *
 * May sleep, also on behalf of a file system that writes pages back.
 *
 * Return: what smbsign_connection_remove() wants; NULL if memory is short: then
 * the connection is not shown
 */
struct smbsign_connection *
smbsign_connection_add(enum smbsign_side side, const struct sockaddr *peer,
		       smbsign_describe_fn *describe, void *owner)
{
	struct smbsign_connection *connection;
	unsigned int flags = memalloc_nofs_save();

	connection = kzalloc(sizeof(*connection), GFP_KERNEL);
	if (!connection)
		goto out;
	connection->side = side;
	memcpy(&connection->peer, peer, peer_len(peer));
	connection->describe = describe;
	connection->owner = owner;
	atomic_inc(&unreleased);
	if (kobject_init_and_add(&connection->kobj, &connection_type,
				 connections_dir, "%lld",
				 atomic64_inc_return(&last_number))) {
		kobject_put(&connection->kobj);
		connection = NULL;
	}
out:
	memalloc_nofs_restore(flags);
	return connection;
}

/**
 * smbsign_connection_remove() - a connection is no more
 * @connection: what smbsign_connection_add() returned, NULL too
 *
 * Waits for those who read about it. May sleep.
 */
void smbsign_connection_remove(struct smbsign_connection *connection)
{
	if (!connection)
		return;
	kobject_del(&connection->kobj);
	kobject_put(&connection->kobj);
}

/**
 * smbsign_connections_init() - create the directory of connections
 * @parent: what it is to be in
 *
 * Return: 0 or -ENOMEM
 */
int smbsign_connections_init(struct kobject *parent)
{
	connections_dir = kobject_create_and_add("connections", parent);
	return connections_dir ? 0 : -ENOMEM;
}

/**
 * smbsign_connections_exit() - remove the directory; it is empty
 *
 * On return the kernel calls connection_release() no more, and, where it does so
 * from a task of its own, that task has left it. May sleep.
 */
void smbsign_connections_exit(void)
{
	kobject_put(connections_dir);
	unreleased_put();
	wait_for_completion(&all_released);
	if (IS_ENABLED(CONFIG_DEBUG_KOBJECT_RELEASE))
		synchronize_rcu_tasks();
}
