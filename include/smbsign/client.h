/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The client half: what its files share. Nothing outside smbsign/client*.c
 * includes this.
 *
 * Everything below that is found inside a replacement stays until the
 * replacement returns: it is freed by SRCU, and each replacement runs under the
 * target's "inflight".
 */
#ifndef _SMBSIGN_CLIENT_H
#define _SMBSIGN_CLIENT_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/uio.h>
#include <linux/xarray.h>

#include <smbsign/client_layout.h>
#include <smbsign/connection.h>
#include <smbsign/hook.h>
#include <smbsign/mac.h>
#include <smbsign/stats.h>
#include <smbsign/target.h>
#include <smbsign/wire.h>

/* Command, MS-SMB2 2.2.1.2 */
#define SMBSIGN_READ		0x08
#define SMBSIGN_WRITE		0x09
#define SMBSIGN_LOCK		0x0a
#define SMBSIGN_QUERY_INFO	0x10
/* Not one of them: the message could not be read. */
#define SMBSIGN_COMMAND_NONE	0xffff

/* Status, MS-ERREF 2.3.1 */
#define SMBSIGN_STATUS_USER_SESSION_DELETED	0xc0000203
#define SMBSIGN_STATUS_NETWORK_SESSION_EXPIRED	0xc000035c

/* SecurityMode, MS-SMB2 2.2.4 */
#define SMBSIGN_SECMODE_ENABLED	0x0001

/* Capabilities, MS-SMB2 2.2.3 */
#define SMBSIGN_CAP_ENCRYPTION	0x00000040

/* Value of TCP_Server_Info.tcpStatus; the same in every supported kernel. */
#define SMBSIGN_TCP_NEED_NEGOTIATE	4

/* Value of cifs_tcon.status until it is connected for the first time; the same. */
#define SMBSIGN_TID_NEW		0

/* Values of mid_q_entry.mid_state; the same in every supported kernel. */
#define SMBSIGN_MID_REQUEST_SUBMITTED	2
#define SMBSIGN_MID_RESPONSE_RECEIVED	4
#define SMBSIGN_MID_RETRY_NEEDED	8
#define SMBSIGN_MID_RESPONSE_MALFORMED	0x10

/*
 * What we remember of a request, in mid_q_entry.sequence_number, which cifs
 * uses for SMB1 only: which session it was sent on, and what its reply must be.
 * 0 is a request that was sent before we were there.
 */
#define SMBSIGN_TAG_SESSION	0x0000ffff
#define SMBSIGN_TAG_CREDITS	0x00ff0000	/* granted by STATUS_PENDING */
#define SMBSIGN_TAG_CREDITS_SHIFT 16
#define SMBSIGN_TAG_WAITS	0x08000000	/* for others, without limit */
#define SMBSIGN_TAG_VALIDATE	0x10000000	/* FSCTL_VALIDATE_NEGOTIATE_INFO */
#define SMBSIGN_TAG_PENDING	0x20000000	/* STATUS_PENDING was seen */
#define SMBSIGN_TAG_ENCRYPTED	0x40000000	/* so must be the reply */
#define SMBSIGN_TAG_OURS	0x80000000

/**
 * struct smbsign_client_session - an authenticated session on one connection
 * @id: SessionId
 * @tag: index in the connection's table
 * @guest: it has no key; the administrator allows that
 * @mac: the channel's signing key; NULL for @guest
 * @rcu: to be freed by the target's SRCU
 *
 * Immutable.
 */
struct smbsign_client_session {
	u64 id;
	u32 tag;
	bool guest;
	struct smbsign_mac *mac;
	struct rcu_head rcu;
};

#define SMBSIGN_OFFER_DIALECTS 8

/**
 * struct smbsign_client_offer - what our last NEGOTIATE request said
 * @security_mode: SecurityMode
 * @capabilities: Capabilities
 * @guid: ClientGuid
 * @dialects: Dialects, host byte order
 * @n_dialects: their number
 * @algorithms: bit n set: signing algorithm n; 0 if there was no such context
 * @ciphers: bit n set: cipher n; 0 if there was no such context
 * @hashes: bit n set: preauth integrity hash n; 0 if there was no such context
 */
struct smbsign_client_offer {
	u16 security_mode;
	u32 capabilities;
	u8 guid[16];
	u16 dialects[SMBSIGN_OFFER_DIALECTS];
	u16 n_dialects;
	u32 algorithms;
	u32 ciphers;
	u32 hashes;
};

/**
 * struct smbsign_client_answer - what the reply to it said
 * @dialect: DialectRevision; 0 while there is no acceptable answer
 * @security_mode: SecurityMode
 * @capabilities: Capabilities
 * @guid: ServerGuid
 * @alg: what messages are signed with
 * @cipher: cipher of SMB 3.1.1, 0 if none
 */
