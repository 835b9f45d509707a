// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was under way when we tore a connection down. It is tried again, where
 * the application would see EAGAIN or what is no error of its operation; but
 * not what has come about with the end of the connection.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/uio.h>

#include "client.h"

#define RETRY_READS 5

/*
 * Nothing has been read yet; is it to be tried again? EIO is what a direct READ
 * fails with if its signature was wrong.
 */
static bool retry_wanted(const struct kiocb *iocb, ssize_t ret, int tries)
{
	return (ret == -EAGAIN || ret == -EIO) && tries && !(iocb->ki_flags & IOCB_NOWAIT) &&
	       file_inode(iocb->ki_filp)->i_sb->s_magic == CIFS_SUPER_MAGIC &&
	       smbsign_client_active();
}

static ssize_t retry_read(ssize_t (*read)(struct kiocb *, struct iov_iter *),
			  struct kiocb *iocb, struct iov_iter *to)
{
	struct iov_iter start = *to;
	int idx = smbsign_client_enter();
	int tries = RETRY_READS;
	ssize_t ret = read(iocb, to);

	while (retry_wanted(iocb, ret, tries--)) {
		*to = start;
		ret = read(iocb, to);
	}
	smbsign_client_leave(idx);
	return ret;
}

/* An original can only be called by name. */
static ssize_t retry_strict(struct kiocb *iocb, struct iov_iter *to)
{
	return smbsign_original(cifs_strict_readv)(iocb, to);
}

ssize_t hook_cifs_strict_readv(struct kiocb *iocb, struct iov_iter *to)
{
	return retry_read(retry_strict, iocb, to);
}

static ssize_t retry_loose(struct kiocb *iocb, struct iov_iter *to)
{
	return smbsign_original(cifs_loose_read_iter)(iocb, to);
}

ssize_t hook_cifs_loose_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	return retry_read(retry_loose, iocb, to);
}

static ssize_t retry_direct(struct kiocb *iocb, struct iov_iter *to)
{
	return smbsign_original(cifs_direct_readv)(iocb, to);
}

ssize_t hook_cifs_direct_readv(struct kiocb *iocb, struct iov_iter *to)
{
	return retry_read(retry_direct, iocb, to);
}

static ssize_t retry_unbuffered(struct kiocb *iocb, struct iov_iter *to)
{
	return smbsign_original(netfs_unbuffered_read_iter)(iocb, to);
}

ssize_t hook_netfs_unbuffered_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	return retry_read(retry_unbuffered, iocb, to);
}

static struct TCP_Server_Info *retry_server(struct cifs_tcon *tcon)
{
	return SMBSIGN_GET(client, SMBSIGN_GET(client, tcon, tcon_ses),
			   ses_server);
}

/*
 * A task finds that others connect anew at the same time, or that they have
 * not succeeded yet. On a soft mount cifs takes that for a dead server, but if
 * it was us who ended the connection it shall try again. But not without end,
 * as 6.1 does where one page is read.
 */
static int retry_reconnect(void *tcon, int result)
{
	struct TCP_Server_Info *server;
	int idx;

	if ((result != -EHOSTDOWN && result != -EAGAIN) || !tcon)
		return result;
	idx = smbsign_client_enter();
	if (smbsign_client_active()) {
		server = retry_server(tcon);
		smbsign_client_note_mount(server,
					  SMBSIGN_GET_BIT(client, tcon,
							  tcon_retry));
		if (smbsign_client_is_hopeless(server))
			result = -EHOSTDOWN;
		else if (smbsign_client_torn_lately(server))
			result = -EAGAIN;
	}
	smbsign_client_leave(idx);
	return result;
}

SMBSIGN_DEFINE_RESULT(smb2_reconnect, 1, retry_reconnect);

/*
 * A task that connects anew asks for the server's interfaces, too. cifs returns
 * what comes of that to whatever operation the task had in mind, which a server
 * without multichannel makes fail with EOPNOTSUPP. It matters for several
 * channels only. Also when policy is off: that had it connect anew.
 */
static int retry_interfaces(void *tcon, int result)
{
	struct cifs_ses *ses = SMBSIGN_GET(client, tcon, tcon_ses);

	if (result && SMBSIGN_GET(client, ses, ses_chan_count) < 2)
		return 0;
	return result == -ENOTCONN ? -EAGAIN : result;
}

SMBSIGN_DEFINE_RESULT(SMB3_request_interfaces, 1, retry_interfaces);

/*
 * The server has closed what was open on a connection that ended. cifs asks for
 * it all the same once there is another one, where that FileId may be another
 * file's; and in 6.1 umount, which does not wait for that, finds the file in
 * use, and complains or worse.
 */
static int retry_close(void *tcon, int result)
{
	int idx;

	if (result != -EAGAIN)
		return result;
	idx = smbsign_client_enter();
	if (smbsign_client_torn_lately(retry_server(tcon)) ||
	    (smbsign_client_active() &&
	     SMBSIGN_GET_BIT(client, tcon, tcon_lost)))
		result = -ENOTCONN;
	smbsign_client_leave(idx);
	return result;
}

SMBSIGN_DEFINE_RESULT(__SMB2_close, 1, retry_close);
