# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the host itself needs beyond a base system. To be sourced after lib.sh.

host_apt_update() {
	mkdir -p "$VM_CACHE/log"
	say "updating apt's package lists"
	logged "$VM_CACHE/log/apt-update" apt-get -q update
}

# host_needs COMMAND=PACKAGE... - install the packages of the commands that are missing.
host_needs() {
	local pair missing=()

	for pair; do
		command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
	done
	((${#missing[@]})) || return 0
	command -v apt-get >/dev/null ||
		die "please install by hand, as there is no apt-get: ${missing[*]}"
	host_apt_update
	say "installing ${missing[*]}"
	logged "$VM_CACHE/log/apt-install" env DEBIAN_FRONTEND=noninteractive \
		apt-get -qy -o DPkg::Lock::Timeout=300 install --no-install-recommends "${missing[@]}"
}
