# SPDX-License-Identifier: GPL-2.0
# A share for tests, served by ksmbd or by Samba: source this in a VM, as root.
#
#   ksmbd_up [LINE...]   serve \\127.0.0.1\pub from SHARE_DIR; LINEs are added to [global]
#   ksmbd_user NAME PASSWORD   add one; before ksmbd_up, which adds alice if there is none
#   ksmbd_down           stop, and unload the module: its negotiated defaults are global
#   samba_up [LINE...], samba_down: the same with smbd
#
# \\127.0.0.1\few is the same directory, for one tree connection at a time.
# User alice, password secret, port 445. Signing is mandatory unless a LINE says otherwise.

SHARE_DIR=${SHARE_DIR:-/tmp/share/pub}
SHARE_STATE=${SHARE_STATE:-/tmp/share/state}

# share_global LINE...: print the [global] section; a LINE replaces a default of the same name
share_global() {
	local default line
	echo "[global]"
	for default in "server signing = mandatory" "server multi channel support = yes" \
		"smb2 leases = yes" "map to guest = never"; do
		for line in "$@"; do
			[ "${line%% =*}" = "${default%% =*}" ] && continue 2
		done
		printf '\t%s\n' "$default"
	done
	for line in "$@"; do
		printf '\t%s\n' "$line"
	done
}

# share_section: print the share's section, and that of one for a single connection, which is what
# ksmbd makes of 2
share_section() {
	printf '[pub]\n\tpath = %s\n\tread only = no\n\tguest ok = yes\n' "$SHARE_DIR"
	printf '[few]\n\tpath = %s\n\tmax connections = 2\n' "$SHARE_DIR"
}

# share_wait up|down: until the port answers, or no longer does; fails after 30 s
share_wait() {
	local end=$((SECONDS + 30)) state
	while :; do
		state=down
		(exec 3<>/dev/tcp/127.0.0.1/445) 2>/dev/null && state=up
		[ $state = "$1" ] && return
		if [ $SECONDS -ge $end ]; then
			echo "share_wait: port 445 is not $1 after 30 s" >&2
			return 1
		fi
		sleep 0.1
	done
}

share_prepare() {
	mkdir -p "$SHARE_DIR" "$SHARE_STATE"
	chmod 0777 "$SHARE_DIR"
	ip link set lo up
}

ksmbd_user() {
	local conf=$SHARE_STATE/ksmbd.conf
	mkdir -p "$SHARE_STATE" && touch "$conf" &&
		ksmbd.adduser -C "$conf" -P "$SHARE_STATE/ksmbdpwd.db" -a -p "$2" "$1" >/dev/null
}

ksmbd_up() {
	local conf=$SHARE_STATE/ksmbd.conf users=$SHARE_STATE/ksmbdpwd.db
	share_prepare
	{ share_global "$@"; share_section; } >"$conf"
	grep -qs "^alice:" "$users" || ksmbd_user alice secret || return
	modprobe ksmbd || return
	ksmbd.mountd -C "$conf" -P "$users" || return
	share_wait up
}

ksmbd_down() {
	ksmbd.control -s >/dev/null || return
	share_wait down || return
	modprobe -r ksmbd
}

samba_up() {
	local conf=$SHARE_STATE/smb.conf where
	share_prepare
	id alice >/dev/null 2>&1 || useradd -M alice
	{
		share_global "$@"
		for where in "private dir" "lock directory" "state directory" "cache directory" \
			"pid directory" "ncalrpc dir"; do
			mkdir -p "$SHARE_STATE/samba/$where"
			printf '\t%s = %s\n' "$where" "$SHARE_STATE/samba/$where"
		done
		printf '\t%s\n' "log file = $SHARE_STATE/samba/log" "disable netbios = yes" \
			"load printers = no" "smb ports = 445"
		share_section
	} >"$conf"
	printf 'secret\nsecret\n' | smbpasswd -c "$conf" -a -s alice >/dev/null || return
	smbd -s "$conf" -D || return
	share_wait up
}

samba_down() {
	kill "$(cat "$SHARE_STATE/samba/pid directory/"smbd*.pid)" || return
	share_wait down
}
