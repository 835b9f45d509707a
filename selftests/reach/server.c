// SPDX-License-Identifier: GPL-2.0-only
/* The server half's tables, in user space. */
#include <server/ksmbd.h>

SMBSIGN_LAYOUT_DEFINE(server, "ksmbd", SERVER_FIELDS, SERVER_FUNCS);
