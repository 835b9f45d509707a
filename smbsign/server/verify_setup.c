// SPDX-License-Identifier: GPL-2.0-only
/*
 * SESSION_SETUP for a session that exists: it is bound to another connection,
 * or authenticates anew; MS-SMB2 3.3.5.5. ksmbd checks no signature there.
 */
#include "server.h"

static bool binds(const struct server_request *rq)
{
	const struct smbsign_setup_req *req = (void *)rq->msg;

	return req->flags & SMBSIGN_SETUP_REQ_BINDING;
}

static bool signature_is_by(struct server_request *rq,
			    struct smbsign_mac *mac)
{
	struct smbsign_pdu pdu;

	return smbsign_pdu_first(rq->msg, rq->len, &pdu) &&
	       server_signature_is_good(rq, mac, &pdu);
}

static bool signature_is_by_key_of(struct server_request *rq,
				   struct smbsign_mac *mac,
				   enum smbsign_alg alg)
{
	struct smbsign_mac *other;
	bool good;

	if (mac->alg == alg)
		return signature_is_by(rq, mac);
	other = smbsign_mac_alloc(alg, mac->key);
	if (IS_ERR(other))
		return false;
	good = signature_is_by(rq, other);
	smbsign_mac_put(other);
	return good;
}

/*
 * What binds a session is signed by Session.SigningKey. On a connection that
 * is bound the channel's key will do as well, and the algorithm is the
 * connection's.
 */
static bool setup_signature_is_good(struct server_request *rq,
				    struct smbsign_mac *mac)
{
	struct smbsign_mac *channel;
	bool good;

	channel = server_channel_mac(rq->sw->conn, rq->sess);
	if (!channel) {
		rq->sw->proven = signature_is_by(rq, mac);
		return rq->sw->proven;
	}
	good = signature_is_by(rq, channel) ||
	       (channel != mac &&
		signature_is_by_key_of(rq, mac, channel->alg));
	smbsign_mac_put(channel);
	return good;
}

/*
 * The legs of a binding are signed by Session.SigningKey under the MessageIds
 * that the first channel began with, too: AES-GMAC would reveal that key.
 */
static bool reveals_key(const struct server_request *rq, enum smbsign_alg alg)
{
	return binds(rq) && !smbsign_gmac_multichannel(SMBSIGN_SERVER) &&
	       (alg == SMBSIGN_AES_GMAC ||
		rq->sw->conn->alg == SMBSIGN_AES_GMAC);
}

/*
 * AES-GMAC does not mix with the others in one session; which error tells so is
 * Windows' behaviour, as Samba's tests have it.
 */
static enum smbsign_reason check_algorithm(struct server_request *rq,
					   enum smbsign_alg alg)
{
	enum smbsign_alg ours = rq->sw->conn->alg;

	if (!binds(rq) || alg == ours)
		return SMBSIGN_ACCEPTED;
	if (alg == SMBSIGN_AES_GMAC)
		return SMBSIGN_BECAUSE_BIND_FROM_GMAC;
	if (ours == SMBSIGN_AES_GMAC)
		return SMBSIGN_BECAUSE_BIND_TO_GMAC;
	return SMBSIGN_ACCEPTED;
}

static enum smbsign_reason check_signature(struct server_request *rq,
					   struct smbsign_mac *mac)
{
	if (reveals_key(rq, mac->alg))
		return SMBSIGN_BECAUSE_BIND_GMAC;
	if (!setup_signature_is_good(rq, mac))
		return SMBSIGN_BECAUSE_BAD_SIGNATURE;
	rq->sw->verified = true;
	rq->sw->binds = binds(rq);
	server_count(rq->sw->conn, SMBSIGN_STAT_VERIFIED);
	return check_algorithm(rq, mac->alg);
}

static enum smbsign_reason check_existing(struct server_request *rq)
{
	struct smbsign_mac *mac = NULL;
	enum smbsign_reason reason;

	if (server_is_signed(rq->hdr))
		mac = server_session_mac(rq->sess);
	if (!mac)
		return binds(rq) ? SMBSIGN_BECAUSE_BIND_UNSIGNED :
				   SMBSIGN_BECAUSE_UNSIGNED;
	reason = check_signature(rq, mac);
	smbsign_mac_put(mac);
	return reason;
}

static struct ksmbd_session *find_session(const struct server_request *rq)
{
	u64 id = le64_to_cpu(rq->hdr->session_id);
	struct ksmbd_session *sess;

	if (!id)
		return NULL;
	sess = server_session_find(rq->conn, id);
	if (!sess && binds(rq))
		sess = smbsign_call(ksmbd_session_lookup_slowpath)(id);
	return sess;
}

/*
 * No binding gets to ksmbd unless we have verified it: what it refuses now, by
 * a state that it looks at, may be allowed when it looks. MS-SMB2 3.3.5.5
 */
static enum smbsign_reason check_binding(struct server_request *rq)
{
	if (!rq->sess)
		return SMBSIGN_BECAUSE_BIND_NOTHING;
	if (!server_session_is_established(rq->sess))
		return SMBSIGN_BECAUSE_BIND_EARLY;
	if (server_session_is_guest(rq->sess))
		return SMBSIGN_BECAUSE_BIND_GUEST;
	return check_existing(rq);
}

/* A session that is not established is known by its SessionId only. */
static enum smbsign_reason check_authentication(struct server_request *rq)
{
	if (!rq->sess)
		return SMBSIGN_ACCEPTED;
	if (rq->sw->decrypted)
		return server_check_decrypted(rq);
	if (!server_session_is_established(rq->sess) ||
	    server_session_is_guest(rq->sess))
		return SMBSIGN_ACCEPTED;
	return check_existing(rq);
}

static enum smbsign_reason check_setup(struct server_request *rq)
{
	rq->sess = find_session(rq);
	rq->sw->setup_sess = rq->sess;
	return binds(rq) ? check_binding(rq) : check_authentication(rq);
}

/**
 * server_setup_is_refused() - judge a SESSION_SETUP
 * @sw: the message, which is not part of a compound
 *
 * One for a new session, or one that is not authenticated yet, need not be
 * signed. This is not judged before ksmbd has booked the credits of the
 * message, as a client goes on after a refusal. May sleep.
 *
 * Return: true if it is refused, by the status in sw->refused
 */
bool server_setup_is_refused(struct server_work *sw)
{
	struct server_request rq;

	server_request_init(&rq, sw);
	return server_act(&rq, check_setup(&rq));
}
