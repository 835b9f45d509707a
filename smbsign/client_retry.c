// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was under way when we tore a connection down. It is tried again, where
 * the application would see EAGAIN or what is no error of its operation.
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

static int hook_SMB3_request_interfaces(const unsigned int xid,
					struct cifs_tcon *tcon, bool in_mount);
SMBSIGN_DEFINE_HOOK(SMB3_request_interfaces);

/*
 * A task that connects anew asks for the server's interfaces, too. cifs returns
 * what comes of that to whatever operation the task had in mind, which a server
 * without multichannel makes fail with EOPNOTSUPP. It matters for several
 * channels only.
 */
static int hook_SMB3_request_interfaces(const unsigned int xid,
					struct cifs_tcon *tcon, bool in_mount)
{
	struct cifs_ses *ses = SMBSIGN_GET(client, tcon, tcon_ses);
	int idx = smbsign_client_enter();
	int ret;

	ret = smbsign_original(SMB3_request_interfaces)(xid, tcon, in_mount);
	if (smbsign_client_active() &&
	    SMBSIGN_GET(client, ses, ses_chan_count) < 2)
		ret = 0;
	smbsign_client_leave(idx);
	return ret;
}
