# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Stock ksmbd as the server, smbsign on the client's side only. ksmbd of 6.12
# mis-signs errors of READ and security descriptors: refused, and said why. That
# of 7.3 does not, and must not be noticed. To be sourced by run.

readonly FAULT="a fault of old ksmbd: load smbsign there, or list it in client/exempt"
readonly REFUSED="STATUS_INVALID_SIGNATURE"

# What smbsign has said since the last call.
peer_log() {
	dmesg --read-clear | grep 'smbsign: client:'
}

# read_past_end DIR: the file becomes shorter on the server, and the client, which
# does not know, reads where nothing is; 7.3 makes that zeroes
read_past_end() {
	head -c 100000 /dev/urandom >"$SHARE_DIR/shrinks" && chmod 666 "$SHARE_DIR/shrinks" || return 2
	python3 -c '
import os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
os.truncate(sys.argv[2], 0)
got = os.pread(file, 4096, 65536)
sys.exit(f"{got[:9]}, where nothing is" if any(got) else 0)' "$1/shrinks" "$SHARE_DIR/shrinks"
}

# read_acl DIR
read_acl() {
	echo content >"$SHARE_DIR/has-acl" && chmod 666 "$SHARE_DIR/has-acl" || return 2
	getcifsacl "$1/has-acl" | grep -q ^OWNER:
}

# all_of DIR
all_of() {
	read_past_end "$1" && read_acl "$1" && copy_there_and_back "$1"
}

# refused_as COMMAND FAULT OPTIONS ACT: ACT fails, a reply to COMMAND is why, the
# log says so and what the fault is, and nothing that follows is the worse for it
refused_as() {
	local log status=0

	peer_log >/dev/null
	mount_do "$3,actimeo=600" "$4" || status=$?
	log=$(peer_log)
	echo "status $status; $log"
	[ "$status" = 1 ] && grep -q "reply to $1 refused, $REFUSED (0xc000a000): .*$2" <<<"$log" &&
		! grep -v "reply to $1 refused" <<<"$log" && mount_copy "$3"
}

unnoticed() {
	local before after

	before=$(policy client/stats/denied) && mount_do "$1" all_of &&
		after=$(policy client/stats/denied) && [ "$before" = "$after" ]
}

exempted() {
	policy client/exempt "127.0.0.0/8 ::1" && mount_do "$1" all_of && policy client/exempt ""
}

test_peers() {
	local dialect

	ktap_is "peers.stock_server" policy server/require off
	ktap_is "peers.up" ksmbd_up
	for dialect in 2.1 3.0 3.0.2 3.1.1; do
		if [ "$(uname -r | cut -d . -f 1)" = 6 ]; then
			ktap_is "peers.$dialect.read_error" \
				refused_as READ "$FAULT" "vers=$dialect" read_past_end
			ktap_is "peers.$dialect.security" \
				refused_as QUERY_INFO "$FAULT" "vers=$dialect" read_acl
			ktap_is "peers.$dialect.exempt" exempted "vers=$dialect"
		else
			ktap_is "peers.$dialect.unnoticed" unnoticed "vers=$dialect"
		fi
	done
	ktap_is "peers.seal" unnoticed "vers=3.1.1,seal"
	ktap_is "peers.down" ksmbd_down
	ktap_is "peers.server_again" policy server/require all
}
