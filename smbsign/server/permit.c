// SPDX-License-Identifier: GPL-2.0-only
/*
 * May this be signed? Nothing is, without a permit, and only server_permit()
 * gives one. This file also takes the MessageIds of a request from the window,
 * because a permit is valid only for a MessageId that was taken.
 */
#include <linux/slab.h>

#include "server.h"

/* Windows' Server.MaxAsyncCredits, MS-SMB2 3.3.1.5 */
#define DEFERRED_MAX 512

/**
 * struct deferred - a request whose interim answer leaves unsigned
 * @node: in server_conn.deferred, under its lock
 * @message_id: of the request, and of its final answer
 * @encrypted: the request was, so its answers are
 */
struct deferred {
	struct list_head node;
	u64 message_id;
	bool encrypted;
};

/* MS-SMB2 3.3.5.2.3: CANCEL takes no MessageId, a 2.0.2 client has no charge. */
static bool take_ids(struct server_conn *sc, const struct smbsign_hdr *hdr)
{
	u16 charge = 1;
	bool fresh;

	if (hdr->command == cpu_to_le16(SMBSIGN_CANCEL))
		return true;
	if (sc->dialect > SMBSIGN_DIALECT_202)
		charge = max_t(u16, le16_to_cpu(hdr->credit_charge), 1);
	spin_lock(&sc->lock);
	fresh = smbsign_window_use(&sc->window, le64_to_cpu(hdr->message_id),
				   charge);
	spin_unlock(&sc->lock);
	return fresh;
}

/**
 * server_permit_take_ids() - take a message's MessageIds from the window
 * @rq: the message, of a connection that we know
 *
 * To be called once for each message, also while nothing is enforced, so that it
 * can be from any moment on.
 *
 * Return: SMBSIGN_ACCEPTED if all were fresh, which is what its answers are
 * signed by; else the refusal
 */
enum smbsign_reason server_permit_take_ids(struct server_request *rq)
{
	struct server_work *sw = rq->sw;
	struct smbsign_pdu pdu;
	bool fresh = true;

	if (!smbsign_pdu_first(rq->msg, rq->len, &pdu))
		return SMBSIGN_BECAUSE_MALFORMED;
	sw->unanswered = pdu;
	for (;;) {
		fresh &= take_ids(sw->conn, (void *)rq->msg + pdu.offset);
		if (smbsign_pdu_last(rq->msg, &pdu))
			break;
		if (!smbsign_pdu_next(rq->msg, rq->len, &pdu))
			return SMBSIGN_BECAUSE_MALFORMED;
	}
	if (!fresh)
		return SMBSIGN_BECAUSE_REPLAYED;
	sw->may_answer = true;
	return SMBSIGN_ACCEPTED;
}

/*
 * Go on in the request to the element that @hdr answers, and past it: ksmbd
 * answers in their order, and none that we have passed is signed any more. What
 * answers none of them, as the end of a request that waited, passes none.
 */
static bool answers_fresh(struct server_work *sw, const struct smbsign_hdr *hdr)
{
	struct smbsign_pdu pdu = sw->unanswered;
	bool more = sw->may_answer;
	bool found = false;
	size_t len;
	u8 *msg;

	len = server_message(SMBSIGN_GET(server, sw->work, work_request), &msg);
	while (more && !found) {
		const struct smbsign_hdr *req = (void *)msg + pdu.offset;

		found = req->message_id == hdr->message_id &&
			req->command == hdr->command;
		more = !smbsign_pdu_last(msg, &pdu) &&
		       smbsign_pdu_next(msg, len, &pdu);
	}
	if (!found)
		return false;
	sw->unanswered = pdu;
	sw->may_answer = more;
	return !sw->is_deferred ||
	       le64_to_cpu(hdr->message_id) != sw->deferred_id;
}

static struct deferred *find_deferred(struct server_conn *sc, u64 message_id)
{
	struct deferred *deferred;

	lockdep_assert_held(&sc->lock);
	list_for_each_entry(deferred, &sc->deferred, node)
		if (deferred->message_id == message_id)
			return deferred;
	return NULL;
}

static bool take_deferred(struct server_conn *sc, u64 message_id)
{
	struct deferred *found;

	if (list_empty_careful(&sc->deferred))
		return false;
	spin_lock(&sc->lock);
	found = find_deferred(sc, message_id);
	if (found) {
		list_del(&found->node);
		sc->n_deferred--;
	}
	spin_unlock(&sc->lock);
	kfree(found);
	return found;
}

/**
 * server_permit_defer() - a request will be answered later, by another message
 * @sw: the message
 * @message_id: of the request, an element of it
 *
 * The permit to sign the answer stays with the connection until the answer
 * leaves, or server_permit_undefer(). May sleep.
 *
 * Return: 0; or an error, then the request must not be deferred
 */
int server_permit_defer(struct server_work *sw, u64 message_id)
{
	struct server_conn *sc = sw->conn;
	struct deferred *deferred;

	deferred = kmalloc(sizeof(*deferred), GFP_KERNEL);
	if (!deferred)
		return -ENOMEM;
	deferred->message_id = message_id;
	deferred->encrypted = sw->decrypted;
	spin_lock(&sc->lock);
	if (sc->n_deferred < DEFERRED_MAX && !sw->is_deferred) {
		list_add_tail(&deferred->node, &sc->deferred);
		sc->n_deferred++;
		sw->is_deferred = true;
		sw->deferred_id = message_id;
		deferred = NULL;
	}
	spin_unlock(&sc->lock);
	kfree(deferred);
	return deferred ? -EBUSY : 0;
}

