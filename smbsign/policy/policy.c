// SPDX-License-Identifier: GPL-2.0-only
/* Policy: defaults, names of values, module parameters. */
#include <linux/module.h>
#include <linux/string.h>

#include <smbsign/exempt.h>
#include <smbsign/policy.h>

#define ALGS_DEFAULT {							\
	3, { SMBSIGN_AES_GMAC, SMBSIGN_AES_CMAC, SMBSIGN_HMAC_SHA256 } }

struct smbsign_policy smbsign_policy[__SMBSIGN_SIDE_MAX] = {
	[SMBSIGN_CLIENT] = { .require = SMBSIGN_ALL, .algs = ALGS_DEFAULT },
	[SMBSIGN_SERVER] = { .require = SMBSIGN_ALL, .algs = ALGS_DEFAULT },
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

static bool algs_has(const struct smbsign_algs *algs, enum smbsign_alg alg)
{
	return memchr(algs->alg, alg, algs->n);
}

/**
 * smbsign_alg_allowed() - may an algorithm be used?
 * @side: direction
 * @alg: the algorithm
 *
 * May be called from any context.
 *
 * Return: true if it is on the list, and the kernel has it
 */
bool smbsign_alg_allowed(enum smbsign_side side, enum smbsign_alg alg)
{
	struct smbsign_algs algs = smbsign_algs(side);

	return algs_has(&algs, alg) && smbsign_alg_available(alg);
}

/**
 * smbsign_alg_pick() - choose among the algorithms that a peer offers
 * @side: direction
 * @offered: bit mask, by enum smbsign_alg
 *
 * May be called from any context.
 *
 * Return: the best by our order, or -ENOENT if none is allowed
 */
int smbsign_alg_pick(enum smbsign_side side, u32 offered)
{
	struct smbsign_algs algs = smbsign_algs(side);
	int i;

	for (i = 0; i < algs.n; i++)
		if (offered & BIT(algs.alg[i]) &&
		    smbsign_alg_available(algs.alg[i]))
			return algs.alg[i];
	return -ENOENT;
}

static int alg_parse(const char *word, size_t len)
{
	int alg;

	for (alg = 0; alg < __SMBSIGN_ALG_MAX; alg++)
		if (strlen(smbsign_alg_name(alg)) == len &&
		    !strncmp(word, smbsign_alg_name(alg), len))
			return alg;
	return -EINVAL;
}

/**
 * smbsign_algs_parse() - read a list of algorithms
 * @text: names with blanks between them, best first
 * @algs: set to the list; on failure not touched
 *
 * Return: 0, or -EINVAL if a name is unknown or comes twice, or none is there
 */
int smbsign_algs_parse(const char *text, struct smbsign_algs *algs)
{
	struct smbsign_algs list = {};

	for (text = skip_spaces(text); *text; text = skip_spaces(text)) {
		size_t len = strcspn(text, " \t\n");
		int alg = alg_parse(text, len);

		if (alg < 0 || algs_has(&list, alg))
			return -EINVAL;
		list.alg[list.n++] = alg;
		text += len;
	}
	if (!list.n)
		return -EINVAL;
	WRITE_ONCE(*algs, list);
	return 0;
}

/**
 * smbsign_algs_show() - write a list of algorithms as text
 * @algs: the list
 * @buf: a page
 *
 * Return: length of the text
 */
ssize_t smbsign_algs_show(const struct smbsign_algs *algs, char *buf)
{
	ssize_t len = 0;
	int i;

	for (i = 0; i < algs->n; i++)
		len += sysfs_emit_at(buf, len, "%s%s", i ? " " : "",
				     smbsign_alg_name(algs->alg[i]));
	return len + sysfs_emit_at(buf, len, "\n");
}

/**
 * smbsign_flag_parse() - read a value that is 0 or 1
 * @text: the digit, perhaps with a newline behind it
 * @flag: set to the value; on failure not touched
 *
 * Return: 0, or -EINVAL
 */
int smbsign_flag_parse(const char *text, bool *flag)
{
	u8 value;

	if (kstrtou8(text, 10, &value) || value > 1)
		return -EINVAL;
	WRITE_ONCE(*flag, value);
	return 0;
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

static int flag_set(const char *val, const struct kernel_param *kp)
{
	return smbsign_flag_parse(val, kp->arg);
}

static int flag_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", *(bool *)kp->arg);
}

static const struct kernel_param_ops flag_ops = {
	.set = flag_set,
	.get = flag_get,
};

static int algs_set(const char *val, const struct kernel_param *kp)
{
	return smbsign_algs_parse(val, kp->arg);
}

static int algs_get(char *buf, const struct kernel_param *kp)
{
	return smbsign_algs_show(kp->arg, buf);
}

static const struct kernel_param_ops algs_ops = {
	.set = algs_set,
	.get = algs_get,
};

static int exempt_set(const char *val, const struct kernel_param *kp)
{
	return smbsign_exempt_set((uintptr_t)kp->arg, val);
}

/* Also called where another parameter is bad, and init never runs. */
static void exempt_free(void *arg)
{
	smbsign_exempt_clear((uintptr_t)arg);
}

static const struct kernel_param_ops exempt_ops = {
	.set = exempt_set,
	.free = exempt_free,
};

#define POLICY_PARAMS(side, index)					\
	module_param_cb(side##_require, &require_ops,			\
			&smbsign_policy[index].require, 0);		\
	MODULE_PARM_DESC(side##_require, "off or all (default all)");	\
	module_param_cb(side##_allow_guest, &flag_ops,			\
			&smbsign_policy[index].allow_guest, 0);		\
	MODULE_PARM_DESC(side##_allow_guest,				\
			 "let guest and anonymous sessions in (default 0)"); \
	module_param_cb(side##_gmac_multichannel, &flag_ops,		\
			&smbsign_policy[index].gmac_multichannel, 0);	\
	MODULE_PARM_DESC(side##_gmac_multichannel,			\
			 "let sessions with aes-gmac have several channels (default 0)"); \
	module_param_cb(side##_algorithms, &algs_ops,			\
			&smbsign_policy[index].algs, 0);		\
	MODULE_PARM_DESC(side##_algorithms,				\
			 "best first (default aes-gmac aes-cmac hmac-sha256)"); \
	module_param_cb(side##_exempt, &exempt_ops, (void *)index, 0);	\
	MODULE_PARM_DESC(side##_exempt,					\
			 "networks of peers that need not sign (default none)")

POLICY_PARAMS(client, SMBSIGN_CLIENT);
POLICY_PARAMS(server, SMBSIGN_SERVER);
