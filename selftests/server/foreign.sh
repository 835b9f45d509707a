# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Clients of others, on a share that demands signing. To be sourced by run.

# foreign_smbclient DIALECT [OPTION...]
foreign_smbclient() {
	local dialect=$1

	shift
	rm -f /tmp/back
	smbclient -U alice%secret //127.0.0.1/pub -m "$dialect" "$@" \
		-c "mkdir d; cd d; put /tmp/data data; ls; get data /tmp/back; del data; cd ..; rmdir d" \
		>/tmp/smbclient 2>&1 && cmp /tmp/data /tmp/back || {
		cat /tmp/smbclient
		return 1
	}
}

# foreign_cifs OPTIONS: cifs of this kernel; what it does itself about signing is
# tested elsewhere
foreign_cifs() {
	local mount=/mnt/foreign status=0

	mkdir -p $mount && mount -t cifs //127.0.0.1/pub $mount \
		-o "user=alice,pass=secret,cache=none,$1" || return
	{ cp /tmp/data $mount/data && cmp /tmp/data $mount/data && ls -l $mount &&
		mkdir $mount/d && mv $mount/data $mount/d/ && rm -r $mount/d; } || status=$?
	umount $mount || status=$?
	return $status
}

# violations: what both halves have counted against the other end
violations() {
	grep . "$SMBSIGN"/{client,server}/stats/* | grep -v '/\(signed\|verified\):'
}

# missing_share COMMAND...: does it learn that the share does not exist, and is nothing held against
# anyone?
missing_share() {
	local before lines

	modprobe cifs && policy_is client/attached yes || return
	before=$(violations)
	lines=$(dmesg | grep -c 'smbsign: .*refused')
	! "$@" >/tmp/missing 2>&1 || return
	cat /tmp/missing
	[ "$(violations)" = "$before" ] || { violations | diff - <(echo "$before"); return 1; }
	[ "$(dmesg | grep -c 'smbsign: .*refused')" = "$lines" ] || { dmesg | tail; return 1; }
	grep -qE 'No such file or directory|NT_STATUS_BAD_NETWORK_NAME' /tmp/missing
}

# test_refused NAME: who is refused something goes on with what he may
test_refused() {
	local vers

	mkdir -p /mnt/missing
	for vers in 2.1 3.0.2 3.1.1; do
		ktap_is "$1.missing_cifs_$vers" missing_share mount -t cifs //127.0.0.1/missing /mnt/missing \
			-o "user=alice,pass=secret,vers=$vers,sign"
	done
	ktap_is "$1.missing_smbclient" missing_share smbclient -U alice%secret //127.0.0.1/missing -c ls
	ktap_is "$1.impacket_again" python3 -m server.impacket_again
}

# test_foreign NAME
test_foreign() {
	local dialect

	for dialect in SMB2_02 SMB2_10 SMB3_00 SMB3_02 SMB3_11; do
		ktap_is "$1.smbclient_$dialect" foreign_smbclient $dialect
	done
	for dialect in 2.0 2.1 3.0 3.0.2 3.1.1; do
		ktap_is "$1.cifs_$dialect" foreign_cifs "vers=$dialect,sign"
	done
	if [ "$1" != no_cipher ]; then
		ktap_is "$1.smbclient_encrypts" foreign_smbclient SMB3_11 --client-protection=encrypt
		ktap_is "$1.cifs_encrypts" foreign_cifs "vers=3.1.1,seal"
	fi
	ktap_is "$1.impacket_2.1" python3 -m server.impacket_copy 2.1
	ktap_is "$1.impacket_3.0" python3 -m server.impacket_copy 3.0
	ktap_is "$1.impacket_3.1.1" python3 -m server.impacket_copy 3.1.1
}
