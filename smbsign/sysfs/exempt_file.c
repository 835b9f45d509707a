// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file "exempt" of either side. A list can be longer than the page that
 * sysfs has for a value, so the file is one of bytes, which sysfs hands over a
 * page at a time. A piece that is shorter than a page is the last one. After a
 * full page another one may follow, which nothing in it can tell: the list is
 * applied once its writer has closed the file, and never in part.
 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include <smbsign/cidr.h>
#include <smbsign/compat.h>
#include <smbsign/exempt.h>
#include <smbsign/target.h>

#include "exempt_file.h"

#define TEXT_LEN (SMBSIGN_EXEMPT_MAX * SMBSIGN_CIDR_TEXT_LEN)

/* How often we look whether a writer of full pages has closed the file. */
#define LOOK_AGAIN (HZ / 20)

/**
 * struct exempt_text - a list while it is being written
 * @file: who writes it; with a reference, so that its being closed shows
 * @side: whose list it is
 * @len: bytes that have come
 * @text: these, with a NUL behind them; NULL if nobody is writing
 *
 * One for all: a second writer makes the first one fail.
 */
struct exempt_text {
	struct file *file;
	enum smbsign_side side;
	size_t len;
	char *text;
};

/* Protects exempt_text. */
static DEFINE_MUTEX(exempt_text_lock);
static struct exempt_text exempt_text;

static void text_look(struct work_struct *work);
static DECLARE_DELAYED_WORK(exempt_text_work, text_look);

static void text_drop(void)
{
	lockdep_assert_held(&exempt_text_lock);
	if (!exempt_text.text)
		return;
	kvfree(exempt_text.text);
	fput(exempt_text.file);
	memset(&exempt_text, 0, sizeof(exempt_text));
}

static int text_begin(enum smbsign_side side, struct file *file)
{
	text_drop();
	exempt_text.text = kvmalloc(TEXT_LEN + 1, GFP_KERNEL);
	if (!exempt_text.text)
		return -ENOMEM;
	exempt_text.file = get_file(file);
	exempt_text.side = side;
	return 0;
}

static int text_append(enum smbsign_side side, struct file *file,
		       const char *buf, loff_t pos, size_t count)
{
	int err = 0;

	lockdep_assert_held(&exempt_text_lock);
	if (!pos)
		err = text_begin(side, file);
	else if (exempt_text.file != file || exempt_text.len != pos)
		err = -EINVAL;
	if (err)
		return err;
	if (count > TEXT_LEN - exempt_text.len)
		return -E2BIG;
	memcpy(exempt_text.text + exempt_text.len, buf, count);
	exempt_text.len += count;
	exempt_text.text[exempt_text.len] = '\0';
	/* What comes behind a NUL would not be seen. */
	return memchr(buf, '\0', count) ? -EINVAL : 0;
}

/* The list is whole if its last page was a short one, or nobody can add to it. */
static int text_write(enum smbsign_side side, struct file *file,
		      const char *buf, loff_t pos, size_t count)
{
	int err = text_append(side, file, buf, pos, count);

	if (!err && count == PAGE_SIZE) {
		schedule_delayed_work(&exempt_text_work, LOOK_AGAIN);
		return 0;
	}
	if (!err)
		err = smbsign_exempt_set(side, exempt_text.text);
	/* A stray piece does not harm the list that somebody else is writing. */
	if (exempt_text.file == file)
		text_drop();
	return err;
}

/* Apply a list of full pages, if its writer has closed the file: to *@side. */
static bool text_settle(enum smbsign_side *side)
{
	int err;

	lockdep_assert_held(&exempt_text_lock);
	if (!exempt_text.text || file_count(exempt_text.file) > 1)
		return false;
	*side = exempt_text.side;
	err = smbsign_exempt_set(*side, exempt_text.text);
	if (err)
		pr_err("the list written to %s/exempt is refused (%d)\n",
		       smbsign_side_names[*side], err);
	text_drop();
	return !err;
}

static void text_settle_now(void)
{
	enum smbsign_side side;
	bool applied;

	mutex_lock(&exempt_text_lock);
	applied = text_settle(&side);
	mutex_unlock(&exempt_text_lock);
	if (applied)
		smbsign_target_policy_changed(smbsign_target_of(side));
}

static void text_look(struct work_struct *work)
{
	text_settle_now();
	mutex_lock(&exempt_text_lock);
	if (exempt_text.text)
		schedule_delayed_work(&exempt_text_work, LOOK_AGAIN);
	mutex_unlock(&exempt_text_lock);
}

static ssize_t exempt_write(struct file *file, struct kobject *kobj,
			    SMBSIGN_BIN_ATTRIBUTE *attr, char *buf, loff_t pos,
			    size_t count)
{
	enum smbsign_side side = (uintptr_t)attr->private;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	text_settle_now();
	mutex_lock(&exempt_text_lock);
	err = text_write(side, file, buf, pos, count);
	mutex_unlock(&exempt_text_lock);
	if (err)
		return err;
	if (count < PAGE_SIZE)
		smbsign_target_policy_changed(smbsign_target_of(side));
	return count;
}

static ssize_t exempt_read(struct file *file, struct kobject *kobj,
			   SMBSIGN_BIN_ATTRIBUTE *attr, char *buf, loff_t pos,
			   size_t count)
{
	enum smbsign_side side = (uintptr_t)attr->private;
	char *text = kvmalloc(TEXT_LEN + 1, GFP_KERNEL);
	ssize_t len;

	if (!text)
		return -ENOMEM;
	text_settle_now();
	len = smbsign_exempt_show(side, text, TEXT_LEN + 1);
	len = memory_read_from_buffer(buf, count, &pos, text, len);
	kvfree(text);
	return len;
}

#define EXEMPT_ATTR(side)						\
	[side] = {							\
		.attr = { .name = "exempt", .mode = 0644 },		\
		.private = (void *)(side),				\
		.read = exempt_read,					\
		.write = exempt_write,					\
	}

static const struct bin_attribute exempt_attr[__SMBSIGN_SIDE_MAX] = {
	EXEMPT_ATTR(SMBSIGN_CLIENT),
	EXEMPT_ATTR(SMBSIGN_SERVER),
};

/**
 * smbsign_exempt_file_add() - create the file of a side
 * @side: which
 * @dir: where
 *
 * Return: 0 or an error
 */
int smbsign_exempt_file_add(enum smbsign_side side, struct kobject *dir)
{
	return sysfs_create_bin_file(dir, &exempt_attr[side]);
}

/**
 * smbsign_exempt_file_remove() - remove the file of a side
 * @side: which
 * @dir: where it is
 *
 * Waits for readers and writers. Whoever was in the midst of writing fails.
 */
void smbsign_exempt_file_remove(enum smbsign_side side, struct kobject *dir)
{
	sysfs_remove_bin_file(dir, &exempt_attr[side]);
	cancel_delayed_work_sync(&exempt_text_work);
	mutex_lock(&exempt_text_lock);
	text_drop();
	mutex_unlock(&exempt_text_lock);
}
