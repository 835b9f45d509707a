// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often replies were refused: an operation that goes on failing gets an
 * error, instead of being tried again without end.
 */
#include <linux/jiffies.h>

#include <smbsign/client.h>

/* Failures in a row of one operation after which it gets an error. */
#define STRIKES_PER_OPERATION 4
/*
 * How many more READs, or WRITEs, may fail than succeed while there is no quiet
 * period: where cifs tries these again, they are new operations each time.
 */
#define STRIKES_PER_BURST 256
#define BURST_QUIET (10 * HZ)
/* A reply that nothing waits for is nobody's failure, so it is many's. */
#define STRIKES_PER_UNASKED 8

static struct smbsign_client_strike *
strike_find(struct smbsign_client_conn *conn, const void *who, u16 command)
{
	struct smbsign_client_strike *strike = conn->strikes;

	for (; strike < conn->strikes + SMBSIGN_STRIKES; strike++) {
		if (strike->count && strike->who == who &&
		    strike->command == command)
			return strike;
	}
	return NULL;
}

/* A free slot, or that of the operation with the fewest failures. */
static struct smbsign_client_strike *
strike_new(struct smbsign_client_conn *conn)
{
	struct smbsign_client_strike *best = conn->strikes, *strike;

	for (strike = best; strike < conn->strikes + SMBSIGN_STRIKES; strike++) {
		if (strike->count < best->count)
			best = strike;
	}
	if (!best->count)
		conn->n_strikes++;
	best->count = 0;
	return best;
}

/* NULL for commands that a task waits for. */
static struct smbsign_client_burst *burst_of(struct smbsign_client_conn *conn,
					     u16 command)
{
	switch (command) {
	case SMBSIGN_READ:
		return &conn->reads_refused;
	case SMBSIGN_WRITE:
		return &conn->writes_refused;
	default:
		return NULL;
	}
}

static bool burst_add(struct smbsign_client_burst *burst, unsigned int strikes)
{
	unsigned int count = burst->count + strikes;

	if (time_after(jiffies, burst->at + BURST_QUIET))
		count = strikes;
	WRITE_ONCE(burst->at, jiffies);
	WRITE_ONCE(burst->count, count);
	return count > STRIKES_PER_BURST;
}

static void burst_forgive(struct smbsign_client_burst *burst)
{
	if (burst && burst->count)
		WRITE_ONCE(burst->count, burst->count - 1);
}

/**
 * smbsign_client_unasked() - a reply came that nothing waits for
 * @conn: the connection
 *
 * Demultiplex thread only.
 */
void smbsign_client_unasked(struct smbsign_client_conn *conn)
{
	burst_add(&conn->reads_refused, STRIKES_PER_UNASKED);
	burst_add(&conn->writes_refused, STRIKES_PER_UNASKED);
}

/**
 * smbsign_client_gives_up() - has a command failed too often of late?
 * @conn: the connection
 * @command: the command
 *
 * cifs would send some requests again without end, though no reply to them
 * arrives that could be refused.
 *
 * Return: true if such requests are to get an error
 */
bool smbsign_client_gives_up(struct smbsign_client_conn *conn, u16 command)
{
	const struct smbsign_client_burst *burst = burst_of(conn, command);

	return burst && READ_ONCE(burst->count) > STRIKES_PER_BURST &&
	       !time_after(jiffies, READ_ONCE(burst->at) + BURST_QUIET);
}

/**
 * smbsign_client_strike() - the reply to a request could not be accepted
 * @conn: the connection
 * @mid: the request
 *
 * Operations are known by what cifs hands to the callback: the task of a
 * synchronous one, the structure of a read or write. Demultiplex thread only.
 *
 * Return: true if it has failed too often, and is to get an error
 */
bool smbsign_client_strike(struct smbsign_client_conn *conn,
			   struct mid_q_entry *mid)
{
	const void *who = SMBSIGN_GET(client, mid, mid_data);
	u16 command = le16_to_cpu(SMBSIGN_GET(client, mid, mid_command));
	struct smbsign_client_burst *burst = burst_of(conn, command);
	struct smbsign_client_strike *strike;

	if (burst && burst_add(burst, 1))
		return true;
	strike = strike_find(conn, who, command);
	if (!strike)
		strike = strike_new(conn);
	strike->who = who;
	strike->command = command;
	if (++strike->count < STRIKES_PER_OPERATION)
		return false;
	strike->count = 0;
	conn->n_strikes--;
	return true;
}

/**
 * smbsign_client_forgive() - the reply to a request was accepted
 * @conn: the connection
 * @mid: the request
 *
 * Demultiplex thread only.
 */
void smbsign_client_forgive(struct smbsign_client_conn *conn,
			    struct mid_q_entry *mid)
{
	u16 command = le16_to_cpu(SMBSIGN_GET(client, mid, mid_command));
	struct smbsign_client_strike *strike;

	burst_forgive(burst_of(conn, command));
	if (likely(!conn->n_strikes))
		return;
	strike = strike_find(conn, SMBSIGN_GET(client, mid, mid_data), command);
	if (!strike)
		return;
	strike->count = 0;
	conn->n_strikes--;
}
