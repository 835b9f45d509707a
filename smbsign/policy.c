// SPDX-License-Identifier: GPL-2.0-only
/* Policy: defaults, names of values, module parameters. */
#include <linux/module.h>
#include <linux/string.h>

#include <smbsign/policy.h>

struct smbsign_policy smbsign_policy[__SMBSIGN_SIDE_MAX] = {
	[SMBSIGN_CLIENT] = { .require = SMBSIGN_ALL },
	[SMBSIGN_SERVER] = { .require = SMBSIGN_ALL },
};

const char *const smbsign_side_names[__SMBSIGN_SIDE_MAX] = {
	[SMBSIGN_CLIENT] = "client",
	[SMBSIGN_SERVER] = "server",
};

static const char *const require_names[] = {
	[SMBSIGN_OFF] = "off",
	[SMBSIGN_ALL] = "all",
};

/**
 * smbsign_require_parse() - read a value of "require"
 * @text: the word, perhaps with a newline behind it
 *
 * Return: enum smbsign_require, or -EINVAL
 */
int smbsign_require_parse(const char *text)
{
	return sysfs_match_string(require_names, text);
}

/**
 * smbsign_require_name() - the word for a value of "require"
 * @require: enum smbsign_require
 *
 * Return: a constant string
 */
const char *smbsign_require_name(int require)
{
	return require_names[require];
}

static int require_set(const char *val, const struct kernel_param *kp)
{
	int require = smbsign_require_parse(val);

	if (require < 0)
		return require;
	*(int *)kp->arg = require;
	return 0;
}

static int require_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n",
			  smbsign_require_name(*(int *)kp->arg));
}

static const struct kernel_param_ops require_ops = {
	.set = require_set,
	.get = require_get,
};

#define POLICY_PARAMS(side, index)					\
	module_param_cb(side##_require, &require_ops,			\
			&smbsign_policy[index].require, 0);		\
	MODULE_PARM_DESC(side##_require, "off or all (default all)");	\
	module_param_named(side##_allow_guest,				\
			   smbsign_policy[index].allow_guest, bool, 0);	\
	MODULE_PARM_DESC(side##_allow_guest,				\
			 "let guest and anonymous sessions in (default 0)")

POLICY_PARAMS(server, SMBSIGN_SERVER);
