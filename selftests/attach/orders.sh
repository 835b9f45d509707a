# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# smbsign and ksmbd come and go in any order. To be sourced by run.

readonly ROUNDS=3

ksmbd_comes_and_goes() {
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		ksmbd_up && policy_is server/attached yes && foreign_copy &&
			ksmbd_down && policy_is server/attached "no: ksmbd not loaded" || return
	done
}

smbsign_comes_and_goes() {
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		smbsign_load && policy_is server/attached yes && unsigned_write refused &&
			foreign_copy && smbsign_unload && unsigned_write executed &&
			foreign_copy || return
	done
}

test_orders() {
	ktap_is "orders.load_alone" smbsign_load
	ktap_is "orders.no_target_yet" policy_is server/attached "no: ksmbd not loaded"
	ktap_is "orders.ksmbd_second" ksmbd_up
	ktap_is "orders.attached_second" policy_is server/attached yes
	ktap_is "orders.enforced_second" unsigned_write refused
	ktap_is "orders.served_second" foreign_copy
	ktap_is "orders.ksmbd_unloads" ksmbd_down
	ktap_is "orders.target_gone" policy_is server/attached "no: ksmbd not loaded"
	ktap_is "orders.ksmbd_comes_and_goes" ksmbd_comes_and_goes
	ktap_is "orders.ksmbd_again" ksmbd_up
	ktap_is "orders.enforced_again" unsigned_write refused
	ktap_is "orders.unload_first" smbsign_unload
	ktap_is "orders.stock_after_unload" unsigned_write executed
	ktap_is "orders.served_after_unload" foreign_copy
	ktap_is "orders.smbsign_comes_and_goes" smbsign_comes_and_goes
	ktap_is "orders.load_second" smbsign_load
	ktap_is "orders.attached_to_running" policy_is server/attached yes
	ktap_is "orders.enforced_on_running" unsigned_write refused
	ktap_is "orders.served_on_running" foreign_copy
	ktap_is "orders.unload" smbsign_unload
	ktap_is "orders.ksmbd_last" ksmbd_down
}
