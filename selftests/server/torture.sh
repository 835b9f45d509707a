# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Samba's own tests of signing, binding and anonymous sessions. Stock ksmbd fails
# some of them; none may get worse. To be sourced by run.

readonly TORTURE=/tmp/torture

torture_list() {
	smbtorture --list 2>/dev/null | tr -d ' \t' | sort -u |
		grep -E '^smb2\.session\..*(sign|bind|anon)' |
		grep -vE 'expire|encryption|reauth|reconnect'
	echo smb2.session-require-signing
}

# torture_run NAME: all of them, one process each, so that none disturbs the
# next; results go to $TORTURE.NAME as TEST RESULT
torture_run() {
	local test result said

	: >"$TORTURE.$1"
	for test in $(torture_list); do
		said=$(timeout 120 smbtorture //127.0.0.1/pub -U alice%secret "$test" 2>&1) || true
		case $said in
		*"success: "*) result=success ;;
		*"skip: "*) result=skip ;;
		*) result=failure ;;
		esac
		echo "$test $result" >>"$TORTURE.$1"
	done
	awk -v name="$1" '{ n[$2]++ } END { printf "# smbtorture, %s: %d passed, %d failed, %d skipped\n",
		name, n["success"], n["failure"], n["skip"] }' "$TORTURE.$1"
}

# torture_differences: TEST: BEFORE, now AFTER
torture_differences() {
	join "$TORTURE.stock" "$TORTURE.smbsign" |
		awk '$2 != $3 { print $1 ": " $2 ", now " $3 }'
}

# Whether a test that ran only now passes or not, nothing got worse.
torture_none_worse() {
	[ -s "$TORTURE.smbsign" ] && ! torture_differences | grep ': success, now'
}
