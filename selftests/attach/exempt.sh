# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Peers that policy leaves alone, by their networks. To be sourced by run.

readonly EXEMPT_MAX=512
readonly EXEMPT_MOUNT=/mnt/smbsign-exempt
readonly EXEMPT_LIST=/tmp/exempt-list

# exempts WORDS EXPECTED [OPTION...]: with such a list, what happens to an unsigned write?
exempts() {
	local list=$1 expected=$2

	shift 2
	policy server/exempt "$list" && unsigned_write "$expected" "$@"
}

exempted_is_counted() {
	local before after

	before=$(policy server/stats/exempted) && exempts 127.0.0.1 executed &&
		after=$(policy server/stats/exempted) && [ "$after" -gt "$before" ]
}

# long_list N: N networks, each as long as they come, a blank between them
long_list() {
	seq -f %g "$1" | while read -r i; do
		printf '2001:db8:ffff:eeee:dddd:cccc:bbbb:%x/128\n' $((0x1000 + i))
	done | paste -s -d ' '
}

# list_kept N: is a list of N what was written?
list_kept() {
	long_list "$1" >"$EXEMPT_LIST" && cat "$EXEMPT_LIST" >"$SMBSIGN/server/exempt" &&
		cmp "$EXEMPT_LIST" "$SMBSIGN/server/exempt"
}

# As the list before has it, whatever is wrong in a later page.
bad_end_changes_nothing() {
	policy server/exempt 192.0.2.0/24 || return
	if { long_list 300 && echo nonsense; } 2>&1 | paste -s -d ' ' >"$EXEMPT_LIST" &&
		cat "$EXEMPT_LIST" >"$SMBSIGN/server/exempt"; then
		echo "it was accepted"
		return 1
	fi
	policy_is server/exempt 192.0.2.0/24
}

too_many() {
	policy server/exempt 192.0.2.0/24 || return
	if long_list $((EXEMPT_MAX + 1)) >"$SMBSIGN/server/exempt"; then
		echo "it was accepted"
		return 1
	fi
	policy_is server/exempt 192.0.2.0/24
}

# A piece that follows nothing: dd seeks to it.
stray_piece() {
	! echo 10.0.0.0/8 | dd of="$SMBSIGN/server/exempt" bs=4096 seek=1 conv=notrunc && policy_is server/exempt 192.0.2.0/24
}

exempt_mount() {
	mkdir -p "$EXEMPT_MOUNT" && mount -t cifs //127.0.0.1/pub "$EXEMPT_MOUNT" -o username=alice,password=secret
}

# exempt_copy NAME
exempt_copy() {
	head -c 300000 /dev/urandom >/tmp/exempt-source && cp /tmp/exempt-source "$EXEMPT_MOUNT/$1" &&
		sync -f "$EXEMPT_MOUNT/$1" && cmp /tmp/exempt-source "$SHARE_DIR/$1"
}

# What a list says of a mount that is there holds from the next request on.
test_exempt_mount() {
	modprobe cifs
	policy server/require off
	policy client/exempt "127.0.0.0/8"
	ktap_is "exempt.client.mount" exempt_mount
	ktap_is "exempt.client.copy" exempt_copy before
	ktap_is "exempt.client.stock" connection_is client protection none
	policy client/exempt "10.0.0.0/8 ::1"
	policy server/require all
	ktap_is "exempt.client.copy_after" exempt_copy after
	ktap_is "exempt.client.signed_after" connection_is client protection signed
	ktap_is "exempt.client.umount" umount "$EXEMPT_MOUNT"
}

test_exempt() {
	ktap_is "exempt.up" ksmbd_up
	ktap_is "exempt.load" smbsign_load "server_exempt=127.0.0.0/8"
	ktap_is "exempt.parameter" policy_is server/exempt 127.0.0.0/8
	ktap_is "exempt.parameter_holds" unsigned_write executed
	ktap_is "exempt.others" exempts "10.0.0.0/8 192.0.2.1" refused
	ktap_is "exempt.v4" exempts "10.0.0.0/8 127.0.0.0/30" executed
	ktap_is "exempt.v4_mapped" exempts "::ffff:127.0.0.1" executed
	ktap_is "exempt.v4_is_not_v6" exempts "127.0.0.0/8" refused --host ::1
	ktap_is "exempt.v6" exempts "2001:db8::/32 ::1" executed --host ::1
	ktap_is "exempt.v6_is_not_v4" exempts "::1" refused
	ktap_is "exempt.counted" exempted_is_counted
	ktap_is "exempt.nobody" exempts "" refused
	ktap_is "exempt.list_of_256" list_kept 256
	ktap_is "exempt.list_of_all" list_kept "$EXEMPT_MAX"
	ktap_is "exempt.bad_end_changes_nothing" bad_end_changes_nothing
	ktap_is "exempt.too_many_change_nothing" too_many
	ktap_is "exempt.stray_piece_changes_nothing" stray_piece
	test_exempt_mount
	ktap_is "exempt.unload" smbsign_unload
	ktap_is "exempt.down" ksmbd_down
}
