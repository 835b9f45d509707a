# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Kernel layers: what a kernel's packages add to a root tree (/boot/vmlinuz,
# /usr/lib/modules, headers, kbuild), unpacked into a directory of its own, so
# that kernels share a tree without knowing each other; and the initramfs.
# To be sourced after tree.sh, fetch.sh, intree.sh, kernel-path.sh and
# kernel-debug.sh.
#
# shellcheck disable=SC2034 # VM_TREE and VM_LAYER are this part's results

# kernel_get KERNEL - set VM_TREE and VM_LAYER to the two directories.
kernel_get() {
	local kernel=$1 recipe codename suite=

	if [[ $kernel == debug ]]; then
		kernel_get stable
		debug_get "$VM_TREE" "$VM_LAYER"
		kernel=$REPLY
	fi
	case $kernel in
	stable) codename=trixie suite= ;;
	backports) codename=trixie suite=trixie-backports ;;
	oldstable) codename=bookworm suite= ;;
	*) codename=trixie ;;
	esac
	tree_get "$codename"
	VM_TREE=$REPLY
	recipe=$(hash_of "$VM_D/kernel.sh" "$VM_D/fetch.sh" "$VM_D/initramfs" "$VM_D/guest/stage1")-${VM_TREE##*-}
	recipe=$(hash_stdin <<<"$recipe")
	if [[ $kernel != */* ]]; then
		cache_get "kernel-$kernel-$recipe" kernel_build_debian "$VM_TREE" "$codename" ${suite:+-t "$suite"}
	else
		recipe+=$(<"$VM_D/kernel-path.sh")$(kernel_path_identity "$kernel")
		cache_get "kernel-path-$(hash_stdin <<<"$recipe")" kernel_build_path "$VM_TREE" "$kernel"
	fi
	VM_LAYER=$REPLY
}

kernel_build_debian() {
	local dir=$1 tree=$2 codename=$3 work packages deb

	shift 3 # what is left: apt's option for a suite other than the release's
	need_space 1500
	say "fetching the kernel of Debian $codename${2:+ ($2)}, once (downloads about 130 MB)"
	work=$dir.work
	fetch_setup "$work" "$codename" "$tree/var/lib/dpkg/status"
	# apt resolves which packages make up this kernel, however it is split.
	# They are only unpacked: their scripts would build an initramfs.
	packages=$(fetch_apt "$work" apt-get -s --no-install-recommends "$@" \
		install linux-image-amd64 linux-headers-amd64 |
		sed -nE 's/^Inst (linux-(image|binary|modules|headers|kbuild)-[^ ]*[0-9][^ ]*) \(([^ ]+) .*/\1=\3/p' |
		grep -v '^linux-[a-z]*-amd64=')
	[[ $packages ]] || die "apt found no kernel packages in ${2:-$codename}"
	# shellcheck disable=SC2086 # words, one a package
	(cd "$work" && logged "$VM_CACHE/log/kernel-${2:-$codename}" fetch_apt "$work" apt-get -q download $packages)

	# Merged /usr: older packages have /lib, which the tree has as a link.
	mkdir -p "$dir/usr/lib/modules" "$dir/usr/src" "$dir/boot"
	ln -s usr/lib "$dir/lib"
	for deb in "$work"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x --keep-directory-symlink -C "$dir" --exclude './usr/share' --exclude './boot/System.map*'
	done
	rm "$dir/lib"
	kernel_finish "$dir" "$tree"
}

# kernel_finish LAYER TREE - module index and initramfs, made with the release's own tools.
kernel_finish() {
	local dir=$1 tree=$2 image

	for image in "$dir"/usr/lib/modules/*/vmlinuz; do
		# Where newer packages have it.
		[[ ! -f $image ]] || ln "$image" "$dir/boot/vmlinuz-$(basename "${image%/*}")"
	done
	kernel_version "$dir"
	logged "$VM_CACHE/log/kernel-finish" \
		intree_run "$tree" "$dir" "$dir/boot=/mnt/boot,rw" "$VM_D=/mnt/vm.d" -- \
		bash /mnt/vm.d/initramfs "$REPLY" /mnt/boot/initrd.img
}

# kernel_version LAYER - set REPLY to the version of its kernel.
kernel_version() {
	local modules=("$1"/usr/lib/modules/*/)

	((${#modules[@]} == 1)) || die "$1: expected one kernel, found ${modules[*]}"
	REPLY=$(basename "${modules[0]}")
	[[ -e $1/boot/vmlinuz-$REPLY ]] || die "$1: no kernel image for the modules of $REPLY"
}
