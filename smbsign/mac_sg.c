// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scatterlists of messages. Eight entries on the stack are enough for all but
 * large messages that are not contiguous in memory; those chain to pages of a
 * mempool.
 */
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include <smbsign/mac.h>
#include "mac_internal.h"

#define SG_POOL_PAGES 64
#define SG_PER_PAGE (PAGE_SIZE / sizeof(struct scatterlist))

static mempool_t *sg_pool;

/**
 * smbsign_sg_pool_init() - set pages for long scatterlists aside
 *
 * Return: 0 or -ENOMEM
 */
int smbsign_sg_pool_init(void)
{
	sg_pool = mempool_create_page_pool(SG_POOL_PAGES, 0);
	return sg_pool ? 0 : -ENOMEM;
}

/**
 * smbsign_sg_pool_exit() - give the pages back; no scatterlist is in use
 */
void smbsign_sg_pool_exit(void)
{
	mempool_destroy(sg_pool);
}

/**
 * smbsign_sg_init() - start an empty scatterlist
 * @sg: what to initialise
 */
void smbsign_sg_init(struct smbsign_sg *sg)
{
	sg_init_table(sg->first, SMBSIGN_SG_INLINE);
	sg->tail = sg->first;
	sg->used = 0;
	sg->size = SMBSIGN_SG_INLINE - 1;
	sg->nents = 0;
	sg->len = 0;
}

/**
 * smbsign_sg_free() - give the pages of a scatterlist back
 * @sg: the scatterlist; must be initialised again before another use
 *
 * What the entries point to is not touched.
 */
void smbsign_sg_free(struct smbsign_sg *sg)
{
	struct scatterlist *chunk = sg->first;
	unsigned int size = SMBSIGN_SG_INLINE - 1;

	while (chunk != sg->tail) {
		struct scatterlist *next = sg_chain_ptr(&chunk[size]);

		if (chunk != sg->first)
			mempool_free(virt_to_page(chunk), sg_pool);
		chunk = next;
		size = SG_PER_PAGE - 1;
	}
	if (chunk != sg->first)
		mempool_free(virt_to_page(chunk), sg_pool);
}

static void sg_grow(struct smbsign_sg *sg)
{
	/* With a sleeping mask a mempool waits and does not fail. */
	struct page *page = mempool_alloc(sg_pool, GFP_NOFS);
	struct scatterlist *chunk = page_address(page);

	sg_init_table(chunk, SG_PER_PAGE);
	sg_chain(sg->tail, sg->size + 1, chunk);
	sg->tail = chunk;
	sg->used = 0;
	sg->size = SG_PER_PAGE - 1;
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
 * Return: 0, or -EMSGSIZE if the message would be longer than any can be
 */
int smbsign_sg_add_page(struct smbsign_sg *sg, struct page *page,
			size_t offset, size_t len)
{
	if (!len)
		return 0;
	if (len > SMBSIGN_SG_MAX_BYTES - sg->len)
		return -EMSGSIZE;
	if (sg->used == sg->size)
		sg_grow(sg);
	sg_set_page(&sg->tail[sg->used++], page, len, offset);
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
