// SPDX-License-Identifier: GPL-2.0-only
/*
 * SESSION_SETUP: cifs derives the key after it has seen the last reply, so a
 * copy of that is kept, and verified before cifs hears of success.
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "client.h"

static struct smbsign_client_setup *
setup_find(struct smbsign_client_conn *conn, const void *ses)
{
	struct smbsign_client_setup *setup;

	lockdep_assert_held(&conn->lock);
	list_for_each_entry(setup, &conn->setups, entry) {
		if (setup->ses == ses)
			return setup;
	}
	return NULL;
}

/**
 * smbsign_client_setup_sent() - a SESSION_SETUP request is about to be sent
 * @conn: the connection
 * @ses: whose it is
 * @req: the request
 *
 * Return: 0, or -ENOENT if none is under way for @ses
 */
int smbsign_client_setup_sent(struct smbsign_client_conn *conn, const void *ses,
			      const struct smbsign_setup_req *req)
{
	struct smbsign_client_setup *setup;

	spin_lock(&conn->lock);
	setup = setup_find(conn, ses);
	if (setup) {
		setup->message_id = le64_to_cpu(req->hdr.message_id);
		setup->binding = req->flags & SMBSIGN_SETUP_REQ_BINDING;
	}
	spin_unlock(&conn->lock);
	return setup ? 0 : -ENOENT;
}

/**
 * smbsign_client_setup_reply() - a SESSION_SETUP reply has arrived
 * @conn: the connection
 * @hdr: the reply, which answers a request of ours
 * @len: its bytes
 *
 * One that ends the exchange is kept until there is a key to verify it.
 *
 * Return: SMBSIGN_ACCEPTED if cifs may see it, otherwise why not
 */
enum smbsign_reason
smbsign_client_setup_reply(struct smbsign_client_conn *conn,
			   const struct smbsign_hdr *hdr, size_t len)
{
	enum smbsign_reason reason = SMBSIGN_BECAUSE_UNASKED;
	struct smbsign_client_setup *setup;
	void *copy, *old = NULL;

	if (hdr->status)
		return SMBSIGN_ACCEPTED;
	copy = kmemdup(hdr, len, GFP_NOFS);
	if (!copy)
		return SMBSIGN_BECAUSE_NO_MEMORY;
	spin_lock(&conn->lock);
	list_for_each_entry(setup, &conn->setups, entry) {
		if (setup->message_id != le64_to_cpu(hdr->message_id))
			continue;
		old = setup->reply;
		setup->reply = copy;
		setup->len = len;
		copy = NULL;
		reason = SMBSIGN_ACCEPTED;
		break;
	}
	spin_unlock(&conn->lock);
	kfree(copy);
	kfree(old);
	return reason;
}

/* The key of this channel; 3.x derives one per channel, 2.x has one only. */
static int setup_get_key(struct smbsign_client_conn *conn,
			 struct cifs_ses *ses, struct TCP_Server_Info *server,
			 u8 key[SMBSIGN_KEY_LEN])
{
	u8 *chan = SMBSIGN_PTR(client, ses, ses_chans);
	int err = -ENOKEY;
	size_t n;

	if (conn->answer.dialect < SMBSIGN_DIALECT_30) {
		if (!SMBSIGN_GET(client, ses, ses_key) ||
		    SMBSIGN_GET(client, ses, ses_key_len) < SMBSIGN_KEY_LEN)
			return -ENOKEY;
		memcpy(key, SMBSIGN_GET(client, ses, ses_key), SMBSIGN_KEY_LEN);
		return 0;
	}
	spin_lock(SMBSIGN_PTR(client, ses, ses_chan_lock));
	n = SMBSIGN_GET(client, ses, ses_chan_count);
	for (; n && err; n--, chan += SMBSIGN_SIZE(client, chan_size)) {
		if (SMBSIGN_GET(client, chan, chan_server) != server)
			continue;
		memcpy(key, SMBSIGN_PTR(client, chan, chan_key),
		       SMBSIGN_KEY_LEN);
		err = 0;
	}
	spin_unlock(SMBSIGN_PTR(client, ses, ses_chan_lock));
	return err;
}

