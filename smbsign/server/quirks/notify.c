// SPDX-License-Identifier: GPL-2.0-only
/*
 * CHANGE_NOTIFY, MS-SMB2 3.3.5.19, where ksmbd only knows NOT_IMPLEMENTED. It is
 * answered as ksmbd 7.3 does by itself: it stays pending, no change is ever told,
 * and CANCEL or the end of its directory ends it. What a client tests about
 * cancelling under signing, it tests with this command.
 *
 * The interim response is what ksmbd sends for the request, which ends with it
 * as far as ksmbd is concerned. The final one leaves as a message of its own,
 * sent by the request that ends the waiting.
 */
#include <linux/slab.h>

#include "../server.h"

/* Keeps our AsyncIds apart from ksmbd's, which are small and positive. */
#define ASYNC_ID_OURS BIT_ULL(62)

/**
 * struct server_notify - a CHANGE_NOTIFY that waits
 * @node: in server_conn.notifies
 * @message_id: of the request
 * @session_id: of the request
 * @tree_id: of the request
 * @file_id: of its directory: ksmbd's, the volatile part
 * @told: the interim response has left; it must be the first
 * @status: what ends it, if something has before @told; or 0
 *
 * Protected by server_conn.lock. Whoever finds it @told takes it off the list
 * and owns it; until then it is of the thread that processes the request.
 */
struct server_notify {
	struct list_head node;
	u64 message_id;
	u64 session_id;
	u32 tree_id;
	u64 file_id;
	bool told;
	u32 status;
};

static u64 async_id(const struct server_notify *notify)
{
	return ASYNC_ID_OURS | notify->message_id;
}

static u32 tree_id_of(const struct smbsign_hdr *hdr)
{
	return le64_to_cpu(hdr->async_or_tree) >> 32;
}

static void notify_remove(struct server_conn *sc, struct server_notify *notify)
{
	lockdep_assert_held(&sc->lock);
	list_del(&notify->node);
}

/**
 * server_notify_waits() - does a CHANGE_NOTIFY of ours wait on a connection?
 * @sc: the connection
 *
 * Return: true if only we can end it
 */
bool server_notify_waits(struct server_conn *sc)
{
	bool waits;

	spin_lock(&sc->lock);
	waits = !list_empty(&sc->notifies);
	spin_unlock(&sc->lock);
	return waits;
}

/**
 * server_notify_forget() - a connection is gone, and what waited on it
 * @sc: the connection, which nobody else knows any more
 */
void server_notify_forget(struct server_conn *sc)
{
	struct server_notify *notify, *next;

	list_for_each_entry_safe(notify, next, &sc->notifies, node)
		kfree(notify);
}

/* Fails once nobody is there to end it: server_renegotiate() looks after that. */
static int notify_add(struct server_conn *sc, struct server_notify *notify)
{
	int err = -EBUSY;

	spin_lock(&sc->lock);
	if (smbsign_enforces(SMBSIGN_SERVER) && !server_is_leaving()) {
		list_add_tail(&notify->node, &sc->notifies);
		err = 0;
	}
	spin_unlock(&sc->lock);
	return err;
}

static bool is_open(struct ksmbd_work *work, const struct smbsign_file_req *req)
{
	struct ksmbd_file *fp;

	fp = smbsign_call(ksmbd_lookup_fd_slow)(work, req->volatile_id,
						req->persistent_id);
	if (fp)
		smbsign_call(ksmbd_fd_put)(work, fp);
	return fp;
}

/* Begin to wait; returns the status of the response. */
static u32 notify_begin(struct server_work *sw)
{
	struct smbsign_hdr *rsp = server_response_hdr(sw->work);
	const struct smbsign_file_req *req;
	struct server_notify *notify;
	u8 *msg;

	if (server_message(SMBSIGN_GET(server, sw->work, work_request), &msg) <
	    sizeof(*req))
		return SMBSIGN_STATUS_INVALID_PARAMETER;
	req = (void *)msg;
	if (!is_open(sw->work, req))
		return SMBSIGN_STATUS_FILE_CLOSED;
	notify = kzalloc(sizeof(*notify), GFP_KERNEL);
	if (!notify)
		return SMBSIGN_STATUS_INSUFFICIENT_RESOURCES;
	notify->message_id = le64_to_cpu(req->hdr.message_id);
	notify->session_id = le64_to_cpu(req->hdr.session_id);
	notify->tree_id = tree_id_of(&req->hdr);
	notify->file_id = req->volatile_id;
	if (notify_add(sw->conn, notify)) {
		kfree(notify);
		return SMBSIGN_STATUS_INSUFFICIENT_RESOURCES;
	}
	sw->notify = notify;
	rsp->flags |= cpu_to_le32(SMBSIGN_FLAG_ASYNC);
	rsp->async_or_tree = cpu_to_le64(async_id(notify));
	return SMBSIGN_STATUS_PENDING;
}

