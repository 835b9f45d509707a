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

# test_foreign NAME
test_foreign() {
	local dialect

	head -c 1500000 /dev/urandom >/tmp/data
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
	ktap_is "$1.impacket_2.1" python3 -B impacket_copy.py 2.1
	ktap_is "$1.impacket_3.0" python3 -B impacket_copy.py 3.0
	ktap_is "$1.impacket_3.1.1" python3 -B impacket_copy.py 3.1.1
}
