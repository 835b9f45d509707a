#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Does scripts/vm keep its promises? Runs on the host, in some two minutes
# under emulation; prints KTAP.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
readonly PLAN=41
n=0 failed=0

# result NAME CONDITION... - one line of KTAP; what the VM said, if it failed.
result() {
	local name=$1

	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n $name"
	else
		failed=$((failed + 1))
		echo "not ok $n $name"
		sed 's/^/# /' "$work/out" "$work/err"
	fi
}

# vm ARG... - a run, its output in $work/out and err, its status in $status.
vm() {
	status=0
	scripts/vm "$@" >"$work/out" 2>"$work/err" || status=$?
}

status_is() { [[ $status == "$1" ]]; }
printed() { grep -qx -- "$1" "$work/out"; }
explained() { grep -q -- "$1" "$work/err"; }
quick() { ((SECONDS - started < $1)); }

test_usage() {
	vm
	result "usage: no command" status_is 2
	vm --kernel unheard-of -- true
	result "usage: unknown kernel" status_is 2
	vm --mem lots -- true
	result "usage: memory that is no number" status_is 2
	vm --share /nonexistent -- true
	result "usage: share that is no directory" status_is 2
	vm --cpu 'no such model' -- true
	result "usage: CPU that is no model's name" status_is 2
	vm true
	result "usage: command without --" status_is 2
	vm --prepare -- true
	result "usage: --prepare with a command" status_is 2
	result "usage: it is shown" explained '^usage: '
}

# A sleeping daemon is left behind, which must not keep the run from ending.
# shellcheck disable=SC2016 # for the guest's shell
readonly GUEST='
	echo "to stderr" >&2; echo "reopened" >/dev/stderr
	read -r line || echo "no input"
	[ "$(id -u)" = 0 ] && echo "root"
	[ "$1" = "one  argument" ] && echo "argument kept"
	touch /src/x 2>/dev/null || echo "checkout read-only"
	[ -f /src/scripts/vm ] && echo "checkout there"
	[ -z "$SMBSIGN_KO" ] || modinfo "$SMBSIGN_KO" >/dev/null && echo "module named"
	echo "from the guest" >/host/file
	stat -f -c %T /tmp
	setsid sleep 1000 &
	sleep 6
	echo "after a while"
	exit 7'

test_run() {
	local begun=0 line

	mkdir "$work/share"
	status=0
	: >"$work/out"
	{ scripts/vm --share "$work/share" -- sh -c "$GUEST" sh "one  argument" 2>"$work/err" ||
		echo "status $?"; } | while IFS= read -r line; do
		printf '%s\n' "$line" >>"$work/out"
		case $line in
		"to stderr") begun=$SECONDS ;;
		"after a while") ((SECONDS - begun < 4)) || echo "streamed" >>"$work/out" ;;
		esac
	done
	result "run: status passes through" printed "status 7"
	result "run: standard error is streamed too" printed "to stderr"
	result "run: /dev/stderr can be opened" printed "reopened"
	result "run: standard input is empty" printed "no input"
	result "run: as root" printed "root"
	result "run: arguments are kept as they are" printed "argument kept"
	result "run: the checkout is at /src" printed "checkout there"
	result "run: the checkout is read-only" printed "checkout read-only"
	result "run: SMBSIGN_KO is empty or a module" printed "module named"
	result "run: /tmp is a tmpfs" printed "tmpfs"
	result "run: /host is the shared directory" grep -qx "from the guest" "$work/share/file"
	result "run: output arrives while the command runs" printed "streamed"
}

# shellcheck disable=SC2016 # for the guest's shell
readonly MACHINE='
	grep -qw aes /proc/cpuinfo || echo "no AES"
	tr " " "\n" </proc/cmdline | grep -x preempt=full
	echo "words: $(tr " " "\n" </proc/cmdline | grep -c "^test[.]")"'

test_machine() {
	vm --cpu max,aes=off --append "preempt=full test.one test.two=2" -- sh -c "$MACHINE"
	result "machine: the CPU is of the model asked for" printed "no AES"
	result "machine: the kernel gets the words asked for" printed "preempt=full"
	result "machine: all of them" printed "words: 2"
}

test_kernel_trouble() {
	vm -- sh -c 'echo "WARNING: from a test" >/dev/kmsg; echo "going on"'
	result "trouble: a warning fails the run" status_is 120
	result "trouble: the command still ran to its end" printed "going on"
	result "trouble: the offending line is shown" explained "WARNING: from a test"

	started=$SECONDS
	vm -- sh -c 'echo before; sleep 1; echo c >/proc/sysrq-trigger; sleep 1000'
	result "trouble: a panic fails the run" status_is 120
	result "trouble: a panic ends the run" quick 60
	result "trouble: what was printed before arrived" printed "before"
	result "trouble: the panic is shown" explained "Kernel panic"
}

test_timeout() {
	started=$SECONDS
	SMBSIGN_VM_TIMEOUT=20 vm -- sleep 1000
	result "timeout: has a status of its own" status_is 124
	result "timeout: is kept" quick 40
	result "timeout: the console's last lines are shown" explained '^vm: | '
}

test_build() {
	mkdir -p "$work/checkout/smbsign"
	cp -r scripts "$work/checkout/"
	echo 'obj-m := smbsign.o' >"$work/checkout/Kbuild"
	echo 'smbsign-y := smbsign/main.o' >>"$work/checkout/Kbuild"
	echo '#error from a test' >"$work/checkout/smbsign/main.c"
	status=0
	"$work/checkout/scripts/vm" -- true >"$work/out" 2>"$work/err" || status=$?
	result "build: a module that does not build fails the run" status_is 125
	result "build: the compiler's words are shown" explained "#error from a test"
}

# Two at once, the second one to be terminated.
test_together() {
	local first second name

	scripts/vm -- sh -c 'sleep 3; exit 3' >"$work/out" 2>"$work/err" &
	first=$!
	TMPDIR=$work scripts/vm -- sh -c 'sleep 1000' >"$work/out2" 2>"$work/err2" &
	second=$!
	status=0
	wait "$first" || status=$?
	result "together: one run is not disturbed by another" status_is 3
	name=$(basename "$work"/smbsign-vm.*)
	result "together: the other one is still there" test -n "$(pgrep -f "name $name")"
	kill -TERM "$second"
	started=$SECONDS
	status=0
	wait "$second" || status=$?
	result "terminated: the status says so" status_is 143
	result "terminated: at once" quick 10
	result "terminated: nothing is left" test -z "$(compgen -G "$work/smbsign-vm.*")"
	result "terminated: no qemu is left" test -z "$(pgrep -f "name $name" || true)"
}

echo "KTAP version 1"
if [[ $(id -u) != 0 ]]; then
	echo "1..0 # SKIP scripts/vm needs root"
	exit 4
fi
echo "1..$PLAN"
scripts/vm --prepare 2>&1 | sed 's/^/# /'
test_usage
test_build
test_run
test_machine
test_kernel_trouble
test_timeout
test_together
if ((n != PLAN)); then
	echo "# planned $PLAN tests, ran $n"
	exit 1
fi
((failed == 0))
