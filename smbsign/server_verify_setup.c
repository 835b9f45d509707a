// SPDX-License-Identifier: GPL-2.0-only
/*
 * SESSION_SETUP for a session that exists: it is bound to another connection,
 * or authenticates anew; MS-SMB2 3.3.5.5. ksmbd checks no signature there.
 */
#include "server_internal.h"

static bool binds(const struct server_request *rq)
{
	const struct smbsign_setup_req *req = (void *)rq->msg;

	return req->flags & SMBSIGN_SETUP_REQ_BINDING;
}

/*
 * What binds a session is signed by Session.SigningKey. On a connection that
 * is bound the channel's key will do as well, and the algorithm is the
 * connection's.
 */
static bool setup_signature_is_good(struct server_request *rq,
				    const struct server_key *key)
{
	struct server_key other;
	struct smbsign_pdu pdu;
	bool good;

	if (!smbsign_pdu_first(rq->msg, rq->len, &pdu))
		return false;
	if (!server_channel_key(rq->sw->conn, rq->sess, &other))
		return server_signature_is_good(rq, key, &pdu);
	good = server_signature_is_good(rq, &other, &pdu);
	if (!good) {
		memcpy(other.key, key->key, sizeof(other.key));
		good = server_signature_is_good(rq, &other, &pdu);
	}
	memzero_explicit(&other, sizeof(other));
	return good;
}

/*
 * AES-GMAC does not mix with the others in one session; which error tells so
 * is Windows' behaviour, as Samba's tests have it.
 */
static int check_algorithm(struct server_request *rq, enum smbsign_alg alg)
{
	enum smbsign_alg ours = rq->sw->conn->alg;

	if (!binds(rq) || alg == ours)
		return 0;
	if (alg == SMBSIGN_AES_GMAC)
		return server_refuse(rq, SMBSIGN_STATUS_OUT_OF_SEQUENCE);
	if (ours == SMBSIGN_AES_GMAC)
		return server_refuse(rq, SMBSIGN_STATUS_NOT_SUPPORTED);
	return 0;
}

static int check_signature(struct server_request *rq,
			   const struct server_key *key)
{
	int err = check_algorithm(rq, key->alg);

	if (err)
		return err;
	if (!setup_signature_is_good(rq, key))
		return server_refuse_violation(rq, SMBSIGN_STAT_BAD_SIGNATURE);
	rq->sw->verified = true;
	rq->sw->binds = binds(rq);
	server_count(rq->sw->conn, SMBSIGN_STAT_VERIFIED);
	return 0;
}

static int check_unsigned(struct server_request *rq)
{
	int err = server_refuse_violation(rq, SMBSIGN_STAT_UNSIGNED);

	return binds(rq) && err ?
		server_refuse(rq, SMBSIGN_STATUS_INVALID_PARAMETER) : err;
}

static int check_existing(struct server_request *rq)
{
	struct server_key key;
	int err;

	if (server_session_is_guest(rq->sess))
		return binds(rq) ?
			server_refuse(rq, SMBSIGN_STATUS_NOT_SUPPORTED) : 0;
	if (!server_is_signed(rq->hdr) ||
	    !server_session_key(rq->sw->conn, rq->sess, &key))
		return check_unsigned(rq);
	err = check_signature(rq, &key);
	memzero_explicit(&key, sizeof(key));
	return err;
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

static int check_setup(struct server_request *rq)
{
	rq->sess = find_session(rq);
	if (!rq->sess)
		return 0;
	rq->sw->setup_sess = rq->sess;
	if (rq->sw->decrypted)
		return server_check_decrypted(rq);
	if (server_session_is_established(rq->sw->conn, rq->sess))
		return check_existing(rq);
	return 0;
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
	return check_setup(&rq) && sw->refused;
}
