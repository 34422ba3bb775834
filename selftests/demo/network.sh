# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The demo's Internet, in network namespaces. Sourced by run.sh.
#
#	      a1 - Ra1 -.             .- Rb1 - b1
#	A     a2 - Ra2 -- C1 ----- C2 -- Rb2 - b2    B
#	      a3 - Ra3 -'
#	      a4 - Ra4 -'
#
# Every provider's router announces its prefix by radvd and drops packets that
# come from its customer with another provider's source. The links between A's
# providers and the core are the bottlenecks: $RATE Mbit/s and $DELAY ms each
# way, drop-tail. B's side and the core have no limit.
#
# Interfaces segment what they send, as a network card without TSO does, so
# that counters count packets as a wire would carry them.

RATE=5
DELAY=10
QUEUE=40
A_PROVIDERS=4
B_PROVIDERS=2

# provider_prefix SIDE I: side a or b
provider_prefix()
{
	echo "2001:db8:$1$2::/64"
}

# Programs start slowly in an emulated machine, so commands for `ip` are
# collected and run in batches: plan NAMESPACE "COMMAND", or - for the machine.
declare -A plans=()
plan()
{
	plans[$1]+="$2"$'\n'
}

carry_out()
{
	local ns

	for ns in "$@"; do
		if [ "$ns" = - ]; then
			ip -batch - <<<"${plans[$ns]}"
		else
			ip -n "$ns" -batch - <<<"${plans[$ns]}"
		fi || die "cannot configure the network (namespace $ns)"
		unset "plans[$ns]"
	done
}

plan_ns()
{
	[ ! -e "/run/netns/$1" ] || die "a network namespace $1 exists already"
	namespaces+=("$1")
	plan - "netns add $1"
	plan "$1" "link set lo up"
}

# plan_link NS1 DEV1 NS2 DEV2
plan_link()
{
	plan - "link add $2 netns $1 type veth peer name $4 netns $3"
	plan "$1" "link set $2 up"
	plan "$3" "link set $4 up"
}

# plan_core_link NS1 DEV1 NS2 DEV2 PREFIX: ::1 and ::2
plan_core_link()
{
	plan_link "$1" "$2" "$3" "$4"
	plan "$1" "addr add ${5}1/64 dev $2 nodad"
	plan "$3" "addr add ${5}2/64 dev $4 nodad"
}

# plan_provider SIDE I CORE: router R<side><i> between host and core
plan_provider()
{
	local dev=$1$2 router=R$1$2 prefix transfer=2001:db8:c:$1$2::

	prefix=$(provider_prefix "$1" "$2")
	plan_ns "$router"
	plan_link "${1^^}" "$dev" "$router" lan
	plan "$router" "addr add ${prefix%/64}1/64 dev lan nodad"
	plan_core_link "$3" "$dev" "$router" wan "$transfer"
	plan "$router" "route add default via ${transfer}1"
	plan "$3" "route add $prefix via ${transfer}2"
}

# What only programs inside can set: stdin is for nft. A router's interface goes
# down for a cut line, which must cost it no more than its carrier: it keeps its
# addresses and has them at once when it is back.
set_up_router()
{
	# shellcheck disable=SC2016  # expands in there
	in_ns "$1" sh -c 'cd /proc/sys/net/ipv6/conf/all || exit
		echo 1 >forwarding
		echo 1 >keep_addr_on_down
		[ ! -d ../lan ] || echo 0 >../lan/dad_transmits
		nft -f -' || die "cannot set up router $1"
}

# Only what comes from the customer with the provider's own prefix goes on.
ingress_filter()
{
	cat <<-EOT
		table ip6 provider {
			counter foreign_source { }
			chain forward {
				type filter hook forward priority filter
				iifname lan ip6 saddr != $1 counter name foreign_source drop
			}
		}
	EOT
}

# announce ROUTER PREFIX: a radvd on its side towards the customer
announce()
{
	cat >"$WORK/$1.radvd.conf" <<-EOT
		interface lan {
			AdvSendAdvert on;
			MinRtrAdvInterval 3;
			MaxRtrAdvInterval 10;
			AdvDefaultLifetime 1800;
			AdvSourceLLAddress on;
			prefix $2 {
				AdvOnLink on;
				AdvAutonomous on;
				AdvValidLifetime 7200;
				AdvPreferredLifetime 1800;
			};
		};
	EOT
	background "$1.radvd" ip netns exec "$1" radvd -n -m stderr \
		-C "$WORK/$1.radvd.conf" -p "$WORK/$1.radvd.pid"
}

open_provider()
{
	local prefix

	prefix=$(provider_prefix "$1" "$2")
	ingress_filter "$prefix" | set_up_router "R$1$2"
	announce "R$1$2" "$prefix"
}

# limit NAMESPACE DEVICE...: rate, delay and a short queue on what leaves there
limit()
{
	local dev

	for dev in "${@:2}"; do
		echo "qdisc add dev $dev root netem rate ${RATE}mbit" \
			"delay ${DELAY}ms limit $QUEUE"
	done | tc -n "$1" -batch - || die "no netem in $1"
}

# host_card HOST DEVICE...
host_card()
{
	local dev

	for dev in "${@:2}"; do
		in_ns "$1" ethtool -K "$dev" tso off >/dev/null ||
			die "ethtool failed for $dev"
	done
}

has_global_addresses()
{
	local n

	n=$(ip -n "$1" -6 -o addr show scope global -tentative | wc -l)
	[ "$n" -ge "$2" ]
}

make_network()
{
	local i
	local -a a_devs=() b_devs=()

	for i in A B C1 C2; do
		plan_ns "$i"
	done
	plan_core_link C1 core C2 core 2001:db8:c::
	plan C1 "route add default via 2001:db8:c::2"
	plan C2 "route add default via 2001:db8:c::1"
	for ((i = 1; i <= A_PROVIDERS; i++)); do
		plan_provider a "$i" C1
		a_devs+=("a$i")
	done
	for ((i = 1; i <= B_PROVIDERS; i++)); do
		plan_provider b "$i" C2
		b_devs+=("b$i")
	done
	carry_out -
	carry_out "${namespaces[@]}"
	set_up_router C1 </dev/null
	set_up_router C2 </dev/null
	limit C1 "${a_devs[@]}"
	host_card A "${a_devs[@]}"
	host_card B "${b_devs[@]}"
	for ((i = 1; i <= A_PROVIDERS; i++)); do
		limit "Ra$i" wan
		open_provider a "$i"
		say "A's provider $i: $(provider_prefix a "$i")," \
			"$RATE Mbit/s, $DELAY ms each way"
	done
	for ((i = 1; i <= B_PROVIDERS; i++)); do
		open_provider b "$i"
		say "B's provider $i: $(provider_prefix b "$i")"
	done
	say "waiting for the hosts to hear the Router Advertisements"
	wait_until 60 "addresses on A" has_global_addresses A "$A_PROVIDERS"
	wait_until 60 "addresses on B" has_global_addresses B "$B_PROVIDERS"
}

# slaac_address NAMESPACE DEVICE
slaac_address()
{
	ip -n "$1" -j -6 addr show dev "$2" scope global |
		jq -r '[.[].addr_info[]? | .local][0]'
}

# Packets the providers refused for their source; ILNP must cause none.
foreign_sources()
{
	local ns

	for ns in "${namespaces[@]}"; do
		case $ns in
		R*) in_ns "$ns" nft -j list counters ;;
		esac
	done | jq -s '[.[].nftables[].counter // empty | .packets] | add'
}
