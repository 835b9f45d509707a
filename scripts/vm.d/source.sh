# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The source of `stable`'s kernel, as Debian packs it.
# To be sourced after lib.sh, host.sh and fetch.sh.

# source_unpack WORK TREE DIR TAR-ARG... - download it to WORK and unpack it into
# DIR, or what TAR-ARGs choose of it; TREE is the root tree of `stable`.
source_unpack() {
	local work=$1 tree=$2 dir=$3 package

	shift 3
	host_needs xz=xz-utils
	fetch_setup "$work" trixie "$tree/var/lib/dpkg/status"
	package=$(fetch_apt "$work" apt-get -s --no-install-recommends install linux-source |
		sed -nE 's/^Inst (linux-source-[^ ]+) .*/\1/p')
	[[ $package ]] || die "apt found no linux-source"
	(cd "$work" && logged "$VM_CACHE/log/linux-source" fetch_apt "$work" apt-get -q download "$package")
	dpkg-deb --fsys-tarfile "$work"/linux-source-*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ -C "$dir" --strip-components=1 "$@"
	rm "$work"/linux-source-*.deb
}
