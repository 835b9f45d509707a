// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scatterlists of messages. Eight entries on the stack are enough for small
 * messages. The list of a longer one goes on in the scratch that the message
 * owns, and of a very long one in the reserve, which has one owner at a time.
 */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/vmalloc.h>

#include "internal.h"

/*
 * The largest message takes 4097 entries if it comes in pages. Pieces of pages,
 * as a vector of user space may have them, take more.
 */
#define RESERVE_ENTRIES 8192

static DEFINE_MUTEX(reserve_lock);
static struct scatterlist *reserve; /* protected by reserve_lock */

/**
 * smbsign_sg_reserve_init() - set entries for very long scatterlists aside
 *
 * Return: 0 or -ENOMEM
 */
int smbsign_sg_reserve_init(void)
{
	reserve = kvcalloc(RESERVE_ENTRIES, sizeof(*reserve), GFP_KERNEL);
	return reserve ? 0 : -ENOMEM;
}

/**
 * smbsign_sg_reserve_exit() - give them back; no scatterlist is in use
 */
void smbsign_sg_reserve_exit(void)
{
	kvfree(reserve);
}

/**
 * smbsign_sg_init() - start an empty scatterlist
 * @sg: what to initialise
 *
 * A task fills and computes one message at a time: see scratch.c.
 */
void smbsign_sg_init(struct smbsign_sg *sg)
{
	sg->tail = sg->first;
	sg->used = 0;
	sg->size = SMBSIGN_SG_INLINE - 1;
	sg->nents = 0;
	sg->len = 0;
	sg->scratch = NULL;
	sg->owns_reserve = false;
}

/**
 * smbsign_sg_free() - give back what a scatterlist owns
 * @sg: the scatterlist; must be initialised again before another use
 *
 * What the entries point to is not touched.
 */
void smbsign_sg_free(struct smbsign_sg *sg)
{
	if (sg->owns_reserve)
		mutex_unlock(&reserve_lock);
	if (sg->scratch)
		mutex_unlock(&sg->scratch->lock);
}

/* Entry @size of each list is kept for the link to the next one. */
static void sg_go_on(struct smbsign_sg *sg, struct scatterlist *list,
		     unsigned int size)
{
	sg_init_table(&sg->tail[sg->size], 1);
	sg_chain(sg->tail, sg->size + 1, list);
	sg->tail = list;
	sg->used = 0;
	sg->size = size - 1;
}

static int sg_grow(struct smbsign_sg *sg)
{
	if (sg->owns_reserve)
		return -EMSGSIZE;
	if (sg->tail == sg->first) {
		sg_go_on(sg, smbsign_sg_scratch(sg)->list,
			 SMBSIGN_SCRATCH_ENTRIES);
		return 0;
	}
	mutex_lock(&reserve_lock);
	sg->owns_reserve = true;
	sg_go_on(sg, reserve, RESERVE_ENTRIES);
	return 0;
}

/**
 * smbsign_sg_add_page() - append a piece of a page
 * @sg: the scatterlist
 * @page: the page, or the first of contiguous ones
 * @offset: where in @page the piece begins
 * @len: its bytes
 *
 * May sleep.
 *
 * Return: 0, or -EMSGSIZE if the message has more bytes than any can have, or
 * more pieces than we have entries for
 */
int smbsign_sg_add_page(struct smbsign_sg *sg, struct page *page,
			size_t offset, size_t len)
{
	struct scatterlist *entry;

	if (!len)
		return 0;
	if (len > SMBSIGN_SG_MAX_BYTES - sg->len)
		return -EMSGSIZE;
	if (sg->used == sg->size && sg_grow(sg))
		return -EMSGSIZE;
	entry = &sg->tail[sg->used++];
	sg_init_table(entry, 1);
	sg_unmark_end(entry);
	sg_set_page(entry, page, len, offset);
	sg->nents++;
	sg->len += len;
	return 0;
}

/* Memory outside of the direct mapping: cifs pads with static data of its own. */
static int sg_add_mapped(struct smbsign_sg *sg, const void *buf, size_t len)
{
	while (len) {
		struct page *page = vmalloc_to_page(buf);
		size_t offset = offset_in_page(buf);
		size_t part = min(len, PAGE_SIZE - offset);
		int err;

		if (!page)
			return -EFAULT;
		err = smbsign_sg_add_page(sg, page, offset, part);
		if (err)
			return err;
		buf += part;
		len -= part;
	}
	return 0;
}

/**
 * smbsign_sg_add() - append a buffer
 * @sg: the scatterlist
 * @buf: memory of kmalloc or vmalloc, a stack, or data of a module
 * @len: its bytes
 *
 * May sleep.
 *
 * Return: 0, -EMSGSIZE, or -EFAULT if no memory is there
 */
int smbsign_sg_add(struct smbsign_sg *sg, const void *buf, size_t len)
{
	if (!virt_addr_valid(buf))
		return sg_add_mapped(sg, buf, len);
	return smbsign_sg_add_page(sg, virt_to_page(buf), offset_in_page(buf),
				   len);
}

/**
 * smbsign_sg_add_kvec() - append a stretch of an array of buffers
 * @sg: the scatterlist
 * @vec: the array
 * @n: its elements
 * @skip: bytes of the array that come before the stretch
 * @len: bytes of the stretch
 *
 * May sleep.
 *
 * Return: 0; -ENODATA if the array is shorter than @skip + @len; or -EMSGSIZE
 */
int smbsign_sg_add_kvec(struct smbsign_sg *sg, const struct kvec *vec,
			unsigned int n, size_t skip, size_t len)
{
	for (; n && len; n--, vec++) {
		size_t part;
		int err;

		if (skip >= vec->iov_len) {
			skip -= vec->iov_len;
			continue;
		}
		part = min(len, vec->iov_len - skip);
		err = smbsign_sg_add(sg, vec->iov_base + skip, part);
		if (err)
			return err;
		skip = 0;
		len -= part;
	}
	return len ? -ENODATA : 0;
}
