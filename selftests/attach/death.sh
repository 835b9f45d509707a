# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A function that smbsign redirects is not called any more: what is answered all
# the same does not leave. And then ftrace has shut itself down and restores no
# call site any more: smbsign stays where it is, and goes on. The last test in its
# VM. To be sourced by run, after refusals.sh.

# It is to be there still a while later, asleep.
unloading_does_not_end() {
	rmmod smbsign &
	sleep 3
	kill -0 $! && module_loaded
}

# past FUNCTION: as past.py
past() {
	python3 -m attach.past "$MODULES/skip.ko" "$1" || return
	dmesg | tail -n 4 | grep 'without our having a say'
}

test_death() {
	ktap_is "death.ksmbd_up" ksmbd_up
	ktap_is "death.load" smbsign_load
	ktap_is "death.attached" policy_is server/attached yes
	ktap_is "death.of_signing" past hook_smb3_preauth_hash_rsp
	ktap_is "death.of_judging" past hook_smb2_check_user_session
	ktap_is "death.of_ftrace" insmod "$MODULES/killftrace.ko"
	ktap_is "death.enforced" unsigned_write refused
	ktap_is "death.unloading_does_not_end" unloading_does_not_end
	ktap_is "death.still_attached" policy_is server/attached yes
	ktap_is "death.still_enforced" unsigned_write refused
	ktap_is "death.still_serves" foreign_copy
	ktap_is "death.ksmbd_unloads" ksmbd_down
	ktap_not "death.ksmbd_does_not_load_again" modprobe ksmbd
	ktap_is "death.reason" policy_is server/attached "no: *ftrace*"
	ktap_is "death.policy_off" policy server/require off
	ktap_is "death.off_lets_ksmbd_in" ksmbd_up
	ktap_is "death.off_is_stock" unsigned_write executed
	ktap_not "death.all_cannot_be_promised" policy server/require all
}
