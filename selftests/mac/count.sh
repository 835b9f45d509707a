# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a message costs besides its MAC: allocations and keys that are set, counted
# by the kernel's own tracer in the task that computes. To be sourced by run.

readonly TRACEFS=/sys/kernel/tracing COUNT=/sys/kernel/debug/mac_bench/count

# All ways to memory, but for what is in 6.1 only.
readonly ALLOCATIONS=(kmem/kmalloc kmem/kmem_cache_alloc kmem/mm_page_alloc
	percpu/percpu_alloc_percpu)
# Whatever sets a key or makes the object for one; the last two are of 7.x.
readonly SETKEYS=(crypto_shash_setkey crypto_aead_setkey crypto_skcipher_setkey
	crypto_cipher_setkey aes_expandkey crypto_create_tfm_node aes_preparekey aes_prepareenckey)

count_begin() {
	local name

	[ -d "$TRACEFS/events" ] || mount -t tracefs none "$TRACEFS" || return
	echo 0 >"$TRACEFS/tracing_on"
	echo 8192 >"$TRACEFS/buffer_size_kb"
	for name in mac_bench_begin mac_bench_end "${SETKEYS[@]}"; do
		! grep -qw "$name" /proc/kallsyms ||
			echo "p:count/$name $name" >>"$TRACEFS/kprobe_events" || return
	done
	for name in "${ALLOCATIONS[@]}" count; do
		echo 1 >"$TRACEFS/events/$name/enable" || return
	done
}

count_end() {
	echo 0 >"$TRACEFS/events/enable"
	echo >"$TRACEFS/kprobe_events"
	echo >"$TRACEFS/set_event_pid"
}

# trace_of JOB - what the task does while it computes, one event a line.
trace_of() {
	echo 0 >"$TRACEFS/tracing_on"
	echo >"$TRACEFS/trace"
	(
		echo "$BASHPID" >"$TRACEFS/set_event_pid"
		echo 1 >"$TRACEFS/tracing_on"
		echo "$1" >"$COUNT"
	) || return
	echo 0 >"$TRACEFS/tracing_on"
	# Interrupts that came meanwhile are no part of it: h, H, s, Z in the flags.
	awk '/ mac_bench_begin: / { on = 1; seen++; next }
		/ mac_bench_end: / { on = 0; seen++ }
		on && $3 !~ /[hHsZz]/ { print $5, $6, $7, $8 }
		END { if (seen != 2) print "the tracer missed the beginning or the end" }' \
		<(grep -v '^#' "$TRACEFS/trace" | sed -E 's/^ *(\S.{0,15}-[0-9]+) +/task /')
}

# costs_nothing ALGORITHM LAYOUT SIZE [HOW]
costs_nothing() {
	local events

	events=$(trace_of "$1 $2 $3 200 ${4:-keyed}") || return
	[ ! "$events" ] || {
		echo "200 messages cost:"
		sort <<<"$events" | uniq -c | head -n 20
		return 1
	}
}

# is_seen ALGORITHM - the same with an object made for each message
is_seen() {
	local events what

	events=$(trace_of "$1 kmalloc 512 20 fresh") || return
	for what in kmalloc: "setkey|expandkey" crypto_create_tfm_node; do
		[ "$(grep -cE "$what" <<<"$events")" -ge 20 ] || {
			echo "the tracer does not see $what:"
			sort <<<"$events" | uniq -c | head -n 20
			return 1
		}
	done
}

test_count() {
	local alg size

	ktap_is "count.begin" count_begin
	for alg in aes-gmac aes-cmac hmac-sha256; do
		ktap_is "count.$alg.tracer_sees" is_seen "$alg"
		for size in 128 4096 65536; do
			ktap_is "count.$alg.contiguous_$size" costs_nothing "$alg" kmalloc "$size"
		done
		ktap_is "count.$alg.many_users" costs_nothing "$alg" kmalloc 128 users
		ktap_is "count.$alg.pages_24576" costs_nothing "$alg" pages 24576
		ktap_is "count.$alg.pages_65536" costs_nothing "$alg" pages 65536
		ktap_is "count.$alg.kvec_1000" costs_nothing "$alg" kvec 1000
		ktap_is "count.$alg.vmalloc_1048576" costs_nothing "$alg" vmalloc 1048576
	done
	ktap_is "count.end" count_end
}
