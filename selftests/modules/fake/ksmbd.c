// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that has the name of ksmbd and the structures of some other kernel:
 * smbsign must not guess. Two are kept, and differ; all others are missing.
 */
#include <linux/module.h>

struct ksmbd_conn {
	int unheard_of;
};

struct ksmbd_work {
	int conn;
	struct ksmbd_conn *sess;
};

/* Not static, so that debug data is kept of it. */
int handle_ksmbd_work(struct ksmbd_work *work);
int handle_ksmbd_work(struct ksmbd_work *work)
{
	return work->conn + work->sess->unheard_of;
}

static int __init fake_init(void)
{
	return 0;
}

static void __exit fake_exit(void)
{
}

module_init(fake_init);
module_exit(fake_exit);
MODULE_DESCRIPTION("Not ksmbd, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
