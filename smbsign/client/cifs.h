/* SPDX-License-Identifier: GPL-2.0-only */
/* What the client half knows of cifs: members that it reads, prototypes. */
#ifndef SMBSIGN_CLIENT_CIFS_H
#define SMBSIGN_CLIENT_CIFS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/uio.h>

#include <smbsign/funcs.h>
#include <smbsign/layout.h>
#include <smbsign/mac.h>

struct TCP_Server_Info;
struct cifsFileInfo;
struct cifsInodeInfo;
struct cifs_aio_ctx;
struct cifs_fid;
struct cifs_io_subrequest;
struct cifs_ses;
struct cifs_tcon;
struct mid_q_entry;
struct nls_table;
struct smb2_file_network_open_info;
struct smb_rqst;

/* Up to 6.9 reads were cifs_readdata, and data was an array of pages. */
#define CLIENT_RDATA	"cifs_io_subrequest|cifs_readdata"

#define CLIENT_FIELDS(F)						\
	F(server_smallbuf, 0, "TCP_Server_Info", "smallbuf",		\
	  "char *", void *)						\
	F(server_bigbuf, 0, "TCP_Server_Info", "bigbuf", "char *", void *) \
	F(server_large_buf, 0, "TCP_Server_Info", "large_buf", "bool", bool) \
	F(server_total_read, 0, "TCP_Server_Info", "total_read",	\
	  "unsigned int", unsigned int)					\
	F(server_pdu_size, 0, "TCP_Server_Info", "pdu_size",		\
	  "unsigned int", unsigned int)					\
	F(server_ssocket, 0, "TCP_Server_Info", "ssocket",		\
	  "struct socket *", struct socket *)				\
	F(server_dstaddr, SMBSIGN_ADDR, "TCP_Server_Info", "dstaddr",	\
	  "struct __kernel_sockaddr_storage", struct sockaddr)		\
	F(server_status, 0, "TCP_Server_Info", "tcpStatus",		\
	  "enum statusEnum", int)					\
	F(tcp_need_negotiate, SMBSIGN_ENUM, "statusEnum",		\
	  "CifsNeedNegotiate", NULL, u8)				\
	F(tcp_need_reconnect, SMBSIGN_ENUM, "statusEnum",		\
	  "CifsNeedReconnect", NULL, u8)				\
	F(server_sign, 0, "TCP_Server_Info", "sign", "bool", bool)	\
	F(server_min_offload, 0, "TCP_Server_Info", "min_offload",	\
	  "unsigned int", unsigned int)					\
	F(server_primary, 0, "TCP_Server_Info", "primary_server",	\
	  "struct TCP_Server_Info *", struct TCP_Server_Info *)		\
	F(server_retrans, SMBSIGN_OPTIONAL, "TCP_Server_Info", "retrans", \
	  "unsigned int", unsigned int)					\
	F(server_pending, SMBSIGN_ADDR, "TCP_Server_Info", "pending_mid_q", \
	  "struct list_head", struct list_head)				\
	F(server_request_q, SMBSIGN_ADDR, "TCP_Server_Info", "request_q", \
	  "wait_queue_head_t", wait_queue_head_t)			\
	F(server_mutex, SMBSIGN_ADDR, "TCP_Server_Info", "_srv_mutex",	\
	  "struct mutex", struct mutex)					\
	F(server_mid_lock, 0, "TCP_Server_Info", "mid_lock|mid_queue_lock", \
	  "spinlock_t", spinlock_t)					\
	F(server_lstrp, 0, "TCP_Server_Info", "lstrp",			\
	  "long unsigned int", unsigned long)				\
	F(server_echo_interval, 0, "TCP_Server_Info", "echo_interval", \
	  "long unsigned int", unsigned long)				\
	F(ses_suid, 0, "cifs_ses", "Suid", "__u64", u64)		\
	F(ses_server, 0, "cifs_ses", "server",				\
	  "struct TCP_Server_Info *", struct TCP_Server_Info *)		\
	F(ses_user, 0, "cifs_ses", "user_name", "char *", char *)	\
	F(ses_sectype, 0, "cifs_ses", "sectype", "enum securityEnum", int) \
	F(sec_kerberos, SMBSIGN_ENUM, "securityEnum", "Kerberos", NULL, u8) \
	F(ses_sign, 0, "cifs_ses", "sign", "bool", bool)		\
	F(ses_flags, 0, "cifs_ses", "session_flags", "__u16", u16)	\
	F(ses_signing_key, 0, "cifs_ses", "smb3signingkey",		\
	  "__u8 [16]", u8 [SMBSIGN_KEY_LEN])				\
	F(ses_key, 0, "cifs_ses", "auth_key.response", "char *", void *) \
	F(ses_key_len, 0, "cifs_ses", "auth_key.len",			\
	  "unsigned int", unsigned int)					\
	F(ses_chan_lock, 0, "cifs_ses", "chan_lock", "spinlock_t", spinlock_t) \
	F(ses_chans, SMBSIGN_ADDR, "cifs_ses", "chans", NULL, u8)	\
	F(ses_chan_count, 0, "cifs_ses", "chan_count", "size_t", size_t) \
	F(ses_chan_max, 0, "cifs_ses", "chan_max", "size_t", size_t)	\
	F(chan_size, SMBSIGN_SIZEOF, "cifs_chan", NULL, NULL, u8)	\
	F(chan_server, 0, "cifs_chan", "server",			\
	  "struct TCP_Server_Info *", struct TCP_Server_Info *)		\
	F(chan_key, SMBSIGN_ADDR, "cifs_chan", "signkey", "__u8 [16]", u8) \
	F(fid_pending, 0, "cifs_fid", "pending_open",			\
	  "struct cifs_pending_open *", void *)				\
	F(pending_oplock, 0, "cifs_pending_open", "oplock", "__u32", u32) \
	F(cinode_oplock, 0, "cifsInodeInfo", "oplock", "unsigned int",	\
	  unsigned int)							\
	F(cinode_epoch, 0, "cifsInodeInfo", "epoch", "__u16", u16)	\
	F(tcon_ses, 0, "cifs_tcon", "ses", "struct cifs_ses *",	\
	  struct cifs_ses *)						\
	F(tcon_status, 0, "cifs_tcon", "status", "enum tid_status_enum", int) \
	F(tid_new, SMBSIGN_ENUM, "tid_status_enum", "TID_NEW", NULL, u8) \
	F(tcon_seal, SMBSIGN_BIT, "cifs_tcon", "seal", "bool", u8)	\
	F(tcon_retry, SMBSIGN_BIT, "cifs_tcon", "retry", "bool", u8)	\
	F(tcon_lost, SMBSIGN_BIT, "cifs_tcon", "need_reconnect", "bool", u8) \
	F(mid_qhead, SMBSIGN_ADDR, "mid_q_entry", "qhead",		\
	  "struct list_head", struct list_head)				\
	F(mid_when, 0, "mid_q_entry", "when_alloc", "long unsigned int", \
	  unsigned long)						\
	F(mid_id, 0, "mid_q_entry", "mid", "__u64", u64)		\
	F(mid_credits, 0, "mid_q_entry", "credits", "__u16", u16)	\
	F(mid_tag, 0, "mid_q_entry", "sequence_number", "__u32", u32)	\
	F(mid_state, 0, "mid_q_entry", "mid_state", "int", int)		\
	F(mid_command, 0, "mid_q_entry", "command", "__le16", __le16)	\
	F(mid_handle, 0, "mid_q_entry", "handle", NULL, void *)		\
	F(mid_data, 0, "mid_q_entry", "callback_data", "void *", void *) \
	F(mid_resp_buf, 0, "mid_q_entry", "resp_buf", "void *", void *)	\
	F(mid_resp_size, 0, "mid_q_entry", "resp_buf_size",		\
	  "unsigned int", unsigned int)					\
	F(rqst_iov, 0, "smb_rqst", "rq_iov", "struct kvec *", struct kvec *) \
	F(rqst_nvec, 0, "smb_rqst", "rq_nvec", "unsigned int",		\
	  unsigned int)							\
	F(rqst_iter, SMBSIGN_OPTIONAL, "smb_rqst", "rq_iter",		\
	  "struct iov_iter", struct iov_iter)				\
	F(rqst_pages, SMBSIGN_OPTIONAL, "smb_rqst", "rq_pages",		\
	  "struct page **", struct page **)				\
	F(rqst_offset, SMBSIGN_OPTIONAL, "smb_rqst", "rq_offset",	\
	  "unsigned int", unsigned int)					\
	F(rqst_npages, SMBSIGN_OPTIONAL, "smb_rqst", "rq_npages",	\
	  "unsigned int", unsigned int)					\
	F(rqst_pagesz, SMBSIGN_OPTIONAL, "smb_rqst", "rq_pagesz",	\
	  "unsigned int", unsigned int)					\
	F(rqst_tailsz, SMBSIGN_OPTIONAL, "smb_rqst", "rq_tailsz",	\
	  "unsigned int", unsigned int)					\
	F(rdata_got, SMBSIGN_OPTIONAL, "cifs_io_subrequest", "got_bytes", \
	  "ssize_t", ssize_t)						\
	F(rdata_got32, SMBSIGN_OPTIONAL, "cifs_readdata", "got_bytes",	\
	  "unsigned int", unsigned int)					\
	F(rdata_server, 0, CLIENT_RDATA, "server",			\
	  "struct TCP_Server_Info *", struct TCP_Server_Info *)		\
	F(rdata_result, 0, CLIENT_RDATA, "result", "int", int)		\
	F(rdata_credits, 0, CLIENT_RDATA, "credits.value",		\
	  "unsigned int", unsigned int)					\
	F(rdata_aio, SMBSIGN_OPTIONAL, "cifs_readdata", "ctx",		\
	  "struct cifs_aio_ctx *", struct cifs_aio_ctx *)		\
	F(aio_direct, SMBSIGN_OPTIONAL, "cifs_aio_ctx", "direct_io",	\
	  "bool", bool)							\
	F(rdata_iter, SMBSIGN_OPTIONAL, "cifs_io_subrequest",		\
	  "subreq.io_iter", "struct iov_iter", struct iov_iter)		\
	F(rdata_pages, SMBSIGN_OPTIONAL, "cifs_readdata", "pages",	\
	  "struct page **", struct page **)				\
	F(rdata_npages, SMBSIGN_OPTIONAL, "cifs_readdata", "nr_pages",	\
	  "unsigned int", unsigned int)					\
	F(rdata_pagesz, SMBSIGN_OPTIONAL, "cifs_readdata", "pagesz",	\
	  "unsigned int", unsigned int)					\
	F(rdata_offset, SMBSIGN_OPTIONAL, "cifs_readdata", "page_offset", \
	  "unsigned int", unsigned int)					\
	F(rdata_bytes, SMBSIGN_OPTIONAL, "cifs_readdata", "bytes",	\
	  "unsigned int", unsigned int)

