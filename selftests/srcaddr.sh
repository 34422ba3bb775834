#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that ILNP addresses beside others do not become the source of   |
# | plain IPv6 traffic, and do for correspondents, also with privacy and   |
# | deprecated addresses; that the policy table follows correspondents,    |
# | L64s and NIDs, stays within its bound, leaves other people's entries   |
# | alone and is as before when the module goes.                           |
# +------------------------------------------------------------------------+
. "$(dirname "$0")/lib.sh"

PLAIN_A=2001:db8:a0::a
PLAIN_B=2001:db8:b0::b
LABEL=1229737552

# source_to HOST ADDRESS: what a socket that asks for none gets
source_to()
{
	ip -j -n "$TAG$1" route get "$2" | jq -r '.[0].prefsrc'
}

labels()
{
	ip -n "$TAG$1" addrlabel list | sort
}

# ours HOST: addresses with our label
ours()
{
	labels "$1" | awk -v l="$LABEL" \
		'$4 == l { sub("/128$", "", $2); print $2 }'
}

# canonical ADDRESS...: as the table prints them, in its order
canonical()
{
	python3 -c 'import sys, ipaddress
for a in sys.argv[1:]: print(ipaddress.ip_address(a))' "$@" | sort
}

# labelled WHAT HOST ADDRESS...: these have our label and no others
labelled()
{
	equal "$1" "$(canonical "${@:3}")" "$(ours "$2" | sort)"
}

nid_a()
{
	canonical "$(topo_address a "$1")"
}

t_source()
{
	topo_up direct 2 1 plain
	equal "before" "$PLAIN_A" "$(source_to A "$PLAIN_B")"
	ilnp_up 2 1
	equal "to a plain address" "$PLAIN_A" "$(source_to A "$PLAIN_B")"
	equal "to the router" "$PLAIN_A" "$(source_to A 2001:db8:a0::1)"
	equal "to the correspondent" "$(nid_a 0)" \
		"$(source_to A "$(topo_address b 0)")"
	# More of each, and older than ours or not does not matter.
	ip -n "$A" addr add 2001:db8:a0::aa/64 dev a0 nodad
	equal "to a plain address, a younger one added" 2001:db8:a0::aa \
		"$(source_to A "$PLAIN_B")"
	equal "to the correspondent, still" "$(nid_a 0)" \
		"$(source_to A "$(topo_address b 0)")"
}

t_ping()
{
	local before

	topo_up direct 2 1 plain
	ilnp_up 2 1
	check "plain" on A ping -6 -q -c 3 -i 0.1 -W 2 "$PLAIN_B"
	equal "without ILNP" 0 "$(stat_of A tx-packets)"
	before=$(stat_of A tx-packets)
	check "correspondent" on A ping -6 -q -c 3 -i 0.1 -W 2 \
		"$(topo_address b 0)"
	within "with ILNP" 3 100 $(($(stat_of A tx-packets) - before))
}

# A server that binds to no address and answers whoever asks.
server()
{
	bg A python3 -c '
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 7007))
while True:
    data, peer = s.recvfrom(2000)
    s.sendto(data, peer)'
	poll_until 20 listening A udp 7007 || die "no server"
}

# ask FROM TO: a connected client, who hears only the address it asked
ask()
{
	on B python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.settimeout(2)
s.bind((sys.argv[1], 0))
s.connect((sys.argv[2], 7007))
s.send(b"hello")
sys.exit(s.recv(100) != b"hello")' "$@"
}

t_server()
{
	topo_up direct 2 1 plain
	server
	check "before" ask "$PLAIN_B" "$PLAIN_A"
	ilnp_up 2 1
	check "asked at the plain address" ask "$PLAIN_B" "$PLAIN_A"
	check "asked at the I-LV" ask "$(topo_address b 0)" \
		"$(topo_address a 0)"
}

temporary()
{
	ip -j -n "$A" -6 addr show dev a0 temporary |
		jq -r '.[].addr_info[]? | select(.temporary) | .local'
}

has_temporary()
{
	[ -n "$(temporary)" ]
}

t_privacy()
{
	topo_up direct 1 1
	ilnp_up 1 1
	on A sysctl -qw net.ipv6.conf.a0.use_tempaddr=2
	ip -n "$A" addr add 2001:db8:a0::77/64 dev a0 mngtmpaddr nodad
	eventually "a temporary address" 10 has_temporary
	equal "plain" "$(temporary)" "$(source_to A "$PLAIN_B")"
	equal "correspondent" "$(nid_a 0)" \
		"$(source_to A "$(topo_address b 0)")"
}

t_deprecated()
{
	topo_up direct 1 1 plain
	ilnp_up 1 1
	equal "plain" "$PLAIN_A" "$(source_to A "$PLAIN_B")"
	ip -n "$A" addr change "$PLAIN_A/64" dev a0 preferred_lft 0
	equal "better ours than a deprecated one" "$(nid_a 0)" \
		"$(source_to A "$PLAIN_B")"
	ip -n "$A" addr change "$PLAIN_A/64" dev a0 preferred_lft forever
	equal "preferred again" "$PLAIN_A" "$(source_to A "$PLAIN_B")"
}

t_only()
{
	topo_up direct 1 1
	ilnp_up 1 1
	equal "no other address" "$(nid_a 0)" \
		"$(source_to A 2001:db8:b0::1)"
	check "is good for plain IPv6" on A ping -6 -q -c 1 -W 2 \
		2001:db8:b0::1
}

