/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the server room: what ksmbd calls things, and what we
 * remember of its connections, sessions and requests.
 */
#ifndef SMBSIGN_SERVER_INTERNAL_H
#define SMBSIGN_SERVER_INTERNAL_H

#include <linux/hashtable.h>
#include <linux/in6.h>
#include <linux/rhashtable.h>
#include <linux/rwsem.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <smbsign/connection.h>
#include <smbsign/hook.h>
#include <smbsign/keycache.h>
#include <smbsign/layout.h>
#include <smbsign/stats.h>
#include <smbsign/target.h>
#include <smbsign/window.h>
#include <smbsign/wire.h>

struct authenticate_message;
struct channel;
struct ksmbd_conn;
struct ksmbd_file;
struct ksmbd_session;
struct ksmbd_tx_tracking;
struct ksmbd_user;
struct ksmbd_work;
struct preauth_integrity_info;
struct preauth_session;
struct server_notify;

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
	F(conn_dialect, 0, "ksmbd_conn", "dialect", "__u16", u16)	\
	F(conn_sign, 0, "ksmbd_conn", "sign", "bool", bool)		\
	F(conn_srv_sec_mode, 0, "ksmbd_conn", "srv_sec_mode", "__u16", u16) \
	F(conn_peer, 0, "ksmbd_conn", "inet6_addr", "u8 [16]", struct in6_addr) \
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

#define WORK_FUNC "(struct ksmbd_work *)"
#define AUTH_BLOB_ARGS							\
	"struct authenticate_message *, int, struct ksmbd_conn *, "	\
	"struct ksmbd_session *"

#define SERVER_PROTOS(P)						\
	P(handle_ksmbd_work, 0, "void (struct work_struct *)")		\
	P(ksmbd_conn_alloc, 0, "struct ksmbd_conn * (void)")\
	P(ksmbd_conn_free, 0, "void (struct ksmbd_conn *)")		\
	P(ksmbd_conn_abort, 0, "void (struct ksmbd_conn *)")		\
	P(ksmbd_conn_write, 0, "int " WORK_FUNC)			\
	P(ksmbd_conn_write_eor, SMBSIGN_OPTIONAL, "int " WORK_FUNC)	\
	P(ksmbd_conn_write_tracked, SMBSIGN_OPTIONAL,			\
	  "int (struct ksmbd_work *, struct ksmbd_tx_tracking *)")	\
	P(ksmbd_session_lookup, 0, "struct ksmbd_session * "		\
	  "(struct ksmbd_conn *, long long unsigned int)")		\
	P(ksmbd_session_lookup_slowpath, 0,				\
	  "struct ksmbd_session * (long long unsigned int)")		\
	P(ksmbd_user_session_put, 0, "void (struct ksmbd_session *)")	\
	P(smb3_decrypt_req, 0, "int " WORK_FUNC)			\
	P(smb2_check_user_session, 0, "int " WORK_FUNC)			\
	P(smb2_is_sign_req, 0, "bool (struct ksmbd_work *, unsigned int)") \
	P(smb2_check_sign_req, 0, "int " WORK_FUNC)			\
	P(smb3_check_sign_req, 0, "int " WORK_FUNC)			\
	P(smb2_set_sign_rsp, 0, "void " WORK_FUNC)			\
	P(smb3_set_sign_rsp, 0, "void " WORK_FUNC)			\
	P(smb3_preauth_hash_rsp, 0, "void " WORK_FUNC)			\
	P(smb2_handle_negotiate, 0, "int " WORK_FUNC)			\
	P(ksmbd_lookup_dialect_by_id, 0, "int (__le16 *, __le16)")	\
	P(init_smb2_neg_rsp, 0, "int " WORK_FUNC)			\
	P(smb2_sess_setup, 0, "int " WORK_FUNC)				\
	P(smb2_ioctl, 0, "int " WORK_FUNC)				\
	P(ksmbd_conn_lock, 0, "void (struct ksmbd_conn *)")		\
	P(ksmbd_conn_unlock, 0, "void (struct ksmbd_conn *)")		\
	P(ksmbd_preauth_session_lookup, 0, "struct preauth_session * "	\
	  "(struct ksmbd_conn *, long long unsigned int)")		\
	P(ksmbd_login_user, 0, "struct ksmbd_user * (const char *)")	\
	P(ksmbd_compare_user, 0,					\
	  "bool (struct ksmbd_user *, struct ksmbd_user *)")		\
	P(ksmbd_decode_ntlmssp_auth_blob, 0,				\
	  "int (" AUTH_BLOB_ARGS ")|int (" AUTH_BLOB_ARGS ", char *)")	\
	P(smb2_notify, 0, "int " WORK_FUNC)				\
	P(ksmbd_lookup_fd_slow, 0, "struct ksmbd_file * "		\
	  "(struct ksmbd_work *, u64, u64)")				\
	P(ksmbd_fd_put, 0,						\
	  "void (struct ksmbd_work *, struct ksmbd_file *)")		\
	P(ksmbd_alloc_work_struct, 0, "struct ksmbd_work * (void)")	\
	P(ksmbd_free_work_struct, 0, "void " WORK_FUNC)			\
	P(allocate_interim_rsp_buf, 0, "int " WORK_FUNC)		\
	P(smb3_encrypt_resp, 0, "int " WORK_FUNC)			\
	P(smb2_set_err_rsp, 0, "void " WORK_FUNC)			\
	P(set_smb2_rsp_status, 0, "void (struct ksmbd_work *, __le32)")

