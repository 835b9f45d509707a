# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A mount with sec=krb5 of Samba with a keytab. To be sourced by run, after
# ../lib/kerberos.sh.

mount_krb5() {
	mkdir -p "$MOUNT"
	mount -t cifs "//$(hostname)/pub" "$MOUNT" -o sec=krb5,cruid=0,vers=3.1.1
}

test_kerberos() {
	ktap_is "krb5.kdc" kdc_up
	ktap_is "krb5.samba_up" samba_up "${SAMBA_KERBEROS[@]}"
	ktap_is "krb5.mount" mount_krb5
	ktap_is "krb5.tar" tar_works
	ktap_is "krb5.umount" umount "$MOUNT"
	ktap_is "krb5.no_violations" no_violations client
	ktap_is "krb5.samba_down" samba_down
	pkill -x krb5kdc
}
