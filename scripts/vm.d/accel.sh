# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# KVM or emulation. To be sourced after qemu.sh.

readonly VM_PROBE_SECONDS=20

# accel_choose auto|kvm|tcg LAYER - set REPLY to kvm or tcg.
accel_choose() {
	local answer found

	case $1 in
	tcg) REPLY=tcg ;;
	kvm)
		[[ -r /dev/kvm && -w /dev/kvm ]] || die "--accel kvm: /dev/kvm is missing or not accessible"
		REPLY=kvm
		;;
	auto)
		# What a probe found holds until the next boot of the host.
		answer=$VM_CACHE/accel-$(</proc/sys/kernel/random/boot_id)
		if [[ ! -s $answer ]]; then
			found=tcg
			accel_probe "$2" && found=kvm
			rm -f "$VM_CACHE"/accel-*
			echo "$found" >"$answer.$$"
			mv "$answer.$$" "$answer"
		fi
		REPLY=$(<"$answer")
		;;
	esac
}

# accel_probe LAYER - does KVM run this kernel? A device that opens is no proof.
accel_probe() {
	[[ -r /dev/kvm && -w /dev/kvm ]] || return
	say "trying KVM"
	: >"$VM_RUN/probe"
	qemu_args kvm max "$1" "$VM_RUN/probe" vm.probe
	VM_QEMU+=(-m 512)
	qemu_run "$VM_PROBE_SECONDS"
	wait "$VM_PID" || true
	grep -q 'smbsign-vm: probe passed' "$VM_RUN/probe" && return
	say "/dev/kvm is there but does not run a kernel: emulating instead, which is slower"
	return 1
}
