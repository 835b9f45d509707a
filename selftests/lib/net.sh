# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Clients in network namespaces of their own, the server in the first one: source this in a VM, as
# root.
#
#   net_up		namespaces one (two links to the server), two and three
#   net_in NAME COMMAND...	run in a namespace; mounts made there are seen everywhere
#
# Link N joins 10.0.N.1, the server, and 10.0.N.2: links 1 and 2 are those of namespace one.

net_link() {
	ip link add "server$1" type veth peer name "client$1" netns "$2" &&
		ip addr add "10.0.$1.1/24" dev "server$1" &&
		ip link set "server$1" up &&
		ip -n "$2" addr add "10.0.$1.2/24" dev "client$1" &&
		ip -n "$2" link set "client$1" up
}

net_up() {
	local name

	for name in one two three; do
		ip netns add "$name" && ip -n "$name" link set lo up || return
	done
	net_link 1 one && net_link 2 one && net_link 3 two && net_link 4 three
}

net_in() {
	nsenter "--net=/run/netns/$1" "${@:2}"
}