SMBSIGN_LAYOUT_DECLARE(server, SERVER_FIELDS, SERVER_PROTOS);

/**
 * struct server_key - what signs
 * @alg: algorithm
 * @key: its key; whoever has asked for it wipes it
 */
struct server_key {
	enum smbsign_alg alg;
	u8 key[SMBSIGN_KEY_LEN];
};

/* Value of conn_dialect if there is none in common, fs/smb/server/smb_common.h */
#define KSMBD_NO_DIALECT 0xffff

/* Values of sess_state, fs/smb/server/smb2pdu.h */
#define KSMBD_SESSION_EXPIRED 0
#define KSMBD_SESSION_VALID 2

/* Bit of user_flags, part of ksmbd's netlink interface to user space. */
#define KSMBD_USER_GUEST 0x10

/* Few connections have more than one session. */
#define SERVER_SESSION_BITS 3

/**
 * struct server_conn - what we know of a connection
 * @node: in the table of server_conn.c
 * @conn: the key: ksmbd's connection, never followed through this pointer
 * @dialect: DialectRevision that was negotiated; written with @alg
 * @sessions: notes of server_session.c, by address of ksmbd's session; read
 *	under RCU. Not an xarray: that takes KiBs for an index so large
 * @refs: the table, and requests under way
 * @rcu: for look-ups in the table
 * @keys: keyed signing algorithms
 * @lock: protects @window, @notifies, @n_notifies, and changes of @sessions
 * @window: MessageIds that the client may use
 * @notifies: what server_notify.c keeps waiting
 * @n_notifies: their number
 * @alg: signing algorithm; written by NEGOTIATE before any key exists
 * @validate: what validates the NEGOTIATE request; written with @alg
 * @validate_len: bytes of it
 * @negotiated: NEGOTIATE was answered
 * @rejected: the answer was an error, by policy: nothing may follow
 * @promised: the answer said SIGNING_REQUIRED. A client that was not told is
 *	disconnected and not refused, so that it learns by negotiating anew
 * @sealed: something came encrypted, and was authentic
 * @bad: bad signatures so far
 * @tally: what was counted on it
 * @shown: its directory in sysfs, or NULL; set by NEGOTIATE
 */
struct server_conn {
	struct rhash_head node;
	struct ksmbd_conn *conn;
	u16 dialect;
	DECLARE_HASHTABLE(sessions, SERVER_SESSION_BITS);
	refcount_t refs;
	struct rcu_head rcu;
	struct smbsign_keycache keys;
	spinlock_t lock;
	struct smbsign_window window;
	struct list_head notifies;
	unsigned int n_notifies;
	enum smbsign_alg alg;
	struct smbsign_validate_req validate;
	size_t validate_len;
	bool negotiated;
	bool rejected;
	bool promised;
	bool sealed;
	atomic_t bad;
	struct smbsign_tally tally;
	struct smbsign_connection *shown;
};

/**
 * struct server_work - what we know of a request that ksmbd is processing
 * @node: in the table of server_work.c
 * @task: the key: the thread that processes it
 * @work: ksmbd's request
 * @conn: our connection, with a reference; NULL if the connection is older
 *	than our hooks
 * @enforced: policy when the request began; it holds to the end
 * @audited: not enforced as the peer is exempt, but counted and reported
 * @decrypted: it came in a transform that ksmbd decrypted
 * @transform_session: the SessionId of that transform
 * @checked: we have seen and judged it
 * @verified: we have verified its signature, of every element
 * @binds: it is a SESSION_SETUP that binds @setup_sess, with its signature
 * @setup_sess: with a reference, the session that a SESSION_SETUP of ours is
 *	for and ksmbd may let go before the answer is signed; or NULL
 * @setup_error: the status that an error of SESSION_SETUP has, or 0: as ksmbd
 *	says it
 * @refused: the status to answer instead of processing it, or 0
 * @notify: a CHANGE_NOTIFY whose interim response is to leave, or NULL
 * @mute: the response could not be signed and must not leave
 *
 * Lives on the stack of the thread that processes the request, and is used by
 * that thread only.
 */