/**
 * server_permit_undefer() - a request that was deferred is answered at once
 * @sw: the message
 */
void server_permit_undefer(struct server_work *sw)
{
	if (sw->is_deferred && take_deferred(sw->conn, sw->deferred_id))
		sw->is_deferred = false;
}

/**
 * server_permit_seals() - must the answers to a request be encrypted?
 * @sc: the connection
 * @message_id: of the request
 *
 * Return: true if it was deferred, and came encrypted
 */
bool server_permit_seals(struct server_conn *sc, u64 message_id)
{
	const struct deferred *deferred;
	bool encrypted;

	if (list_empty_careful(&sc->deferred))
		return false;
	spin_lock(&sc->lock);
	deferred = find_deferred(sc, message_id);
	encrypted = deferred && deferred->encrypted;
	spin_unlock(&sc->lock);
	return encrypted;
}

/**
 * server_permit_drop() - the answer to a request that was deferred is encrypted
 * @sc: the connection
 * @message_id: of the request
 *
 * Such an answer is not signed, so its permit goes.
 */
void server_permit_drop(struct server_conn *sc, u64 message_id)
{
	take_deferred(sc, message_id);
}

/**
 * server_permits_forget() - a connection ends
 * @sc: the connection, which nobody else knows any more
 */
void server_permits_forget(struct server_conn *sc)
{
	struct deferred *deferred, *next;

	list_for_each_entry_safe(deferred, next, &sc->deferred, node)
		kfree(deferred);
}

static enum server_unique why_unique(const struct server_response *rsp,
				     const struct smbsign_hdr *hdr)
{
	if (take_deferred(rsp->sc, le64_to_cpu(hdr->message_id)))
		return SERVER_ENDS_DEFERRED;
	if (rsp->sw && answers_fresh(rsp->sw, hdr))
		return SERVER_ANSWERS_FRESH;
	return SERVER_NOT_UNIQUE;
}

/*
 * Not signed, MS-SMB2 3.3.4.1.1: interim answers, notifications, and what
 * answers a CANCEL, as its MessageId is that of another request.
 */
static bool is_never_signed(const struct smbsign_hdr *hdr)
{
	return hdr->status == cpu_to_le32(SMBSIGN_STATUS_PENDING) ||
	       hdr->message_id == cpu_to_le64(SMBSIGN_MID_NONE) ||
	       hdr->command == cpu_to_le16(SMBSIGN_CANCEL) ||
	       hdr->command == cpu_to_le16(SMBSIGN_NEGOTIATE);
}

/*
 * Guests and anonymous users get signatures if they have signed or asked for
 * it, which ksmbd has marked; but not on the answer that makes them one,
 * 3.3.5.5.3.
 */
static bool is_unsigned_for_guest(const struct server_response *rsp,
				  const struct smbsign_hdr *hdr)
{
	if (!server_session_is_guest(rsp->sess))
		return false;
	return !server_is_signed(hdr) ||
	       (hdr->command == cpu_to_le16(SMBSIGN_SESSION_SETUP) &&
		hdr->status == cpu_to_le32(SMBSIGN_STATUS_SUCCESS));
}

/*
 * What is not verified may have been put there by anyone. With our signature it
 * is told ACCESS_DENIED and nothing else, so that no client takes an error that
 * an attacker has chosen for an answer to its own request.
 */
static bool tells_of_unverified(const struct server_work *sw)
{
	return sw && sw->refused &&
	       sw->refused != SMBSIGN_STATUS_ACCESS_DENIED &&
	       !sw->verified && !sw->proven;
}

/*
 * MS-SMB2 3.3.4.1.1: which key signs this answer? Until a session is bound to
 * the connection, errors of the binding are signed by the session's own key.
 * Anyone can name a session in a SESSION_SETUP, so that key answers only those
 * who have signed by it.
 */
static struct smbsign_mac *mac_of(const struct server_response *rsp,
				  const struct smbsign_hdr *hdr)
{
	struct smbsign_mac *mac = server_channel_mac(rsp->sc, rsp->sess);

	if (!mac && rsp->sw && rsp->sw->proven &&
	    hdr->command == cpu_to_le16(SMBSIGN_SESSION_SETUP) &&
	    hdr->status != cpu_to_le32(SMBSIGN_STATUS_SUCCESS))
		mac = server_session_mac(rsp->sess);
	return mac;
}

/**
 * server_permit() - may this be signed?
 * @rsp: a message that leaves
 * @hdr: an element of it
 * @permit: set to the permit, which server_sign() uses up; its reference to the
 *	key is the caller's
 *
 * The permit to answer a request is used up by asking, also where no key is
 * found: such an answer leaves unsigned, and no other may follow it. May sleep.
 *
 * Return: SERVER_MAY_SIGN; or why there is no permit
 */
enum server_permission server_permit(const struct server_response *rsp,
				     const struct smbsign_hdr *hdr,
				     struct server_permit *permit)
{
	permit->why = SERVER_NOT_UNIQUE;
	permit->mac = NULL;
	if (is_never_signed(hdr))
		return SERVER_MUST_NOT_SIGN;
	permit->message_id = le64_to_cpu(hdr->message_id);
	permit->why = why_unique(rsp, hdr);
	if (!rsp->sess)
		return SERVER_HAS_NO_KEY;
	if (permit->why == SERVER_NOT_UNIQUE ||
	    is_unsigned_for_guest(rsp, hdr) || tells_of_unverified(rsp->sw))
		return SERVER_MUST_NOT_SIGN;
	permit->mac = mac_of(rsp, hdr);
	return permit->mac ? SERVER_MAY_SIGN : SERVER_HAS_NO_KEY;
}
