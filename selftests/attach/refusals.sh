# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Where signing cannot be enforced, the target does not load, or it is said that
# nothing is enforced, and why. To be sourced by run.

readonly MODULES=/tmp/modules

# `prepare` has built them; the fake ksmbd is told apart by its BTF, not for lack of it.
modules_copy() {
	mkdir -p "$MODULES" && cp /host/*.ko "$MODULES" &&
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

# renamed FROM TO...: smbsign.ko with other names of the same length in it
renamed() {
	local script=

	while (($#)); do
		[ ${#1} = ${#2} ] || return
		script+="s/\\x00$1\\x00/\\x00$2\\x00/g;"
		shift 2
	done
	LC_ALL=C sed "$script" "$SMBSIGN_KO" >/tmp/renamed.ko && ! cmp -s /tmp/renamed.ko "$SMBSIGN_KO"
}

cannot_be_promised() {
	ktap_not "$1.all_cannot_be_promised" policy server/require all
	ktap_is "$1.off_can" policy server/require off
	ktap_not "$1.all_still_cannot_be" policy server/require all
	ktap_is "$1.still_off" policy_is server/require off
	ktap_is "$1.unload" smbsign_unload
}

# No kernel here has ksmbd built in: zswap stands for it, which has parameters;
# then some name that the kernel does not know as a module, and a function of
# the kernel itself for the one that ksmbd would have there.
test_builtin() {
	ktap_is "builtin.module" renamed ksmbd zswap
	ktap_is "builtin.load" insmod /tmp/renamed.ko
	ktap_is "builtin.reason" policy_is server/attached "no: zswap is built into the kernel*"
	cannot_be_promised builtin
	ktap_is "builtin_function.module" renamed ksmbd ksmbx handle_ksmbd_work unregister_netdev
	ktap_is "builtin_function.load" insmod /tmp/renamed.ko
	ktap_is "builtin_function.reason" policy_is server/attached "no: ksmbx is built into the kernel*"
	cannot_be_promised builtin_function
}

# A function that may be missing is, but for what gcc has made of it. No function
# that we redirect is like that, so one of ksmbd stands for the one of netfs: the
# only one whose type is not looked up in BTF before.
test_clone() {
	ktap_is "clone.module" renamed netfs ksmbd netfs_unbuffered_read_iter get_file_network_open_info
	ktap_is "clone.targets" modprobe -a ksmbd cifs
	ktap_is "clone.load" insmod /tmp/renamed.ko
	ktap_is "clone.reason" policy_is client/attached "no: *has a copy get_file_network_open_info.*"
	ktap_not "clone.all_cannot_be_promised" policy client/require all
	ktap_is "clone.other_target" policy_is server/attached yes
	ktap_is "clone.unload" smbsign_unload
	ktap_is "clone.targets_leave" modprobe -r -a ksmbd cifs
}

test_refusals() {
	ktap_is "refusals.test_modules" modules_copy
	test_builtin
	test_clone
	test_layout
	test_refused_load_forgotten
	test_conflict
	test_ftrace
}
