# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# KTAP for shell scripts, Documentation/dev-tools/ktap.rst: source this.
#
#   ktap_begin			the version line
#   ktap_is NAME COMMAND...	one test: does COMMAND succeed? What it says is shown if not
#   ktap_not NAME COMMAND...	one test: does COMMAND fail?
#   ktap_group NAME COMMAND...	one test made of COMMAND's own KTAP
#   ktap_skip NAME REASON
#   ktap_end			the plan; exits, with 1 if anything failed or nothing ran
#
# COMMAND may be a function; errexit does not hold in it, so it chains by &&.
# The script sets pipefail.

ktap_count=0 ktap_failed=0
ktap_said=$(mktemp)

ktap_begin() {
	echo "KTAP version 1"
}

# ktap_result STATUS NAME
ktap_result() {
	ktap_count=$((ktap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $ktap_count $2"
	else
		ktap_failed=$((ktap_failed + 1))
		echo "not ok $ktap_count $2"
	fi
}

ktap_is() {
	local name=$1 status=0

	shift
	# Into a file: COMMAND runs in this shell, and may leave jobs behind.
	"$@" >"$ktap_said" 2>&1 || status=$?
	[ "$status" = 0 ] || {
		echo "status $status"
		cat "$ktap_said"
	} | sed 's/^/# /'
	ktap_result "$status" "$name"
}

ktap_not() {
	local name=$1

	shift
	ktap_is "$name" ktap_fails "$@"
}

ktap_fails() {
	if "$@"; then
		echo "succeeded, should have failed: $*"
		return 1
	fi
	return 0
}

ktap_group() {
	local name=$1 status=0

	shift
	"$@" 2>&1 | sed -u 's/^/  /' || status=$?
	ktap_result "$status" "$name"
}

ktap_skip() {
	ktap_count=$((ktap_count + 1))
	echo "ok $ktap_count $1 # SKIP $2"
}

ktap_end() {
	echo "1..$ktap_count"
	rm -f "$ktap_said"
	[ "$ktap_failed" = 0 ] && [ "$ktap_count" != 0 ]
	exit
}
