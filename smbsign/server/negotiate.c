// SPDX-License-Identifier: GPL-2.0-only
/*
 * NEGOTIATE, MS-SMB2 3.3.5.4. ksmbd answers; then the answer is made to say
 * that signing is required, and by which algorithm. It may be edited there,
 * as the preauth hash is taken of it later.
 */
#include "server.h"

static void require_signing(struct ksmbd_conn *conn,
			    struct smbsign_negotiate_rsp *rsp)
{
	rsp->security_mode |= cpu_to_le16(SMBSIGN_SECMODE_REQUIRED);
	*SMBSIGN_PTR(server, conn, conn_srv_sec_mode) |=
		SMBSIGN_SECMODE_REQUIRED;
	SMBSIGN_SET(server, conn, conn_sign, true);
}

/* The algorithm of dialects that fix one, and of a 3.1.1 client that has none. */
static enum smbsign_alg default_alg(u16 dialect)
{
	return dialect < SMBSIGN_DIALECT_30 ? SMBSIGN_HMAC_SHA256 :
					      SMBSIGN_AES_CMAC;
}

/*
 * MS-SMB2 3.3.5.4: by our order, out of the client's list. Without an
 * algorithm in common it is AES-CMAC, which need not be allowed.
 */
static enum smbsign_alg choose_alg(struct server_work *sw, u16 dialect,
				   bool *listed)
{
	u32 offered = 0;
	size_t len;
	u8 *msg;
	int alg;

	*listed = false;
	if (dialect != SMBSIGN_DIALECT_311)
		return default_alg(dialect);
	len = server_message(SMBSIGN_GET(server, sw->work, work_request), &msg);
	*listed = smbsign_negotiate_signing(msg, len, &offered);
	if (!*listed)
		return default_alg(dialect);
	alg = smbsign_alg_pick(SMBSIGN_SERVER, offered);
	return alg < 0 ? SMBSIGN_AES_CMAC : alg;
}

/* Put SIGNING_CAPABILITIES into the answer, or our choice into ksmbd's. */
static bool answer_alg(struct ksmbd_work *work, enum smbsign_alg alg)
{
	u8 *buf = SMBSIGN_GET(server, work, work_response);
	size_t room = SMBSIGN_GET(server, work, work_response_len);
	struct kvec *iov = SMBSIGN_GET(server, work, work_iov);
	size_t len;

	if (SMBSIGN_GET(server, work, work_iov_idx) != 1 ||
	    iov[1].iov_base != buf + 4 || room <= 4)
		return false;
	len = smbsign_negotiate_answer(buf + 4, iov[1].iov_len, room - 4, alg);
	if (!len)
		return false;
	iov[1].iov_len = len;
	*(__be32 *)buf = cpu_to_be32(len);
	return true;
}

static void reject(struct server_work *sw)
{
	server_report(sw, SMBSIGN_BECAUSE_ALGORITHM);
	sw->conn->rejected = true;
	sw->refused = SMBSIGN_STATUS_NOT_SUPPORTED;
	smbsign_call(set_smb2_rsp_status)(sw->work,
					  cpu_to_le32(sw->refused));
}

/*
 * Bindings would reveal the key of AES-GMAC, see verify_setup.c; so a client is
 * not told that it could bind.
 */
static void announce_one_channel(struct server_work *sw,
				 struct smbsign_negotiate_rsp *rsp)
{
	const __le32 multichannel = cpu_to_le32(SMBSIGN_CAP_MULTI_CHANNEL);
	const struct smbsign_negotiate_req *req;
	u8 *msg;

	if (sw->conn->alg != SMBSIGN_AES_GMAC ||
	    smbsign_gmac_multichannel(SMBSIGN_SERVER) ||
	    !(rsp->capabilities & multichannel))
		return;
	rsp->capabilities &= ~multichannel;
	server_message(SMBSIGN_GET(server, sw->work, work_request), &msg);
	req = (void *)msg;
	if (req->capabilities & multichannel)
		pr_info_once("server: clients ask for aes-gmac and multichannel: they get one channel; put aes-cmac first in server/algorithms for more\n");
}

static void server_negotiated(struct server_work *sw)
{
	struct ksmbd_conn *conn = SMBSIGN_GET(server, sw->work, work_conn);
	struct smbsign_negotiate_rsp *rsp =
		(void *)server_response_hdr(sw->work);
	struct server_conn *sc = sw->conn;
	bool listed;
	size_t len;
	u8 *msg;

	sc->dialect = le16_to_cpu(rsp->dialect);
	sc->alg = default_alg(sc->dialect);
	len = server_message(SMBSIGN_GET(server, sw->work, work_request), &msg);
	sc->validate_len = smbsign_negotiate_validation(msg, len,
							&sc->validate);
	sc->negotiated = true;
	server_conn_fit_window(sc);
	server_conn_show(sc);
	if (!sw->enforced)
		return;
	sc->alg = choose_alg(sw, sc->dialect, &listed);
	if (!smbsign_alg_allowed(SMBSIGN_SERVER, sc->alg) ||
	    (listed && !answer_alg(sw->work, sc->alg))) {
		reject(sw);
		return;
	}
	announce_one_channel(sw, rsp);
	sc->promised = true;
	require_signing(conn, rsp);
}

int hook_smb2_handle_negotiate(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	struct smbsign_hdr *rsp = server_response_hdr(work);
	bool smb202 = sw && sw->conn && server_smb202_begin(sw);
	int rc;

	rc = smbsign_original(smb2_handle_negotiate)(work);
	if (sw && sw->conn && !rc &&
	    rsp->status == cpu_to_le32(SMBSIGN_STATUS_SUCCESS)) {
		if (smb202)
			server_smb202_answer((void *)rsp);
		server_negotiated(sw);
	}
	server_leave(idx);
	return rc;
}

/*
 * The answer to an SMB1 NEGOTIATE that offers SMB2, MS-SMB2 3.3.5.3. It has
 * taken MessageId 0; an SMB2 NEGOTIATE follows.
 */
int hook_init_smb2_neg_rsp(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	int rc;

	rc = smbsign_original(init_smb2_neg_rsp)(work);
	if (sw && sw->conn) {
		spin_lock(&sw->conn->lock);
		smbsign_window_use(&sw->conn->window, 0, 1);
		spin_unlock(&sw->conn->lock);
	}
	if (sw && sw->enforced && !rc)
		require_signing(SMBSIGN_GET(server, work, work_conn),
				(void *)server_response_hdr(work));
	server_leave(idx);
	return rc;
}
