/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files that attach to targets. */
#ifndef SMBSIGN_ATTACH_INTERNAL_H
#define SMBSIGN_ATTACH_INTERNAL_H

#include <linux/types.h>

struct smbsign_target;

/* hook.c */
int smbsign_hook_find(const char *module, const char *func,
		      unsigned long *site);

/* target.c */
const char *smbsign_target_name(const struct smbsign_target *target);
int smbsign_target_attach(struct smbsign_target *target);
int smbsign_target_detach(struct smbsign_target *target);

#endif /* SMBSIGN_ATTACH_INTERNAL_H */
