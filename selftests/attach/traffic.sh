# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Loading and unloading while a client copies: no copy may be wrong, and copying
# goes on. The client is a cifs mount, which connects anew by itself when its
# connection is ended, as one is that began before smbsign could tell it to sign.
# To be sourced by run.

readonly MOUNT=/mnt/traffic COPIES=/tmp/copies STOP=/tmp/stop-copying

# One copy there and back: 0 if it is right, 1 if an operation failed, 2 if what
# came back is not what was written. cifs gives an operation up now and then when
# its connection ends in the middle of it, with and without smbsign: the handle
# is gone. That is counted and told, and must not go on.
traffic_copy() {
	cp /tmp/source "$MOUNT/copy" || return 1
	cat "$MOUNT/copy" >/tmp/copied || return 1
	cmp /tmp/source /tmp/copied || return 2
	[ "$(ls "$MOUNT")" ] || return 1
}

# cache=none, so that every byte goes over the wire; hard, as a soft mount gives
# some operations up when their connection ends, with and without smbsign. No
# handle is kept for the next open, closetimeo=0: a CLOSE that cifs could not send
# it sends on the next connection, where ksmbd may know another file by that
# FileId. One that is closed so is opened again and again if it is kept.
traffic_start() {
	mkdir -p "$MOUNT" && head -c 400000 /dev/urandom >/tmp/source || return
	mount -t cifs //127.0.0.1/pub "$MOUNT" \
		-o "user=alice,pass=secret,vers=3.1.1,hard,cache=none,actimeo=0,closetimeo=0,$1" || return
	rm -f "$STOP" "$COPIES"
	echo 0 >"$COPIES"
	rm -f "$COPIES.failed"
	(
		n=0
		while [ ! -e "$STOP" ]; do
			traffic_copy || {
				[ $? != 2 ] || exit 1
				echo "copy $n" >>"$COPIES.failed"
				sleep 0.2
				continue
			}
			n=$((n + 1))
			echo "$n" >"$COPIES"
		done
	) >"$COPIES.said" 2>&1 </dev/null &
	copier=$!
	traffic_goes_on
}

# Two more copies are done: one may have been under way before.
traffic_goes_on() {
	local from to end=$((SECONDS + 120))

	from=$(<"$COPIES")
	while :; do
		to=$(<"$COPIES")
		[ "${to:-0}" -lt $((from + 2)) ] || return 0
		if [ $SECONDS -ge $end ] || ! kill -0 "$copier" 2>/dev/null; then
			cat "$COPIES".* 2>/dev/null
			dmesg | tail -n 15
			echo "the copying ended after copy $to"
			return 1
		fi
		sleep 0.2
	done
}

# The last copy ends, or hangs: then what is left is the lazy way out.
traffic_stop() {
	local status=0 end=$((SECONDS + 120))

	touch "$STOP"
	while kill -0 "$copier" 2>/dev/null; do
		if [ $SECONDS -ge $end ]; then
			echo "the copying hangs"
			kill -KILL "$copier"
			umount -f -l "$MOUNT"
			return 1
		fi
		sleep 0.2
	done
	wait "$copier" || status=$?
	[ ! -e "$COPIES.failed" ] ||
		echo "# $(wc -l <"$COPIES.failed") copies failed, $(<"$COPIES") did not" >&3
	umount "$MOUNT" || status=$?
	return $status
}

# under_traffic [PARAMETER...]: each step is followed by copies that work
under_traffic() {
	local i

	for ((i = 0; i < 3; i++)); do
		smbsign_load "$@" && policy_is server/attached yes && traffic_goes_on &&
			smbsign_unload && traffic_goes_on || return
	done
}

policy_under_traffic() {
	local i value

	for ((i = 0; i < 2; i++)); do
		for value in off all; do
			policy server/require "$value" && traffic_goes_on || return
		done
	done
}

# What has come when policy did not rule, and is looked at when it does again, is
# no reply that has come past us; to have it asked for again makes cifs lose memory,
# which it tells of when it is unloaded. Who asks gives way to who sets the policy.
client_policy_amid_questions() {
	local i asking=()

	mkdir -p "$MOUNT" && policy client/require off && mount -t cifs //127.0.0.1/pub "$MOUNT" \
		-o "user=alice,pass=secret,vers=3.1.1,sign,hard,actimeo=0" || return
	for ((i = 0; i < 3; i++)); do
		nice python3 -m attach.asking "$MOUNT/copy" &
		asking+=($!)
	done
	for ((i = 0; i < 20; i++)); do
		sleep "0.$((RANDOM % 900 + 100))"
		policy client/require all && sleep 0.01 && policy client/require off || break
	done
	kill "${asking[@]}"
	wait "${asking[@]}"
	umount "$MOUNT" && policy client/require all &&
		[ "$i" = 20 ] && ! dmesg | grep 'come past smbsign'
}

# cifs is a target too: it has to have its functions before it is loaded anew
client_down() {
	! module_loaded || smbsign_unload || return
	! [ -d /sys/module/cifs ] || modprobe -r cifs
}

# A client of ours looks at each answer; cifs would only fail now and then.
test_answers() {
	ktap_is "answers.load" smbsign_load
	ktap_is "answers.ksmbd_up" ksmbd_up
	ktap_group "answers.policy" python3 -m attach.answers bash -c '
		for value in off all off all; do
			echo "$value" >"$0/server/require" && sleep 0.3 || exit
		done' "$SMBSIGN"
	ktap_group "answers.unload" python3 -m attach.answers rmmod smbsign
	ktap_is "answers.down" ksmbd_down
}

test_traffic() {
	ktap_is "traffic.ksmbd_first" ksmbd_up
	ktap_is "traffic.stock_client" traffic_start sign
	ktap_is "traffic.load_and_unload_server_only" under_traffic client_require=off
	ktap_is "traffic.load_and_unload" under_traffic
	ktap_is "traffic.load" smbsign_load
	ktap_is "traffic.attached" policy_is server/attached yes
	ktap_is "traffic.after_load" traffic_goes_on
	ktap_is "traffic.policy" policy_under_traffic
	ktap_is "traffic.unsigned" unsigned_write refused
	ktap_is "traffic.no_copy_is_wrong" traffic_stop
	ktap_is "traffic.policy_amid_questions" client_policy_amid_questions
	ktap_is "traffic.down" ksmbd_down
	ktap_is "traffic.client_down" client_down
	ktap_is "traffic.smbsign_first" smbsign_load
	ktap_is "traffic.ksmbd_second" ksmbd_up
	ktap_is "traffic.signing_client" traffic_start sign
	ktap_is "traffic.unload" smbsign_unload
	ktap_is "traffic.after_unload" traffic_goes_on
	ktap_is "traffic.load_and_unload_again" under_traffic
	ktap_is "traffic.no_copy_is_wrong_again" traffic_stop
	ktap_is "traffic.down_again" ksmbd_down
	ktap_is "traffic.client_down_again" client_down
}
