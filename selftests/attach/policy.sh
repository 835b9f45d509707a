# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the administrator says holds at once. To be sourced by run.

# An unsigned write is one more in stats/unsigned.
counted() {
	local before after

	before=$(policy server/stats/unsigned) && unsigned_write refused &&
		after=$(policy server/stats/unsigned) || return
	((after == before + 1)) || {
		echo "unsigned went from $before to $after"
		return 1
	}
}

test_policy() {
	ktap_is "policy.up" ksmbd_up
	ktap_is "policy.load" smbsign_load
	ktap_is "policy.counted" counted
	ktap_is "policy.off" policy server/require off
	ktap_is "policy.off_is_told" policy_is server/require off
	ktap_is "policy.off_is_stock" unsigned_write executed
	ktap_is "policy.off_serves" foreign_copy
	ktap_is "policy.all" policy server/require all
	ktap_is "policy.all_refuses" unsigned_write refused
	ktap_is "policy.all_serves" foreign_copy
	ktap_is "policy.unload" smbsign_unload
	ktap_is "policy.load_off" smbsign_load server_require=off server_allow_guest=1
	ktap_is "policy.load_off_is_told" policy_is server/require off
	ktap_is "policy.load_guest_is_told" policy_is server/allow_guest 1
	ktap_is "policy.load_off_is_stock" unsigned_write executed
	ktap_is "policy.then_all" policy server/require all
	ktap_is "policy.then_all_refuses" unsigned_write refused
	ktap_is "policy.unload_all" smbsign_unload
	ktap_is "policy.down" ksmbd_down
}
