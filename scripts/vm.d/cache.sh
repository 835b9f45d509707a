# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Cache of directories, each named by what it was built from: NAME-HASH. A
# directory is built under another name and renamed when whole, so one that has
# its final name is complete; a lock file beside it keeps two runs from building
# it twice, and a shared lock keeps it from being pruned while in use.
# To be sourced after lib.sh.

# Directories that nobody used for so long are removed when a sibling is built.
readonly VM_CACHE_DAYS=7

# cache_get NAME-HASH BUILDER [ARG...] - build the directory if it is missing,
# with `BUILDER DIR ARG...` filling the empty DIR (DIR.work is there too, for
# what is not kept), and set REPLY to its path. It stays locked for use until
# this shell exits.
cache_get() {
	local name=$1 builder=$2 lock dir tmp fd

	shift 2
	dir=$VM_CACHE/$name
	tmp=$VM_CACHE/tmp/$name
	lock=$VM_CACHE/lock/$name
	mkdir -p "$VM_CACHE/tmp" "$VM_CACHE/lock" "$VM_CACHE/log"
	need_private "$VM_CACHE"
	exec {fd}>>"$lock"
	flock -s "$fd"
	while [[ ! -d $dir ]]; do
		# Not an upgrade in place: flock drops the shared lock first, so
		# the state has to be looked at again once the lock is ours.
		flock -n -x "$fd" || {
			say "waiting for another run, which is building $name"
			flock -x "$fd"
		}
		if [[ ! -d $dir ]]; then
			# What a killed run may have left.
			cache_remove "$tmp" "$tmp.work"
			# No `if`, no `||`: they would suspend errexit in there.
			(
				trap 'cache_remove "$tmp" "$tmp.work"' EXIT
				mkdir "$tmp"
				# What apt is told here may have passwords of proxies in it.
				mkdir -m 0700 "$tmp.work"
				"$builder" "$tmp" "$@"
				mv -T "$tmp" "$dir"
			)
			cache_prune "$name"
		fi
		flock -s "$fd"
	done
	touch "$lock"
	REPLY=$dir
}

# cache_remove DIR... - a killed builder may have left things mounted inside, and
# rm -r would then empty those too.
cache_remove() {
	local dir mounted

	for dir; do
		while read -r mounted; do
			umount -l "$mounted"
		done < <(awk -v d="$dir/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
		rm -rf --one-file-system -- "$dir"
	done
}

# cache_prune NAME-HASH - drop its siblings that are neither in use nor recent.
cache_prune() {
	local kind=${1%-*} lock fd

	while IFS= read -r -d '' lock; do
		[[ ${lock##*/} != "$1" && $(basename "${lock%-*}") == "$kind" ]] || continue
		exec {fd}>>"$lock"
		if flock -n -x "$fd"; then
			cache_remove "$VM_CACHE/${lock##*/}"
		fi
		exec {fd}>&-
	done < <(find "$VM_CACHE/lock" -type f -mtime "+$VM_CACHE_DAYS" -print0)
}
