# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A mount with sec=krb5: a KDC, Samba with a keytab. To be sourced by run.

readonly REALM=SMBSIGN.TEST KEYTAB=/tmp/krb5.keytab

kdc_up() {
	cat >/etc/krb5.conf <<-END
		[libdefaults]
			default_realm = $REALM
			dns_lookup_kdc = false
			rdns = false
			dns_canonicalize_hostname = false
		[realms]
			$REALM = {
				kdc = 127.0.0.1
			}
		[domain_realm]
			smbsign-vm = $REALM
	END
	mkdir -p /etc/krb5kdc /var/lib/krb5kdc
	cat >/etc/krb5kdc/kdc.conf <<-END
		[realms]
			$REALM = {
				disable_pac = true
			}
	END
	kdb5_util create -s -r "$REALM" -P master &&
		kadmin.local -q "addprinc -pw secret alice" &&
		kadmin.local -q "addprinc -randkey cifs/smbsign-vm" &&
		kadmin.local -q "ktadd -k $KEYTAB cifs/smbsign-vm" && krb5kdc &&
		echo secret | kinit alice
}

mount_krb5() {
	mkdir -p "$MOUNT"
	mount -t cifs //smbsign-vm/pub "$MOUNT" -o sec=krb5,cruid=0,vers=3.1.1
}

test_kerberos() {
	ktap_is "krb5.kdc" kdc_up
	ktap_is "krb5.samba_up" samba_up "realm = $REALM" "kerberos method = dedicated keytab" \
		"dedicated keytab file = $KEYTAB"
	ktap_is "krb5.mount" mount_krb5
	ktap_is "krb5.tar" tar_works
	ktap_is "krb5.umount" umount "$MOUNT"
	ktap_is "krb5.no_violations" no_violations client
	ktap_is "krb5.samba_down" samba_down
	pkill -x krb5kdc
}
