// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breaks of oplocks and leases. Nobody signs them, MS-SMB2 3.3.4.6, so anybody
 * can forge one. A break may take from the client what it was granted, which
 * costs no more than time, but must not give it anything: what the client
 * caches without leave becomes stale, and is served all the same.
 */
#include <linux/spinlock.h>

#include "client.h"

/* Levels of oplocks, MS-SMB2 2.2.23.1; the others are lease states. */
#define BREAK_LEVEL_MASK	0xff
#define BREAK_NO_CHANGE		0xff
#define BREAK_EXCLUSIVE		0x08
/* CIFS_OPLOCK_NO_CHANGE, of an open that no break has overtaken */
#define BREAK_NONE_CAME		0xfe

/* Lease states, 2.2.13.2.8, which cifsInodeInfo.oplock has too. */
#define BREAK_READ		0x01
#define BREAK_HANDLE		0x02
#define BREAK_WRITE		0x04
#define BREAK_ALL		(BREAK_READ | BREAK_HANDLE | BREAK_WRITE)

/* Two breaks of one file at a time, each of which reads what it may leave. */
static DEFINE_SPINLOCK(break_lock);

/* What of a state a break leaves. No break leaves an oplock that excludes. */
static u32 break_lowered(u32 state, u32 level)
{
	level &= BREAK_LEVEL_MASK;
	if (level == BREAK_NO_CHANGE)
		return level;
	if (level & BREAK_EXCLUSIVE)
		level = BREAK_READ;
	return level & state & BREAK_ALL;
}

static bool break_is_ours(struct TCP_Server_Info *server)
{
	struct smbsign_client_conn *conn;

	return smbsign_client_look(server, &conn) == SMBSIGN_RULE_OURS;
}

/* Up to SMB 2.1, where there are no epochs. */
void hook_smb2_downgrade_oplock(struct TCP_Server_Info *server,
				struct cifsInodeInfo *cinode, __u32 oplock,
				__u16 epoch, bool *purge)
{
	int idx = smbsign_client_enter();

	spin_lock(&break_lock);
	if (break_is_ours(server))
		oplock = break_lowered(SMBSIGN_GET(client, cinode,
						   cinode_oplock), oplock);
	smbsign_original(smb2_downgrade_oplock)(server, cinode, oplock, epoch,
						purge);
	spin_unlock(&break_lock);
	smbsign_client_leave(idx);
}

/*
 * An epoch tells which of a break and a grant is the newer one, and how many of
 * them were missed. A forged one would have all genuine breaks ignored that
 * follow, so that of a break is neither compared nor kept: a break counts in
 * any case. One that takes nothing away says that the file has changed.
 */
static void break_downgrade(struct TCP_Server_Info *server,
			    struct cifsInodeInfo *cinode, u32 oplock,
			    bool *purge)
{
	u32 state = SMBSIGN_GET(client, cinode, cinode_oplock);
	u16 epoch = SMBSIGN_GET(client, cinode, cinode_epoch);

	SMBSIGN_SET(client, cinode, cinode_epoch, 0);
	smbsign_original(smb3_downgrade_oplock)(server, cinode,
						break_lowered(state, oplock),
						1, purge);
	SMBSIGN_SET(client, cinode, cinode_epoch, epoch);
	if (SMBSIGN_GET(client, cinode, cinode_oplock) == state)
		*purge = true;
}

void hook_smb3_downgrade_oplock(struct TCP_Server_Info *server,
				struct cifsInodeInfo *cinode, __u32 oplock,
				__u16 epoch, bool *purge)
{
	int idx = smbsign_client_enter();

	spin_lock(&break_lock);
	if (break_is_ours(server))
		break_downgrade(server, cinode, oplock, purge);
	else
		smbsign_original(smb3_downgrade_oplock)(server, cinode, oplock,
							epoch, purge);
	spin_unlock(&break_lock);
	smbsign_client_leave(idx);
}

/*
 * A break that overtakes the reply to CREATE is remembered with the file that is
 * being opened, and is taken for what the server has granted. What that was is
 * not known here, so the client gets nothing. A file that is opened again has
 * no such memory.
 */
static u32 break_overtakes(struct cifs_fid *fid, u32 oplock)
{
	void *pending = SMBSIGN_GET(client, fid, fid_pending);

	if (!pending || SMBSIGN_GET(client, pending, pending_oplock) ==
	    BREAK_NONE_CAME)
		return oplock;
	return 0;
}

void hook_smb2_set_fid(struct cifsFileInfo *cfile, struct cifs_fid *fid,
		       __u32 oplock)
{
	int idx = smbsign_client_enter();

	if (smbsign_client_active())
		oplock = break_overtakes(fid, oplock);
	smbsign_original(smb2_set_fid)(cfile, fid, oplock);
	smbsign_client_leave(idx);
}
