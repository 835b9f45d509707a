// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every signature that the client makes. Runs with cifs' srv_mutex held.
 */
#include <linux/in.h>
#include <linux/lockdep.h>
#include <linux/net.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <net/sock.h>

#include "client.h"

static struct smbsign_nonce sign_nonce(const struct smbsign_hdr *hdr)
{
	return (struct smbsign_nonce) {
		.message_id = le64_to_cpu(hdr->message_id),
		.bits = le16_to_cpu(hdr->command) == SMBSIGN_CANCEL ?
			SMBSIGN_NONCE_CANCEL : 0,
	};
}

static size_t sign_kvec_len(const struct kvec *vec, unsigned int n)
{
	size_t len = 0;

	while (n--)
		len += (vec++)->iov_len;
	return len;
}

/* How far the connection has been written; false if that cannot be told. */
static bool sign_sent(struct TCP_Server_Info *server, u32 *sent)
{
	struct socket *sock = SMBSIGN_GET(client, server, server_ssocket);

	if (!sock || !sock->sk || sock->sk->sk_protocol != IPPROTO_TCP)
		return false;
	*sent = READ_ONCE(tcp_sk(sock->sk)->write_seq);
	return true;
}

/*
 * May this request be signed under its MessageId?
 *
 * Yes, if the session has not signed under it. Why AES-GMAC is safe then: its
 * nonce is the MessageId and that a client signs; its key is the session's on
 * this connection only, and dies with either. cifs counts MessageIds up under
 * srv_mutex, gives each request its own and a retry a new one, and sends no
 * CANCEL, which would share its request's. What binds a session to one more
 * connection is signed by another key, under MessageIds that were used: with
 * AES-GMAC smbsign_client_setup_sign() refuses that, unless gmac_multichannel
 * accepts the hazard.
 *
 * cifs takes a MessageId back when it could not send, as when the task was
 * killed. Then it may be signed under again if nothing was written to the
 * connection since: nobody has seen the first signature.
 */
static bool sign_permitted(struct smbsign_client_session *session,
			   struct TCP_Server_Info *server,
			   const struct smbsign_hdr *hdr)
{
	u64 id = le64_to_cpu(hdr->message_id);
	u32 sent = 0;
	bool is_known = sign_sent(server, &sent);

	lockdep_assert_held(SMBSIGN_PTR(client, server, server_mutex));
	if (id < session->next_id && !(is_known && session->sent_known &&
				       sent == session->sent))
		return false;
	session->next_id = id + max_t(u16, le16_to_cpu(hdr->credit_charge), 1);
	session->sent = sent;
	session->sent_known = is_known;
	return true;
}

/**
 * smbsign_client_sign() - sign a request
 * @conn: the connection
 * @server: the same, as cifs has it; its srv_mutex is held
 * @session: what it is sent on; not a guest
 * @rqst: the request, complete but for the signature
 *
 * MS-SMB2 3.1.4.1. May sleep.
 *
 * Return: 0; -EKEYREJECTED if it must not be signed, so that the connection has
 * to end; or another -errno
 */
int smbsign_client_sign(struct smbsign_client_conn *conn,
			struct TCP_Server_Info *server,
			struct smbsign_client_session *session,
			struct smb_rqst *rqst)
{
	const struct kvec *vec = SMBSIGN_GET(client, rqst, rqst_iov);
	unsigned int n = SMBSIGN_GET(client, rqst, rqst_nvec);
	struct smbsign_hdr *hdr = vec->iov_base;
	struct smbsign_nonce nonce = sign_nonce(hdr);
	u8 signature[SMBSIGN_SIGNATURE_LEN];
	struct smbsign_sg sg;
	int err;

	if (!sign_permitted(session, server, hdr))
		return -EKEYREJECTED;
	memset(hdr->signature, 0, sizeof(hdr->signature));
	smbsign_sg_init(&sg);
	err = smbsign_sg_add_kvec(&sg, vec, n, 0, sign_kvec_len(vec, n));
	if (!err)
		err = smbsign_client_add_rqst_data(&sg, rqst);
	if (!err)
		err = smbsign_mac_compute(session->mac, &nonce, &sg, signature);
	smbsign_sg_free(&sg);
	if (err)
		return err;
	memcpy(hdr->signature, signature, sizeof(signature));
	smbsign_client_count(conn, SMBSIGN_STAT_SIGNED);
	return 0;
}
