# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# KTAP for shell scripts, Documentation/dev-tools/ktap.rst: source this.
#
#   ktap_begin			the version line
#   ktap_is NAME COMMAND...	one test: does COMMAND succeed? What it says is shown if not
#   ktap_not NAME COMMAND...	one test: does COMMAND fail?
#   ktap_group NAME COMMAND...	one test made of COMMAND's own KTAP
#   ktap_part NAME COMMAND...	COMMAND makes tests of its own, and needs none before it
#   ktap_skip NAME REASON
#   ktap_end			the plan; exits, with 1 if anything failed or nothing ran
#
# COMMAND may be a function; errexit does not hold in it, so it chains by &&.
# The script sets pipefail.
#
# SMBSIGN_TEST=NAME[/TEST] leaves out all groups and parts but NAME, a glob; what
# is outside of them, such as starting a server, is done all the same. A group's
# COMMAND finds TEST in SMBSIGN_TEST, for it to choose by.

# shellcheck source=python.sh
. "$(dirname "${BASH_SOURCE[0]}")/python.sh"

ktap_count=0 ktap_failed=0
ktap_said=$(mktemp)
# Parts that run now, and whether any was called as it had to be.
ktap_parts=0 ktap_chosen=''
# A group that has found its TEST writes so here.
SMBSIGN_TEST_FOUND=$(mktemp)
export SMBSIGN_TEST_FOUND

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

# ktap_took NAME SECONDS - where the time goes
ktap_took() {
	local seconds=$((SECONDS - $2))

	[ "$seconds" = 0 ] || echo "# $1 took $seconds s"
}

# ktap_wanted NAME - is it among those that were asked for?
ktap_wanted() {
	[ "$ktap_parts" = 0 ] || return 0
	# shellcheck disable=SC2254 # a glob
	case $1 in
	${SMBSIGN_TEST%%/*}) ktap_chosen=yes ;;
	*) [ -z "${SMBSIGN_TEST-}" ] ;;
	esac
}

# ktap_inner - what a group is to choose by
ktap_inner() {
	case ${SMBSIGN_TEST-} in
	*/*) echo "${SMBSIGN_TEST#*/}" ;;
	esac
}

ktap_is() {
	local name=$1 status=0 began=$SECONDS

	shift
	# Into a file: COMMAND runs in this shell, and may leave jobs behind.
	"$@" >"$ktap_said" 2>&1 || status=$?
	ktap_took "$name" "$began"
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
	local name=$1 status=0 began=$SECONDS

	shift
	ktap_wanted "$name" || return 0
	SMBSIGN_TEST=$(ktap_inner) "$@" 2>&1 | sed -u 's/^/  /' || status=$?
	ktap_took "$name" "$began"
	ktap_result "$status" "$name"
}

ktap_part() {
	local name=$1

	shift
	ktap_wanted "$name" || return 0
	ktap_parts=$((ktap_parts + 1))
	"$@"
	ktap_parts=$((ktap_parts - 1))
}

ktap_skip() {
	ktap_count=$((ktap_count + 1))
	echo "ok $ktap_count $1 # SKIP $2"
}

# ktap_found - was there what SMBSIGN_TEST asks for?
ktap_found() {
	case ${SMBSIGN_TEST-} in
	'') ;;
	*/*) [ -s "$SMBSIGN_TEST_FOUND" ] ;;
	*) [ "$ktap_chosen" ] ;;
	esac
}

ktap_end() {
	echo "1..$ktap_count"
	ktap_found || {
		echo "# no test is called $SMBSIGN_TEST"
		exit 1
	}
	rm -f "$ktap_said" "$SMBSIGN_TEST_FOUND"
	[ "$ktap_failed" = 0 ] && [ "$ktap_count" != 0 ]
	exit
}
