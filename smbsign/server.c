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
 *	  smb2_notify
 *	    ksmbd_login_user,		an anonymous user's key
 *	    ksmbd_compare_user,		why a SESSION_SETUP fails
 *	    ksmbd_decode_ntlmssp_auth_blob
 *	  smb{2,3}_set_sign_rsp		left to
 *	  smb3_preauth_hash_rsp		the answer is signed
 *	  ksmbd_conn_write		and leaves
 */
#include "server_internal.h"

SMBSIGN_LAYOUT_DEFINE(server, "ksmbd", SERVER_FIELDS, SERVER_PROTOS);

SMBSIGN_DEFINE_CALLEE(allocate_interim_rsp_buf, server_try_work_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_alloc_work_struct, server_new_work_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_conn_abort, server_conn_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_conn_lock, server_conn_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_conn_unlock, server_conn_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_fd_put, server_file_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_free_work_struct, server_work_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_lookup_dialect_by_id, server_dialect_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_lookup_fd_slow, server_open_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_preauth_session_lookup, server_binding_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_session_lookup, server_lookup_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_session_lookup_slowpath, server_lookup_all_fn);
SMBSIGN_DEFINE_CALLEE(ksmbd_user_session_put, server_session_fn);
SMBSIGN_DEFINE_CALLEE(smb2_set_err_rsp, server_work_fn);
SMBSIGN_DEFINE_CALLEE(smb3_encrypt_resp, server_try_work_fn);
SMBSIGN_DEFINE_CALLEE(set_smb2_rsp_status, server_status_fn);

static struct smbsign_callee *const server_callees[] = {
	&smbsign_callee_allocate_interim_rsp_buf,
	&smbsign_callee_ksmbd_alloc_work_struct,
	&smbsign_callee_ksmbd_conn_abort,
	&smbsign_callee_ksmbd_conn_lock,
	&smbsign_callee_ksmbd_conn_unlock,
	&smbsign_callee_ksmbd_fd_put,
	&smbsign_callee_ksmbd_free_work_struct,
	&smbsign_callee_ksmbd_lookup_dialect_by_id,
	&smbsign_callee_ksmbd_lookup_fd_slow,
	&smbsign_callee_ksmbd_preauth_session_lookup,
	&smbsign_callee_ksmbd_session_lookup,
	&smbsign_callee_ksmbd_session_lookup_slowpath,
	&smbsign_callee_ksmbd_user_session_put,
	&smbsign_callee_smb2_set_err_rsp,
	&smbsign_callee_smb3_encrypt_resp,
	&smbsign_callee_set_smb2_rsp_status,
	NULL
};

static struct smbsign_hook *const server_hooks[] = {
	&smbsign_hook_ksmbd_conn_alloc,
	&smbsign_hook_ksmbd_conn_free,
	&smbsign_hook_ksmbd_conn_write,
	&smbsign_hook_ksmbd_conn_write_eor,
	&smbsign_hook_ksmbd_conn_write_tracked,
	&smbsign_hook_smb3_decrypt_req,
	&smbsign_hook_smb2_check_user_session,
	&smbsign_hook_smb2_is_sign_req,
	&smbsign_hook_smb2_check_sign_req,
	&smbsign_hook_smb3_check_sign_req,
	&smbsign_hook_smb2_set_sign_rsp,
	&smbsign_hook_smb3_set_sign_rsp,
	&smbsign_hook_smb3_preauth_hash_rsp,
	&smbsign_hook_smb2_handle_negotiate,
	&smbsign_hook_init_smb2_neg_rsp,
	&smbsign_hook_smb2_sess_setup,
	&smbsign_hook_smb2_ioctl,
	&smbsign_hook_smb2_notify,
	&smbsign_hook_ksmbd_login_user,
	&smbsign_hook_ksmbd_compare_user,
	&smbsign_hook_ksmbd_decode_ntlmssp_auth_blob,
	NULL
};

static struct smbsign_hook *const server_gate[] = {
	&smbsign_hook_handle_ksmbd_work,
	NULL
};

struct smbsign_target smbsign_server_target = {
	.layout = &smbsign_server_layout,
	.side = SMBSIGN_SERVER,
	.hooks = server_hooks,
	.gate = server_gate,
	.callees = server_callees,
	.prepare = server_conns_init,
	.renegotiate = server_renegotiate,
	.finish = server_conns_exit,
};
