// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bulk data of the client, as scatterlists: an iov_iter, or an array of pages
 * up to 6.1. Which of them it is BTF tells.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/uio.h>
#ifdef SMBSIGN_HAS_ITERATE
#include <linux/iov_iter.h>
#endif

#include "client.h"

#ifdef SMBSIGN_HAS_ITERATE

/* Memory of a segment outlives its mapping, and is mapped directly on 64 bit. */
static size_t data_step(void *base, size_t progress, size_t len, void *priv,
			void *priv2)
{
	int *err = priv2;

	*err = smbsign_sg_add(priv, base, len);
	return *err ? len : 0;
}

static int data_add_iter(struct smbsign_sg *sg, const struct iov_iter *iter,
			 size_t len)
{
	struct iov_iter walk = *iter;
	int err = 0;

	if (user_backed_iter(&walk))
		return -EOPNOTSUPP;
	if (iterate_and_advance_kernel(&walk, len, sg, &err, data_step) != len)
		return err ?: -ENODATA;
	return 0;
}

#else

static int data_add_iter(struct smbsign_sg *sg, const struct iov_iter *iter,
			 size_t len)
{
	return -EOPNOTSUPP;
}

#endif

/* The first page holds data from @offset on, all others from their start. */
static int data_add_pages(struct smbsign_sg *sg, struct page **pages,
			  unsigned int n, size_t page_size, size_t offset,
			  size_t len)
{
	for (; n && len; n--, pages++) {
		size_t part = min(len, page_size - offset);
		int err = smbsign_sg_add_page(sg, *pages, offset, part);

		if (err)
			return err;
		len -= part;
		offset = 0;
	}
	return len ? -ENODATA : 0;
}

static size_t data_pages_len(struct smb_rqst *rqst)
{
	size_t n = SMBSIGN_GET(client, rqst, rqst_npages);
	size_t tail = SMBSIGN_GET(client, rqst, rqst_tailsz);

	if (n < 2)
		return n ? tail : 0;
	return (n - 1) * SMBSIGN_GET(client, rqst, rqst_pagesz) + tail -
	       SMBSIGN_GET(client, rqst, rqst_offset);
}

/**
 * smbsign_client_add_rqst_data() - append what a request carries in bulk
 * @sg: the scatterlist
 * @rqst: the request
 *
 * May sleep.
 *
 * Return: 0 or an error of smbsign_sg_add()
 */
int smbsign_client_add_rqst_data(struct smbsign_sg *sg, struct smb_rqst *rqst)
{
	struct iov_iter *iter;

	if (!SMBSIGN_HAS(client, rqst_iter))
		return data_add_pages(sg, SMBSIGN_GET(client, rqst, rqst_pages),
				      SMBSIGN_GET(client, rqst, rqst_npages),
				      SMBSIGN_GET(client, rqst, rqst_pagesz),
				      SMBSIGN_GET(client, rqst, rqst_offset),
				      data_pages_len(rqst));
	iter = SMBSIGN_PTR(client, rqst, rqst_iter);
	return iov_iter_count(iter) ?
	       data_add_iter(sg, iter, iov_iter_count(iter)) : 0;
}

/**
 * smbsign_client_read_is_direct() - does a READ go to memory of a task?
 * @rdata: the read
 *
 * That task can change the data while it is verified, and others that share the
 * memory can. What goes to the page cache is an iterator over folios or an
 * xarray, whose pages are locked. May be called from any context.
 *
 * Return: true unless the memory is known to be the kernel's
 */
bool smbsign_client_read_is_direct(struct cifs_io_subrequest *rdata)
{
	const struct iov_iter *iter;
	struct cifs_aio_ctx *aio;

	if (SMBSIGN_HAS(client, rdata_iter)) {
		iter = SMBSIGN_PTR(client, rdata, rdata_iter);
		return iov_iter_is_bvec(iter) || iov_iter_is_kvec(iter) ||
		       user_backed_iter(iter);
	}
	if (!SMBSIGN_HAS(client, rdata_aio) || !SMBSIGN_HAS(client, aio_direct))
		return false;
	aio = SMBSIGN_GET(client, rdata, rdata_aio);
	return aio && SMBSIGN_GET(client, aio, aio_direct);
}

/**
 * smbsign_client_add_read_data() - append what a READ has brought
 * @sg: the scatterlist
 * @rdata: the read
 * @len: bytes that have arrived
 *
 * May sleep.
 *
 * Return: 0, -ENODATA if there is less room than @len, or an error of
 *	smbsign_sg_add()
 */
int smbsign_client_add_read_data(struct smbsign_sg *sg,
				 struct cifs_io_subrequest *rdata, size_t len)
{
	if (!len)
		return 0;
	if (!SMBSIGN_HAS(client, rdata_iter))
		return data_add_pages(sg,
				      SMBSIGN_GET(client, rdata, rdata_pages),
				      SMBSIGN_GET(client, rdata, rdata_npages),
				      SMBSIGN_GET(client, rdata, rdata_pagesz),
				      SMBSIGN_GET(client, rdata, rdata_offset),
				      len);
	return data_add_iter(sg, SMBSIGN_PTR(client, rdata, rdata_iter), len);
}
