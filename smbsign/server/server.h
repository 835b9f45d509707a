/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The server half: what its files share, and what we remember of ksmbd's
 * connections, sessions and requests. Nothing outside smbsign/server includes
 * this.
 */
#ifndef SMBSIGN_SERVER_SERVER_H
#define SMBSIGN_SERVER_SERVER_H

#include <linux/hashtable.h>
#include <linux/rhashtable.h>
#include <linux/semaphore.h>
#include <linux/socket.h>

#include <smbsign/connection.h>
#include <smbsign/mac.h>
#include <smbsign/pdu.h>
#include <smbsign/reason.h>
#include <smbsign/stats.h>
#include <smbsign/target.h>
#include <smbsign/window.h>

#include "ksmbd.h"

struct server_notify;

/**
 * struct server_session - our side of an established session
 * @node: in the table of session.c
 * @sess: the key: ksmbd's session, never followed through this pointer
 * @rcu: for readers
 * @channels: of server_channel.of_session, never empty
 * @n_channels: their number
 * @dead: for whoever has unlinked it
 * @mac: Session.SigningKey, or Session.SessionKey of SMB 2.x, with the algorithm
 *	of the connection that it began on
 * @guest: the user is a guest or anonymous, so the key is no secret
 * @encrypt: the client was told to encrypt
 *
 * Read under RCU. Only @channels and @n_channels change, under the lock of
 * session.c.
 */
struct server_session {
	struct hlist_node node;
	const struct ksmbd_session *sess;
	struct rcu_head rcu;
	struct list_head channels;
	unsigned int n_channels;
	struct list_head dead;
	struct smbsign_mac *mac;
	bool guest;
	bool encrypt;
};

/**
 * struct server_channel - an established session on one connection
 * @node: in server_conn.sessions
 * @of_session: in server_session.channels
 * @rcu: for readers
 * @session: whose it is
 * @mac: Channel.SigningKey, or Session.SessionKey of SMB 2.x, with the connection's
 *	algorithm; where that is the session's key, the same object
 *
 * Read under RCU, immutable while it is linked.
 */
struct server_channel {
	struct hlist_node node;
	struct list_head of_session;
	struct rcu_head rcu;
	struct server_session *session;
	struct smbsign_mac *mac;
};

/* More credits than any client holds; bounds the memory for them. */
#define SERVER_CREDITS_MAX BIT(17)

/* Few connections have more than one session. */
#define SERVER_SESSION_BITS 3

/**
 * struct server_conn - what we know of a connection
 * @node: in the table of conn.c
 * @conn: the key: ksmbd's connection, never followed through this pointer
 * @dialect: DialectRevision that was negotiated; written with @alg
 * @sessions: channels of session.c, by address of ksmbd's session; read
 *	under RCU. Not an xarray: that takes KiBs for an index so large
 * @setup: held while a SESSION_SETUP is judged and executed
 * @refs: the table, and requests under way
 * @rcu: for look-ups in the table
 * @lock: protects @window, @notifies, @deferred and @n_deferred
 * @window: MessageIds that the client may use
 * @notifies: what quirks/notify.c keeps waiting
 * @deferred: permits of requests that are answered later, see permit.c
 * @n_deferred: their number
 * @alg: signing algorithm; written by NEGOTIATE before any key exists
 * @validate: what validates the NEGOTIATE request; written with @alg
 * @validate_len: bytes of it
 * @negotiated: NEGOTIATE was answered
 * @rejected: the answer was an error, by policy: nothing may follow
 * @promised: the answer said SIGNING_REQUIRED. A client that was not told is
 *	disconnected and not refused, so that it learns by negotiating anew
 * @ending: we have ended it; protected by the target's lock
 * @sealed: something came encrypted, and was authentic
 * @bad: bad signatures since the last good one
 * @tally: what was counted on it
 * @shown: its directory in sysfs, or NULL; set by NEGOTIATE
 */
struct server_conn {
	struct rhash_head node;
	struct ksmbd_conn *conn;
	u16 dialect;
	DECLARE_HASHTABLE(sessions, SERVER_SESSION_BITS);
	struct semaphore setup;
	refcount_t refs;
	struct rcu_head rcu;
	spinlock_t lock;
	struct smbsign_window window;
	struct list_head notifies;
	struct list_head deferred;
	unsigned int n_deferred;
	enum smbsign_alg alg;
	struct smbsign_validate_req validate;
	size_t validate_len;
	bool negotiated;
	bool rejected;
	bool promised;
	bool ending;
	bool sealed;
	atomic_t bad;
	struct smbsign_tally tally;
	struct smbsign_connection *shown;
};

