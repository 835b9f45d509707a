// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walking the elements of an SMB2 message, MS-SMB2 3.3.5.2.7. Pure: compiles
 * in user space too.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include <smbsign/pdu.h>

static u32 next_command(const void *msg, size_t offset)
{
	const struct smbsign_hdr *hdr = msg + offset;

	return le32_to_cpu(hdr->next_command);
}

static bool pdu_at(const void *msg, size_t len, size_t offset,
		   struct smbsign_pdu *pdu)
{
	const struct smbsign_hdr *hdr = msg + offset;
	size_t left;
	u32 next;

	if (offset > len || len - offset < SMBSIGN_HDR_LEN)
		return false;
	if (hdr->protocol != cpu_to_le32(SMBSIGN_PROTO_SMB2))
		return false;
	left = len - offset;
	next = next_command(msg, offset);
	if (next && (next < SMBSIGN_HDR_LEN || next > left || next % 8))
		return false;
	pdu->offset = offset;
	pdu->len = next ? next : left;
	return true;
}

/**
 * smbsign_pdu_first() - find the first element of a message
 * @msg: the message, from its first SMB2 header
 * @len: bytes in @msg
 * @pdu: set to the element
 *
 * Return: false if @msg does not start with an SMB2 header whose NextCommand
 * stays within it, MS-SMB2 3.3.5.2.7
 */
bool smbsign_pdu_first(const void *msg, size_t len, struct smbsign_pdu *pdu)
{
	return pdu_at(msg, len, 0, pdu);
}

/**
 * smbsign_pdu_next() - go on to the next element of a compound
 * @msg: the message, from its first SMB2 header
 * @len: bytes in @msg
 * @pdu: the present element, replaced by the next
 *
 * Return: false if what follows is not an SMB2 message
 */
bool smbsign_pdu_next(const void *msg, size_t len, struct smbsign_pdu *pdu)
{
	return pdu_at(msg, len, pdu->offset + pdu->len, pdu);
}

/**
 * smbsign_pdu_last() - is this the last element of its message?
 * @msg: the message, from its first SMB2 header
 * @pdu: the element, as a walk has found it
 *
 * Return: true if no element follows
 */
bool smbsign_pdu_last(const void *msg, const struct smbsign_pdu *pdu)
{
	return !next_command(msg, pdu->offset);
}

/**
 * smbsign_command_name() - what MS-SMB2 2.2.1.2 calls a command
 * @command: its number, host byte order
 *
 * Return: its name, or "unknown command"
 */
const char *smbsign_command_name(__u16 command)
{
	static const char *const names[] = {
		"NEGOTIATE", "SESSION_SETUP", "LOGOFF", "TREE_CONNECT",
		"TREE_DISCONNECT", "CREATE", "CLOSE", "FLUSH", "READ", "WRITE",
		"LOCK", "IOCTL", "CANCEL", "ECHO", "QUERY_DIRECTORY",
		"CHANGE_NOTIFY", "QUERY_INFO", "SET_INFO", "OPLOCK_BREAK",
	};

	return command < ARRAY_SIZE(names) ? names[command] : "unknown command";
}