#define CLIENT_FUNCS(F)							\
	F(GATE, 0, int, SMB2_negotiate,					\
	  (const unsigned int, struct cifs_ses *,			\
	   struct TCP_Server_Info *))					\
	/* what must not wait in those that receive */			\
	F(SOME, 0, int, cifs_reconnect,					\
	  (struct TCP_Server_Info *, bool))				\
	F(SOME, SMBSIGN_OPTIONAL, int, __cifs_reconnect,		\
	  (struct TCP_Server_Info *, bool),				\
	  "int (struct TCP_Server_Info *, bool)"			\
	  "|int (struct TCP_Server_Info *, bool, bool)")		\
	F(SOME, SMBSIGN_OPTIONAL, int, reconnect_dfs_server,		\
	  (struct TCP_Server_Info *))					\
	/* what is sent */						\
	F(HOOK, 0, struct mid_q_entry *, smb2_setup_request,		\
	  (struct cifs_ses *, struct TCP_Server_Info *,			\
	   struct smb_rqst *))						\
	F(HOOK, 0, struct mid_q_entry *, smb2_setup_async_request,	\
	  (struct TCP_Server_Info *, struct smb_rqst *))		\
	F(HOOK, 0, int, smb2_sign_rqst,					\
	  (struct smb_rqst *, struct TCP_Server_Info *))		\
	F(HOOK, 0, int, smb3_encryption_required,			\
	  (const struct cifs_tcon *))					\
	/* what arrives */						\
	F(HOOK, 0, int, cifs_handle_standard,				\
	  (struct TCP_Server_Info *, struct mid_q_entry *))		\
	F(HOOK, 0, int, cifs_readv_receive,				\
	  (struct TCP_Server_Info *, struct mid_q_entry *))		\
	F(HOOK, SMBSIGN_OPTIONAL, int, cifs_uncached_read_into_pages,	\
	  (struct TCP_Server_Info *, struct cifs_io_subrequest *,	\
	   unsigned int),						\
	  "int (struct TCP_Server_Info *, struct cifs_readdata *, "	\
	  "unsigned int)")						\
	F(HOOK, 0, int, smb3_receive_transform,				\
	  (struct TCP_Server_Info *, struct mid_q_entry **, char **,	\
	   int *))							\
	/* what is consumed of it */					\
	F(HOOK, 0, int, smb2_check_receive,				\
	  (struct mid_q_entry *, struct TCP_Server_Info *, bool))	\
	F(HOOK, 0, void, smb2_readv_callback, (void *, void *),		\
	  "void (struct mid_q_entry *)"					\
	  "|void (struct TCP_Server_Info *, struct mid_q_entry *)")	\
	F(HOOK, 0, int, smb2_verify_signature,				\
	  (struct smb_rqst *, struct TCP_Server_Info *))		\
	/* what a break may do */					\
	F(HOOK, 0, void, smb2_downgrade_oplock,				\
	  (struct TCP_Server_Info *, struct cifsInodeInfo *, __u32,	\
	   __u16, bool *))						\
	F(HOOK, 0, void, smb3_downgrade_oplock,				\
	  (struct TCP_Server_Info *, struct cifsInodeInfo *, __u32,	\
	   __u16, bool *))						\
	F(HOOK, 0, void, smb2_set_fid,					\
	  (struct cifsFileInfo *, struct cifs_fid *, __u32))		\
	/* what is tried again */					\
	F(HOOK, 0, ssize_t, cifs_strict_readv,				\
	  (struct kiocb *, struct iov_iter *))				\
	F(HOOK, 0, ssize_t, cifs_loose_read_iter,			\
	  (struct kiocb *, struct iov_iter *))				\
	/* reads past the page cache: up to 6.1, and later */		\
	F(HOOK, SMBSIGN_OPTIONAL, ssize_t, cifs_direct_readv,		\
	  (struct kiocb *, struct iov_iter *))				\
	F(NETFS, SMBSIGN_OPTIONAL | SMBSIGN_ELSEWHERE, ssize_t,		\
	  netfs_unbuffered_read_iter,					\
	  (struct kiocb *, struct iov_iter *))				\
	/* connections and sessions */					\
	F(HOOK, SMBSIGN_OPTIONAL, int, CIFSSMBNegotiate,		\
	  (const unsigned int, struct cifs_ses *,			\
	   struct TCP_Server_Info *))					\
	F(HOOK, 0, int, SMB2_sess_setup,				\
	  (const unsigned int, struct cifs_ses *,			\
	   struct TCP_Server_Info *, const struct nls_table *))		\
	F(HOOK, 0, int, SMB2_tcon,					\
	  (const unsigned int, struct cifs_ses *, const char *,		\
	   struct cifs_tcon *, const struct nls_table *))		\
	F(HOOK, 0, int, smb3_validate_negotiate,			\
	  (const unsigned int, struct cifs_tcon *))			\
	F(KEEPER, 0, void, cifs_crypto_secmech_release,			\
	  (struct TCP_Server_Info *))					\
	/* these may wait for a server that is gone, so only their result is corrected */	\
	F(RESULT, 0, int, smb2_reconnect,				\
	  (__le16, struct cifs_tcon *, struct TCP_Server_Info *, bool),	\
	  "int (__le16, struct cifs_tcon *, struct TCP_Server_Info "	\
	  "*, bool)"							\
	  "|int (__le16, struct cifs_tcon *, struct TCP_Server_Info"	\
	  " *)")							\
	F(RESULT, 0, int, SMB3_request_interfaces,			\
	  (const unsigned int, struct cifs_tcon *, bool))		\
	F(RESULT, 0, int, __SMB2_close,					\
	  (const unsigned int, struct cifs_tcon *, u64, u64,		\
	   struct smb2_file_network_open_info *))			\
	F(CALL, 0, void, cifs_signal_cifsd_for_reconnect,		\
	  (struct TCP_Server_Info *, bool))				\
	F(CALL, 0, void, cifs_mark_tcp_ses_conns_for_reconnect,		\
	  (struct TCP_Server_Info *, bool))				\
	F(CALL, 0, int, cifs_discard_remaining_data,			\
	  (struct TCP_Server_Info *))					\
	F(CALL, 0, bool, smb2_is_valid_oplock_break,			\
	  (char *, struct TCP_Server_Info *))				\
	F(CALL, 0, int, SMB2_ioctl,					\
	  (const unsigned int, struct cifs_tcon *, u64, u64, u32,	\
	   char *, u32, u32, char **, u32 *))

SMBSIGN_LAYOUT_DECLARE(client, CLIENT_FIELDS, CLIENT_FUNCS);
SMBSIGN_FUNCS_DECLARE(CLIENT_FUNCS);

#endif /* SMBSIGN_CLIENT_CIFS_H */
