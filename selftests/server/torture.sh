# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Samba's own tests of signing, binding and anonymous sessions, smb2.session of
# smbtorture: all of them pass. To be sourced by run, after share.sh and module.sh.

readonly TORTURE=/tmp/torture

# Anonymous users are what these are about, so server/allow_guest is 1 for them.
readonly TORTURE_GUESTS="anon-"

# Those that bind do so with aes-gmac, so server/gmac_multichannel is 1 for them.
readonly TORTURE_CHANNELS="bind"

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
	(cd /tmp && timeout 600 smbtorture //127.0.0.1/pub -U alice%secret \
		--option=torture:user2name=bob --option=torture:user2password=secret "$@" 2>&1) |
		tee -a "$TORTURE.said" |
		sed -nE 's/^(success|failure|error|skip): ([^ ]+).*/\2 \1/p' | sed 's/ error$/ failure/'
}

# torture_all TEST...: their results go to $TORTURE
torture_all() {
	local left=("$@") said

	while ((${#left[@]})); do
		said=$(torture_some "${left[@]}") || true
		# It ended before the first one did: that is a failure of it.
		[[ $said == *"${left[0]##*.} "* ]] || said+=$'\n'"${left[0]##*.} failure"
		echo "$said" | sed '/^$/d' >>"$TORTURE"
		mapfile -t left < <(printf '%s\n' "${left[@]}" |
			awk 'NR == FNR { done[$1]; next } { n = split($0, part, "."); if (!(part[n] in done)) print }' \
				"$TORTURE" -)
	done
}

# torture_passed TEST RESULT
torture_passed() {
	[ "$2" = success ] || {
		echo "$2"
		sed -n "/^test: $1\$/,/^test: /p" "$TORTURE.said"
		return 1
	}
}

# test_torture: one test of ours for each of them
test_torture() {
	local tests users anonymous channels name result

	mapfile -t tests < <(torture_list | sort)
	: >"$TORTURE"
	: >"$TORTURE.said"
	mapfile -t anonymous < <(printf '%s\n' "${tests[@]}" | grep -F ".$TORTURE_GUESTS")
	mapfile -t channels < <(printf '%s\n' "${tests[@]}" | grep -F ".$TORTURE_CHANNELS")
	mapfile -t users < <(printf '%s\n' "${tests[@]}" |
		grep -vF -e ".$TORTURE_GUESTS" -e ".$TORTURE_CHANNELS")
	torture_all "${users[@]}"
	policy server/gmac_multichannel 1
	torture_all "${channels[@]}"
	policy server/gmac_multichannel 0
	policy server/allow_guest 1
	torture_all "${anonymous[@]}"
	policy server/allow_guest 0
	ktap_is "torture.all_51" [ "$(wc -l <"$TORTURE")" -ge 51 ]
	while read -r name result; do
		ktap_is "torture.$name" torture_passed "$name" "$result"
	done < <(sort "$TORTURE")
	awk '{ n[$2]++ } END { printf "# smbtorture: %d passed, %d failed, %d skipped\n",
		n["success"], n["failure"], n["skip"] }' "$TORTURE"
}
