# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Mounts that must work, and what is on the wire meanwhile. To be sourced by run.

readonly CAPTURE=/tmp/capture.pcap

# mount_do OPTIONS COMMAND...: run a command, with the directory as its last
# argument, while the share is mounted
mount_do() {
	local dir=/mnt/smbsign-do options=$1 status=0

	shift
	mkdir -p "$dir" && mount -t cifs //127.0.0.1/pub "$dir" \
		-o "username=alice,password=secret,$options" || return
	"$@" "$dir" || status=$?
	umount "$dir" && return $status
}

# What is written is what is read, and what is on the server. READs and WRITEs
# are as large as can be.
copy_there_and_back() {
	head -c 9000001 /dev/urandom >/tmp/copy-source &&
		cp /tmp/copy-source "$1/copy" && sync -f "$1/copy" &&
		echo 3 >/proc/sys/vm/drop_caches && cmp /tmp/copy-source "$1/copy" &&
		cmp /tmp/copy-source "$SHARE_DIR/copy" &&
		dd if="$1/copy" of=/tmp/copy-back bs=512K iflag=direct status=none &&
		cmp /tmp/copy-source /tmp/copy-back &&
		mv "$1/copy" "$1/moved" && rm "$1/moved"
}

# mount_copy OPTIONS
mount_copy() {
	mount_do "$1" copy_there_and_back
}

capture_begin() {
	local i

	tcpdump -i lo -s 512 -B 8192 --immediate-mode -U -w "$CAPTURE" 'tcp port 445' \
		>/dev/null 2>&1 </dev/null &
	dumper=$!
	for ((i = 0; i < 300; i++)); do
		[ ! -s "$CAPTURE" ] || return 0
		sleep 0.1
	done
	echo "tcpdump does not begin"
	return 1
}

# mount_copy_by ALGORITHM OPTIONS: every message on the wire is signed by it
mount_copy_by() {
	local found

	rm -f "$CAPTURE"
	capture_begin && mount_copy "$2" || return
	sleep 0.5
	kill "$dumper" && wait "$dumper"
	found=$(python3 -m bench.negotiated "$CAPTURE") || return
	[ "$found" = "$1" ] || {
		echo "on the wire: $found"
		return 1
	}
}
