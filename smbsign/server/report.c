// SPDX-License-Identifier: GPL-2.0-only
/* What becomes of violations: counters, the log, the end of a connection. */
#include <linux/printk.h>

#include "server.h"

/*
 * Bad signatures in a row after which a connection is closed. A client may send
 * one, where a task alters what it writes while that is sent.
 */
#define BAD_SIGNATURES_MAX 8

static struct ksmbd_conn *conn_of(const struct server_work *sw)
{
	return SMBSIGN_GET(server, sw->work, work_conn);
}

static const char *command_of(const struct server_work *sw)
{
	const struct smbsign_hdr *hdr;
	u8 *msg;

	server_message(SMBSIGN_GET(server, sw->work, work_request), &msg);
	hdr = (void *)msg;
	if (hdr->protocol != cpu_to_le32(SMBSIGN_PROTO_SMB2))
		return "SMB1 NEGOTIATE";
	return smbsign_command_name(le16_to_cpu(hdr->command));
}

/**
 * server_end() - end the connection of a request, without an answer
 * @sw: the request
 *
 * May sleep.
 */
void server_end(struct server_work *sw)
{
	sw->mute = true;
	smbsign_call(ksmbd_conn_abort)(conn_of(sw));
}

static void count(struct server_work *sw, enum smbsign_stat stat)
{
	if (sw->conn)
		server_count(sw->conn, stat);
	else
		smbsign_count(SMBSIGN_SERVER, stat);
}

/**
 * server_report() - count a refusal, and tell the log
 * @sw: the request
 * @reason: what is wrong with it
 */
void server_report(struct server_work *sw, enum smbsign_reason reason)
{
	const struct smbsign_reason_row *row = smbsign_reason_row(reason);
	const char *what = sw->audited ? "let through" : "refused";
	struct sockaddr_storage peer;

	if (row->stat != SMBSIGN_STAT_NONE) {
		count(sw, row->stat);
		smbsign_count(SMBSIGN_SERVER, sw->audited ?
			      SMBSIGN_STAT_EXEMPTED : SMBSIGN_STAT_DENIED);
	}
	server_peer(conn_of(sw), &peer);
	if (row->severity == SMBSIGN_ALARM)
		pr_warn_ratelimited("server: %s %s of %pISc: %s\n", what,
				    command_of(sw), &peer, row->words);
	else if (row->severity == SMBSIGN_CALM)
		pr_info_ratelimited("server: %s %s of %pISc: %s\n", what,
				    command_of(sw), &peer, row->words);
}

/*
 * A client that was never told to sign learns it by negotiating anew; and no
 * client sends many bad signatures. To CANCEL there is no answer, MS-SMB2
 * 3.3.5.16, so there is none to a refused one.
 */
static enum smbsign_action action_of(struct server_request *rq,
				     enum smbsign_reason reason)
{
	enum smbsign_action action = smbsign_reason_row(reason)->server;
	struct server_conn *sc = rq->sw->conn;

	if (action != SMBSIGN_ANSWER)
		return action;
	if (sc->negotiated && !sc->promised)
		return SMBSIGN_END;
	if (reason == SMBSIGN_BECAUSE_BAD_SIGNATURE &&
	    atomic_inc_return(&sc->bad) >= BAD_SIGNATURES_MAX)
		return SMBSIGN_END;
	return rq->command == SMBSIGN_CANCEL ? SMBSIGN_IGNORE : SMBSIGN_ANSWER;
}

/* A connection that cannot go on ends, whether or not its peer is exempt. */
static bool is_of_connection(enum smbsign_reason reason)
{
	return reason == SMBSIGN_BECAUSE_REJECTED ||
	       reason == SMBSIGN_BECAUSE_NOT_ENFORCED;
}

/**
 * server_act() - do what follows from the verdict on a message
 * @rq: the message
 * @reason: the verdict
 *
 * All refusals of requests come here but those of SESSION_SETUP after its
 * verdict, which setup.c ends. An exempt peer's message is only reported. If it
 * is to be answered, with the reason's status, the answer is put when it is
 * signed.
 * May sleep.
 *
 * Return: 0 if the message may be processed; else a negative number, with which
 * the hook of smb2_check_user_session() refuses it
 */
int server_act(struct server_request *rq, enum smbsign_reason reason)
{
	struct server_work *sw = rq->sw;

	if (reason == SMBSIGN_ACCEPTED)
		return 0;
	if (is_of_connection(reason))
		sw->audited = false;
	server_report(sw, reason);
	if (sw->audited)
		return 0;
	sw->refused = smbsign_reason_row(reason)->status;
	switch (action_of(rq, reason)) {
	case SMBSIGN_ANSWER:
		break;
	case SMBSIGN_IGNORE:
		sw->mute = true;
		break;
	default:
		server_end(sw);
	}
	return -ENOENT;
}
