// SPDX-License-Identifier: GPL-2.0-only
/*
 * BTF of the running kernel and its modules, from sysfs
 *
 * The kernel keeps its BTF to itself except for the files in /sys/kernel/btf.
 * Those are reached through a mount of sysfs of our own, not by their path, so
 * that it makes no difference who loads a module, in which mount namespace or
 * chroot, whether /sys is mounted yet, and what is mounted over it.
 */

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/slab.h>

#include "btf.h"

static struct file *open_sysfs(const char *path)
{
	struct file_system_type *type = get_fs_type("sysfs");
	struct vfsmount *mnt;
	struct file *file;

	if (!type)
		return ERR_PTR(-ENODEV);
	mnt = vfs_kern_mount(type, SB_KERNMOUNT, "sysfs", NULL);
	if (IS_ERR(mnt))
		return ERR_CAST(mnt);
	file = file_open_root_mnt(mnt, path, O_RDONLY, 0);
	/* An open file keeps the mount. */
	mntput(mnt);
	return file;
}

/* The whole of an open file, for kvfree(). */
static void *read_whole(struct file *file, size_t *len)
{
	loff_t size = i_size_read(file_inode(file));
	loff_t pos = 0;
	ssize_t n;
	char *data;

	if (size <= 0 || size > SMBSIGN_BTF_MAX_LEN)
		return ERR_PTR(-EFBIG);
	data = kvmalloc(size, GFP_KERNEL);
	if (!data)
		return ERR_PTR(-ENOMEM);
	while (pos < size) {
		n = kernel_read(file, data + pos, size - pos, &pos);
		if (n <= 0) {
			kvfree(data);
			return ERR_PTR(n ?: -EIO);
		}
	}
	*len = size;
	return data;
}

static void *read_btf(const char *name, size_t *len)
{
	char path[sizeof("kernel/btf/") + MODULE_NAME_LEN];
	struct file *file;
	void *data;

	scnprintf(path, sizeof(path), "kernel/btf/%s", name);
	file = open_sysfs(path);
	if (IS_ERR(file))
		return file;
	data = read_whole(file, len);
	fput(file);
	return data;
}

/* Read the start of a file about a module; its length, or an error. */
static ssize_t read_about(const char *dir, const char *name, const char *file,
			  char *buf, size_t len)
{
	char path[sizeof("kernel/btf//initstate") + MODULE_NAME_LEN];
	struct file *about;
	loff_t pos = 0;
	ssize_t n;

	scnprintf(path, sizeof(path), "%s/%s%s", dir, name, file);
	about = open_sysfs(path);
	if (IS_ERR(about))
		return PTR_ERR(about);
	n = len ? kernel_read(about, buf, len, &pos) : 0;
	fput(about);
	return n;
}

/**
 * smbsign_module_is_loaded() - is there a module of this name?
 * @name: the module's name
 *
 * Process context; reads files of sysfs.
 *
 * Return: true if it is loaded, or is being loaded and has had the notifiers of
 * MODULE_STATE_COMING, which publish its BTF; false also if it is built into
 * the kernel. One without BTF is not seen before it shows in /sys/module.
 */
bool smbsign_module_is_loaded(const char *name)
{
	char state[sizeof("coming")] = "";

	if (!read_about("kernel/btf", name, "", NULL, 0))
		return true;
	return read_about("module", name, "/initstate", state,
			  sizeof(state)) > 0 && state[0] != 'g';
}

/**
 * smbsign_module_is_builtin() - is a module a part of the kernel?
 * @name: the module's name
 *
 * Process context; reads files of sysfs.
 *
 * Return: true if it is, and has parameters or a version; the kernel does not
 * know those that have neither
 */
bool smbsign_module_is_builtin(const char *name)
{
	return !read_about("module", name, "", NULL, 0) &&
	       read_about("module", name, "/initstate", NULL, 0);
}

/**
 * smbsign_btf_load() - read, open and index the BTF of a module or of vmlinux
 * @btf: what to set up
 * @name: the module's name, or "vmlinux"
 * @base: vmlinux if @name is a module, which has to outlive @btf; else NULL
 *
 * Process context, also within a module notifier. After success, the caller
 * calls smbsign_btf_unload().
 *
 * Return: 0; -ENOENT if there is no such BTF; -ENOMEM; an error of opening or
 * reading the file; or one of smbsign_btf_open() and smbsign_btf_index().
 */
int smbsign_btf_load(struct smbsign_btf *btf, const char *name,
		     const struct smbsign_btf *base)
{
	u32 *index;
	size_t len;
	void *data;
	int err;

	data = read_btf(name, &len);
	if (IS_ERR(data))
		return PTR_ERR(data);
	err = smbsign_btf_open(btf, data, len, base);
	if (err)
		goto err_free_data;
	err = -ENOMEM;
	index = kvmalloc(smbsign_btf_index_size(btf), GFP_KERNEL);
	if (!index)
		goto err_free_data;
	err = smbsign_btf_index(btf, index);
	if (err)
		goto err_free_index;
	return 0;

err_free_index:
	kvfree(index);
err_free_data:
	kvfree(data);
	return err;
}

/**
 * smbsign_btf_unload() - free what smbsign_btf_load() read
 * @btf: loaded, and no longer the base of another
 *
 * Context that may sleep.
 */
void smbsign_btf_unload(struct smbsign_btf *btf)
{
	kvfree(btf->index);
	kvfree(btf->data);
}
