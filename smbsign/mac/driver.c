// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which driver of the kernel computes what. The driver of each algorithm is
 * chosen and tested when the module is loaded, and kept: every later key is set
 * on that driver, whatever the kernel gets afterwards. An algorithm without a
 * driver that works is not offered to anyone; the others are.
 *
 * Ciphers are asked for without CRYPTO_ALG_ASYNC masked off: on 6.1 and 6.12
 * that mask yields an implementation many times slower, while the asynchronous
 * one completes at once in process context.
 */
#include <linux/err.h>
#include <linux/kmod.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "internal.h"

/**
 * struct alg - an algorithm
 * @name: what the administrator calls it
 * @crypto: what the kernel calls it
 * @driver: what we ask the kernel for
 * @probe: an object that keeps the driver, or NULL if the algorithm does not work
 *
 * Written before anything else of the module runs.
 */
struct alg {
	const char *name;
	const char *crypto;
	char driver[CRYPTO_MAX_ALG_NAME];
	struct smbsign_mac *probe;
};

static struct alg algs[] = {
	[SMBSIGN_HMAC_SHA256] = { "hmac-sha256", "hmac(sha256)" },
	[SMBSIGN_AES_CMAC] = { "aes-cmac", "cbc(aes)" },
	[SMBSIGN_AES_GMAC] = { "aes-gmac", "gcm(aes)" },
};

static_assert(ARRAY_SIZE(algs) == __SMBSIGN_ALG_MAX);

/**
 * smbsign_alg_name() - what the administrator calls an algorithm
 * @alg: the algorithm
 *
 * Return: a constant string
 */
const char *smbsign_alg_name(enum smbsign_alg alg)
{
	return algs[alg].name;
}

/**
 * smbsign_alg_available() - does this kernel have an algorithm?
 * @alg: the algorithm
 *
 * May be called from any context.
 *
 * Return: true if it does; an algorithm that is not there is not negotiated
 */
bool smbsign_alg_available(enum smbsign_alg alg)
{
	return algs[alg].probe;
}

/**
 * smbsign_alg_driver() - which driver of the kernel computes an algorithm?
 * @alg: the algorithm
 *
 * Return: the driver's name as in /proc/crypto, or "none" if the algorithm is not
 * available; constant while the module is loaded
 */
const char *smbsign_alg_driver(enum smbsign_alg alg)
{
	return algs[alg].probe ? algs[alg].driver : "none";
}

/**
 * smbsign_alg_driver_wanted() - what is the kernel to be asked for?
 * @alg: the algorithm
 *
 * Return: the name of an algorithm or a driver
 */
const char *smbsign_alg_driver_wanted(enum smbsign_alg alg)
{
	return algs[alg].driver;
}

static const char *why_not(int err)
{
	switch (err) {
	case -ENOENT:
		return "the kernel has no driver that fits";
	case -EOPNOTSUPP:
		return "the driver needs too much memory for a request";
	case -EBADMSG:
		return "the driver computes wrong signatures";
	default:
		return "the driver fails";
	}
}

/* The log names the driver, as that decides how fast it is. */
static void alg_probe(enum smbsign_alg which)
{
	static const u8 key[SMBSIGN_KEY_LEN];
	struct alg *alg = &algs[which];
	struct smbsign_mac *mac = smbsign_mac_alloc(which, key);
	int err = PTR_ERR_OR_ZERO(mac);

	if (!err) {
		strscpy(alg->driver, smbsign_mac_driver(mac), sizeof(alg->driver));
		err = smbsign_mac_selftest(which);
	}
	if (!err) {
		pr_info("%s by %s\n", alg->name, alg->driver);
		alg->probe = mac;
		return;
	}
	pr_warn("%s is not offered: %s: %s (%d)\n", alg->name, alg->driver,
		why_not(err), err);
	if (!IS_ERR(mac))
		smbsign_mac_put(mac);
}

/**
 * smbsign_mac_init() - make the engine ready
 *
 * Return: 0 or -ENOMEM; a missing algorithm is no error
 */
int smbsign_mac_init(void)
{
	int alg, err;

	err = smbsign_scratch_init();
	if (err)
		return err;
	err = smbsign_sg_reserve_init();
	if (err) {
		smbsign_scratch_exit();
		return err;
	}
	/*
	 * A CPU's own implementations are modules that nothing asks for while
	 * generic code is there. The softdep is for modprobe, not for insmod.
	 */
	request_module("crypto-aes");
	request_module("crypto-sha256");
	for (alg = 0; alg < __SMBSIGN_ALG_MAX; alg++)
		strscpy(algs[alg].driver, algs[alg].crypto,
			sizeof(algs[alg].driver));
	smbsign_gmac_choose(algs[SMBSIGN_AES_GMAC].driver);
	for (alg = 0; alg < __SMBSIGN_ALG_MAX; alg++)
		alg_probe(alg);
	return 0;
}

/**
 * smbsign_mac_exit() - end the engine; no object of it may be left
 */
void smbsign_mac_exit(void)
{
	int alg;

	for (alg = 0; alg < __SMBSIGN_ALG_MAX; alg++)
		if (algs[alg].probe)
			smbsign_mac_put(algs[alg].probe);
	smbsign_sg_reserve_exit();
	smbsign_scratch_exit();
}
