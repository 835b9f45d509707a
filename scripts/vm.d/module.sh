# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# smbsign.ko for a kernel layer, out of a copy of the checkout's sources: the
# checkout gets no build products, and no kernel sees those of another.
# To be sourced after cache.sh, intree.sh and kernel.sh.

# What the module is built from.
readonly VM_SOURCES=(Kbuild Makefile smbsign include)

# module_sources - their files in the working directory, NUL-separated; what
# kbuild makes is left behind.
module_sources() {
	local source

	for source in "${VM_SOURCES[@]}"; do
		[[ ! -e $source ]] || find "$source" -type f \
			! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c' \
			! -name '.*' ! -name 'modules.order' ! -name 'Module.symvers' -print0
	done | sort -z
}

# module_copy DIR - copy them from the checkout.
module_copy() {
	(
		cd "$VM_CHECKOUT" || exit
		module_sources | tar -c --null -T -
	) | tar -x -C "$1"
}

# module_make TREE LAYER DIR [MAKE-ARG...] - kbuild on the sources in DIR.
module_make() {
	local tree=$1 layer=$2 dir=$3

	shift 3
	kernel_version "$layer"
	(intree_run "$tree" "$layer" "$dir=/mnt/smbsign,rw" -- \
		make -C "/lib/modules/$REPLY/build" M=/mnt/smbsign -j"$(nproc)" "$@")
}

# module_possible LAYER - does the kernel come with headers?
module_possible() {
	kernel_version "$1"
	[[ -L $1/usr/lib/modules/$REPLY/build ]]
}

# module_get TREE LAYER - set REPLY to smbsign.ko, or to nothing while the
# checkout has no Kbuild or the kernel (one given as a directory) no headers.
module_get() {
	local hash

	if [[ ! -f $VM_CHECKOUT/Kbuild ]]; then
		say "the checkout has no Kbuild: SMBSIGN_KO is empty"
		REPLY=
		return
	fi
	if ! module_possible "$2"; then
		say "this kernel comes without headers: SMBSIGN_KO is empty"
		REPLY=
		return
	fi
	hash=$(
		echo "${2##*/}"
		cat "$VM_D/module.sh"
		cd "$VM_CHECKOUT" || exit
		module_sources | xargs -0 sha256sum
	)
	cache_get "module-$(hash_stdin <<<"$hash")" module_build "$1" "$2"
	REPLY=$REPLY/smbsign.ko
}

module_build() {
	local dir=$1 tree=$2 layer=$3 work log

	work=$dir.work
	module_copy "$work"
	log=$VM_CACHE/log/${layer##*/}.module
	logged "$log" module_make "$tree" "$layer" "$work"
	[[ -f $work/smbsign.ko ]] || die "the build made no smbsign.ko, see $log"
	mv "$work/smbsign.ko" "$dir/"
}
