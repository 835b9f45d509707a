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

# An IPv6 address whose last 96 bits are zero has the bytes of 10.0.0.2.
zeroes_are_not_v4() {
	ip -6 addr replace a00:2::/128 dev lo nodad && exempts 10.0.0.2 refused --host a00:2:: &&
		exempts a00:2::/128 executed --host a00:2::
}

# A peer that is behind one interface: fe80::5b, behind scope0.
scope_up() {
	ip netns add scoped && ip link add scope0 type veth peer name peer0 netns scoped &&
		ip link add scope1 type dummy && ip link set scope0 up && ip -n scoped link set peer0 up &&
		ip addr add fe80::5a/64 dev scope0 nodad &&
		ip -n scoped addr add fe80::5b/64 dev peer0 nodad
}

# exempts_scoped WORDS EXPECTED SHOWN: as exempts, of that peer; SHOWN is how the list reads
exempts_scoped() {
	local status=0

	policy server/exempt "$1" && policy_is server/exempt "$3" || return
	nsenter --net=/run/netns/scoped python3 -m lib.unsigned_write --dir "$SHARE_DIR" \
		--host fe80::5a%peer0 || status=$?
	[ "$2.$status" = executed.0 ] || [ "$2.$status" = refused.1 ]
}

# An interface that is not there is refused with the right word.
scope_unknown() {
	policy server/exempt 192.0.2.0/24 || return
	! { echo "10.0.0.0/8 fe80::%nowhere/64" >"$SMBSIGN/server/exempt"; } 2>/tmp/said || return
	cat /tmp/said
	grep -q 'No such device' /tmp/said && policy_is server/exempt 192.0.2.0/24
}

test_exempt_scope() {
	local net=fe80:0:0:0:0:0:0:0

	ktap_is "exempt.scope" exempts_scoped "::1 fe80::%scope0/64" executed "*$net%scope0/64"
	ktap_is "exempt.scope_other" exempts_scoped "fe80::%scope1/64" refused "$net%scope1/64"
	ktap_is "exempt.scope_any" exempts_scoped "fe80::/64" executed "$net/64"
	ktap_is "exempt.scope_unknown" scope_unknown
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
	local pages

	ktap_is "exempt.scope_up" scope_up
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
	ktap_is "exempt.v6_of_zeroes_is_not_v4" zeroes_are_not_v4
	test_exempt_scope
	ktap_is "exempt.counted" exempted_is_counted
	ktap_is "exempt.nobody" exempts "" refused
	ktap_is "exempt.list_of_256" list_kept 256
	ktap_is "exempt.list_of_all" list_kept "$EXEMPT_MAX"
	ktap_is "exempt.bad_end_changes_nothing" bad_end_changes_nothing
	ktap_is "exempt.too_many_change_nothing" too_many
	ktap_is "exempt.stray_piece_changes_nothing" stray_piece
	for pages in newline bad full forsaken; do
		policy server/exempt 192.0.2.0/24
		ktap_is "exempt.pages_$pages" python3 -m attach.exempt_pages "$SMBSIGN/server/exempt" "$pages"
	done
	test_exempt_mount
	ktap_is "exempt.unload" smbsign_unload
	ktap_is "exempt.down" ksmbd_down
}
