# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a finished run amounts to. To be sourced after lib.sh.

# Lines with which the kernel says that it, or a module, is broken. Most stand at
# the start of the message; the time stamp may have a caller's id beside it.
VM_AT_START='WARNING: |BUG: |Oops|------------\[ cut here|INFO: (task|possible|inconsistent|suspicious|trying)'
VM_ANYWHERE='Kernel panic|kernel BUG at|BUG: |Oops: |KASAN: |KFENCE: |KCSAN: |UBSAN: |DEBUG_LOCKS_WARN_ON'
VM_ANYWHERE+='|general protection fault|unable to handle|double fault|blocked for more than [0-9]+ seconds'
VM_ANYWHERE+='|detected (expedited )?stall|soft lockup|hard LOCKUP|page allocation failure|refcount_t: |list_(add|del) corruption'
VM_ANYWHERE+='|suspicious RCU usage|kmemleak: [0-9]+ new|unregister_netdevice: waiting|Out of memory: Killed'
readonly VM_AT_START VM_ANYWHERE

# TAINT_MACHINE_CHECK|BAD_PAGE|DIE|WARN|SOFTLOCKUP: should a line have been lost.
readonly VM_BAD_TAINT=$((1 << 4 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 14))

# verdict_kernel CONSOLE TAINTED - print what speaks against the kernel; true if
# anything does. The first complaint is shown with what follows it, the others,
# which are often its consequences, with their first line.
verdict_kernel() {
	local pattern="^(\[[^]]*\] ?)*($VM_AT_START)|$VM_ANYWHERE" tainted=

	if grep -qaE "$pattern" "$1"; then
		say "the kernel's complaints:"
		tr -d '\r' <"$1" | grep -anE "$pattern" >&2
		say "the first one, whole:"
		tr -d '\r' <"$1" | awk -v pattern="$pattern" '$0 ~ pattern || n { if (n++ < 40) print }' >&2
		return 0
	fi
	[[ ! -s $2 ]] || tainted=$(<"$2")
	if ((tainted & VM_BAD_TAINT)); then
		say "the kernel is tainted ($tainted)"
		return 0
	fi
	return 1
}

verdict_tail() {
	tail -n "$1" -- "$2" | tr -d '\r' | sed 's/^/vm: | /' >&2
}
