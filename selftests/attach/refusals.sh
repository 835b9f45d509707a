# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Where signing cannot be enforced, the target does not load, or it is said that
# nothing is enforced, and why. To be sourced by run.

readonly MODULES=/tmp/modules

# `prepare` has built them; the fake ksmbd is told apart by its BTF, not for lack of it.
modules_copy() {
	mkdir "$MODULES" && cp /host/*.ko "$MODULES" &&
		objdump -h "$MODULES/ksmbd.ko" | grep -q '\.BTF'
}

ftrace_off() {
	echo 0 >/proc/sys/kernel/ftrace_enabled
}

ftrace_on() {
	echo 1 >/proc/sys/kernel/ftrace_enabled
}

test_ftrace() {
	ktap_is "ftrace.load" smbsign_load
	if ! ftrace_off 2>/dev/null; then
		# Newer kernels have no such switch any more: nothing to refuse.
		ktap_skip "ftrace.off" "this kernel does not let ftrace be switched off"
		ktap_is "ftrace.unload" smbsign_unload
		return
	fi
	ktap_not "ftrace.ksmbd_is_refused" modprobe ksmbd
	ktap_is "ftrace.not_there" test ! -e /sys/module/ksmbd
	ktap_is "ftrace.reason" policy_is server/attached "no: *ftrace*"
	ktap_is "ftrace.policy_off" policy server/require off
	ktap_is "ftrace.off_lets_ksmbd_in" ksmbd_up
	ktap_is "ftrace.off_is_stock" unsigned_write executed
	ktap_not "ftrace.all_cannot_be_promised" policy server/require all
	ktap_is "ftrace.still_off" policy_is server/require off
	ktap_is "ftrace.still_reason" policy_is server/attached "no: *ftrace*"
	ktap_is "ftrace.unload" smbsign_unload
	ktap_is "ftrace.load_beside_ksmbd" smbsign_load
	ktap_is "ftrace.says_no" policy_is server/attached "no: *ftrace*"
	ktap_is "ftrace.on" ftrace_on
	ktap_is "ftrace.retry" policy server/require all
	ktap_is "ftrace.attached" policy_is server/attached yes
	ktap_is "ftrace.enforced" unsigned_write refused
	ktap_is "ftrace.cannot_be_switched_off" ktap_fails ftrace_off
	ktap_is "ftrace.ksmbd_down" ksmbd_down
	ktap_is "ftrace.unload_at_last" smbsign_unload
}

# After a load that was refused, policy can be written as if nothing had been.
test_refused_load_forgotten() {
	ktap_is "again.load" smbsign_load
	ktap_not "again.fake_is_refused" insmod "$MODULES/ksmbd.ko"
	ktap_is "again.policy_off" policy server/require off
	ktap_is "again.policy_all" policy server/require all
	ktap_is "again.real_one_loads" ksmbd_up
	ktap_is "again.attached" policy_is server/attached yes
	ktap_is "again.enforced" unsigned_write refused
	ktap_is "again.ksmbd_down" ksmbd_down
	ktap_is "again.unload" smbsign_unload
}

test_conflict() {
	ktap_is "conflict.up" ksmbd_up
	ktap_is "conflict.other_user" insmod "$MODULES/ipmodify.ko"
	ktap_is "conflict.load" smbsign_load
	ktap_is "conflict.reason" policy_is server/attached "no: *smb2_check_user_session*another user*"
	ktap_is "conflict.nothing_half_done" unsigned_write executed
	ktap_not "conflict.all_cannot_be_promised" policy server/require all
	ktap_is "conflict.other_user_leaves" rmmod ipmodify
	ktap_is "conflict.retry" policy server/require all
	ktap_is "conflict.attached" policy_is server/attached yes
	ktap_is "conflict.enforced" unsigned_write refused
	ktap_not "conflict.other_user_is_too_late" insmod "$MODULES/ipmodify.ko"
	ktap_is "conflict.unload" smbsign_unload
	ktap_is "conflict.down" ksmbd_down
}

test_layout() {
	ktap_is "layout.load" smbsign_load
	ktap_not "layout.fake_is_refused" insmod "$MODULES/ksmbd.ko"
	ktap_is "layout.not_there" test ! -e /sys/module/ksmbd
	ktap_is "layout.reason" policy_is server/attached "no: *ksmbd_*"
	ktap_is "layout.policy_off" policy server/require off
	ktap_is "layout.off_lets_it_in" insmod "$MODULES/ksmbd.ko"
	ktap_is "layout.still_reason" policy_is server/attached "no: *ksmbd_*"
	ktap_not "layout.all_cannot_be_promised" policy server/require all
	ktap_is "layout.fake_leaves" rmmod ksmbd
	ktap_is "layout.gone" policy_is server/attached "no: ksmbd not loaded"
	ktap_is "layout.unload" smbsign_unload
}

test_refusals() {
	ktap_is "refusals.test_modules" modules_copy
	test_layout
	test_refused_load_forgotten
	test_conflict
	test_ftrace
}