struct smbsign_client_answer {
	u16 dialect;
	u16 security_mode;
	u32 capabilities;
	u8 guid[16];
	enum smbsign_alg alg;
	u16 cipher;
};

#define SMBSIGN_STRIKES 32

/**
 * struct smbsign_client_strike - an operation whose replies fail verification
 * @who: what identifies the operation while it is retried; never followed
 * @command: its command
 * @count: failures in a row; 0 is a free slot
 */
struct smbsign_client_strike {
	const void *who;
	u16 command;
	u16 count;
};

/**
 * struct smbsign_client_setup - a SESSION_SETUP exchange under way
 * @entry: in the connection's list
 * @ses: whose it is; never followed through here
 * @message_id: of the last request
 * @binding: it adds a channel to a session
 * @reply: copy of the last reply if that was STATUS_SUCCESS
 * @len: its bytes
 *
 * Lives on the stack of the task that authenticates. Protected by the
 * connection's lock.
 */
struct smbsign_client_setup {
	struct list_head entry;
	const void *ses;
	u64 message_id;
	bool binding;
	void *reply;
	size_t len;
};

/**
 * struct smbsign_client_burst - how often one command has failed of late
 * @count: failures less successes; written by the demultiplex thread
 * @at: when the last failure was, in jiffies; the same
 */
struct smbsign_client_burst {
	unsigned int count;
	unsigned long at;
};

/**
 * struct smbsign_client_conn - a connection of cifs, by its TCP_Server_Info
 * @node: in the table of connections
 * @server: the TCP_Server_Info; a key only
 * @rcu: to be freed by the target's SRCU
 * @lock: protects @setups, @retrans, @is_raised and changes of @tries
 * @sessions: struct smbsign_client_session by tag; changed under its own lock
 * @setups: struct smbsign_client_setup
 * @retrans: how often cifs tries operations again, but for us
 * @is_raised: it does so more often now
 * @torn_at: when we last tore this or another channel of its session down, in
 *	jiffies; 0: never
 * @refused_at: when a reply on one of those was refused, in jiffies; 0: never
 * @refusal: why the answer to NEGOTIATE was refused, -errno; 0 if it was not
 * @offer: written with cifs' srv_mutex held
 * @answer: written by the demultiplex thread, before any session exists
 * @tries: how often cifs may fail to connect anew before operations get an
 *	error
 * @sign_raised: cifs would not sign on it but for us
 * @known: it was negotiated under our policy
 * @exempt: a peer on the administrator's list: the stock code rules
 * @tampered: NEGOTIATE was, as far as is known
 * @sealed: something was sent encrypted, and must be after a reconnect too
 * @in_transform: the demultiplex thread handles what it has decrypted
 * @transform_id: SessionId of that message's TRANSFORM_HEADER
 * @strikes: operations that go on failing; demultiplex thread only
 * @n_strikes: used slots of @strikes; demultiplex thread only
 * @reads_refused: failures of READs
 * @writes_refused: failures of WRITEs
 * @looked_at: when missing replies were looked for; demultiplex thread only
 * @tally: what was counted on it
 * @shown: its directory in sysfs, or NULL if it was never negotiated; set under
 *	the table's lock
 */
struct smbsign_client_conn {
	struct hlist_node node;
	const void *server;
	struct rcu_head rcu;
	spinlock_t lock;
	struct xarray sessions;
	struct list_head setups;
	unsigned int retrans;
	bool is_raised;
	unsigned long torn_at;
	unsigned long refused_at;
	int refusal;
	struct smbsign_client_offer offer;
	struct smbsign_client_answer answer;
	unsigned int tries;
	bool sign_raised;
	bool known;
	bool exempt;
	bool tampered;
	bool sealed;
	bool in_transform;
	u64 transform_id;
	struct smbsign_client_strike strikes[SMBSIGN_STRIKES];
	unsigned int n_strikes;
	struct smbsign_client_burst reads_refused;
	struct smbsign_client_burst writes_refused;
	unsigned long looked_at;
	struct smbsign_tally tally;
	struct smbsign_connection *shown;
};

/**
 * enum smbsign_client_rule - whose word counts on a connection
 * @SMBSIGN_RULE_STOCK: policy is off, or the peer is exempt
 * @SMBSIGN_RULE_OURS: ours
 * @SMBSIGN_RULE_UNKNOWN: ours, but it was negotiated without us
 */
enum smbsign_client_rule {
	SMBSIGN_RULE_STOCK,
	SMBSIGN_RULE_OURS,
	SMBSIGN_RULE_UNKNOWN,
};