static struct smbsign_mac *setup_get_mac(struct smbsign_client_conn *conn,
					 struct cifs_ses *ses,
					 struct TCP_Server_Info *server)
{
	u8 key[SMBSIGN_KEY_LEN];
	struct smbsign_mac *mac;
	int err = setup_get_key(conn, ses, server, key);

	if (err)
		return ERR_PTR(err);
	mac = smbsign_mac_alloc(conn->answer.alg, key);
	memzero_explicit(key, sizeof(key));
	return mac;
}

/* Session.SigningKey, of the session that is bound to this connection. */
static int setup_get_binding_key(struct smbsign_client_conn *conn, u64 id,
				 u8 key[SMBSIGN_KEY_LEN])
{
	struct smbsign_client_setup *setup;
	int err = -ENOKEY;

	spin_lock(&conn->lock);
	list_for_each_entry(setup, &conn->setups, entry) {
		if (SMBSIGN_GET(client, setup->ses, ses_suid) != id)
			continue;
		memcpy(key, SMBSIGN_PTR(client, setup->ses, ses_signing_key),
		       SMBSIGN_KEY_LEN);
		err = 0;
		break;
	}
	spin_unlock(&conn->lock);
	return err;
}

/**
 * smbsign_client_setup_sign() - sign a SESSION_SETUP that binds a session
 * @conn: the connection that it is bound to
 * @server: the same, as cifs has it; its srv_mutex is held
 * @rqst: the request
 *
 * By the session's key; a session keeps to one algorithm. AES-GMAC is refused,
 * as each channel counts its MessageIds from 0 while all of them sign this
 * request with the same key, unless the administrator accepts that. May sleep.
 *
 * Return: 0 or -errno
 */
int smbsign_client_setup_sign(struct smbsign_client_conn *conn,
			      struct TCP_Server_Info *server,
			      struct smb_rqst *rqst)
{
	const struct kvec *vec = SMBSIGN_GET(client, rqst, rqst_iov);
	const struct smbsign_hdr *hdr = vec->iov_base;
	struct smbsign_client_session session = {
		.id = le64_to_cpu(hdr->session_id),
	};
	u8 key[SMBSIGN_KEY_LEN];
	int err;

	if (smbsign_client_is_gmac(conn) &&
	    !smbsign_gmac_multichannel(SMBSIGN_CLIENT))
		return -EOPNOTSUPP;
	err = setup_get_binding_key(conn, session.id, key);
	if (err)
		return err;
	session.mac = smbsign_mac_alloc(conn->answer.alg, key);
	memzero_explicit(key, sizeof(key));
	if (IS_ERR(session.mac))
		return PTR_ERR(session.mac);
	err = smbsign_client_sign(conn, server, &session, rqst);
	smbsign_mac_put(session.mac);
	return err;
}

/* Its header was judged as it arrived. */
static enum smbsign_reason setup_check(struct smbsign_client_conn *conn,
				       struct smbsign_client_setup *setup,
				       u64 id, struct smbsign_mac *mac)
{
	const struct smbsign_client_session session = { .id = id, .mac = mac };
	const struct smbsign_client_reply reply = {
		.hdr = setup->reply,
		.len = setup->len,
	};
	enum smbsign_reason reason;

	if (le64_to_cpu(reply.hdr->session_id) != id)
		return SMBSIGN_BECAUSE_OTHER_SESSION;
	reason = smbsign_client_verify_mac(&session, &reply);
	if (reason == SMBSIGN_ACCEPTED)
		smbsign_client_count(conn, SMBSIGN_STAT_VERIFIED);
	return reason;
}

static int setup_refuse(struct TCP_Server_Info *server,
			enum smbsign_reason reason)
{
	return smbsign_client_report(server, SMBSIGN_SESSION_SETUP, reason);
}

/*
 * Does the mount have neither a user's name nor a ticket? Kerberos is the first
 * of the values that prove who the user is by a ticket.
 */
static bool setup_is_nobody(const struct cifs_ses *ses)
{
	return !SMBSIGN_GET(client, ses, ses_user) &&
	       SMBSIGN_GET(client, ses, ses_sectype) <
		       SMBSIGN_VALUE(client, sec_kerberos);
}

/*
 * Samba does not tell that the session of who logs in as nobody is anonymous,
 * but does not sign either.
 */
