// SPDX-License-Identifier: GPL-2.0-only
/* Messages of all sizes and shapes, and their signatures. */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "mac_bench.h"

/* A prime, so that no two pages of a message are the same. */
#define PATTERN_PERIOD 65521

/* More than this is not asked of kmalloc. */
#define KMALLOC_MAX SZ_1M

static const char * const layout_names[__LAYOUT_MAX] = {
	[LAYOUT_KMALLOC] = "kmalloc",
	[LAYOUT_VMALLOC] = "vmalloc",
	[LAYOUT_PAGES] = "pages",
	[LAYOUT_KVEC] = "kvec",
};

const char *layout_name(enum layout layout)
{
	return layout_names[layout];
}

/* Bytes of the message from @at on; vectors.py knows the same. */
void message_fill(u8 *to, size_t at, size_t len)
{
	for (; len; len--, at++) {
		u32 i = at % PATTERN_PERIOD;

		*to++ = i * 131 + (i >> 8) * 17;
	}
}

static int pages_alloc(struct message *msg)
{
	size_t room = PAGE_SIZE - msg->offset, at = 0;

	msg->pages = kvcalloc(DIV_ROUND_UP(msg->len, room),
			      sizeof(*msg->pages), GFP_KERNEL);
	if (!msg->pages)
		return -ENOMEM;
	for (; at < msg->len; at += room) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		msg->pages[msg->nr++] = page;
		message_fill(page_address(page) + msg->offset, at,
		     min(room, msg->len - at));
	}
	return 0;
}

/* Pieces of odd lengths; some may be empty. */
static int kvec_alloc(struct message *msg)
{
	size_t at = 0, len;
	unsigned int i;

	for (i = 0; i < MESSAGE_PIECES; i++) {
		len = i == MESSAGE_PIECES - 1 ? msg->len - at :
			min(msg->len - at, msg->len / 8 + i % 3 - 1);
		if (msg->len < 16 && i < MESSAGE_PIECES - 1)
			len = min_t(size_t, msg->len - at, i % 2);
		msg->vec[i].iov_base = i % 2 || len > KMALLOC_MAX ?
			vmalloc(len + 1) : kmalloc(len + 1, GFP_KERNEL);
		if (!msg->vec[i].iov_base)
			return -ENOMEM;
		msg->vec[i].iov_len = len;
		message_fill(msg->vec[i].iov_base, at, len);
		at += len;
	}
	return 0;
}

static int flat_alloc(struct message *msg)
{
	size_t size = msg->offset + msg->len;

	msg->buf = msg->layout == LAYOUT_VMALLOC ? vmalloc(size) :
		kmalloc(size, GFP_KERNEL);
	if (!msg->buf)
		return -ENOMEM;
	message_fill(msg->buf + msg->offset, 0, msg->len);
	return 0;
}

int message_alloc(struct message *msg, enum layout layout, size_t offset,
		  size_t len)
{
	int err;

	memset(msg, 0, sizeof(*msg));
	msg->layout = layout;
	msg->offset = offset;
	msg->len = len;
	if (layout == LAYOUT_PAGES)
		err = pages_alloc(msg);
	else if (layout == LAYOUT_KVEC)
		err = kvec_alloc(msg);
	else
		err = flat_alloc(msg);
	if (err)
		message_free(msg);
	return err;
}

void message_free(struct message *msg)
{
	unsigned int i;

	for (i = 0; i < msg->nr; i++)
		__free_page(msg->pages[i]);
	kvfree(msg->pages);
	for (i = 0; i < MESSAGE_PIECES; i++)
		kvfree(msg->vec[i].iov_base);
	kvfree(msg->buf);
}

static int message_add_pages(struct message *msg, struct smbsign_sg *sg)
{
	size_t room = PAGE_SIZE - msg->offset;
	size_t left = msg->len;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < msg->nr; i++) {
		err = smbsign_sg_add_page(sg, msg->pages[i], msg->offset,
					  min(room, left));
		left -= min(room, left);
	}
	return err;
}

int message_compute(struct message *msg, struct smbsign_mac *mac,
		    const struct smbsign_nonce *nonce,
		    u8 out[SMBSIGN_SIGNATURE_LEN])
{
	struct smbsign_sg sg;
	int err;

	smbsign_sg_init(&sg);
	if (msg->layout == LAYOUT_PAGES)
		err = message_add_pages(msg, &sg);
	else if (msg->layout == LAYOUT_KVEC)
		err = smbsign_sg_add_kvec(&sg, msg->vec, MESSAGE_PIECES, 0,
					  msg->len);
	else
		err = smbsign_sg_add(&sg, msg->buf + msg->offset, msg->len);
	if (!err)
		err = smbsign_mac_compute(mac, nonce, &sg, out);
	smbsign_sg_free(&sg);
	return err;
}

static void show_one(struct seq_file *seq, struct message *msg,
		     enum smbsign_alg alg)
{
	struct smbsign_nonce nonce = {
		.message_id = 0x0102030405060708ULL + msg->len,
		.bits = msg->offset % 4,
	};
	u8 out[SMBSIGN_SIGNATURE_LEN];
	struct smbsign_mac *mac;
	int err;

	mac = smbsign_mac_alloc(alg, mac_bench_key);
	if (IS_ERR(mac)) {
		seq_printf(seq, "%s cannot be keyed: %ld\n",
			   smbsign_alg_name(alg), PTR_ERR(mac));
		return;
	}
	memset(out, 0xee, sizeof(out));
	err = message_compute(msg, mac, &nonce, out);
	smbsign_mac_put(mac);
	seq_printf(seq, "%s %s %zu %zu %llu %u ", smbsign_alg_name(alg),
		   layout_name(msg->layout), msg->len, msg->offset,
		   nonce.message_id, nonce.bits);
	if (err)
		seq_printf(seq, "error:%d\n", err);
	else
		seq_printf(seq, "%*phN\n", SMBSIGN_SIGNATURE_LEN, out);
}

static void show_message(struct seq_file *seq, enum layout layout,
			 size_t offset, size_t len)
{
	struct message msg;
	int alg;

	if (message_alloc(&msg, layout, offset, len)) {
		seq_printf(seq, "no memory for %zu bytes\n", len);
		return;
	}
	for (alg = 0; alg < __SMBSIGN_ALG_MAX; alg++)
		show_one(seq, &msg, alg);
	message_free(&msg);
	cond_resched();
}

int vectors_show(struct seq_file *seq, void *unused)
{
	static const size_t sizes[] = {
		1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 255, 1000, 4095, 4096,
		4097, 8191, 28673, 65535, 65536, 65539, SZ_1M - 1, SZ_4M
	};
	static const size_t offsets[] = { 0, 1, 4083 };
	int layout;
	size_t i, k;

	for (layout = 0; layout < __LAYOUT_MAX; layout++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			for (k = 0; k < ARRAY_SIZE(offsets); k++) {
				/* A page for each 13 bytes is enough once. */
				if (sizes[i] > SZ_64K && k &&
				    (layout == LAYOUT_PAGES || k > 1))
					continue;
				if (layout == LAYOUT_KMALLOC &&
				    sizes[i] > KMALLOC_MAX)
					continue;
				if (layout == LAYOUT_KVEC && k)
					continue;
				show_message(seq, layout, offsets[k], sizes[i]);
			}
	return 0;
}
