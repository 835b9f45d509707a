// SPDX-License-Identifier: GPL-2.0-only
/* The client half's tables, in user space. */
#include <client/cifs.h>

SMBSIGN_LAYOUT_DEFINE(client, "cifs", CLIENT_FIELDS, CLIENT_FUNCS);