static bool setup_is_guest(const struct smbsign_hdr *hdr, u16 flags,
			   const struct cifs_ses *ses)
{
	if (flags & (SMBSIGN_SETUP_RSP_GUEST | SMBSIGN_SETUP_RSP_NULL))
		return true;
	return setup_is_nobody(ses) &&
	       !(hdr->flags & cpu_to_le32(SMBSIGN_FLAG_SIGNED));
}

/*
 * A guest or anonymous session has no key that anybody else does not know. A
 * mount that has credentials does not become a guest's: nobody has signed that
 * the server did not accept them.
 */
static int setup_guest(struct smbsign_client_conn *conn,
		       struct smbsign_client_setup *setup,
		       const struct cifs_ses *ses,
		       struct TCP_Server_Info *server, u64 id)
{
	if (setup->binding || !setup_is_nobody(ses) ||
	    !smbsign_allows_guest(SMBSIGN_CLIENT))
		return setup_refuse(server, SMBSIGN_BECAUSE_GUEST);
	return smbsign_client_session_add(conn, id, NULL);
}

static int setup_finish(struct smbsign_client_conn *conn,
			struct smbsign_client_setup *setup,
			struct cifs_ses *ses, struct TCP_Server_Info *server)
{
	u64 id = SMBSIGN_GET(client, ses, ses_suid);
	enum smbsign_reason reason;
	struct smbsign_mac *mac;
	u16 flags;

	if (!setup->reply ||
	    !smbsign_setup_answer_read(setup->reply, setup->len, &flags))
		return setup_refuse(server, SMBSIGN_BECAUSE_MALFORMED);
	if (setup_is_guest(setup->reply, flags, ses))
		return setup_guest(conn, setup, ses, server, id);
	mac = setup_get_mac(conn, ses, server);
	if (IS_ERR(mac)) {
		setup_refuse(server, SMBSIGN_BECAUSE_NO_KEY);
		return PTR_ERR(mac);
	}
	reason = setup_check(conn, setup, id, mac);
	if (reason != SMBSIGN_ACCEPTED) {
		smbsign_mac_put(mac);
		return setup_refuse(server, reason);
	}
	return smbsign_client_session_add(conn, id, mac);
}

/*
 * A NEGOTIATE that was tampered with shows here, and cifs would go on with it.
 * Once a session was verified it is known to be good: 3.1.1 signs a hash of it,
 * older dialects validate it.
 */
static bool setup_ends_connection(struct smbsign_client_conn *conn, int err)
{
	return err == -EKEYREJECTED ||
	       (err && err != -EAGAIN && xa_empty(&conn->sessions));
}

static int setup_ours(struct smbsign_client_conn *conn, const unsigned int xid,
		      struct cifs_ses *ses, struct TCP_Server_Info *server,
		      const struct nls_table *cp)
{
	struct smbsign_client_setup setup = { .ses = ses };
	int ret;

	smbsign_client_note_channels(conn, ses);
	spin_lock(&conn->lock);
	list_add(&setup.entry, &conn->setups);
	spin_unlock(&conn->lock);
	ret = smbsign_original(SMB2_sess_setup)(xid, ses, server, cp);
	spin_lock(&conn->lock);
	list_del(&setup.entry);
	spin_unlock(&conn->lock);
	if (!ret) {
		ret = setup_finish(conn, &setup, ses, server);
		if (ret)
			smbsign_client_blame(conn);
	}
	kfree_sensitive(setup.reply);
	if (ret)
		smbsign_client_spend_try(conn);
	if (setup_ends_connection(conn, ret))
		smbsign_client_end(server);
	return ret;
}

int hook_SMB2_sess_setup(const unsigned int xid, struct cifs_ses *ses,
			 struct TCP_Server_Info *server,
			 const struct nls_table *cp)
{
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret;

	switch (smbsign_client_look(server, &conn)) {
	case SMBSIGN_RULE_STOCK:
		ret = smbsign_original(SMB2_sess_setup)(xid, ses, server, cp);
		break;
	case SMBSIGN_RULE_UNKNOWN:
		ret = -EAGAIN;
		break;
	default:
		ret = setup_ours(conn, xid, ses, server, cp);
	}
	smbsign_client_leave(idx);
	return ret;
}