/* The final response; the credits came with the interim one, 3.3.4.2. */
static void put_final(struct ksmbd_work *work,
		      const struct server_notify *notify, u32 status)
{
	struct smbsign_hdr *hdr = server_response_hdr(work);

	memset(hdr, 0, sizeof(*hdr));
	hdr->protocol = cpu_to_le32(SMBSIGN_PROTO_SMB2);
	hdr->structure_size = cpu_to_le16(SMBSIGN_HDR_LEN);
	hdr->status = cpu_to_le32(status);
	hdr->command = cpu_to_le16(SMBSIGN_CHANGE_NOTIFY);
	hdr->flags = cpu_to_le32(SMBSIGN_FLAG_RESPONSE | SMBSIGN_FLAG_ASYNC);
	hdr->message_id = cpu_to_le64(notify->message_id);
	hdr->async_or_tree = cpu_to_le64(async_id(notify));
	hdr->session_id = cpu_to_le64(notify->session_id);
	smbsign_call(smb2_set_err_rsp)(work);
}

/*
 * Send the final response of what was taken off the list, and free that. A
 * client that cannot be told is disconnected, as it would wait for ever. The
 * caller processes a request of @conn, which keeps that.
 */
static void notify_end(struct ksmbd_conn *conn, struct server_notify *notify,
		       u32 status)
{
	struct ksmbd_work *work = smbsign_call(ksmbd_alloc_work_struct)();
	int err = -ENOMEM;

	if (work && !smbsign_call(allocate_interim_rsp_buf)(work)) {
		SMBSIGN_SET(server, work, work_conn, conn);
		put_final(work, notify, status);
		err = server_send(work);
	}
	if (work)
		smbsign_call(ksmbd_free_work_struct)(work);
	if (err)
		smbsign_call(ksmbd_conn_abort)(conn);
	kfree(notify);
}

/**
 * server_notify_answered() - a response is complete: is it an interim one?
 * @sw: the request, a CHANGE_NOTIFY that is to wait; it is forgotten if not
 *
 * ksmbd has its own reasons to answer by an error. To be called while the
 * response is not encrypted yet.
 */
void server_notify_answered(struct server_work *sw)
{
	if (server_response_hdr(sw->work)->status ==
	    cpu_to_le32(SMBSIGN_STATUS_PENDING))
		return;
	spin_lock(&sw->conn->lock);
	notify_remove(sw->conn, sw->notify);
	spin_unlock(&sw->conn->lock);
	kfree(sw->notify);
	sw->notify = NULL;
	server_permit_undefer(sw);
}

/**
 * server_notify_told() - the interim response has left
 * @sw: the request, a CHANGE_NOTIFY that waits; from now on it may be ended
 *
 * May sleep.
 */
void server_notify_told(struct server_work *sw)
{
	struct server_notify *notify = sw->notify;
	struct server_conn *sc = sw->conn;
	u32 status;

	sw->notify = NULL;
	spin_lock(&sc->lock);
	status = notify->status;
	notify->told = true;
	if (status)
		notify_remove(sc, notify);
	spin_unlock(&sc->lock);
	if (status)
		notify_end(SMBSIGN_GET(server, sw->work, work_conn), notify,
			   status);
}

