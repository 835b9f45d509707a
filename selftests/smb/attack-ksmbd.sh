#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run all attacks on this machine's ksmbd, in a VM, as root: attack-ksmbd.sh stock-6.12|stock-7.3|smbsign
# [OPTION...]; OPTIONs go to server_attacks.py. Prints one KTAP test per configuration of the server.

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=../lib/share.sh
. "$here/../lib/share.sh"

expect=$1
shift
# The rows A are smbsign's own.
skip=(S3 S16 A6)
encrypted=(S3)
if [ "$expect" = smbsign ]; then encrypted+=(A6); else skip+=("A*"); fi
number=0
failed=0

# attack NAME "LINE,..." OPTION...: a ksmbd with these lines, attacked with these options
attack() {
	local name=$1 lines word=ok
	IFS=, read -ra lines <<<"$2"
	shift 2
	number=$((number + 1))
	echo "    # $name"
	{ ksmbd_up "${lines[@]}" >/dev/null &&
		python3 -m smb.server_attacks --dir "$SHARE_DIR" --expect "$expect" "$@" |
		sed 's/^/    /' && [ "${PIPESTATUS[0]}" = 0 ]; } || word="not ok"
	ksmbd_down || word="not ok"
	[ "$word" = ok ] || failed=1
	echo "$word $number $name"
}

# One that ksmbd can tell of when it is asked for its interfaces.
ip link show attacked >/dev/null 2>&1 || ip link add attacked type dummy
ip link set attacked up

echo "KTAP version 1"
echo 1..3
attack signing "server signing = mandatory" --skip "${skip[@]}" "$@"
attack encryption "smb3 encryption = mandatory" --dialects 3.0 3.0.2 3.1.1 --only "${encrypted[@]}" "$@"
attack guest "map to guest = bad user,guest account = nobody" --only S16 "$@"
exit $failed
