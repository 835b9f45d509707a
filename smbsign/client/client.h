/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The client half: what its files share. Nothing outside smbsign/client
 * includes this.
 *
 * Everything below that is found inside a replacement stays until the
 * replacement returns: it is freed by SRCU, and each replacement runs under the
 * target's "inflight".
 */
#ifndef SMBSIGN_CLIENT_CLIENT_H
#define SMBSIGN_CLIENT_CLIENT_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/uio.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <smbsign/connection.h>
#include <smbsign/hook.h>
#include <smbsign/mac.h>
#include <smbsign/reason.h>
#include <smbsign/pdu.h>
#include <smbsign/stats.h>
#include <smbsign/target.h>

#include "cifs.h"
#include "patience.h"

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
#define SMBSIGN_TAG_STOCK	0x01000000	/* its reply came when we did not rule */
#define SMBSIGN_TAG_BARE	0x02000000	/* on no session, by intent */
#define SMBSIGN_TAG_VERIFIED	0x04000000	/* its reply may be used */
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
 * @next_id: the MessageId after the last one that it has signed under
 * @sent: what had been written to the connection then, as TCP counts it
 * @sent_known: @sent is known
 * @rcu: to be freed by the target's SRCU
 *
 * @next_id, @sent and @sent_known are protected by cifs' srv_mutex; the rest is
 * immutable.
 */
