# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# All parts of scripts/vm, in an order in which they know each other.

VM_PARTS=$(dirname "${BASH_SOURCE[0]}")
for vm_part in lib cache host mirrors tree fetch source intree kernel-path kernel-debug kernel module qemu accel verdict; do
	# shellcheck source=/dev/null
	. "$VM_PARTS/$vm_part.sh"
done
