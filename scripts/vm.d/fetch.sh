# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packages of another release than the host's: an apt with sources and state of
# its own, but the host's way to the mirrors.
# To be sourced after lib.sh, host.sh and mirrors.sh.

# fetch_setup WORK CODENAME STATUS [KIND] - make WORK the home of such an apt.
# STATUS is the dpkg status file of what counts as installed.
fetch_setup() {
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	mirror_sources "$2" "${4:-deb}" >"$1/sources.list"
	cp -- "$3" "$1/status"
	logged "$VM_CACHE/log/apt-update-$2" fetch_apt "$1" apt-get -q update
}

# fetch_apt WORK APT-COMMAND...
fetch_apt() {
	local work=$1 program=$2

	shift 2
	"$program" -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o "Dir::State=$work" -o "Dir::State::status=$work/status" \
		-o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 \
		-o APT::Default-Release= "$@"
}