struct smbsign_client_session {
	u64 id;
	u32 tag;
	bool guest;
	struct smbsign_mac *mac;
	u64 next_id;
	u32 sent;
	bool sent_known;
	struct rcu_head rcu;
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
 * struct smbsign_client_conn - a connection of cifs, by its TCP_Server_Info
 * @node: in the table of connections
 * @server: the TCP_Server_Info; a key only
 * @rcu: to be freed by the target's SRCU
 * @lock: protects @setups, @gone, @retrans, @is_raised and changes of @patience
 * @gone: cifs is about to free @server, which may not be followed any more
 * @sessions: struct smbsign_client_session by tag; changed under its own lock
 * @setups: struct smbsign_client_setup
 * @retrans: how often cifs tries operations again, but for us
 * @is_raised: it does so more often now
 * @patience: its state, and how much it may still fail
 * @stale: looks for missing replies
 * @refusal: why the answer to NEGOTIATE was refused, -errno; 0 if it was not
 * @offer: written with cifs' srv_mutex held
 * @answer: written by the demultiplex thread, before any session exists
 * @proven: the last answer that is known to be the server's
 * @validated: the server has confirmed @answer, MS-SMB2 3.2.5.14.12
 * @sign_raised: cifs would not sign on it but for us
 * @multichannel: a session on it may have more channels
 * @min_offload: what a worker of cifs decrypts, but for us; 0: nothing
 * @exempt: a peer on the administrator's list: the stock code rules
 * @tampered: NEGOTIATE was, as far as is known
 * @sealed: something was sent encrypted, and must be after a reconnect too
 * @in_transform: the demultiplex thread handles what it has decrypted
 * @transform_id: SessionId of that message's TRANSFORM_HEADER
 * @tally: what was counted on it
 * @shown: its directory in sysfs, or NULL if it was never negotiated; set under
 *	the table's lock
 */
struct smbsign_client_conn {
	struct hlist_node node;
	const void *server;
	struct rcu_head rcu;
	spinlock_t lock;
	bool gone;
	struct xarray sessions;
	struct list_head setups;
	unsigned int retrans;
	bool is_raised;
	struct smbsign_patience patience;
	struct delayed_work stale;
	int refusal;
	struct smbsign_offer offer;
	struct smbsign_answer answer;
	struct smbsign_answer proven;
	bool validated;
	bool sign_raised;
	bool multichannel;
	unsigned int min_offload;
	bool exempt;
	bool tampered;
	bool sealed;
	bool in_transform;
	u64 transform_id;
	struct smbsign_tally tally;
	struct smbsign_connection *shown;
};

/**
 * struct smbsign_client_reply - what has arrived
 * @mid: the request that it answers; NULL if none waits for it
 * @hdr: the message, or of a READ what comes before the data
 * @len: bytes at @hdr; not known of a READ that was decrypted
 * @rdata: the read whose data follows, or NULL
 * @data_len: bytes of that data
 * @decrypted: it came encrypted; the connection has whose key it was
 */
struct smbsign_client_reply {
	struct mid_q_entry *mid;
	struct smbsign_hdr *hdr;
	size_t len;
	struct cifs_io_subrequest *rdata;
	size_t data_len;
	bool decrypted;
};

/**
 * struct smbsign_client_receive - the demultiplex thread is in a replacement
 * @node: in the table of those, under its bucket's lock
 * @server: the connection
 * @task: the thread
 * @since: when it entered, in jiffies
 * @postponed: cifs wanted to connect anew from within; only @task looks at it
 * @pinned: @server is in use by who hurries; under the bucket's lock
 * @unpinned: it is not any more
 *
 * Lives on the stack of the replacement.
 */
struct smbsign_client_receive {
	struct hlist_node node;
	struct TCP_Server_Info *server;
	const struct task_struct *task;
	unsigned long since;
	bool postponed;
	bool pinned;
	struct completion unpinned;
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

/* Was it negotiated without us? Then nothing passes. */
static inline bool
smbsign_client_is_unknown(const struct smbsign_client_conn *conn)
{
	return READ_ONCE(conn->patience.state) == SMBSIGN_PATIENCE_UNKNOWN;
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
	       SMBSIGN_VALUE(client, tcp_need_negotiate);
}

/* Is nobody connected, but the demultiplex thread tries to? */
static inline bool smbsign_client_is_down(const struct TCP_Server_Info *server)
{
	return SMBSIGN_GET(client, server, server_status) ==
	       SMBSIGN_VALUE(client, tcp_need_reconnect);
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

/* Is a request still on the queue, waiting for its reply? */
static inline bool smbsign_client_is_queued(struct mid_q_entry *mid)
{
	return SMBSIGN_GET(client, mid, mid_state) ==
	       SMBSIGN_MID_REQUEST_SUBMITTED;
}

/* A reply was judged, and what cifs consumes of it may be used. */
static inline void smbsign_client_set_verified(struct mid_q_entry *mid)
{
	smbsign_client_set_tag(mid, smbsign_client_tag(mid) |
				    SMBSIGN_TAG_VERIFIED);
}

static inline bool smbsign_client_is_verified(struct mid_q_entry *mid)
{
	return smbsign_client_tag(mid) & SMBSIGN_TAG_VERIFIED;
}

/* conn.c */
enum smbsign_client_rule
smbsign_client_look(struct TCP_Server_Info *server,
		    struct smbsign_client_conn **conn);
struct smbsign_client_conn *smbsign_client_conn_find(const void *server);
struct smbsign_client_conn *
smbsign_client_conn_renew(struct TCP_Server_Info *server);
void smbsign_client_conn_show(struct smbsign_client_conn *conn,
			      struct TCP_Server_Info *server);
void smbsign_client_conn_meet(struct TCP_Server_Info *server);
bool smbsign_client_conns_visit(bool (*visit)(struct smbsign_client_conn *conn,
					      struct TCP_Server_Info *server,
					      unsigned long arg),
				unsigned long arg);
void smbsign_client_conn_drop(const void *server);
void smbsign_client_conn_drop_all(void);

/* review.c */
bool smbsign_client_is_foreign(const struct smbsign_client_conn *conn);
void smbsign_client_conn_forget(struct smbsign_client_conn *conn);
void smbsign_client_conns_review(void);
void smbsign_client_conns_give_back(void);
void smbsign_client_conns_hurry(void);

/* sessions.c */
void smbsign_client_sessions_forget(struct smbsign_client_conn *conn);
void smbsign_client_sessions_free(struct smbsign_client_conn *conn);
struct smbsign_client_session *
smbsign_client_session_find(struct smbsign_client_conn *conn, u64 id);
struct smbsign_client_session *
smbsign_client_session_of(struct smbsign_client_conn *conn,
			  struct mid_q_entry *mid);
int smbsign_client_session_add(struct smbsign_client_conn *conn, u64 id,
			       struct smbsign_mac *mac);
void smbsign_client_session_drop(struct smbsign_client_conn *conn, u64 id);

/* session.c */
int smbsign_client_setup_sent(struct smbsign_client_conn *conn, const void *ses,
			      const struct smbsign_setup_req *req);
enum smbsign_reason
smbsign_client_setup_reply(struct smbsign_client_conn *conn,
			   const struct smbsign_hdr *hdr, size_t len);

int smbsign_client_setup_sign(struct smbsign_client_conn *conn,
			      struct TCP_Server_Info *server,
			      struct smb_rqst *rqst);

/* sign.c */
int smbsign_client_sign(struct smbsign_client_conn *conn,
			struct TCP_Server_Info *server,
			struct smbsign_client_session *session,
			struct smb_rqst *rqst);

/* mac.c */
enum smbsign_reason
smbsign_client_verify_mac(const struct smbsign_client_session *session,
			  const struct smbsign_client_reply *reply);
bool smbsign_client_is_ksmbd_fault(const struct smbsign_client_session *session,
				   struct smbsign_hdr *hdr, size_t len);

/* data.c */
int smbsign_client_add_rqst_data(struct smbsign_sg *sg, struct smb_rqst *rqst);
bool smbsign_client_read_is_direct(struct cifs_io_subrequest *rdata);
int smbsign_client_add_read_data(struct smbsign_sg *sg,
				 struct cifs_io_subrequest *rdata, size_t len);

/* fail.c */
int smbsign_client_report(struct TCP_Server_Info *server, u16 command,
			  enum smbsign_reason reason);
void smbsign_client_tell(struct TCP_Server_Info *server, const char *what);
void smbsign_client_reconnect(struct TCP_Server_Info *server, bool all);
void smbsign_client_teardown(struct TCP_Server_Info *server, bool all);
void smbsign_client_refuse_unread(struct TCP_Server_Info *server,
				  enum smbsign_reason reason);
void smbsign_client_end(struct TCP_Server_Info *server);
void smbsign_client_cut(struct TCP_Server_Info *server);
void smbsign_client_signal(struct TCP_Server_Info *server);
void smbsign_client_unstick(struct TCP_Server_Info *server);

/* budget.c */
bool smbsign_client_has_primary(struct TCP_Server_Info *server);
void smbsign_client_grant_tries(struct smbsign_client_conn *conn);
bool smbsign_client_spend_try(struct smbsign_client_conn *conn);
bool smbsign_client_torn_lately(struct TCP_Server_Info *server);
bool smbsign_client_is_hopeless(struct TCP_Server_Info *server);
bool smbsign_client_refused_lately(struct TCP_Server_Info *server);
void smbsign_client_pace(struct TCP_Server_Info *server);
void smbsign_client_note_end(struct TCP_Server_Info *server);
void smbsign_client_calm(struct smbsign_client_conn *conn,
			 struct TCP_Server_Info *server);
void smbsign_client_accepted(struct smbsign_client_conn *conn,
			     struct TCP_Server_Info *server,
			     struct mid_q_entry *mid);
bool smbsign_client_strike(struct smbsign_client_conn *conn,
			   struct mid_q_entry *mid);
void smbsign_client_blame(struct smbsign_client_conn *conn);
bool smbsign_client_gives_up(struct smbsign_client_conn *conn, u16 command);
void smbsign_client_note_mount(struct TCP_Server_Info *server, bool is_hard);

/* negotiate.c */
bool smbsign_client_is_gmac(const struct smbsign_client_conn *conn);
void smbsign_client_note_channels(struct smbsign_client_conn *conn,
				  struct cifs_ses *ses);
void smbsign_client_return_offload(struct smbsign_client_conn *conn,
				   struct TCP_Server_Info *server);
int smbsign_client_offer_signing(const struct smbsign_client_conn *conn,
				 struct smb_rqst *rqst);
enum smbsign_reason
smbsign_client_answer_reason(enum smbsign_answer_fault fault);
enum smbsign_reason
smbsign_client_answer_check(struct smbsign_client_conn *conn, const void *rsp,
			    size_t len);

/* validate.c */
enum smbsign_reason
smbsign_client_validate_check(struct smbsign_client_conn *conn, const void *rsp,
			      size_t len);

/* reply.c */
void smbsign_client_note_pending(struct mid_q_entry *mid,
				 const struct smbsign_hdr *hdr);
void smbsign_client_book_pending(struct mid_q_entry *mid,
				 struct smbsign_hdr *hdr);

/* receive.c */
enum smbsign_client_rule
smbsign_client_receive_begin(struct smbsign_client_receive *receive,
			     struct TCP_Server_Info *server,
			     struct smbsign_client_conn **conn);
void smbsign_client_receive_end(struct smbsign_client_receive *receive);
void smbsign_client_receive_hurry(void);

/* stale.c */
bool smbsign_client_is_late(struct TCP_Server_Info *server,
			    unsigned long limit);
void smbsign_client_watch_init(struct smbsign_client_conn *conn);
void smbsign_client_watch(struct smbsign_client_conn *conn,
			  struct TCP_Server_Info *server);
void smbsign_client_unwatch(struct smbsign_client_conn *conn);

/* read.c */
void smbsign_client_read_forget(struct mid_q_entry *mid, bool fails);
void smbsign_client_read_refuse(struct smbsign_client_conn *conn,
				struct TCP_Server_Info *server,
				const struct smbsign_client_reply *reply,
				enum smbsign_reason reason);

/* verify.c */
bool smbsign_client_ends_session(const struct smbsign_hdr *hdr);
enum smbsign_reason
smbsign_client_verify(struct smbsign_client_conn *conn,
		      const struct smbsign_client_reply *reply);
enum smbsign_action
smbsign_client_refuse(struct smbsign_client_conn *conn,
		      struct TCP_Server_Info *server,
		      const struct smbsign_client_reply *reply,
		      enum smbsign_reason reason);

#endif /* SMBSIGN_CLIENT_CLIENT_H */
