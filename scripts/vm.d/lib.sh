# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every part of scripts/vm shares: where things are, messages, and the
# cache's place. To be sourced.
#
# shellcheck disable=SC2034 # variables used by the other parts

VM_D=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VM_CHECKOUT=$(cd "$VM_D/../.." && pwd)
VM_CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/smbsign

# Exit statuses of our own; any other one is the guest command's.
readonly VM_EXIT_USAGE=2 VM_EXIT_KERNEL=120 VM_EXIT_TIMEOUT=124 VM_EXIT_VM=125

say() {
	printf 'vm: %s\n' "$*" >&2
}

die() {
	say "error: $*"
	exit "$VM_EXIT_VM"
}

need_root() {
	[[ $(id -u) == 0 ]] || die "must be run as root (chroot, mounts and 9p ownership need it)"
}

# need_space MIB - refuse early rather than fail half way through an unpack.
need_space() {
	local free

	free=$(df --output=avail -BM "$VM_CACHE" | tail -n 1 | tr -dc 0-9)
	((free >= $1)) || die "$VM_CACHE has $free MiB free, $1 MiB are needed"
}

# hash_of FILE... - name for what is built by, or out of, these files.
hash_of() {
	cat -- "$@" | hash_stdin
}

hash_stdin() {
	sha256sum | cut -c 1-12
}

# logged LOG COMMAND... - keep a builder's chatter in LOG, show its end on failure.
logged() {
	local log=$1

	shift
	if ! ("$@") >"$log" 2>&1 </dev/null; then
		tail -n 25 -- "$log" >&2
		die "$1 failed, see $log"
	fi
}
