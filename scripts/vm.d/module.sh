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

# module_update DIR - make DIR's sources those of the checkout. A file that is the
# same keeps its time, so that kbuild builds only what has changed.
module_update() {
	local name

	(
		cd "$VM_CHECKOUT" || exit
		while IFS= read -r -d '' name; do
			cmp -s -- "$name" "$1/$name" || install -D -m 0644 -- "$name" "$1/$name"
		done < <(module_sources)
	)
	(
		cd "$1" || exit
		while IFS= read -r -d '' name; do
			[[ -e $VM_CHECKOUT/$name ]] || rm -- "$name"
		done < <(module_sources)
	)
}

# module_build DIR TREE LAYER - into DIR. The objects of this checkout and kernel
# are kept, since a change touches few of them.
module_build() {
	local dir=$1 tree=$2 layer=$3 objects log fd

	objects=$VM_CACHE/objects/${layer##*/}-$(hash_stdin <<<"$VM_CHECKOUT")
	mkdir -p "$objects"
	exec {fd}>"$objects.lock"
	flock "$fd"
	touch "$objects"
	find "$VM_CACHE/objects" -mindepth 1 -maxdepth 1 -type d -mtime "+$VM_CACHE_DAYS" -exec rm -rf {} +
	module_update "$objects"
	log=$VM_CACHE/log/${objects##*/}
	logged "$log" module_make "$tree" "$layer" "$objects"
	[[ -f $objects/smbsign.ko ]] || die "the build made no smbsign.ko, see $log"
	cp "$objects/smbsign.ko" "$dir/"
	exec {fd}>&-
}
