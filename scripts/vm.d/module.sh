# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# smbsign.ko for a kernel layer, out of a copy of the checkout's sources: the
# checkout gets no build products, and no kernel sees those of another.
# To be sourced after cache.sh, intree.sh and kernel.sh.

# What a build reads; names that kbuild makes are left behind.
module_sources() {
	(
		cd "$VM_CHECKOUT" || exit
		find Kbuild Makefile smbsign include -type f \
			! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c' \
			! -name '.*' ! -name 'modules.order' ! -name 'Module.symvers' \
			-print0 2>/dev/null | sort -z
	)
}

module_copy() {
	module_sources | tar -c -C "$VM_CHECKOUT" --null -T - | tar -x -C "$1"
}

# module_make TREE LAYER DIR [MAKE-ARG...] - kbuild on the sources in DIR.
module_make() {
	local tree=$1 layer=$2 dir=$3

	shift 3
	kernel_version "$layer"
	intree_run "$tree" "$layer" "$dir=/mnt/smbsign,rw" -- \
		make -C "/lib/modules/$REPLY/build" M=/mnt/smbsign -j"$(nproc)" "$@" modules
}

# module_get TREE LAYER - set REPLY to smbsign.ko, or to nothing while the
# checkout has no Kbuild or the kernel (one given as a directory) no headers.
module_get() {
	local hash

	REPLY=
	if [[ ! -f $VM_CHECKOUT/Kbuild ]]; then
		say "the checkout has no Kbuild: SMBSIGN_KO is empty"
		return
	fi
	if ! compgen -G "$2/usr/lib/modules/*/build" >/dev/null && [[ ! -L $(echo "$2"/usr/lib/modules/*/build) ]]; then
		say "this kernel comes without headers: SMBSIGN_KO is empty"
		return
	fi
	hash=$(
		{
			echo "${2##*/}"
			cat "$VM_D/module.sh"
			cd "$VM_CHECKOUT" || exit
			module_sources | xargs -0 sha256sum
		} | hash_stdin
	)
	cache_get "module-$hash" module_build "$1" "$2"
	REPLY=$REPLY/smbsign.ko
}

module_build() {
	local dir=$1 tree=$2 layer=$3

	module_copy "$dir"
	logged "$VM_CACHE/log/module-${layer##*/}" module_make "$tree" "$layer" "$dir"
	[[ -f $dir/smbsign.ko ]] || die "the build made no smbsign.ko"
}