struct server_work {
	struct hlist_node node;
	struct task_struct *task;
	struct ksmbd_work *work;
	struct server_conn *conn;
	bool enforced;
	bool audited;
	bool decrypted;
	u64 transform_session;
	bool checked;
	bool verified;
	bool binds;
	struct ksmbd_session *setup_sess;
	u32 setup_error;
	u32 refused;
	struct server_notify *notify;
	bool mute;
};

/**
 * struct server_request - a message while it is judged
 * @sw: our side of it
 * @conn: ksmbd's connection
 * @sess: session that its SessionId names, or NULL
 * @msg: the message, without the transport's length
 * @len: its bytes
 * @hdr: its first header
 * @command: of @hdr
 */
struct server_request {
	struct server_work *sw;
	struct ksmbd_conn *conn;
	struct ksmbd_session *sess;
	u8 *msg;
	size_t len;
	struct smbsign_hdr *hdr;
	u16 command;
};

/* server_conn.c */
int server_conns_init(void);
void server_conns_exit(void);
struct server_conn *server_conn_get(struct ksmbd_conn *conn);
void server_conn_put(struct server_conn *sc);
void server_conn_show(struct server_conn *sc);
bool server_conn_is_ours_only(const struct server_conn *sc);
bool server_is_leaving(void);
void server_renegotiate(bool leaving);

/* server_work.c */
struct server_work *server_work_current(void);
struct server_work *server_work_find(struct ksmbd_work *work);

/* server_session.c */
void server_session_forget(struct server_conn *sc, struct ksmbd_session *sess);
void server_sessions_forget(struct server_conn *sc);
int server_session_remember(struct server_conn *sc, struct ksmbd_session *sess,
			    bool encrypt, bool binds);
bool server_session_is_guest(struct ksmbd_session *sess);
bool server_session_is_established(struct server_conn *sc,
				   struct ksmbd_session *sess);
bool server_session_must_encrypt(struct server_conn *sc,
				 struct ksmbd_session *sess);
unsigned int server_sessions_count(struct server_conn *sc);
struct ksmbd_session *server_session_find(struct ksmbd_conn *conn, u64 id);
bool server_session_key(struct server_conn *sc, struct ksmbd_session *sess,
			struct server_key *key);
bool server_channel_key(struct server_conn *sc, struct ksmbd_session *sess,
			struct server_key *key);

/* server_verify.c */
int server_verify(struct server_work *sw, int rc);
int server_refuse(struct server_request *rq, u32 status);
int server_refuse_violation(struct server_request *rq,
			    enum smbsign_stat stat);
bool server_signature_is_good(struct server_request *rq,
			      const struct server_key *key,
			      const struct smbsign_pdu *pdu);
int server_check_decrypted(struct server_request *rq);
void server_request_init(struct server_request *rq, struct server_work *sw);

static inline bool server_is_signed(const struct smbsign_hdr *hdr)
{
	return hdr->flags & cpu_to_le32(SMBSIGN_FLAG_SIGNED);
}

/* server_verify_setup.c */
bool server_setup_is_refused(struct server_work *sw);

/* server_sign.c */
int server_mac(struct server_conn *sc, const struct server_key *key,
	       const struct smbsign_nonce *nonce, struct smbsign_sg *sg,
	       u8 out[SMBSIGN_SIGNATURE_LEN]);
int server_send(struct ksmbd_work *work);

/* server_notify.c */
bool server_notify_waits(struct server_conn *sc);
void server_notify_forget(struct server_conn *sc);
void server_notify_answered(struct server_work *sw);
void server_notify_told(struct server_work *sw);
void server_notify_judged(struct server_request *rq);

/* server_smb202.c */
bool server_smb202_begin(struct server_work *sw);
void server_smb202_answer(struct smbsign_negotiate_rsp *rsp);

/* server_refuse.c */
void server_put_refusal(struct server_work *sw);

/* server_report.c */
void server_peer(struct ksmbd_conn *conn, struct sockaddr_storage *peer);
void server_violation(struct server_work *sw, enum smbsign_stat stat);
void server_abort(struct server_work *sw, const char *why);

