/* SPDX-License-Identifier: GPL-2.0-only */
/* What the client half knows of cifs: members that it reads, prototypes. */
#ifndef _SMBSIGN_CLIENT_LAYOUT_H
#define _SMBSIGN_CLIENT_LAYOUT_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/uio.h>

#include <smbsign/layout.h>
#include <smbsign/mac.h>

struct TCP_Server_Info;
struct cifs_io_subrequest;
struct cifs_ses;
struct cifs_tcon;
struct mid_q_entry;
struct nls_table;
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
	F(server_sign, 0, "TCP_Server_Info", "sign", "bool", bool)	\
	F(server_srv_count, 0, "TCP_Server_Info", "srv_count", "int", int) \
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
	F(server_echo_interval, 0, "TCP_Server_Info", "echo_interval", \
	  "long unsigned int", unsigned long)				\
	F(ses_suid, 0, "cifs_ses", "Suid", "__u64", u64)		\
	F(ses_server, 0, "cifs_ses", "server",				\
	  "struct TCP_Server_Info *", struct TCP_Server_Info *)		\
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
	F(chan_size, SMBSIGN_SIZEOF, "cifs_chan", NULL, NULL, u8)	\
	F(chan_server, 0, "cifs_chan", "server",			\
	  "struct TCP_Server_Info *", struct TCP_Server_Info *)		\
	F(chan_key, SMBSIGN_ADDR, "cifs_chan", "signkey", "__u8 [16]", u8) \
	F(tcon_ses, 0, "cifs_tcon", "ses", "struct cifs_ses *",	\
	  struct cifs_ses *)						\
	F(tcon_status, 0, "cifs_tcon", "status", "enum tid_status_enum", int) \
	F(tcon_seal, SMBSIGN_BIT, "cifs_tcon", "seal", "bool", u8)	\
	F(tcon_lost, SMBSIGN_BIT, "cifs_tcon", "need_reconnect", "bool", u8) \
	F(mid_qhead, SMBSIGN_ADDR, "mid_q_entry", "qhead",		\
	  "struct list_head", struct list_head)				\
	F(mid_when, 0, "mid_q_entry", "when_alloc", "long unsigned int", \
	  unsigned long)						\
	F(mid_tag, 0, "mid_q_entry", "sequence_number", "__u32", u32)	\
	F(mid_state, 0, "mid_q_entry", "mid_state", "int", int)		\
	F(mid_command, 0, "mid_q_entry", "command", "__le16", __le16)	\
	F(mid_data, 0, "mid_q_entry", "callback_data", "void *", void *) \
	F(mid_resp_buf, 0, "mid_q_entry", "resp_buf", "void *", void *)	\
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
	F(rdata_result, 0, CLIENT_RDATA, "result", "int", int)		\
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

#define XID_SES "const unsigned int, struct cifs_ses *"
#define XID_TCON "const unsigned int, struct cifs_tcon *"

#define CLIENT_PROTOS(P)						\
	P(smb2_setup_request, 0,					\
	  "struct mid_q_entry * (struct cifs_ses *, struct TCP_Server_Info *, struct smb_rqst *)") \
	P(smb2_setup_async_request, 0,					\
	  "struct mid_q_entry * (struct TCP_Server_Info *, struct smb_rqst *)") \
	P(smb2_sign_rqst, 0,						\
	  "int (struct smb_rqst *, struct TCP_Server_Info *)")		\
	P(smb2_verify_signature, 0,					\
	  "int (struct smb_rqst *, struct TCP_Server_Info *)")		\
	P(smb3_encryption_required, 0, "int (const struct cifs_tcon *)") \
	P(cifs_handle_standard, 0,					\
	  "int (struct TCP_Server_Info *, struct mid_q_entry *)")	\
	P(cifs_readv_receive, 0,					\
	  "int (struct TCP_Server_Info *, struct mid_q_entry *)")	\
	P(cifs_uncached_read_into_pages, SMBSIGN_OPTIONAL,		\
	  "int (struct TCP_Server_Info *, struct cifs_readdata *, unsigned int)") \
	P(smb3_receive_transform, 0,					\
	  "int (struct TCP_Server_Info *, struct mid_q_entry **, char **, int *)") \
	P(SMB2_negotiate, 0,						\
	  "int (" XID_SES ", struct TCP_Server_Info *)") \
	P(SMB2_sess_setup, 0,						\
	  "int (" XID_SES ", struct TCP_Server_Info *, const struct nls_table *)") \
	P(SMB2_tcon, 0,							\
	  "int (" XID_SES ", const char *, struct cifs_tcon *, const struct nls_table *)") \
	P(smb3_validate_negotiate, 0,					\
	  "int (const unsigned int, struct cifs_tcon *)")		\
	P(cifs_strict_readv, 0,						\
	  "ssize_t (struct kiocb *, struct iov_iter *)")		\
	P(cifs_loose_read_iter, 0,					\
	  "ssize_t (struct kiocb *, struct iov_iter *)")		\
	P(SMB3_request_interfaces, 0,					\
	  "int (" XID_TCON ", bool)")					\
	P(smb2_reconnect, 0,						\
	  "int (__le16, struct cifs_tcon *, struct TCP_Server_Info *, bool)" \
	  "|int (__le16, struct cifs_tcon *, struct TCP_Server_Info *)") \
	P(__SMB2_close, 0,						\
	  "int (" XID_TCON ", u64, u64, struct smb2_file_network_open_info *)") \
	P(cifs_put_tcp_session, 0, "void (struct TCP_Server_Info *, int)") \
	P(CIFSSMBNegotiate, SMBSIGN_OPTIONAL,				\
	  "int (" XID_SES ", struct TCP_Server_Info *)") \
	P(cifs_signal_cifsd_for_reconnect, 0,				\
	  "void (struct TCP_Server_Info *, bool)")			\
	P(cifs_mark_tcp_ses_conns_for_reconnect, 0,			\
	  "void (struct TCP_Server_Info *, bool)")			\
	P(cifs_discard_remaining_data, 0,				\
	  "int (struct TCP_Server_Info *)")				\
	P(SMB2_ioctl, 0,						\
	  "int (" XID_TCON ", u64, u64, u32, char *, u32, u32, char **, u32 *)")

SMBSIGN_LAYOUT_DECLARE(client, CLIENT_FIELDS, CLIENT_PROTOS);

#endif /* _SMBSIGN_CLIENT_LAYOUT_H */