/*
 * Set while hooks are about to go: a part of them must not rule. Written under
 * the target's lock.
 */
extern bool smbsign_client_leaving;

/* Do we rule at all? Not while only a part of the hooks is in place. */
static inline bool smbsign_client_active(void)
{
	return smbsign_enforces(SMBSIGN_CLIENT) &&
	       READ_ONCE(smbsign_client_target.attached) &&
	       !READ_ONCE(smbsign_client_leaving);
}

static inline void smbsign_client_count(struct smbsign_client_conn *conn,
					enum smbsign_stat stat)
{
	smbsign_tally_count(&conn->tally, SMBSIGN_CLIENT, stat);
}

/* Is it connected, and waits for somebody who negotiates? */
static inline bool smbsign_client_is_new(const struct TCP_Server_Info *server)
{
	return SMBSIGN_GET(client, server, server_status) ==
	       SMBSIGN_TCP_NEED_NEGOTIATE;
}

/* Begin and end of a replacement. */
static inline int smbsign_client_enter(void)
{
	return srcu_read_lock(&smbsign_client_target.inflight);
}

static inline void smbsign_client_leave(int idx)
{
	srcu_read_unlock(&smbsign_client_target.inflight, idx);
}

static inline u32 smbsign_client_tag(struct mid_q_entry *mid)
{
	return SMBSIGN_GET(client, mid, mid_tag);
}

static inline void smbsign_client_set_tag(struct mid_q_entry *mid, u32 tag)
{
	SMBSIGN_SET(client, mid, mid_tag, tag);
}

/* client_conn.c */
enum smbsign_client_rule
smbsign_client_look(struct TCP_Server_Info *server,
		    struct smbsign_client_conn **conn);
struct smbsign_client_conn *smbsign_client_conn_find(const void *server);
struct smbsign_client_conn *
smbsign_client_conn_get(struct TCP_Server_Info *server);
struct smbsign_client_conn *
smbsign_client_conn_renew(struct TCP_Server_Info *server);
void smbsign_client_conn_show(struct smbsign_client_conn *conn,
			      struct TCP_Server_Info *server);
void smbsign_client_conn_drop(const void *server);
void smbsign_client_conns_give_back(void);
void smbsign_client_conns_review(void);
void smbsign_client_conn_drop_all(void);
struct smbsign_client_session *
smbsign_client_session_find(struct smbsign_client_conn *conn, u64 id);
struct smbsign_client_session *
smbsign_client_session_of(struct smbsign_client_conn *conn,
			  struct mid_q_entry *mid);
int smbsign_client_session_add(struct smbsign_client_conn *conn, u64 id,
			       struct smbsign_mac *mac);
void smbsign_client_session_drop(struct smbsign_client_conn *conn, u64 id);

/* client_session.c */
int smbsign_client_setup_sent(struct smbsign_client_conn *conn, const void *ses,
			      const struct smbsign_setup_req *req);
int smbsign_client_setup_reply(struct smbsign_client_conn *conn,
			       const struct smbsign_hdr *hdr, size_t len);

int smbsign_client_setup_sign(struct smbsign_client_conn *conn,
			      struct smb_rqst *rqst);

/* client_mac.c */
int smbsign_client_sign(struct smbsign_client_conn *conn,
			const struct smbsign_client_session *session,
			struct smb_rqst *rqst);
int smbsign_client_verify(const struct smbsign_client_session *session,
			  struct smbsign_hdr *hdr, size_t len,
			  struct cifs_io_subrequest *rdata, size_t data_len);
bool smbsign_client_is_ksmbd_fault(const struct smbsign_client_session *session,
				   struct smbsign_hdr *hdr, size_t len);

/* client_data.c */
int smbsign_client_add_rqst_data(struct smbsign_sg *sg, struct smb_rqst *rqst);
int smbsign_client_add_read_data(struct smbsign_sg *sg,
				 struct cifs_io_subrequest *rdata, size_t len);

/* client_fail.c */
void smbsign_client_report(struct TCP_Server_Info *server, u16 command,
			   enum smbsign_stat stat, const char *what);
void smbsign_client_grant_tries(struct smbsign_client_conn *conn);
bool smbsign_client_spend_try(struct smbsign_client_conn *conn);
bool smbsign_client_torn_lately(struct TCP_Server_Info *server);
bool smbsign_client_is_hopeless(struct TCP_Server_Info *server);
void smbsign_client_pace(struct TCP_Server_Info *server);
bool smbsign_client_refused_lately(struct TCP_Server_Info *server);
void smbsign_client_teardown(struct TCP_Server_Info *server, bool all);
void smbsign_client_end(struct TCP_Server_Info *server);
void smbsign_client_calm(struct smbsign_client_conn *conn,
			 struct TCP_Server_Info *server);