static inline void server_count(struct server_conn *sc, enum smbsign_stat stat)
{
	smbsign_tally_count(&sc->tally, SMBSIGN_SERVER, stat);
}

/* Where ksmbd puts the header of the response to the present element. */
static inline struct smbsign_hdr *server_response_hdr(struct ksmbd_work *work)
{
	return (void *)(SMBSIGN_GET(server, work, work_response) + 4 +
			SMBSIGN_GET(server, work, work_next_rsp));
}

static inline int server_enter(void)
{
	return srcu_read_lock(&smbsign_server_target.inflight);
}

static inline void server_leave(int idx)
{
	srcu_read_unlock(&smbsign_server_target.inflight, idx);
}

/* The message behind the length field of the transport, MS-SMB2 2.1 */
static inline size_t server_message(u8 *buf, u8 **msg)
{
	*msg = buf + 4;
	return be32_to_cpup((__be32 *)buf) & 0xffffff;
}

#define SERVER_DECLARE_HOOK(_func) extern struct smbsign_hook smbsign_hook_##_func
typedef void server_conn_fn(struct ksmbd_conn *conn);
typedef void server_session_fn(struct ksmbd_session *sess);
typedef struct ksmbd_session *server_lookup_fn(struct ksmbd_conn *conn,
					       unsigned long long id);
typedef struct preauth_session *server_binding_fn(struct ksmbd_conn *conn,
						  unsigned long long id);
typedef int server_dialect_fn(__le16 *dialects, __le16 n);
typedef struct ksmbd_session *server_lookup_all_fn(unsigned long long id);
typedef struct ksmbd_file *server_open_fn(struct ksmbd_work *work, u64 id,
					  u64 persistent_id);
typedef void server_file_fn(struct ksmbd_work *work, struct ksmbd_file *fp);
typedef struct ksmbd_work *server_new_work_fn(void);
typedef int server_try_work_fn(struct ksmbd_work *work);
typedef void server_work_fn(struct ksmbd_work *work);
typedef void server_status_fn(struct ksmbd_work *work, __le32 status);

SMBSIGN_DECLARE_CALLEE(allocate_interim_rsp_buf, server_try_work_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_alloc_work_struct, server_new_work_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_conn_abort, server_conn_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_conn_lock, server_conn_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_conn_unlock, server_conn_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_fd_put, server_file_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_free_work_struct, server_work_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_lookup_dialect_by_id, server_dialect_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_lookup_fd_slow, server_open_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_preauth_session_lookup, server_binding_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_session_lookup, server_lookup_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_session_lookup_slowpath, server_lookup_all_fn);
SMBSIGN_DECLARE_CALLEE(ksmbd_user_session_put, server_session_fn);
SMBSIGN_DECLARE_CALLEE(smb2_set_err_rsp, server_work_fn);
SMBSIGN_DECLARE_CALLEE(smb3_encrypt_resp, server_try_work_fn);
SMBSIGN_DECLARE_CALLEE(set_smb2_rsp_status, server_status_fn);

SERVER_DECLARE_HOOK(handle_ksmbd_work);
SERVER_DECLARE_HOOK(ksmbd_conn_alloc);
SERVER_DECLARE_HOOK(ksmbd_conn_free);
SERVER_DECLARE_HOOK(ksmbd_conn_write);
SERVER_DECLARE_HOOK(ksmbd_conn_write_eor);
SERVER_DECLARE_HOOK(ksmbd_conn_write_tracked);
SERVER_DECLARE_HOOK(smb3_decrypt_req);
SERVER_DECLARE_HOOK(smb2_check_user_session);
SERVER_DECLARE_HOOK(smb2_is_sign_req);
SERVER_DECLARE_HOOK(smb2_check_sign_req);
SERVER_DECLARE_HOOK(smb3_check_sign_req);
SERVER_DECLARE_HOOK(smb2_set_sign_rsp);
SERVER_DECLARE_HOOK(smb3_set_sign_rsp);
SERVER_DECLARE_HOOK(smb3_preauth_hash_rsp);
SERVER_DECLARE_HOOK(smb2_handle_negotiate);
SERVER_DECLARE_HOOK(init_smb2_neg_rsp);
SERVER_DECLARE_HOOK(smb2_sess_setup);
SERVER_DECLARE_HOOK(smb2_ioctl);
SERVER_DECLARE_HOOK(smb2_notify);
SERVER_DECLARE_HOOK(ksmbd_login_user);
SERVER_DECLARE_HOOK(ksmbd_compare_user);
SERVER_DECLARE_HOOK(ksmbd_decode_ntlmssp_auth_blob);

#endif /* SMBSIGN_SERVER_INTERNAL_H */
