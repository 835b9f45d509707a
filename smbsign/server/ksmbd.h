/* SPDX-License-Identifier: GPL-2.0-only */
/* What the server half knows of ksmbd: members that it reads, prototypes, hooks. */
#ifndef SMBSIGN_SERVER_KSMBD_H
#define SMBSIGN_SERVER_KSMBD_H

#include <linux/net.h>
#include <linux/rwsem.h>
#include <linux/uio.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <smbsign/funcs.h>
#include <smbsign/layout.h>
#include <smbsign/mac.h>

struct authenticate_message;
struct channel;
struct ksmbd_conn;
struct ksmbd_file;
struct ksmbd_transport;
struct ksmbd_transport_ops;
struct ksmbd_session;
struct ksmbd_tx_tracking;
struct ksmbd_user;
struct ksmbd_work;
struct preauth_integrity_info;
struct preauth_session;
struct smb_version_values;
struct tcp_transport;

#define SERVER_GUID_LEN 16
#define SERVER_HASH_LEN 64

#define SERVER_FIELDS(F)						\
	F(work_conn, 0, "ksmbd_work", "conn",				\
	  "struct ksmbd_conn *", struct ksmbd_conn *)			\
	F(work_sess, 0, "ksmbd_work", "sess",				\
	  "struct ksmbd_session *", struct ksmbd_session *)		\
	F(work_request, 0, "ksmbd_work", "request_buf", "void *", u8 *)	\
	F(work_response, 0, "ksmbd_work", "response_buf", "void *", u8 *) \
	F(work_iov, 0, "ksmbd_work", "iov", "struct kvec *",		\
	  struct kvec *)						\
	F(work_iov_idx, 0, "ksmbd_work", "iov_idx", "int", int)		\
	F(work_iov_cnt, 0, "ksmbd_work", "iov_cnt", "int", int)		\
	F(work_next_req, 0, "ksmbd_work", "next_smb2_rcv_hdr_off",	\
	  "int", int)							\
	F(work_next_rsp, 0, "ksmbd_work", "next_smb2_rsp_hdr_off",	\
	  "int", int)							\
	F(work_curr_rsp, 0, "ksmbd_work", "curr_smb2_rsp_hdr_off",	\
	  "int", int)							\
	F(work_response_len, 0, "ksmbd_work", "response_sz",		\
	  "unsigned int", unsigned int)					\
	F(work_no_response, SMBSIGN_BIT, "ksmbd_work",			\
	  "send_no_response", "bool", u8)				\
	F(work_notify_entry, SMBSIGN_ADDR | SMBSIGN_OPTIONAL,		\
	  "ksmbd_work", "notify_entry", "struct list_head",		\
	  struct list_head)						\
	F(work_item, SMBSIGN_ADDR, "ksmbd_work", "work",		\
	  "struct work_struct", struct work_struct)			\
	F(conn_vals, 0, "ksmbd_conn", "vals",				\
	  "struct smb_version_values *", struct smb_version_values *)	\
	F(vals_max_credits, 0, "smb_version_values", "max_credits",	\
	  "__u32", u32)							\
	F(conn_dialect, 0, "ksmbd_conn", "dialect", "__u16", u16)	\
	F(conn_sign, 0, "ksmbd_conn", "sign", "bool", bool)		\
	F(conn_srv_sec_mode, 0, "ksmbd_conn", "srv_sec_mode", "__u16", u16) \
	F(conn_transport, 0, "ksmbd_conn", "transport",			\
	  "struct ksmbd_transport *", struct ksmbd_transport *)		\
	F(transport_ops, 0, "ksmbd_transport", "ops", NULL,		\
	  const struct ksmbd_transport_ops *)				\
	F(ops_rdma_read, 0, "ksmbd_transport_ops", "rdma_read", NULL,	\
	  void *)							\
	F(tcp_base, SMBSIGN_ADDR, "tcp_transport", "transport",		\
	  "struct ksmbd_transport", u8)					\
	F(tcp_socket, 0, "tcp_transport", "sock", "struct socket *",	\
	  struct socket *)						\
	F(sess_id, 0, "ksmbd_session", "id", "u64", u64)		\
	F(sess_dialect, 0, "ksmbd_session", "dialect", "__u16", u16)	\
	F(sess_state, 0, "ksmbd_session", "state", "int", int)		\
	F(sess_enc, 0, "ksmbd_session", "enc", "bool", bool)		\
	F(sess_user, 0, "ksmbd_session", "user",			\
	  "struct ksmbd_user *", struct ksmbd_user *)			\
	F(sess_key, SMBSIGN_ADDR, "ksmbd_session", "sess_key",		\
	  "char [40]", u8 [SMBSIGN_KEY_LEN])				\
	F(sess_signing_key, 0, "ksmbd_session", "smb3signingkey",	\
	  "__u8 [16]", u8 [SMBSIGN_KEY_LEN])				\
	F(sess_channels, SMBSIGN_ADDR, "ksmbd_session",			\
	  "ksmbd_chann_list", "struct xarray", struct xarray)		\
	F(sess_chann_lock, SMBSIGN_ADDR, "ksmbd_session", "chann_lock",	\
	  "struct rw_semaphore", struct rw_semaphore)			\
	F(chann_signing_key, 0, "channel", "smb3signingkey",		\
	  "__u8 [16]", u8 [SMBSIGN_KEY_LEN])				\
	F(conn_token, 0, "ksmbd_conn", "mechToken", "char *", u8 *)	\
	F(conn_token_len, 0, "ksmbd_conn", "mechTokenLen",		\
	  "unsigned int", unsigned int)					\
	F(conn_preauth, 0, "ksmbd_conn", "preauth_info",		\
	  "struct preauth_integrity_info *",				\
	  struct preauth_integrity_info *)				\
	F(preauth_hash, 0, "preauth_integrity_info",			\
	  "Preauth_HashValue", "__u8 [64]", u8 [SERVER_HASH_LEN])	\
	F(binding_hash, 0, "preauth_session", "Preauth_HashValue",	\
	  "__u8 [64]", u8 [SERVER_HASH_LEN])				\
	F(sess_guid, 0, "ksmbd_session", "ClientGUID",			\
	  "char [16]", u8 [SERVER_GUID_LEN])				\
	F(conn_guid, 0, "ksmbd_conn", "ClientGUID",			\
	  "char [16]", u8 [SERVER_GUID_LEN])				\
	F(user_flags, 0, "ksmbd_user", "flags",			\
	  "short unsigned int", u16)					\
	F(user_name, 0, "ksmbd_user", "name", "char *", char *)

