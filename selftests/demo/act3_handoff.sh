# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Act 3, round the world: host M has one interface and moves through five
# networks while it receives one TCP transfer from host B. Each time the old
# network, its prefix and its address are gone before the new one is there.
# Then UDP at a fixed rate through a soft handoff, with two interfaces in two
# networks for a while, and through a hard one. Sourced by run.sh.
#
#	M  w0, w1 ~ ~ ~  W1 .. W5 -- C1 -- C2 -- Rb1, Rb2 -- B
#
# Every W<i> is a router with a bridge "lan" in place of a radio; a card of M
# is in the network whose bridge its other end is a port of.

NID_M=c:c:c:c
NETWORKS=5
ROAMING_DELAY=(10 30 60 40 20)
MOVES=(2 3 4 5 1)
DWELL=6		# seconds in each network
# shellcheck disable=SC2034  # for report.py: the longest round trip, seconds
ROAMING_TRIP=0.12
UDP_RATE=200	# datagrams a second
network_of=()

roaming_prefix()
{
	echo "2001:db8:e$1::/64"
}

plan_roaming_network()
{
	local router=W$1 prefix transfer=2001:db8:c:e$1::

	prefix=$(roaming_prefix "$1")
	plan_ns "$router"
	# The dummy keeps the bridge's carrier while nobody is there.
	plan "$router" "link add lan type bridge"
	plan "$router" "link add alone type dummy"
	plan "$router" "link set alone master lan up"
	plan "$router" "link set lan up"
	plan "$router" "addr add ${prefix%/64}1/64 dev lan nodad"
	plan_core_link C1 "w$1" "$router" wan "$transfer"
	plan "$router" "route add default via ${transfer}1"
	plan C1 "route add $prefix via ${transfer}2"
}

open_roaming_network()
{
	local delay=${ROAMING_DELAY[$1 - 1]} prefix

	prefix=$(roaming_prefix "$1")
	ingress_filter "$prefix" | set_up_router "W$1"
	announce "W$1" "$prefix"
	DELAY=$delay limit "W$1" wan
	DELAY=$delay limit C1 "w$1"
	say "network $1: $prefix, $RATE Mbit/s, $delay ms each way"
}

make_roaming_networks()
{
	local i
	local -a spaces=(M Air)

	for ((i = 1; i <= NETWORKS; i++)); do
		plan_roaming_network "$i"
		spaces+=("W$i")
	done
	plan_ns M
	plan_ns Air
	for i in 0 1; do
		plan - "link add w$i netns M type veth peer name air$i netns Air"
		network_of[i]=Air
	done
	carry_out - C1 "${spaces[@]}"
	for ((i = 1; i <= NETWORKS; i++)); do
		open_roaming_network "$i"
	done
	host_card M w0 w1
}

# enter CARD NETWORK: what M's network manager does when a radio has joined
enter()
{
	ip -n "${network_of[$1]}" link set "air$1" netns "W$2"
	ip -n "W$2" link set "air$1" master lan up
	network_of[$1]=W$2
	ip -n M link set "w$1" up
}

# leave CARD: the radio is out of reach, its addresses go
leave()
{
	ip -n M link set "w$1" down
	ip -n "${network_of[$1]}" link set "air$1" down nomaster
}

# M has a usable path, in a session, from the prefix of network $1
has_path_from()
{
	ip -n M -j ilnp path show | jq -e --arg l "2001:db8:e$1::/64" \
		'any(.[]; .local_l64 == $l and .state == "up")' >/dev/null
}

reaches_m()
{
	in_ns B ping -q -c 1 -W 1 "$M_ADDRESS" >/dev/null
}

act3_up()
{
	heading "Act 3: M, a host that moves through five networks"
	make_roaming_networks
	enter 0 1
	shown ip -n M ilnp nid add "$NID_M"
	shown ip -n M ilnp dev attach all
	# shellcheck disable=SC2046,SC2153  # a list of words; ilnp.sh has NID_B
	shown ip -n M ilnp correspondent add "$NID_B" \
		$(l64_words b "$B_PROVIDERS")
	shown ip -n B ilnp correspondent add "$NID_M" l64 "$(roaming_prefix 1)"
	wait_until 30 "M's L64" has_l64s M 1
	wait_until 30 "M's NID" nid_ready M
	M_ADDRESS=$(m_address 1)
	wait_until 30 "an answer from M" reaches_m
	wait_until 30 "M's path" has_path_from 1
	background monitor ip -n M -j ilnp monitor
	echo "$(date +%s.%N) $(now)" >"$WORK/clock"
}

act3_tcp()
{
	local i began

	heading "Five moves during one TCP transfer"
	sample handoff M/w0 -f "$WORK/handoff.copy"
	mark handoff network 1
	stream handoff B M "$M_ADDRESS" $((DWELL * (${#MOVES[@]} + 1)))
	began=$(now)
	for ((i = 0; i < ${#MOVES[@]}; i++)); do
		at "$began" $((DWELL * (i + 1)))
		leave 0
		mark handoff left "${MOVES[i]}"
		enter 0 "${MOVES[i]}"
		mark handoff network "${MOVES[i]}"
	done
	stream_end handoff
	sample_end
	ip -n M -6 -o addr show dev w0 scope global |
		awk '{ print "# M has now  " $4 }'
	say "the connection was $M_ADDRESS for all its life"
}

# m_address NETWORK: M's I-LV there
m_address()
{
	echo "2001:db8:e$1:0:$NID_M"
}

# udp_while NAME NETWORK COMMAND...: a UDP flow from B to M, by its address in
# NETWORK, while COMMAND runs
udp_while()
{
	local sender receiver

	background "$1.received" "$WORK/udpflow" receive M 7000
	# shellcheck disable=SC2154  # background sets it
	receiver=$job
	background "$1.sent" "$WORK/udpflow" send B "$(m_address "$2")" \
		7000 "$UDP_RATE" 200
	sender=$job
	at "$(now)" 1
	"${@:3}"
	at "$(now)" 2
	kill "$sender"
	wait "$sender"
	at "$(now)" 1
	kill "$receiver"
	wait "$receiver"
	mv "$WORK/$1.received.out" "$WORK/$1.received"
	mv "$WORK/$1.sent.out" "$WORK/$1.sent"
}

# The new network first, made the preferred one; then the old one goes.
soft_handoff()
{
	enter 1 2
	mark soft joined w1
	wait_until 30 "a path from network 2" has_path_from 2
	shown ip -n M ilnp l64 change "$(roaming_prefix 1)" dev w0 drain on
	at "$(now)" 1
	leave 0
	mark soft left w0
}

hard_handoff()
{
	mark hard leaving w1
	leave 1
	enter 0 3
	mark hard joined w0
	wait_until 30 "a path from network 3" has_path_from 3
}

act3()
{
	act3_up
	act3_tcp
	heading "UDP, $UDP_RATE datagrams a second, through a soft handoff"
	udp_while soft 1 soft_handoff
	heading "UDP, $UDP_RATE datagrams a second, through a hard handoff"
	udp_while hard 2 hard_handoff
}
