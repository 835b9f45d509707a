# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# smbsign is loaded while ksmbd is: after ksmbd's MODULE_STATE_COMING notifiers
# and before it shows in /sys/module. slowload.ko holds it there for a while. To
# be sourced by run, after refusals.sh.

hold() {
	echo "$1" >/sys/module/slowload/parameters/hold
}

# arriving COMMAND...: run it, and load smbsign amid; arrived: its status
arriving() {
	local end=$((SECONDS + 60))

	hold 1 && dmesg -C || return
	"$@" &
	arrival=$!
	until dmesg | grep -q 'slowload: ksmbd waits'; do
		[ $SECONDS -lt $end ] && kill -0 "$arrival" || return
		sleep 0.1
	done
	[ ! -e /sys/module/ksmbd ] && smbsign_load && [ ! -e /sys/module/ksmbd ]
}

arrived() {
	hold 0 && wait "$arrival"
}

test_arrival() {
	ktap_is "arrival.slowload" insmod "$MODULES/slowload.ko"
	ktap_is "arrival.smbsign_amid" arriving modprobe ksmbd
	ktap_is "arrival.not_overlooked" policy_is server/attached yes
	ktap_is "arrival.ksmbd_loads" arrived
	ktap_is "arrival.attached" policy_is server/attached yes
	ktap_is "arrival.all_holds" policy server/require all
	ktap_is "arrival.ksmbd_up" ksmbd_up
	ktap_is "arrival.enforced" unsigned_write refused
	ktap_is "arrival.ksmbd_down" ksmbd_down
	ktap_is "arrival.gone" policy_is server/attached "no: ksmbd not loaded"
	ktap_is "arrival.unload" smbsign_unload

	ktap_is "arrival.smbsign_amid_fake" arriving insmod "$MODULES/ksmbd.ko"
	ktap_is "arrival.fake_reason" policy_is server/attached "no: *ksmbd_*"
	ktap_not "arrival.fake_cannot_be_promised" policy server/require all
	ktap_is "arrival.fake_loads" arrived
	ktap_is "arrival.fake_reason_stays" policy_is server/attached "no: *ksmbd_*"
	ktap_not "arrival.fake_still_cannot_be" policy server/require all
	ktap_is "arrival.fake_leaves" rmmod ksmbd
	ktap_is "arrival.fake_gone" policy_is server/attached "no: ksmbd not loaded"
	ktap_is "arrival.all_for_what_comes" policy server/require all
	ktap_is "arrival.unload_again" smbsign_unload
	ktap_is "arrival.slowload_leaves" rmmod slowload
}