#define SERVER_FUNCS(F)							\
	F(GATE, 0, void, handle_ksmbd_work, (struct work_struct *))	\
	F(KEEPER, 0, struct ksmbd_conn *, ksmbd_conn_alloc, (void))	\
	F(KEEPER, 0, void, ksmbd_conn_free, (struct ksmbd_conn *))	\
	F(HOOK, 0, int, ksmbd_conn_write, (struct ksmbd_work *))	\
	F(HOOK, SMBSIGN_OPTIONAL, int, ksmbd_conn_write_eor,		\
	  (struct ksmbd_work *))					\
	F(HOOK, SMBSIGN_OPTIONAL, int, ksmbd_conn_write_tracked,	\
	  (struct ksmbd_work *, struct ksmbd_tx_tracking *))		\
	F(HOOK, 0, int, smb3_decrypt_req, (struct ksmbd_work *))	\
	F(HOOK, 0, int, smb2_check_user_session, (struct ksmbd_work *))	\
	F(HOOK, 0, bool, smb2_is_sign_req,				\
	  (struct ksmbd_work *, unsigned int))				\
	F(HOOK, 0, int, smb2_check_sign_req, (struct ksmbd_work *))	\
	F(HOOK, 0, int, smb3_check_sign_req, (struct ksmbd_work *))	\
	F(HOOK, 0, void, smb2_set_sign_rsp, (struct ksmbd_work *))	\
	F(HOOK, 0, void, smb3_set_sign_rsp, (struct ksmbd_work *))	\
	F(HOOK, 0, int, smb3_encrypt_resp, (struct ksmbd_work *))	\
	F(HOOK, 0, void, smb3_preauth_hash_rsp, (struct ksmbd_work *))	\
	F(HOOK, 0, int, smb2_handle_negotiate, (struct ksmbd_work *))	\
	F(HOOK, 0, int, init_smb2_neg_rsp, (struct ksmbd_work *))	\
	F(HOOK, 0, int, smb2_sess_setup, (struct ksmbd_work *))		\
	F(HOOK, 0, int, smb2_session_logoff, (struct ksmbd_work *))	\
	F(HOOK, 0, int, ksmbd_tree_conn_session_logoff,			\
	  (struct ksmbd_session *))					\
	F(HOOK, 0, int, smb2_ioctl, (struct ksmbd_work *))		\
	F(HOOK, 0, int, smb2_notify, (struct ksmbd_work *))		\
	F(HOOK, 0, struct ksmbd_user *, ksmbd_login_user,		\
	  (const char *))						\
	F(HOOK, 0, bool, ksmbd_compare_user,				\
	  (struct ksmbd_user *, struct ksmbd_user *))			\
	F(HOOK, 0, int, ksmbd_decode_ntlmssp_auth_blob,			\
	  (struct authenticate_message *, int, struct ksmbd_conn *,	\
	   struct ksmbd_session *, char *),				\
	  "int (struct authenticate_message *, int, struct "		\
	  "ksmbd_conn *, struct ksmbd_session *)"			\
	  "|int (struct authenticate_message *, int, struct "		\
	  "ksmbd_conn *, struct ksmbd_session *, char *)")		\
	F(CALL, 0, int, allocate_interim_rsp_buf,			\
	  (struct ksmbd_work *))					\
	F(CALL, 0, struct ksmbd_work *, ksmbd_alloc_work_struct,	\
	  (void))							\
	F(CALL, 0, void, ksmbd_conn_abort, (struct ksmbd_conn *))	\
	F(CALL, 0, void, ksmbd_conn_lock, (struct ksmbd_conn *))	\
	F(CALL, 0, void, ksmbd_conn_unlock, (struct ksmbd_conn *))	\
	F(CALL, 0, void, ksmbd_fd_put,					\
	  (struct ksmbd_work *, struct ksmbd_file *))			\
	F(CALL, 0, void, ksmbd_free_work_struct, (struct ksmbd_work *))	\
	F(CALL, 0, int, ksmbd_lookup_dialect_by_id, (__le16 *, __le16))	\
	F(CALL, 0, struct ksmbd_file *, ksmbd_lookup_fd_slow,		\
	  (struct ksmbd_work *, u64, u64))				\
	F(CALL, 0, struct preauth_session *, ksmbd_preauth_session_lookup,	\
	  (struct ksmbd_conn *, long long unsigned int))		\
	F(CALL, 0, struct ksmbd_session *, ksmbd_session_lookup,	\
	  (struct ksmbd_conn *, long long unsigned int))		\
	F(CALL, 0, struct ksmbd_session *, ksmbd_session_lookup_slowpath,	\
	  (long long unsigned int))					\
	F(CALL, 0, void, ksmbd_user_session_put,			\
	  (struct ksmbd_session *))					\
	F(CALL, 0, void, smb2_set_err_rsp, (struct ksmbd_work *))	\
	F(CALL, 0, void, set_smb2_rsp_status,				\
	  (struct ksmbd_work *, __le32))

SMBSIGN_LAYOUT_DECLARE(server, SERVER_FIELDS, SERVER_FUNCS);
SMBSIGN_FUNCS_DECLARE(SERVER_FUNCS);

/* Value of conn_dialect if there is none in common, fs/smb/server/smb_common.h */
#define KSMBD_NO_DIALECT 0xffff

/* Values of sess_state, fs/smb/server/smb2pdu.h */
#define KSMBD_SESSION_EXPIRED 0
#define KSMBD_SESSION_VALID 2

/* Bit of user_flags, part of ksmbd's netlink interface to user space. */
#define KSMBD_USER_GUEST 0x10

#endif /* SMBSIGN_SERVER_KSMBD_H */
