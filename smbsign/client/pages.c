// SPDX-License-Identifier: GPL-2.0-only
/*
 * READs past the page cache up to 6.1, whose data goes to an array of pages,
 * maybe of the task that reads. How much there is the reply says, before it is
 * verified.
 */
#include <linux/math.h>
#include <linux/minmax.h>

#include "client.h"

static unsigned int pages_for(struct cifs_io_subrequest *rdata,
			      unsigned int len)
{
	size_t end = SMBSIGN_GET(client, rdata, rdata_offset) + (size_t)len;

	return len ? DIV_ROUND_UP(end,
				  SMBSIGN_GET(client, rdata, rdata_pagesz)) : 0;
}

/*
 * The original fills whole pages, whatever part of the last one was asked for,
 * and lets go of those that it does not need, which are missed when the READ is
 * tried again. Of data that was not asked for it is told nothing: it finds the
 * reply malformed then. Pages are let go of with the read.
 */
static int pages_read(struct TCP_Server_Info *server,
		      struct cifs_io_subrequest *rdata, unsigned int len)
{
	unsigned int n_pages = SMBSIGN_GET(client, rdata, rdata_npages);
	int ret;

	len = min(len, SMBSIGN_GET(client, rdata, rdata_bytes));
	SMBSIGN_SET(client, rdata, rdata_npages,
		    min(n_pages, pages_for(rdata, len)));
	ret = smbsign_original(cifs_uncached_read_into_pages)(server, rdata,
							      len);
	SMBSIGN_SET(client, rdata, rdata_npages, n_pages);
	return ret;
}

int hook_cifs_uncached_read_into_pages(struct TCP_Server_Info *server,
				       struct cifs_io_subrequest *rdata,
				       unsigned int len)
{
	struct smbsign_client_conn *conn;
	int idx = smbsign_client_enter();
	int ret;

	if (smbsign_client_look(server, &conn) == SMBSIGN_RULE_OURS)
		ret = pages_read(server, rdata, len);
	else
		ret = smbsign_original(cifs_uncached_read_into_pages)(server,
								      rdata,
								      len);
	smbsign_client_leave(idx);
	return ret;
}
