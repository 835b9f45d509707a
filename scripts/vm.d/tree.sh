# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Root trees: one for each Debian release, with everything that runs in the VM
# and everything that builds a module, but no kernel.
# To be sourced after lib.sh, cache.sh, mirrors.sh and host.sh.

# tree_packages CODENAME - the packages of scripts/vm.d/packages for a release.
tree_packages() {
	sed -n -e 's/#.*//' -e "s/^$1:/:/" -e '/^[a-z0-9][a-z0-9]*:/d' -e 's/^://' -e '/./p' "$VM_D/packages"
}

# tree_get CODENAME - set REPLY to the release's root tree.
tree_get() {
	cache_get "tree-$1-$(hash_of "$VM_D/packages" "$VM_D/tree.sh")" tree_build "$1"
}

tree_build() {
	local dir=$1 codename=$2 work packages

	host_needs mmdebstrap=mmdebstrap mount=mount
	need_space 4000
	say "building the root tree of Debian $codename, once (downloads about 400 MB)"
	work=$dir.work
	mirror_sources "$codename" >"$work/sources.list"
	# What this machine's apt needs to reach a mirror (proxies, dates) is
	# needed in the tree too; its choice of indices is not.
	apt-config dump Acquire | grep -v IndexTargets >"$work/apt.conf" || true
	packages=$(tree_packages "$codename" | paste -sd,)
	# A directory with mode 0700 above the tree would lock out _apt.
	logged "$VM_CACHE/log/tree-$codename" mmdebstrap --mode=root --variant=apt \
		--include="$packages" --aptopt="$work/apt.conf" \
		--aptopt='APT::Install-Recommends "false"' --aptopt='APT::Sandbox::User "root"' \
		--dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
		--customize-hook="$VM_D/tree-hook" \
		"$codename" "$dir" "$work/sources.list"
}
