# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Many threads, keys, algorithms and sizes at once: is every signature right? To
# be sourced by run, and by the suite noaes.

readonly STRESS=/sys/kernel/debug/mac_bench/stress

# stress_is_right THREADS MILLISECONDS LEAST - over so many messages at least
stress_is_right() {
	local result

	echo "$1 $2" >"$STRESS" || return
	result=$(cat "$STRESS") || return
	echo "$result"
	[[ $result =~ ^messages\ ([0-9]+)\ wrong\ 0\ forged\ 0\ errors\ 0$ ]] &&
		((BASH_REMATCH[1] >= $3))
}
