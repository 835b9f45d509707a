# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Running a command of a release's root tree on the host. To be sourced after lib.sh.

# intree_run TREE LAYER|- [FROM=TO[,rw]]... -- COMMAND... - run it as root of the
# tree, with a kernel's layer in place. The tree stays read-only but for /tmp;
# files and directories of the host appear where they are bound, under /mnt. The
# mounts are private to the command and go with it. One exec after the other, no
# fork: a signal to this process is one to the command.
intree_run() {
	exec unshare --mount --propagation private bash "$VM_D/intree-enter" "$@"
}
