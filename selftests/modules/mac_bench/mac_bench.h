/* SPDX-License-Identifier: GPL-2.0-only */
/* smbsign's engine under a microscope; files in /sys/kernel/debug/mac_bench. */
#ifndef MAC_BENCH_H
#define MAC_BENCH_H

#include <linux/fs.h>
#include <linux/seq_file.h>

#include <smbsign/mac.h>

/* How a message lies in memory. */
enum layout {
	LAYOUT_KMALLOC,
	LAYOUT_VMALLOC,
	LAYOUT_PAGES,
	LAYOUT_KVEC,
	__LAYOUT_MAX
};

#define MESSAGE_PIECES 9

/**
 * struct message - the bytes of one message
 * @layout: how they lie
 * @len: their number
 * @offset: of the first one in its page
 * @buf: LAYOUT_KMALLOC, LAYOUT_VMALLOC
 * @pages: LAYOUT_PAGES, @nr of them, each used from @offset on
 * @vec: LAYOUT_KVEC; kmalloc and vmalloc by turns
 * @nr: elements of @pages
 */
struct message {
	enum layout layout;
	size_t len;
	size_t offset;
	void *buf;
	struct page **pages;
	struct kvec vec[MESSAGE_PIECES];
	unsigned int nr;
};

extern const u8 mac_bench_key[SMBSIGN_KEY_LEN];

int message_alloc(struct message *msg, enum layout layout, size_t offset,
		  size_t len);
void message_free(struct message *msg);
int message_compute(struct message *msg, struct smbsign_mac *mac,
		    const struct smbsign_nonce *nonce,
		    u8 out[SMBSIGN_SIGNATURE_LEN]);
void message_fill(u8 *to, size_t at, size_t len);
int reference_compute(enum smbsign_alg alg, const u8 *key, size_t len,
		      u64 message_id, u8 out[SMBSIGN_SIGNATURE_LEN]);
const char *layout_name(enum layout layout);

int vectors_show(struct seq_file *seq, void *unused);
int bench_show(struct seq_file *seq, void *unused);
ssize_t count_write(struct file *file, const char __user *text, size_t len,
		    loff_t *pos);
ssize_t stress_write(struct file *file, const char __user *text, size_t len,
		     loff_t *pos);
int stress_show(struct seq_file *seq, void *unused);
void stress_exit(void);

#endif /* MAC_BENCH_H */
