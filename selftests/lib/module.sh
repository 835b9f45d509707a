# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# smbsign.ko under test: source this in a VM, as root, after share.sh.

SMBSIGN=/sys/fs/smbsign
LIB=$(dirname "$(realpath -- "${BASH_SOURCE[0]}")")

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

# unsigned_write executed|refused: what ksmbd does about one, from a client that
# logged in properly
unsigned_write() {
	local status=0

	python3 -B "$LIB/unsigned_write.py" --dir "$SHARE_DIR" || status=$?
	case $1.$status in
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
	! dmesg | grep -E 'WARNING: |BUG: |Oops|general protection|refcount_t: |blocked for more than|\bUBSAN'
}