/**
 * struct server_work - what we know of a request that ksmbd is processing
 * @node: in the table of work.c
 * @task: the key: the thread that processes it
 * @work: ksmbd's request
 * @conn: our connection, with a reference; NULL if the connection is older
 *	than our hooks
 * @enforced: policy when the request began; it holds to the end
 * @audited: not enforced as the peer is exempt, but counted and reported
 * @decrypted: it came in a transform that ksmbd decrypted
 * @transform_session: the SessionId of that transform
 * @checked: we have seen and judged it
 * @may_answer: the answer to @unanswered may be signed, see permit.c
 * @unanswered: the first element of the request that is not answered
 * @is_deferred: an element is answered later, by another message
 * @deferred_id: the MessageId of that element
 * @verified: we have verified its signature, of every element
 * @proven: it is a SESSION_SETUP with a good signature by Session.SigningKey
 * @binds: it is a SESSION_SETUP that binds @setup_sess, with its signature
 * @setup_sess: with a reference, the session that a SESSION_SETUP of ours is
 *	for and ksmbd may let go before the answer is signed; or NULL
 * @logs_off: ksmbd is executing its LOGOFF
 * @setup_error: the status that an error of SESSION_SETUP has, or 0: as ksmbd
 *	says it
 * @refused: the status to answer instead of processing it, or 0
 * @notify: a CHANGE_NOTIFY whose interim response is to leave, or NULL
 * @complete: the response has come to where it is signed or left to be encrypted
 * @must_seal: the response is not signed because ksmbd is to encrypt it
 * @is_sealed: ksmbd has encrypted it
 * @mute: the response could not be protected and must not leave
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
	bool may_answer;
	struct smbsign_pdu unanswered;
	bool is_deferred;
	u64 deferred_id;
	bool verified;
	bool proven;
	bool binds;
	struct ksmbd_session *setup_sess;
	bool logs_off;
	u32 setup_error;
	u32 refused;
	struct server_notify *notify;
	bool complete;
	bool must_seal;
	bool is_sealed;
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

/**
 * struct server_response - a message that leaves
 * @conn: ksmbd's connection
 * @sc: our side of it
 * @sess: session that signs, or NULL
 * @sw: the request that this thread processes, if @conn is its connection
 * @vec: the message, in pieces
 * @n_vec: their number
 * @len: bytes of the message
 */
struct server_response {
	struct ksmbd_conn *conn;
	struct server_conn *sc;
	struct ksmbd_session *sess;
	struct server_work *sw;
	struct kvec *vec;
	unsigned int n_vec;
	size_t len;
};

/**
 * enum server_unique - why no other message is signed under a nonce
 * @SERVER_NOT_UNIQUE: another one may be
 * @SERVER_ANSWERS_FRESH: this is the first answer to a request whose MessageIds
 *	were all taken from the window for it
 * @SERVER_ENDS_DEFERRED: this is the final answer to a request, whose interim
 *	answer was not signed
 */
enum server_unique {
	SERVER_NOT_UNIQUE,
	SERVER_ANSWERS_FRESH,
	SERVER_ENDS_DEFERRED,
};

/**
 * struct server_permit - one message may be signed; server_permit() gives it
 * @why: it has its nonce for itself
 * @message_id: of the message
 * @mac: to sign it with, a reference; or NULL
 */
struct server_permit {
	enum server_unique why;
	u64 message_id;
	struct smbsign_mac *mac;
};

/**
 * enum server_permission - what server_permit() says
 * @SERVER_MUST_NOT_SIGN: the message leaves without a signature
 * @SERVER_HAS_NO_KEY: so it does, but the mark of being signed stays
 * @SERVER_MAY_SIGN: there is a permit
 */
enum server_permission {
	SERVER_MUST_NOT_SIGN,
	SERVER_HAS_NO_KEY,
	SERVER_MAY_SIGN,
};

