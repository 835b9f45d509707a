# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# One mount, several users, each with a session of its own. To be sourced by run.

# alice is known already wherever a share is; her password is secret, bob's is bobs.
add_users() {
	id alice >/dev/null 2>&1 || useradd -M alice || return
	useradd -M bob && useradd -M carol && ksmbd_user alice secret && ksmbd_user bob bobs
}

samba_add_bob() {
	printf 'bobs\nbobs\n' | smbpasswd -c "$SHARE_STATE/smb.conf" -a -s bob
}

# as USER COMMAND...: with a keyring of its own
as() {
	setpriv "--reuid=$1" "--regid=$1" --clear-groups keyctl session - "${@:2}"
}

multiuser_works() {
	local status=0

	mount_share multiuser,sec=ntlmssp,noperm || return
	{ echo alices >"$MOUNT/alices" &&
		as bob bash -c "echo bobs | cifscreds add 127.0.0.1 &&
			echo bobs >$MOUNT/bobs && [ \$(cat $MOUNT/alices) = alices ]" &&
		[ "$(stat -c %U "$SHARE_DIR/alices" "$SHARE_DIR/bobs" | paste -sd ' ')" = "alice bob" ] &&
		! as carol ls "$MOUNT" && [ "$(cat "$MOUNT/bobs")" = bobs ] &&
		rm "$MOUNT/alices" && rm -f "$SHARE_DIR/bobs"; } || status=$?
	umount "$MOUNT" || status=$?
	return $status
}
