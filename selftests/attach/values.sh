# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Values that mean nothing are refused and change nothing. To be sourced by run.

# Bad values, by file; each has to have some.
declare -rA BAD_VALUES=(
	[require]="nonsense|all off|ALL|0|of|offf|"
	[allow_guest]="2|-1|yes|1 0|256|0x|"
	[gmac_multichannel]="2|-1|yes|1 0|256|0x|"
	[algorithms]="nonsense|aes-cmac aes-cmac|aes-cmac,aes-gmac|AES-CMAC|aes|"
	[exempt]="nonsense|10.0.0.0/33|10.0.0.1/-1|::1/129|10.0.0.0/8x|300.0.0.1|10.0.0.0/8 nonsense"
	[min_dialect]="nonsense|1.0|3|3.1|"
	[shares]=$'\x01'
	[auth_delay_ms]="nonsense|-1|1 2|"
	[lock]="2|nonsense|"
)

# refused FILE VALUE: EINVAL, and it stays as it was
refused() {
	local file=$1 value=$2 before said

	before=$(<"$file")
	if said=$(LC_ALL=C bash -c 'printf "%s\n" "$1" >"$2"' bash "$value" "$file" 2>&1); then
		echo "\"$value\" was accepted"
		return 1
	fi
	[[ $said == *"Invalid argument"* ]] || {
		echo "\"$value\": $said"
		return 1
	}
	[[ $(<"$file") == "$before" ]] || {
		echo "\"$value\" was refused, but now it is $(<"$file")"
		return 1
	}
}

all_refused() {
	local file=$1 name=${1##*/} values value bad=0

	[[ ${BAD_VALUES[$name]+there} ]] || {
		echo "no bad values are known for $name: add some to attach/values.sh"
		return 1
	}
	mapfile -d '|' -t values < <(printf '%s|' "${BAD_VALUES[$name]}")
	for value in "${values[@]}"; do
		refused "$file" "$value" || bad=1
	done
	return $bad
}

# Root without CAP_SYS_ADMIN may not, whatever the mode of the file says.
needs_capability() {
	local said

	said=$(LC_ALL=C setpriv --bounding-set -sys_admin --inh-caps -sys_admin \
		bash -c 'echo off >"$1"' bash "$SMBSIGN/server/require" 2>&1) && {
		echo "was accepted"
		return 1
	}
	[[ $said == *"Operation not permitted"* ]] && policy_is server/require all
}

# load_refused PARAMETER=VALUE...: no such policy, so no module
load_refused() {
	if smbsign_load "$@" 2>/dev/null; then
		smbsign_unload
		echo "it was loaded with $*"
		return 1
	fi
	! module_loaded && ! [ -e "$SMBSIGN" ]
}

unreclaimable_pages() {
	awk '$1 == "nr_slab_unreclaimable" { print $2 }' /proc/vmstat
}

# Lists that came before a bad parameter are freed: of four pages each, so that
# kmalloc() takes them from no cache with a count of its own.
bad_load_leaks_nothing() {
	local before after i

	before=$(unreclaimable_pages)
	for ((i = 0; i < 40; i++)); do
		load_refused server_exempt=10.0.0.0/8 client_exempt=::1 server_require=nonsense || return
	done
	sleep 1
	after=$(unreclaimable_pages)
	((after < before + 160)) || {
		echo "$before pages were in use, now $after"
		return 1
	}
}

test_values() {
	local file

	ktap_is "values.load" smbsign_load
	for file in $(find "$SMBSIGN" -type f -perm /222 | sort); do
		ktap_is "values.refused ${file#"$SMBSIGN"/}" all_refused "$file"
	done
	ktap_is "values.needs_capability" needs_capability
	ktap_is "values.unload" smbsign_unload
	ktap_is "values.parameter_require" load_refused server_require=nonsense
	ktap_is "values.parameter_require_empty" load_refused server_require=
	ktap_is "values.parameter_guest" load_refused server_allow_guest=7
	ktap_is "values.parameter_guest_word" load_refused server_allow_guest=yes
	ktap_is "values.parameter_exempt" load_refused "server_exempt=10.0.0.0/33"
	ktap_is "values.parameter_exempt_scope" load_refused "server_exempt=fe80::%nowhere/64"
	ktap_is "values.bad_load_leaks_nothing" bad_load_leaks_nothing
	ktap_is "values.parameter_gmac_multichannel" load_refused client_gmac_multichannel=7
}
