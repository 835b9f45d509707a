# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A Kerberos realm of this machine's own: source this in a VM, as root.
#
#   kdc_up		a KDC, and a ticket for alice in root's cache
#   SAMBA_KERBEROS	LINEs for samba_up()

REALM=SMBSIGN.TEST KEYTAB=/tmp/smbsign.keytab
# shellcheck disable=SC2034 # for who sources this
SAMBA_KERBEROS=("realm = $REALM" "kerberos method = dedicated keytab"
	"dedicated keytab file = $KEYTAB")

kdc_configure() {
	mkdir -p /etc/krb5kdc /var/lib/krb5kdc
	printf '%s\n' "[libdefaults]" "default_realm = $REALM" "dns_lookup_kdc = false" \
		"rdns = false" "dns_canonicalize_hostname = false" "[realms]" \
		"$REALM = {" "kdc = 127.0.0.1" "}" "[domain_realm]" "$(hostname) = $REALM" \
		>/etc/krb5.conf
	# Without a domain there is nobody to sign a PAC that Samba would believe.
	printf '%s\n' "[realms]" "$REALM = {" "disable_pac = true" "}" >/etc/krb5kdc/kdc.conf
}

kdc_up() {
	kdc_configure && kdb5_util create -s -r "$REALM" -P master &&
		kadmin.local -q "addprinc -pw secret alice" &&
		kadmin.local -q "addprinc -randkey cifs/$(hostname)" &&
		kadmin.local -q "ktadd -k $KEYTAB cifs/$(hostname)" && krb5kdc &&
		echo secret | kinit alice
}
