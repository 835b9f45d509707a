// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drivers of cbc(aes) and gcm(aes) that the kernel prefers to all others, and
 * that fail. Parameter `flags` is what they say of themselves: "alloc" that they
 * allocate memory for each message, "device" that a device computes, "none"
 * nothing.
 */
#include <crypto/internal/aead.h>
#include <crypto/internal/skcipher.h>
#include <linux/module.h>
#include <linux/string.h>

#define PRIORITY 5000

static char *flags = "none";
module_param(flags, charp, 0400);

static int cbc_setkey(struct crypto_skcipher *tfm, const u8 *key,
		      unsigned int len)
{
	return 0;
}

static int cbc_crypt(struct skcipher_request *req)
{
	return -EIO;
}

static int gcm_setkey(struct crypto_aead *tfm, const u8 *key, unsigned int len)
{
	return 0;
}

static int gcm_setauthsize(struct crypto_aead *tfm, unsigned int size)
{
	return 0;
}

static int gcm_crypt(struct aead_request *req)
{
	return -EIO;
}

static struct skcipher_alg cbc = {
	.base.cra_name = "cbc(aes)",
	.base.cra_driver_name = "cbc-aes-unfit",
	.base.cra_priority = PRIORITY,
	.base.cra_blocksize = 16,
	.base.cra_module = THIS_MODULE,
	.min_keysize = 16,
	.max_keysize = 32,
	.ivsize = 16,
	.setkey = cbc_setkey,
	.encrypt = cbc_crypt,
	.decrypt = cbc_crypt,
};

static struct aead_alg gcm = {
	.base.cra_name = "gcm(aes)",
	.base.cra_driver_name = "gcm-aes-unfit",
	.base.cra_priority = PRIORITY,
	.base.cra_blocksize = 1,
	.base.cra_module = THIS_MODULE,
	.ivsize = 12,
	.maxauthsize = 16,
	.setkey = gcm_setkey,
	.setauthsize = gcm_setauthsize,
	.encrypt = gcm_crypt,
	.decrypt = gcm_crypt,
};

static int __init unfit_init(void)
{
	u32 said = 0;
	int err;

	if (!strcmp(flags, "alloc"))
		said = CRYPTO_ALG_ALLOCATES_MEMORY;
	else if (!strcmp(flags, "device"))
		said = CRYPTO_ALG_KERN_DRIVER_ONLY;
	cbc.base.cra_flags = said;
	gcm.base.cra_flags = said;
	err = crypto_register_skcipher(&cbc);
	if (err)
		return err;
	err = crypto_register_aead(&gcm);
	if (err)
		crypto_unregister_skcipher(&cbc);
	return err;
}

static void __exit unfit_exit(void)
{
	crypto_unregister_aead(&gcm);
	crypto_unregister_skcipher(&cbc);
}

module_init(unfit_init);
module_exit(unfit_exit);
MODULE_DESCRIPTION("Drivers of AES that smbsign must not use, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