void smbsign_client_signal(struct TCP_Server_Info *server);
void smbsign_client_unstick(struct TCP_Server_Info *server);
void smbsign_client_accepted(struct smbsign_client_conn *conn,
			     struct TCP_Server_Info *server,
			     struct mid_q_entry *mid);

/* client_strike.c */
bool smbsign_client_strike(struct smbsign_client_conn *conn,
			   struct mid_q_entry *mid);
void smbsign_client_unasked(struct smbsign_client_conn *conn);
bool smbsign_client_gives_up(struct smbsign_client_conn *conn, u16 command);
void smbsign_client_forgive(struct smbsign_client_conn *conn,
			    struct mid_q_entry *mid);

/* client_negotiate.c */
int smbsign_client_offer_signing(struct smb_rqst *rqst);
void smbsign_client_offer_read(struct smbsign_client_conn *conn,
			       const void *req, size_t len);
const char *smbsign_client_answer_check(struct smbsign_client_conn *conn,
					const void *rsp, size_t len);

/* client_validate.c */
const char *smbsign_client_validate_check(struct smbsign_client_conn *conn,
					  const void *rsp, size_t len);

/* client_reply.c */
extern const char smbsign_client_ksmbd_fault[];
const char *smbsign_client_check_plain(struct smbsign_client_conn *conn,
				       struct mid_q_entry *mid,
				       struct smbsign_hdr *hdr, size_t len,
				       struct cifs_io_subrequest *rdata,
				       size_t data_len, enum smbsign_stat *stat);
void smbsign_client_note_pending(struct mid_q_entry *mid,
				 const struct smbsign_hdr *hdr);
void smbsign_client_book_pending(struct mid_q_entry *mid,
				 struct smbsign_hdr *hdr);

/* client_stale.c */
void smbsign_client_check_stale(struct smbsign_client_conn *conn,
				struct TCP_Server_Info *server);

/* client_read.c */
void smbsign_client_read_fail(struct smbsign_client_conn *conn,
			      struct TCP_Server_Info *server,
			      struct mid_q_entry *mid, struct smbsign_hdr *hdr,
			      bool again_in_vain);

/* Hooks, by the file that defines them */
/* client_request.c */
extern struct smbsign_hook smbsign_hook_smb2_sign_rqst;
extern struct smbsign_hook smbsign_hook_smb2_setup_request;
extern struct smbsign_hook smbsign_hook_smb2_setup_async_request;
extern struct smbsign_hook smbsign_hook_smb3_encryption_required;
/* client_reply.c */
extern struct smbsign_hook smbsign_hook_cifs_handle_standard;
extern struct smbsign_hook smbsign_hook_smb2_verify_signature;
extern struct smbsign_hook smbsign_hook_smb3_receive_transform;
/* client_read.c */
extern struct smbsign_hook smbsign_hook_cifs_readv_receive;
extern struct smbsign_hook smbsign_hook_cifs_uncached_read_into_pages;
/* client_retry.c */
extern struct smbsign_hook smbsign_hook_cifs_strict_readv;
extern struct smbsign_hook smbsign_hook_cifs_loose_read_iter;
extern struct smbsign_hook smbsign_hook_netfs_unbuffered_read_iter;
extern struct smbsign_result smbsign_result_smb2_reconnect;
extern struct smbsign_result smbsign_result_SMB3_request_interfaces;
extern struct smbsign_result smbsign_result_SMB2_close;
/* client_negotiate.c */
extern struct smbsign_hook smbsign_hook_SMB2_negotiate;
extern struct smbsign_hook smbsign_hook_CIFSSMBNegotiate;
/* client_validate.c */
extern struct smbsign_hook smbsign_hook_SMB2_tcon;
extern struct smbsign_hook smbsign_hook_smb3_validate_negotiate;
/* client_session.c */
extern struct smbsign_hook smbsign_hook_SMB2_sess_setup;
/* client.c */
extern struct smbsign_hook smbsign_hook_cifs_put_tcp_session;

/* Functions of cifs that are called, by the file that does */
/* client_fail.c */
extern struct smbsign_callee smbsign_callee_cifs_signal_cifsd_for_reconnect;
extern struct smbsign_callee
	smbsign_callee_cifs_mark_tcp_ses_conns_for_reconnect;
/* client_read.c */
extern struct smbsign_callee smbsign_callee_cifs_discard_remaining_data;
/* client_validate.c */
extern struct smbsign_callee smbsign_callee_SMB2_ioctl;

#endif /* _SMBSIGN_CLIENT_H */
