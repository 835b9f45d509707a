# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Running a command of a release's root tree on the host, with a kernel's
# layer in place. To be sourced after lib.sh.

# intree_run TREE LAYER [FROM=TO[,rw]]... -- COMMAND... - run it as root of the
# tree, which stays read-only but for /tmp and what is bound with rw; bind mounts
# are private to the command and go with it.
intree_run() {
	unshare --mount --propagation private --pid --fork --kill-child \
		bash "$VM_D/intree-enter" "$@"
}
