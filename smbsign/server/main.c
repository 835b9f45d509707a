// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server room: what is redirected in ksmbd.ko.
 *
 * A request runs through it like this, in one thread:
 *
 *	handle_ksmbd_work		the gate: our side of the request begins
 *	  smb3_decrypt_req		if it came encrypted
 *	  smb2_check_user_session	the whole message is judged
 *	  smb2_is_sign_req		ksmbd's own checks repeat our verdict
 *	  smb{2,3}_check_sign_req
 *	  smb2_handle_negotiate,	what the answers promise
 *	  smb2_sess_setup, smb2_ioctl,
 *	  smb2_session_logoff, smb2_notify
 *	    ksmbd_login_user,		an anonymous user's key
 *	    ksmbd_compare_user,		why a SESSION_SETUP fails
 *	    ksmbd_decode_ntlmssp_auth_blob
 *	  smb{2,3}_set_sign_rsp		mark the answer, sign nothing
 *	  smb3_preauth_hash_rsp		signs the answer
 *	  ksmbd_conn_write		and leaves
 */
#include "server.h"

SMBSIGN_LAYOUT_DEFINE(server, "ksmbd", SERVER_FIELDS, SERVER_FUNCS);
SMBSIGN_FUNCS_DEFINE(server, SERVER_FUNCS);

struct smbsign_target smbsign_server_target = {
	.layout = &smbsign_server_layout,
	.side = SMBSIGN_SERVER,
	.keepers = server_keepers,
	.hooks = server_hooks,
	.gate = server_gate,
	.callees = server_callees,
	.results = server_results,
	.prepare = server_conns_init,
	.renegotiate = server_renegotiate,
	.hurry = server_hurry,
	.finish = server_conns_exit,
};
