# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What /sys/fs/smbsign/connections says of a mount of this machine's own share,
# which is a connection of either side. To be sourced by run.

readonly MOUNT=/mnt/smbsign-abi

# abi_mount OPTIONS
abi_mount() {
	mkdir -p "$MOUNT" && mount -t cifs //127.0.0.1/pub "$MOUNT" -o "username=alice,password=secret,$1" &&
		echo content >"$MOUNT/file" && sync -f "$MOUNT/file"
}

# connection_counts ROLE NAME: is the counter above 0?
connection_counts() {
	local dir

	dir=$(connection_of "$1") && [ "$(cat "$dir/$2")" -gt 0 ]
}

no_connections() {
	[ -z "$(ls "$SMBSIGN/connections")" ]
}

# test_connection ROLE DIALECT ALGORITHM PROTECTION
test_connection() {
	local name=$1.$2.$3.$4

	ktap_is "connections.$name.peer" connection_is "$1" peer 127.0.0.1
	ktap_is "connections.$name.dialect" connection_is "$1" dialect "$2"
	ktap_is "connections.$name.algorithm" connection_is "$1" algorithm "$3"
	ktap_is "connections.$name.protection" connection_is "$1" protection "$4"
	ktap_is "connections.$name.sessions" connection_is "$1" sessions 1
	if [ "$4" = signed ]; then
		ktap_is "connections.$name.signed" connection_counts "$1" signed
		ktap_is "connections.$name.verified" connection_counts "$1" verified
	fi
	ktap_is "connections.$name.violations" connection_is "$1" violations 0
}

# test_mount OPTIONS DIALECT ALGORITHM PROTECTION
test_mount() {
	ktap_is "connections.mount.$1" abi_mount "$1"
	test_connection client "$2" "$3" "$4"
	test_connection server "$2" "$3" "$4"
}

abi_umount() {
	umount "$MOUNT"
}

# ksmbd is told by the end of TCP, and needs a moment.
connections_end() {
	local end=$((SECONDS + 30))

	until no_connections; do
		[ $SECONDS -lt $end ] || return
		sleep 0.2
	done
}

test_unmounted() {
	ktap_is "connections.umount.$1" abi_umount
	ktap_is "connections.gone.$1" connections_end
}


test_connections() {
	ktap_is "connections.none" no_connections
	test_mount vers=3.1.1 3.1.1 aes-gmac signed
	test_unmounted gmac
	test_mount vers=3.1.1,seal 3.1.1 aes-gmac encrypted
	test_unmounted seal
	policy client/algorithms hmac-sha256
	test_mount vers=3.1.1 3.1.1 hmac-sha256 signed
	test_unmounted hmac
	policy client/algorithms "aes-gmac aes-cmac hmac-sha256"
	test_mount vers=3.0 3.0 aes-cmac signed
	test_unmounted 3.0
	test_mount vers=2.1 2.1 hmac-sha256 signed
	policy client/require off
	ktap_is "connections.stock" connection_is server protection signed
	policy server/require off
	ktap_is "connections.off" connection_is server protection none
	policy server/require all
	policy client/require all
	test_unmounted 2.1
}
