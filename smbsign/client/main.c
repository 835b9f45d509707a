// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client half: cifs.ko accepts nothing that is not signed and verified, or
 * decrypted. cifs.h has the table of what is redirected in cifs.
 */
#include "client.h"

SMBSIGN_LAYOUT_DEFINE(client, "cifs", CLIENT_FIELDS, CLIENT_FUNCS);
SMBSIGN_FUNCS_DEFINE(client, CLIENT_FUNCS);

/*
 * cifs calls this once for each connection, when nobody can use it any more and
 * before its memory is freed: so our entry ends here. The last reference to a
 * connection cannot be told by reading its count, which others change.
 */
void hook_cifs_crypto_secmech_release(struct TCP_Server_Info *server)
{
	int idx = smbsign_client_enter();

	smbsign_client_conn_drop(server);
	smbsign_original(cifs_crypto_secmech_release)(server);
	smbsign_client_leave(idx);
}

bool smbsign_client_leaving;

static int client_prepare(void)
{
	WRITE_ONCE(smbsign_client_leaving, false);
	return 0;
}

/*
 * Connections that policy does not allow as they are end with the next message
 * on them.
 */
static void client_renegotiate(bool leaving)
{
	if (leaving)
		WRITE_ONCE(smbsign_client_leaving, true);
	if (smbsign_client_active())
		smbsign_client_conns_review();
	else
		smbsign_client_conns_give_back();
}

/*
 * Somebody in a replacement waits for what a server has not sent yet, and may
 * never send.
 */
static void client_hurry(unsigned int seconds)
{
	smbsign_client_receive_hurry();
	if (seconds > 1)
		smbsign_client_conns_hurry();
}

struct smbsign_target smbsign_client_target = {
	.side = SMBSIGN_CLIENT,
	.layout = &smbsign_client_layout,
	.keepers = client_keepers,
	.hooks = client_hooks,
	.gate = client_gate,
	.results = client_results,
	.callees = client_callees,
	.settles = true,
	.prepare = client_prepare,
	.renegotiate = client_renegotiate,
	.hurry = client_hurry,
	.finish = smbsign_client_conn_drop_all,
};
