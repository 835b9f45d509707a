# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Samba's own tests of signing, binding and anonymous sessions. Stock ksmbd fails
# some of them; none may get worse. To be sourced by run.

readonly TORTURE=/tmp/torture

# What --list prints has the last part of a name twice, which is not to be run.
torture_list() {
	smbtorture --list 2>/dev/null | tr -d ' \t' | sed -E 's/\.([^.]+)\.\1$/.\1/' |
		grep '^smb2\.session\.' | grep -vE 'expire|encryption|reauth|reconnect'
	echo smb2.session-require-signing.bug15397
}

# torture_some TEST...: run them in one process, which saves most of the time;
# prints TEST RESULT for those that it came to, by the last part of their names
torture_some() {
	# It makes a directory where it is.
	(cd /tmp && timeout 600 smbtorture //127.0.0.1/pub -U alice%secret "$@" 2>&1) |
		sed -nE 's/^(success|failure|error|skip): ([^ ]+).*/\2 \1/p' | sed 's/ error$/ failure/'
}

# torture_run NAME: all of them; results go to $TORTURE.NAME
torture_run() {
	local left said

	mapfile -t left < <(torture_list | sort)
	: >"$TORTURE.$1"
	while ((${#left[@]})); do
		said=$(torture_some "${left[@]}") || true
		# It ended before the first one did: that is a failure of it.
		[[ $said == *"${left[0]##*.} "* ]] || said+=$'\n'"${left[0]##*.} failure"
		echo "$said" | sed '/^$/d' >>"$TORTURE.$1"
		mapfile -t left < <(printf '%s\n' "${left[@]}" |
			awk 'NR == FNR { done[$1]; next } { n = split($0, part, "."); if (!(part[n] in done)) print }' \
				"$TORTURE.$1" -)
	done
	sort -o "$TORTURE.$1" "$TORTURE.$1"
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
