// SPDX-License-Identifier: GPL-2.0-only
/* Peers that policy leaves alone: the lists, as sysfs has them. */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include <smbsign/cidr.h>
#include <smbsign/exempt.h>

/**
 * struct exempt_list - an immutable list
 * @rcu: to be freed
 * @n: number of networks
 * @set: the networks
 */
struct exempt_list {
	struct rcu_head rcu;
	size_t n;
	struct smbsign_cidr set[];
};

/* Serialises writers of exempt_lists. */
static DEFINE_MUTEX(exempt_lock);
static struct exempt_list __rcu *exempt_lists[__SMBSIGN_SIDE_MAX];

/**
 * smbsign_exempt_match() - is a peer on the list?
 * @side: direction
 * @addr: address of the peer
 *
 * May be called from any context.
 *
 * Return: true if it is; false for families other than IPv4 and IPv6
 */
bool smbsign_exempt_match(enum smbsign_side side, const struct sockaddr *addr)
{
	const struct sockaddr_in6 *v6 = (const void *)addr;
	const struct sockaddr_in *v4 = (const void *)addr;
	const struct exempt_list *list;
	bool match = false;

	rcu_read_lock();
	list = rcu_dereference(exempt_lists[side]);
	if (!list)
		goto out;
	if (addr->sa_family == AF_INET)
		match = smbsign_cidr_match(list->set, list->n, false,
					   (const u8 *)&v4->sin_addr, 0);
	else if (addr->sa_family == AF_INET6)
		match = smbsign_cidr_match(list->set, list->n, true,
					   v6->sin6_addr.s6_addr,
					   v6->sin6_scope_id);
out:
	rcu_read_unlock();
	return match;
}

static void exempt_replace(enum smbsign_side side, struct exempt_list *list)
{
	struct exempt_list *old;

	mutex_lock(&exempt_lock);
	old = rcu_dereference_protected(exempt_lists[side],
					lockdep_is_held(&exempt_lock));
	rcu_assign_pointer(exempt_lists[side], list);
	mutex_unlock(&exempt_lock);
	kfree_rcu(old, rcu);
}

/*
 * The interfaces are those of the initial network namespace, which is ksmbd's.
 * One that is renamed stays what was meant; one that is gone exempts nobody.
 */
static int find_interfaces(struct smbsign_cidr *set, size_t n)
{
	const struct net_device *dev;
	int err = 0;

	rcu_read_lock();
	for (; n && !err; n--, set++) {
		if (!set->scope[0])
			continue;
		dev = dev_get_by_name_rcu(&init_net, set->scope);
		if (dev)
			set->ifindex = dev->ifindex;
		else
			err = -ENODEV;
	}
	rcu_read_unlock();
	return err;
}

/**
 * smbsign_exempt_set() - replace a list
 * @side: direction
 * @text: networks, see smbsign_cidr_parse()
 *
 * May sleep. On failure nothing changes.
 *
 * Return: 0; -ENOMEM; -ENODEV if an interface is named that there is not; or what
 * smbsign_cidr_parse() returns
 */
int smbsign_exempt_set(enum smbsign_side side, const char *text)
{
	struct exempt_list *list;
	int n, err;

	list = kzalloc(struct_size(list, set, SMBSIGN_EXEMPT_MAX), GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	n = smbsign_cidr_parse(text, list->set, SMBSIGN_EXEMPT_MAX);
	err = n < 0 ? n : find_interfaces(list->set, n);
	if (err) {
		kfree(list);
		return err;
	}
	list->n = n;
	exempt_replace(side, list);
	return 0;
}

/**
 * smbsign_exempt_show() - write a list as text
 * @side: direction
 * @buf: where to
 * @len: room there
 *
 * Return: length of the text
 */
ssize_t smbsign_exempt_show(enum smbsign_side side, char *buf, size_t len)
{
	const struct exempt_list *list;
	ssize_t used = 0;
	size_t i;

	rcu_read_lock();
	list = rcu_dereference(exempt_lists[side]);
	for (i = 0; list && i < list->n; i++) {
		used += scnprintf(buf + used, len - used, "%s", i ? " " : "");
		used += smbsign_cidr_format(&list->set[i], buf + used,
					    len - used);
	}
	rcu_read_unlock();
	return used + scnprintf(buf + used, len - used, "\n");
}

/**
 * smbsign_exempt_clear() - empty a list
 * @side: direction
 *
 * For the end of the module, when nobody else uses the list: the kernel calls it
 * as it frees the module's parameters, also where the module did not load. So it
 * takes no lock; lockdep no longer knows those of a module that goes.
 */
void smbsign_exempt_clear(enum smbsign_side side)
{
	kfree(rcu_replace_pointer(exempt_lists[side], NULL, true));
}
