# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# One boot of one VM. To be sourced after lib.sh and kernel.sh.
#
# shellcheck disable=SC2034 # VM_PID is this part's result

# qemu_args ACCEL LAYER CONSOLE APPEND... - set VM_QEMU to what every boot has in common.
qemu_args() {
	local accel=$1 layer=$2 console=$3 cpu=max append properties=

	shift 3
	kernel_version "$layer"
	# Power off by "reboot" after a panic: -no-reboot makes it an exit.
	append="console=ttyS0 ignore_loglevel panic=-1 oops=panic $*"
	if [[ $accel == tcg ]]; then
		# Emulated: five-level page tables only cost, mitigations protect
		# nothing, and a slow CPU is not a stuck one.
		cpu=max,la57=off
		properties=,thread=multi,tb-size=512
		append+=" mitigations=off no_timer_check watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120"
	fi
	VM_QEMU=(qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none
		-machine q35 -accel "$accel$properties" -cpu "$cpu"
		-kernel "$layer/boot/vmlinuz-$REPLY" -initrd "$layer/boot/initrd.img"
		-append "$append" -serial "file:$console")
}

# qemu_share TAG DIR [OPTION] - add a 9p share.
qemu_share() {
	VM_QEMU+=(-fsdev "local,id=$1,path=${2//,/,,},security_model=passthrough,multidevs=remap${3:+,$3}"
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

# qemu_run SECONDS - run VM_QEMU in the background, VM_PID; it ends when this
# shell does, however that comes.
qemu_run() {
	setpriv --pdeathsig TERM timeout --kill-after=5 "$1" \
		setpriv --pdeathsig KILL "${VM_QEMU[@]}" </dev/null >/dev/null 2>"$VM_RUN/qemu-errors" &
	VM_PID=$!
}
