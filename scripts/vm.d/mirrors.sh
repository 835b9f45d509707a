# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Debian's mirrors as this machine knows them. apt itself is asked for what it
# has indexed, so every notation of sources works, and what is not Debian's own
# archive (by the Origin in its signed Release file) is left out.
# To be sourced after lib.sh.

readonly VM_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# mirror_of LABEL - URI of the archive with this label, or nothing.
mirror_of() {
	# shellcheck disable=SC2016 # apt's own placeholders
	apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
		awk -F'|' -v label="$1" '$1 == "Debian" && $2 == label && $3 ~ /^(https?|ftp|file|mirror)/ { print $3; exit }'
}

# mirror_sources CODENAME [KIND] - print the release's sources; KIND deb-src for source packages.
mirror_sources() {
	local codename=$1 kind=${2:-deb} main security
	local signed="[signed-by=$VM_KEYRING]"

	main=$(mirror_of Debian)
	if [[ -z $main ]]; then
		host_apt_update
		main=$(mirror_of Debian)
	fi
	[[ -n $main ]] || die "apt knows no mirror of Debian: run apt-get update and look at /etc/apt/sources.list*"
	[[ -s $VM_KEYRING ]] || die "$VM_KEYRING is missing: apt-get install debian-archive-keyring"
	printf '%s %s %s %s main\n' \
		"$kind" "$signed" "$main" "$codename" \
		"$kind" "$signed" "$main" "$codename-updates"
	if [[ $codename == trixie ]]; then
		printf '%s %s %s %s main\n' "$kind" "$signed" "$main" "$codename-backports"
	fi
	security=$(mirror_of Debian-Security)
	if [[ -n $security ]]; then
		printf '%s %s %s %s main\n' "$kind" "$signed" "$security" "$codename-security"
	else
		say "apt knows no mirror of Debian's security updates: going on without them"
	fi
}
