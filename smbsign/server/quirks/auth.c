// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes to light while a client authenticates: why that fails, which ksmbd
 * finds out and does not say; and the key of an anonymous user, which it does
 * not look for.
 */
#include "../server.h"

/* The status is put into the answer when that is complete. */
static void explain(u32 status)
{
	struct server_work *sw = server_work_current();

	if (sw && sw->enforced)
		sw->setup_error = status;
}

/* Where ksmbd finds the AUTHENTICATE_MESSAGE: unpacked, or in the request. */
static const u8 *find_token(struct server_work *sw, size_t *len)
{
	struct ksmbd_conn *conn = SMBSIGN_GET(server, sw->work, work_conn);
	const struct smbsign_setup_req *req;
	size_t offset, msg_len;
	u8 *msg;

	*len = SMBSIGN_GET(server, conn, conn_token_len);
	if (SMBSIGN_GET(server, conn, conn_token))
		return SMBSIGN_GET(server, conn, conn_token);
	msg_len = server_message(SMBSIGN_GET(server, sw->work, work_request),
				 &msg);
	req = (void *)msg;
	if (msg_len < sizeof(*req))
		return NULL;
	offset = le16_to_cpu(req->token_offset);
	*len = le16_to_cpu(req->token_len);
	if (offset > msg_len || msg_len - offset < *len)
		return NULL;
	return msg + offset;
}

/*
 * It becomes Session.SessionKey, from which ksmbd derives the others. It keeps
 * nothing from anyone; but who signs by it is to be understood.
 */
static void take_anonymous_key(struct server_work *sw)
{
	struct ksmbd_session *sess = SMBSIGN_GET(server, sw->work, work_sess);
	const u8 *token;
	size_t len;

	if (!sess || server_session_is_established(sess))
		return;
	token = find_token(sw, &len);
	if (token)
		smbsign_ntlm_anonymous_key(token, len,
					   *SMBSIGN_PTR(server, sess, sess_key));
}

struct ksmbd_user *hook_ksmbd_login_user(const char *account)
{
	int idx = server_enter();
	struct server_work *sw = server_work_current();
	struct ksmbd_user *user;

	user = smbsign_original(ksmbd_login_user)(account);
	if (user && !*account && sw && sw->conn && sw->enforced &&
	    smbsign_allows_guest(SMBSIGN_SERVER))
		take_anonymous_key(sw);
	server_leave(idx);
	return user;
}

/*
 * Who binds a session, or authenticates on it again, is the user that it has:
 * else ACCESS_DENIED, as Windows has it.
 */
bool hook_ksmbd_compare_user(struct ksmbd_user *sessions,
			     struct ksmbd_user *user)
{
	int idx = server_enter();
	bool same;

	same = smbsign_original(ksmbd_compare_user)(sessions, user);
	if (!same)
		explain(SMBSIGN_STATUS_ACCESS_DENIED);
	server_leave(idx);
	return same;
}

/*
 * A response that is not even well-formed is an INVALID_PARAMETER, as Windows
 * has it. Older kernels take no @key, and do not look where it is passed.
 */
int hook_ksmbd_decode_ntlmssp_auth_blob(struct authenticate_message *msg,
					int len, struct ksmbd_conn *conn,
					struct ksmbd_session *sess, char *key)
{
	int idx = server_enter();
	int rc;

	rc = smbsign_original(ksmbd_decode_ntlmssp_auth_blob)(msg, len, conn,
							      sess, key);
	if (rc && len > 0 && !smbsign_ntlm_response_valid(msg, len))
		explain(SMBSIGN_STATUS_INVALID_PARAMETER);
	server_leave(idx);
	return rc;
}
