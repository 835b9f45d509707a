// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files: `vectors` has signatures of messages of many shapes, to be compared
 * with what user space computes; `bench` is a table of times, measured when it
 * is read; `count` computes so that a tracer may watch, see count.c; `stress` lets
 * many threads compute at once, see stress.c.
 */
#include <linux/debugfs.h>
#include <linux/module.h>

#include "mac_bench.h"
#include "internal.h"

#define BENCH_TEXT_LEN SZ_128K

const u8 mac_bench_key[SMBSIGN_KEY_LEN] = {
	0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
	0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c
};

static struct dentry *dir;

/* With room for all of it, as seq_file would else start anew with more. */
static int vectors_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, vectors_show, NULL, BENCH_TEXT_LEN);
}

static int bench_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, bench_show, NULL, BENCH_TEXT_LEN);
}

static int stress_open(struct inode *inode, struct file *file)
{
	return single_open(file, stress_show, NULL);
}

static const struct file_operations vectors_fops = {
	.owner = THIS_MODULE,
	.open = vectors_open,
	.read = seq_read,
	.release = single_release,
};

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.read = seq_read,
	.release = single_release,
};

static const struct file_operations count_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = count_write,
};

static const struct file_operations stress_fops = {
	.owner = THIS_MODULE,
	.open = stress_open,
	.read = seq_read,
	.write = stress_write,
	.release = single_release,
};

static int __init mac_bench_init(void)
{
	int err = smbsign_mac_init();

	if (err)
		return err;
	dir = debugfs_create_dir("mac_bench", NULL);
	debugfs_create_file("vectors", 0400, dir, NULL, &vectors_fops);
	debugfs_create_file("bench", 0400, dir, NULL, &bench_fops);
	debugfs_create_file("count", 0200, dir, NULL, &count_fops);
	debugfs_create_file("stress", 0600, dir, NULL, &stress_fops);
	return 0;
}

static void __exit mac_bench_exit(void)
{
	debugfs_remove(dir);
	stress_exit();
	smbsign_mac_exit();
}

module_init(mac_bench_init);
module_exit(mac_bench_exit);
MODULE_DESCRIPTION("Tests and times smbsign's signing engine");
MODULE_LICENSE("GPL");
MODULE_INFO(test, "Y");
