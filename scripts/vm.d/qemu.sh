# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# One boot of one VM, by the qemu of the root tree of `stable`: files are named
# as seen from there. To be sourced after lib.sh, intree.sh and kernel.sh.
#
# shellcheck disable=SC2034 # VM_PID is this part's result

# qemu_args ACCEL CPU LAYER CONSOLE APPEND... - set VM_QEMU, its arguments, and
# VM_BIND, the files it gets to see, to what every boot has in common.
qemu_args() {
	local accel=$1 cpu=$2 layer=$3 console=$4 append properties=

	shift 4
	kernel_version "$layer"
	# Power off by "reboot" after a panic: -no-reboot makes it an exit.
	append="console=ttyS0 ignore_loglevel panic=-1 oops=panic $*"
	if [[ $accel == tcg ]]; then
		# Emulated: five-level page tables only cost, mitigations protect
		# nothing, and a slow CPU is not a stuck one.
		cpu+=,la57=off
		properties=,thread=multi,tb-size=512
		append+=" mitigations=off no_timer_check watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120"
	fi
	VM_BIND=("$layer=/mnt/layer" "$console=/mnt/console,rw")
	VM_QEMU=(qemu-system-x86_64 -name "${VM_RUN##*/}" -nodefaults -no-user-config -no-reboot -display none
		-machine q35 -accel "$accel$properties" -cpu "$cpu"
		-kernel "/mnt/layer/boot/vmlinuz-$REPLY" -initrd /mnt/layer/boot/initrd.img
		-append "$append" -serial file:/mnt/console)
}

# qemu_share TAG DIR [rw] - add a 9p share.
qemu_share() {
	local readonly=on

	[[ ! ${3-} ]] || readonly=off
	VM_BIND+=("$2=/mnt/$1${3:+,rw}")
	VM_QEMU+=(-fsdev "local,id=$1,path=/mnt/$1,security_model=passthrough,multidevs=remap,readonly=$readonly"
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}

# qemu_run SECONDS - run VM_QEMU in the background, VM_PID; it ends when this
# shell does, however that comes.
qemu_run() {
	local tree

	tree_get trixie
	tree=$REPLY
	setpriv --pdeathsig TERM timeout --kill-after=5 "$1" setpriv --pdeathsig KILL \
		unshare --mount --propagation private bash "$VM_D/intree-enter" "$tree" - "${VM_BIND[@]}" \
		-- "${VM_QEMU[@]}" </dev/null >/dev/null 2>"$VM_RUN/qemu-errors" &
	VM_PID=$!
}
