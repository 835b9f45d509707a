# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A kernel of `stable`'s source that watches itself: built here, once, with the
# options of debug.config and with the tools of the root tree of `stable`. It is
# laid out as kernel-path.sh wants a kernel of one's own to be.
# To be sourced after cache.sh, intree.sh and source.sh.

# debug_get TREE STABLE-LAYER - set REPLY to the directory of the debug kernel.
# Its name is of the recipe alone: it is not built again when the tree changes.
debug_get() {
	cache_get "debug-$(hash_of "$VM_D/kernel-debug.sh" "$VM_D/debug-make" "$VM_D/debug.config")" \
		debug_build "$@"
}

debug_build() {
	local dir=$1 tree=$2 config=("$3"/boot/config-*) build=$1/build

	need_space 6000
	say "building the debug kernel, once (downloads 150 MB; 20 minutes on two idle CPUs)"
	mkdir "$build"
	source_unpack "$dir.work" "$tree" "$build"
	debug_wanted "${config[0]}" >"$build/wanted"
	logged "$VM_CACHE/log/debug" intree_run "$tree" - "$build=/mnt/linux,rw" "$dir=/mnt/kernel,rw" \
		"$VM_D=/mnt/vm.d" -- nice -n 5 bash /mnt/vm.d/debug-make
	debug_prune "$build"
	ln -sfn ../../../build "$dir"/lib/modules/*/build
}

# debug_wanted CONFIG - what a .config is to have: the options of debug.config,
# those without a value as CONFIG has them.
debug_wanted() {
	local name

	while read -r name; do
		case $name in
		'' | '#'*) ;;
		*=n) echo "# CONFIG_${name%=n} is not set" ;;
		*=*) echo "CONFIG_$name" ;;
		*) grep "^CONFIG_$name=" "$1" || die "$name is not set in ${1##*/}" ;;
		esac
	done <"$VM_D/debug.config"
}

# debug_prune BUILD - leave what builds modules.
debug_prune() {
	find "$1" -mindepth 1 -maxdepth 1 -type d \
		! -name include ! -name scripts ! -name arch ! -name tools -exec rm -r {} +
	find "$1/arch" -mindepth 1 -maxdepth 1 -type d ! -name x86 -exec rm -r {} +
	find "$1/tools" -mindepth 1 -maxdepth 1 -type d ! -name objtool ! -name bpf -exec rm -r {} +
	find "$1" \( -name '*.o' -o -name '*.a' -o -name '*.ko' -o -name '.*.cmd' \) ! -path '*/scripts/*' -delete
	rm -f "$1"/arch/x86/boot/bzImage "$1"/arch/x86/boot/compressed/vmlinux* "$1"/.tmp_* "$1"/vmlinux.unstripped
}
