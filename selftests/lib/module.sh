# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# smbsign.ko under test: source this in a VM, as root, after share.sh.

SMBSIGN=/sys/fs/smbsign
# shellcheck source=python.sh
. "$(dirname "${BASH_SOURCE[0]}")/python.sh"

module_loaded() {
	[ -d /sys/module/smbsign ]
}

# smbsign_load [PARAMETER=VALUE...]
smbsign_load() {
	insmod "$SMBSIGN_KO" "$@"
}

smbsign_unload() {
	rmmod smbsign
}

# policy SIDE/FILE: its value; policy SIDE/FILE VALUE: set it
policy() {
	if [ $# = 1 ]; then
		cat "$SMBSIGN/$1"
	else
		echo "$2" >"$SMBSIGN/$1"
	fi
}

# policy_is SIDE/FILE GLOB
policy_is() {
	local value

	value=$(cat "$SMBSIGN/$1") || return
	# shellcheck disable=SC2053 # a glob is meant
	[[ $value == $2 ]] || {
		echo "$1 is \"$value\", expected \"$2\""
		return 1
	}
}

# connection_of ROLE: the directory of the one connection of that role
connection_of() {
	local file

	file=$(grep -lx "$1" "$SMBSIGN"/connections/*/role) && [ "$(wc -l <<<"$file")" = 1 ] &&
		dirname "$file"
}

# connection_is ROLE NAME VALUE
connection_is() {
	local dir value

	dir=$(connection_of "$1") && value=$(cat "$dir/$2") || return
	[ "$value" = "$3" ] || {
		echo "$2 of the connection of role $1 is \"$value\", expected \"$3\""
		return 1
	}
}

# unsigned_write executed|refused [OPTION...]: what ksmbd does about one, from a
# client that logged in properly
unsigned_write() {
	local expected=$1 status=0

	shift
	python3 -m lib.unsigned_write --dir "$SHARE_DIR" "$@" || status=$?
	case $expected.$status in
	executed.0 | refused.1) return 0 ;;
	*) return 1 ;;
	esac
}

# smb COMMAND...: smbclient on the share
smb() {
	smbclient -U alice%secret //127.0.0.1/pub -c "$*"
}

# foreign_copy: does smbclient get back what it puts?
foreign_copy() {
	head -c 300000 /dev/urandom >/tmp/foreign-source || return
	rm -f /tmp/foreign-back
	smb "put /tmp/foreign-source foreign; get foreign /tmp/foreign-back; del foreign" || return
	cmp /tmp/foreign-source /tmp/foreign-back
}

# What speaks against the kernel in its log; scripts/vm looks too, and sees more.
kernel_log_clean() {
	kmemleak_clean || return
	! dmesg | grep -E 'WARNING: |BUG: |Oops|general protection|refcount_t: |blocked for more than|\bUBSAN'
}

# kmemleak_clean: nothing is lost that smbsign allocated, as far as the kernel can tell (the debug
# kernel can). The functions of a module that is gone have no names any more.
kmemleak_clean() {
	local leaks=/sys/kernel/debug/kmemleak

	[ -e "$leaks" ] || return 0
	# What is younger than five seconds is not judged.
	sleep 6
	echo scan >"$leaks" && echo scan >"$leaks" && cat "$leaks" >/tmp/leaks || return
	! grep -B 20 -A 10 -E '\[smbsign\]|>\] 0x' /tmp/leaks
}
