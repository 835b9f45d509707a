# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The layer of a kernel of your own, given as a directory. It runs with the root
# tree of `stable`. To be sourced before kernel.sh.
#
# The directory has either what a build of your own installs:
#	vmlinuz			what a boot loader would load
#	lib/modules/VERSION/	as laid down by `make modules_install`; its link
#				`build`, if it leads to a built kernel tree that
#				is complete in itself, is used to build smbsign.ko
# or Debian's kernel packages, unpacked one over the other with `dpkg-deb -x`:
# linux-image, linux-headers (amd64 and common), linux-kbuild, and since 7.x
# linux-binary and linux-modules. With no headers SMBSIGN_KO is empty.

# kernel_path_identity PATH - what tells one state of the directory from another.
kernel_path_identity() {
	realpath -- "$1"
	find "$1/" -maxdepth 6 \( -name 'vmlinuz*' -o -name 'modules.*' -o -name build -o -name Module.symvers \) \
		-printf '%p %s %t %l\n' | sort
}

kernel_build_path() {
	local dir=$1 tree=$2 path=$3 modules version build image

	modules=("$path"/lib/modules/*/ "$path"/usr/lib/modules/*/)
	[[ -d ${modules[0]} ]] || modules=("${modules[@]:1}")
	[[ -d ${modules[0]} ]] || die "$path: no lib/modules/VERSION (see $VM_D/kernel-path.sh)"
	version=$(basename "${modules[0]}")
	mkdir -p "$dir/boot" "$dir/usr/lib/modules" "$dir/usr/src"

	say "copying the kernel $version from $path"
	tar -c -C "${modules[0]}.." --exclude "./$version/build" --exclude "./$version/source" "./$version" |
		tar -x -C "$dir/usr/lib/modules"
	for image in "$path/vmlinuz" "$path/boot/vmlinuz-$version"; do
		[[ ! -f $image ]] || cp -L -- "$image" "$dir/boot/vmlinuz-$version"
	done

	# The packages' link `build` is absolute: on this machine it would lead
	# to another kernel's headers, or to nothing.
	build=${modules[0]}build
	if [[ -d $path/usr/src/linux-headers-$version ]]; then
		cp -a -- "$path"/usr/src/linux-* "$dir/usr/src/"
		cp -a -- "$path"/usr/lib/linux-kbuild-* "$dir/usr/lib/"
	elif [[ -d $build ]]; then
		mkdir "$dir/usr/src/linux-headers-$version"
		realpath -- "$build" >"$dir/headers-from"
	fi
	if [[ -d $dir/usr/src/linux-headers-$version ]]; then
		ln -s "/usr/src/linux-headers-$version" "$dir/usr/lib/modules/$version/build"
	fi
	kernel_finish "$dir" "$tree"
}
