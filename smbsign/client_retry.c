// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads that were under way when we tore a connection down. Up to 6.12 cifs
 * and netfs give up on them, and the application would see EAGAIN.
 */
#include <linux/fs.h>
#include <linux/uio.h>

#include <smbsign/client.h>

#define RETRY_READS 5

static ssize_t hook_cifs_strict_readv(struct kiocb *iocb, struct iov_iter *to);
SMBSIGN_DEFINE_HOOK(cifs_strict_readv);
static ssize_t hook_cifs_loose_read_iter(struct kiocb *iocb,
					 struct iov_iter *to);
SMBSIGN_DEFINE_HOOK(cifs_loose_read_iter);

/* Nothing has been read yet; is it to be tried again? */
static bool retry_wanted(const struct kiocb *iocb, ssize_t ret, int tries)
{
	return ret == -EAGAIN && tries && !(iocb->ki_flags & IOCB_NOWAIT) &&
	       smbsign_client_active();
}

static ssize_t hook_cifs_strict_readv(struct kiocb *iocb, struct iov_iter *to)
{
	struct iov_iter start = *to;
	int idx = smbsign_client_enter();
	int tries = RETRY_READS;
	ssize_t ret;

	ret = smbsign_original(cifs_strict_readv)(iocb, to);
	while (retry_wanted(iocb, ret, tries--)) {
		*to = start;
		ret = smbsign_original(cifs_strict_readv)(iocb, to);
	}
	smbsign_client_leave(idx);
	return ret;
}

static ssize_t hook_cifs_loose_read_iter(struct kiocb *iocb,
					 struct iov_iter *to)
{
	struct iov_iter start = *to;
	int idx = smbsign_client_enter();
	int tries = RETRY_READS;
	ssize_t ret;

	ret = smbsign_original(cifs_loose_read_iter)(iocb, to);
	while (retry_wanted(iocb, ret, tries--)) {
		*to = start;
		ret = smbsign_original(cifs_loose_read_iter)(iocb, to);
	}
	smbsign_client_leave(idx);
	return ret;
}
