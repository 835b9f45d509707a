# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The kernel has drivers that it prefers and that do not fit: does smbsign take
# others, or do without? To be sourced by run.

readonly ALGORITHMS=(aes-gmac aes-cmac hmac-sha256)

# A driver that fails does not get past the kernel's own tests of drivers.
untested() {
	modprobe -q cryptomgr
	echo Y >/sys/module/cryptomgr/parameters/notests
}

# driver_is ALGORITHM GLOB
driver_is() {
	policy_is "drivers/$1" "$2"
}

# One line, which names algorithm and driver.
log_says_why() {
	local lines

	lines=$(dmesg | grep -F "smbsign: $1 is not offered: $2")
	echo "$lines"
	[ "$(wc -l <<<"$lines")" = 1 ] && [ "$lines" ]
}

# test_avoided FLAGS - drivers that say what smbsign will not have: others compute.
test_avoided() {
	local alg

	ktap_is "unfit.$1.drivers_load" insmod /host/unfit.ko "flags=$1"
	ktap_is "unfit.$1.load" smbsign_load
	for alg in "${ALGORITHMS[@]}"; do
		ktap_not "unfit.$1.$alg.is_unfit" driver_is "$alg" "*-unfit"
		ktap_not "unfit.$1.$alg.is_none" driver_is "$alg" none
	done
	ktap_is "unfit.$1.unload" smbsign_unload
	ktap_is "unfit.$1.drivers_unload" rmmod unfit
}

# Drivers that fit and fail take only their algorithms away.
test_missing() {
	ktap_is "unfit.fails.drivers_load" insmod /host/unfit.ko
	ktap_is "unfit.fails.load" smbsign_load
	ktap_is "unfit.fails.gmac_gone" driver_is aes-gmac none
	ktap_is "unfit.fails.cmac_gone" driver_is aes-cmac none
	ktap_is "unfit.fails.hmac_there" driver_is hmac-sha256 "*sha256*"
	ktap_is "unfit.fails.gmac_said" log_says_why aes-gmac gcm-aes-unfit
	ktap_is "unfit.fails.cmac_said" log_says_why aes-cmac "cbc(aes)"
	ktap_is "unfit.fails.unload" smbsign_unload
	ktap_is "unfit.fails.drivers_unload" rmmod unfit
}

test_unfit() {
	ktap_is "unfit.untested" untested
	test_avoided alloc
	test_avoided device
	test_missing
	ktap_is "unfit.none_left.load" smbsign_load
	ktap_not "unfit.none_left.cmac" driver_is aes-cmac none
	ktap_is "unfit.none_left.unload" smbsign_unload
}