/* conn.c */
int server_conns_init(void);
void server_conns_exit(void);
struct server_conn *server_conn_get(struct ksmbd_conn *conn);
void server_conn_put(struct server_conn *sc);
void server_conn_show(struct server_conn *sc);
void server_conn_fit_window(struct server_conn *sc);
bool server_conn_is_ours_only(const struct server_conn *sc);
bool server_is_leaving(void);
void server_renegotiate(bool leaving);
void server_hurry(unsigned int seconds);

/* work.c */
struct server_work *server_work_current(void);
struct server_work *server_work_find(struct ksmbd_work *work);

/* session.c */
struct server_session *server_session_lookup(const struct ksmbd_session *sess);
struct server_channel *server_channel_lookup(struct server_conn *sc,
					     const struct ksmbd_session *sess);
bool server_session_establish(struct server_conn *sc,
			      struct ksmbd_session *sess, bool encrypt,
			      bool binds);
bool server_session_end(const struct ksmbd_session *sess);
void server_sessions_forget(struct server_conn *sc);

/* session_key.c */
bool server_session_is_guest(struct ksmbd_session *sess);
bool server_session_is_established(const struct ksmbd_session *sess);
bool server_has_channel(struct server_conn *sc,
			const struct ksmbd_session *sess);
bool server_session_must_encrypt(const struct ksmbd_session *sess);
unsigned int server_sessions_count(struct server_conn *sc);
bool server_has_further_channels(struct server_conn *sc);
struct ksmbd_session *server_session_find(struct ksmbd_conn *conn, u64 id);
struct smbsign_mac *server_session_mac(const struct ksmbd_session *sess);
struct smbsign_mac *server_channel_mac(struct server_conn *sc,
				       const struct ksmbd_session *sess);

/* verify.c */
int server_verify(struct server_work *sw, int rc);
bool server_signature_is_good(struct server_request *rq,
			      struct smbsign_mac *mac,
			      const struct smbsign_pdu *pdu);
enum smbsign_reason server_check_decrypted(struct server_request *rq);
void server_request_init(struct server_request *rq, struct server_work *sw);

static inline bool server_is_signed(const struct smbsign_hdr *hdr)
{
	return hdr->flags & cpu_to_le32(SMBSIGN_FLAG_SIGNED);
}

/* verify_setup.c */
bool server_setup_is_refused(struct server_work *sw);

/* permit.c */
enum smbsign_reason server_permit_take_ids(struct server_request *rq);
int server_permit_defer(struct server_work *sw, u64 message_id);
void server_permit_undefer(struct server_work *sw);
bool server_permit_seals(struct server_conn *sc, u64 message_id);
void server_permit_drop(struct server_conn *sc, u64 message_id);
void server_permits_forget(struct server_conn *sc);
enum server_permission server_permit(const struct server_response *rsp,
				     const struct smbsign_hdr *hdr,
				     struct server_permit *permit);

/* response.c */
bool server_response_init(struct server_response *rsp, struct ksmbd_work *work);
struct smbsign_hdr *server_response_at(const struct server_response *rsp,
				       size_t offset);
size_t server_response_element(const struct server_response *rsp,
			       const struct smbsign_hdr *hdr, size_t offset);
void server_response_grant(const struct server_response *rsp);
void server_response_repair(struct ksmbd_work *work);

/* sign.c */
int server_sign(const struct server_response *rsp);

/* send.c */
int server_send(struct ksmbd_work *work);

/* quirks/notify.c */
bool server_notify_waits(struct server_conn *sc);
void server_notify_forget(struct server_conn *sc);
void server_notify_answered(struct server_work *sw);
void server_notify_told(struct server_work *sw);
void server_notify_judged(struct server_request *rq);

/* quirks/smb202.c */
bool server_smb202_begin(struct server_work *sw);
void server_smb202_answer(struct smbsign_negotiate_rsp *rsp);

/* refuse.c */
void server_put_refusal(struct server_work *sw);
bool server_is_smb1(const struct server_work *sw);
bool server_refuse_smb1(struct server_work *sw);

/* peer.c */
void server_peer(struct ksmbd_conn *conn, struct sockaddr_storage *peer);

/* report.c */
void server_report(struct server_work *sw, enum smbsign_reason reason);
int server_act(struct server_request *rq, enum smbsign_reason reason);
void server_end(struct server_work *sw);

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

#endif /* SMBSIGN_SERVER_SERVER_H */