/* What an element of a message, of session @session_id, does to @notify. */
static u32 ends_with(const struct server_notify *notify, u64 session_id,
		     const struct smbsign_hdr *hdr, size_t len)
{
	const struct smbsign_file_req *req = (const void *)hdr;

	if (notify->session_id != session_id)
		return 0;
	switch (le16_to_cpu(hdr->command)) {
	case SMBSIGN_CANCEL:
		if (hdr->flags & cpu_to_le32(SMBSIGN_FLAG_ASYNC) ?
		    le64_to_cpu(hdr->async_or_tree) == async_id(notify) :
		    le64_to_cpu(hdr->message_id) == notify->message_id)
			return SMBSIGN_STATUS_CANCELLED;
		return 0;
	case SMBSIGN_CLOSE:
		if (len < sizeof(*req) || req->volatile_id != notify->file_id)
			return 0;
		break;
	case SMBSIGN_TREE_DISCONNECT:
		if (tree_id_of(hdr) != notify->tree_id)
			return 0;
		break;
	case SMBSIGN_LOGOFF:
		break;
	default:
		return 0;
	}
	return SMBSIGN_STATUS_NOTIFY_CLEANUP;
}

/* The next that the element ends, off the list; sets @status. */
static struct server_notify *next_ended(struct server_conn *sc, u64 session_id,
					const struct smbsign_hdr *hdr,
					size_t len, u32 *status)
{
	struct server_notify *notify, *found = NULL;

	spin_lock(&sc->lock);
	list_for_each_entry(notify, &sc->notifies, node) {
		*status = ends_with(notify, session_id, hdr, len);
		if (!*status)
			continue;
		if (notify->told) {
			found = notify;
			notify_remove(sc, notify);
			break;
		}
		notify->status = *status;
	}
	spin_unlock(&sc->lock);
	return found;
}

/**
 * server_notify_judged() - end what a message ends, before it is processed
 * @rq: the message, which is in order
 *
 * CANCEL, MS-SMB2 3.3.5.16, and what closes directories of this connection's
 * session: CLOSE, TREE_DISCONNECT, LOGOFF. May sleep.
 */
void server_notify_judged(struct server_request *rq)
{
	u64 session_id = le64_to_cpu(rq->hdr->session_id);
	struct server_conn *sc = rq->sw->conn;
	struct server_notify *notify;
	struct smbsign_pdu pdu;
	u32 status;
	bool more;

	if (list_empty_careful(&sc->notifies))
		return;
	for (more = smbsign_pdu_first(rq->msg, rq->len, &pdu); more;
	     more = !smbsign_pdu_last(rq->msg, &pdu) &&
		    smbsign_pdu_next(rq->msg, rq->len, &pdu))
		while ((notify = next_ended(sc, session_id,
					    (void *)rq->msg + pdu.offset,
					    pdu.len, &status)))
			notify_end(rq->conn, notify, status);
}

/* In compounds it is left to ksmbd: nothing may follow what is pending. */
static bool is_alone(struct ksmbd_work *work)
{
	struct smbsign_hdr *hdr;
	u8 *msg;

	server_message(SMBSIGN_GET(server, work, work_request), &msg);
	hdr = (void *)msg;
	return !hdr->next_command && !SMBSIGN_GET(server, work, work_next_req);
}

static void put_status(struct ksmbd_work *work, u32 status)
{
	server_response_hdr(work)->status = cpu_to_le32(status);
	smbsign_call(smb2_set_err_rsp)(work);
}

/*
 * Let ksmbd answer now or later, or do it ourselves. It may be later, by another
 * thread: the permit to sign that answer is put aside. There are so many of them
 * for each connection, which also bounds how many requests wait.
 */
static int notify_answer(struct server_work *sw, bool ours)
{
	struct ksmbd_work *work = sw->work;
	u64 message_id = le64_to_cpu(server_response_hdr(work)->message_id);
	int rc = 0;

	if (server_permit_defer(sw, message_id)) {
		put_status(work, SMBSIGN_STATUS_INSUFFICIENT_RESOURCES);
		return 0;
	}
	if (ours)
		put_status(work, notify_begin(sw));
	else
		rc = smbsign_original(smb2_notify)(work);
	if (!sw->notify && !SMBSIGN_GET_BIT(server, work, work_no_response))
		server_permit_undefer(sw);
	return rc;
}

int hook_smb2_notify(struct ksmbd_work *work)
{
	int idx = server_enter();
	struct server_work *sw = server_work_find(work);
	bool has_own = SMBSIGN_HAS(server, work_notify_entry);
	int rc;

	if (sw && sw->conn && sw->enforced && (has_own || is_alone(work)))
		rc = notify_answer(sw, !has_own);
	else
		rc = smbsign_original(smb2_notify)(work);
	server_leave(idx);
	return rc;
}