# Rule 5: each way out has its own address.
t_interfaces()
{
	topo_up direct 2 1 plain
	ilnp_up 2 1
	equal "plain, first" 2001:db8:a0::a "$(ip -j -n "$A" route get \
		"$PLAIN_B" oif a0 | jq -r '.[0].prefsrc')"
	equal "plain, second" 2001:db8:a1::a "$(ip -j -n "$A" route get \
		"$PLAIN_B" oif a1 | jq -r '.[0].prefsrc')"
	equal "correspondent, second" "$(nid_a 1)" "$(ip -j -n "$A" route \
		get "$(topo_address b 0)" oif a1 | jq -r '.[0].prefsrc')"
}

t_follows()
{
	local before

	topo_up direct 2 2 plain
	before=$(labels A)
	ilnp_up 2 2
	labelled "all" A "$(topo_address a 0)" "$(topo_address a 1)" \
		"$(topo_address b 0)" "$(topo_address b 1)"
	check "one L64" ilnp A correspondent replace "$TOPO_NID_B" \
		l64 2001:db8:b1::/64
	labelled "set replaced" A "$(topo_address a 0)" \
		"$(topo_address a 1)" "$(topo_address b 1)"
	check "correspondent goes" ilnp A correspondent del "$TOPO_NID_B"
	labelled "correspondent gone" A "$(topo_address a 0)" \
		"$(topo_address a 1)"
	check "L64 goes" ilnp A l64 del 2001:db8:a1::/64 dev a1
	labelled "L64 gone" A "$(topo_address a 0)"
	check "NID comes" ilnp A nid add 0:0:7:7
	labelled "second NID" A "$(topo_address a 0)" 2001:db8:a0::7:7
	check "NID goes" ilnp A nid del 0:0:7:7
	check "NID goes" ilnp A nid del "$TOPO_NID_A"
	equal "nothing left" "$before" "$(labels A)"
}

# By origin: one that a name gave has a label, one that came by itself none.
t_origin()
{
	topo_up direct 1 1 plain
	ilnp_up 1 1 learn
	check "A speaks" on A ping -6 -q -c 3 -i 0.1 -W 2 \
		"$(topo_address b 0)"
	equal "learned" learned "$(ilnp_json B correspondent \
		'.[0].origin')"
	labelled "a learned one has none" B "$(topo_address b 0)"
	check "configured" ilnp B correspondent add "$TOPO_NID_A" \
		l64 2001:db8:a0::/64
	labelled "a configured one has" B "$(topo_address b 0)" \
		"$(topo_address a 0)"
}

t_bound()
{
	local i j l64 words

	topo_up direct 1 1 plain
	ilnp_up 1 1
	check "begin" ilnp A correspondent flush
	for i in 1 2 3 4 5; do
		words=()
		for ((j = 1; j <= 255; j++)); do
			printf -v l64 '2001:db8:7:%x::/64' $((i * 256 + j))
			words+=(l64 "$l64")
		done
		check "255 more" ilnp A correspondent add "0:0:9:$i" \
			"${words[@]}"
	done
	equal "not more" 1024 "$(ours A | wc -l)"
	equal "counted" 1 "$(stat_of A table-full)"
	check "one goes" ilnp A correspondent del 0:0:9:1
	equal "room for the others" $((1 + 4 * 255)) "$(ours A | wc -l)"
	check "all go" ilnp A correspondent flush
	labelled "only ours" A "$(topo_address a 0)"
}

# Somebody has an entry for the same address before us, somebody after us.
t_foreign()
{
	local mine other

	mine=$(topo_address a 0)
	other=$(topo_address b 0)
	topo_up direct 1 1 plain
	ip -n "$A" addrlabel add prefix 2001:db8:ffff::/48 label 50
	ip -n "$A" addrlabel add prefix "$mine/128" label 51
	ilnp_up 1 1
	labelled "not taken over" A "$other"
	ip -n "$A" addrlabel del prefix "$other/128" \
		label "$LABEL"
	ip -n "$A" addrlabel add prefix "$other/128" label 52
	check "correspondent goes" ilnp A correspondent flush
	check "NID goes" ilnp A nid del "$TOPO_NID_A"
	equal "theirs" "50 51 52" "$(labels A | awk '$4 ~ /^5[0-9]$/ {
		print $4 }' | sort | paste -sd ' ')"
}

# Namespaces that stay when the module goes.
t_unload()
{
	local host before

	topo_up direct 2 2 plain
	ip -n "$A" addrlabel add prefix 2001:db8:ffff::/48 label 50
	before=$(labels A; labels B)
	ilnp_up 2 2
	check "there are some" test "$before" != "$(labels A; labels B)"
	for host in A B; do
		check "detach $host" ilnp "$host" dev detach all
	done
	eventually "unloads" 30 modprobe -r ilnp6
	equal "as before" "$before" "$(labels A; labels B)"
	equal "source as before" "$PLAIN_A" "$(source_to A "$PLAIN_B")"
}

subtest "source of plain and of ILNP" t_source
subtest "ping" t_ping
subtest "unconnected server" t_server
subtest "privacy addresses" t_privacy
subtest "deprecated addresses" t_deprecated
subtest "no other address" t_only
subtest "several interfaces" t_interfaces
subtest "table follows" t_follows
subtest "origin" t_origin
subtest "bound" t_bound
subtest "other people's entries" t_foreign
subtest "unload" t_unload
run_subtests "$@"
