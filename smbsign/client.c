// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client half: cifs.ko accepts nothing that is not signed and verified, or
 * decrypted. This file has the tables of what is redirected in cifs and why.
 */
#include <smbsign/client.h>

SMBSIGN_LAYOUT_DEFINE(client, "cifs", CLIENT_FIELDS, CLIENT_PROTOS);

static void hook_cifs_put_tcp_session(struct TCP_Server_Info *server,
				      int from_reconnect);
SMBSIGN_DEFINE_HOOK(cifs_put_tcp_session);

/*
 * The last user of a connection gives it back. One that is found again in this
 * moment will be unknown, and is negotiated anew.
 */
static void hook_cifs_put_tcp_session(struct TCP_Server_Info *server,
				      int from_reconnect)
{
	int idx = smbsign_client_enter();

	if (SMBSIGN_GET(client, server, server_srv_count) <= 1)
		smbsign_client_conn_drop(server);
	smbsign_original(cifs_put_tcp_session)(server, from_reconnect);
	smbsign_client_leave(idx);
}

static struct smbsign_hook *const client_hooks[] = {
	/* what is sent */
	&smbsign_hook_smb2_setup_request,
	&smbsign_hook_smb2_setup_async_request,
	&smbsign_hook_smb2_sign_rqst,
	&smbsign_hook_smb3_encryption_required,
	/* what arrives */
	&smbsign_hook_cifs_handle_standard,
	&smbsign_hook_cifs_readv_receive,
	&smbsign_hook_cifs_uncached_read_into_pages,
	&smbsign_hook_smb3_receive_transform,
	&smbsign_hook_smb2_verify_signature,
	/* what is tried again */
	&smbsign_hook_cifs_strict_readv,
	&smbsign_hook_cifs_loose_read_iter,
	&smbsign_hook_netfs_unbuffered_read_iter,
	/* connections and sessions */
	&smbsign_hook_CIFSSMBNegotiate,
	&smbsign_hook_SMB2_sess_setup,
	&smbsign_hook_SMB2_tcon,
	&smbsign_hook_smb3_validate_negotiate,
	&smbsign_hook_cifs_put_tcp_session,
	NULL
};

/* Makes a connection known, which all others rely on. */
static struct smbsign_hook *const client_gate[] = {
	&smbsign_hook_SMB2_negotiate,
	NULL
};

/*
 * What is tried again, too, or is not to be; these may wait for a server that
 * is gone.
 */
static struct smbsign_result *const client_results[] = {
	&smbsign_result_smb2_reconnect,
	&smbsign_result_SMB3_request_interfaces,
	&smbsign_result_SMB2_close,
	NULL
};

static struct smbsign_callee *const client_callees[] = {
	&smbsign_callee_cifs_signal_cifsd_for_reconnect,
	&smbsign_callee_cifs_mark_tcp_ses_conns_for_reconnect,
	&smbsign_callee_cifs_discard_remaining_data,
	&smbsign_callee_SMB2_ioctl,
	NULL
};

bool smbsign_client_leaving;

static int client_prepare(void)
{
	WRITE_ONCE(smbsign_client_leaving, false);
	return 0;
}

/*
 * Connections that policy does not allow as they are end with the next message
 * on them.
 */
static void client_renegotiate(bool leaving)
{
	if (leaving)
		WRITE_ONCE(smbsign_client_leaving, true);
	if (smbsign_client_active())
		smbsign_client_conns_review();
	else
		smbsign_client_conns_give_back();
}

struct smbsign_target smbsign_client_target = {
	.side = SMBSIGN_CLIENT,
	.layout = &smbsign_client_layout,
	.hooks = client_hooks,
	.gate = client_gate,
	.results = client_results,
	.callees = client_callees,
	.prepare = client_prepare,
	.renegotiate = client_renegotiate,
	.finish = smbsign_client_conn_drop_all,
};
