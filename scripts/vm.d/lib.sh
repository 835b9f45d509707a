# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every part of scripts/vm shares: where things are, messages, and the
# cache's place. To be sourced.
#
# shellcheck disable=SC2034 # variables used by the other parts

VM_D=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VM_CHECKOUT=$(cd "$VM_D/../.." && pwd)
# Not $HOME, which sudo may leave as it was: what lies there is run as root.
VM_CACHE=${XDG_CACHE_HOME:-$(getent passwd "$(id -u)" | cut -d : -f 6)/.cache}/smbsign
umask 022

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

# need_private DIR - only root, and who we are, may be able to change what is in
# DIR or put something else in its place.
need_private() {
	local dir owner mode

	dir=$(realpath -- "$1")
	while :; do
		read -r owner mode < <(stat -c '%u %a' -- "$dir")
		[[ $owner == 0 || $owner == "$(id -u)" ]] || die "$dir belongs to another user, who could change what we run"
		# The sticky bit, as /tmp has it, keeps others from replacing what is ours.
		((!(8#$mode & 8#22) || 8#$mode & 8#1000)) || die "$dir can be written by others, who could change what we run"
		[[ $dir != / ]] || return 0
		dir=$(dirname -- "$dir")
	done
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
