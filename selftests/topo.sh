#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The networks the tests run in: hosts A and B with one interface per
# provider, routers between them that drop a source which is not theirs, and
# counters for every pair of prefixes. Made by lib.sh and lib.py, or by hand:
#
#   topo.sh TAG KIND [N] [M] [OPTION]...  makes namespaces TAGA, TAGB, ...
#   topo.sh TAG ilnp [N] [M] [OPTION]...  puts ILNP on A and B
#   topo.sh TAG delete                    removes all namespaces TAG*
#   topo.sh TAG warm                      reads from disk what tests will use
#
# KIND  direct  A, B and one router R for all providers (fast)
#       routed  A, B, one router per provider (Ra0.. Rb0..) and a core C
#       ra      as direct, but the hosts learn all from radvd in R
#       peer    A alone; the other ends x0.. are in X, where a raw program
#               plays router and hosts (X's own IPv6 is off)
# OPTION dad    duplicate address detection stays on
#        plain  A and B get an ordinary address PREFIX::a and PREFIX::b too
#        spoof  a host S behind R that may send with any source
#        mtu=N  of all links
#
# ilnp gives A and B their NIDs, their L64s (but for L64s=no, which leaves
# them to Router Advertisements) and each other as correspondents.
# OPTION learn  B is not told of A
#        a=ARGS, b=ARGS     more arguments of A's or B's correspondent
#        set=ARGS           policy of both namespaces (ip ilnp set)
#        l64s=no            none by hand
#
# A has interfaces a0.. in prefixes 2001:db8:a0::/64.., B has b0.. in
# 2001:db8:b0::/64... Every router is fe80::1 on its hosts' links. Checksums
# and segments are finished when a packet leaves a router, not before: hosts
# keep their offloads, captures in routers see what a wire would.
set -u

topo_die()
{
	echo "topo: $*" >&2
	exit 1
}

# topo_prefix SIDE I: the L64 of side a or b
topo_prefix()
{
	echo "2001:db8:$1$2::"
}

topo_ns()
{
	local ns=$TAG$1
	local -a settings

	ip netns add "$ns" || topo_die "cannot make namespace $ns"
	settings=(net.ipv6.conf.all.accept_ra=0
		net.ipv6.conf.default.accept_ra=0)
	case $1 in
	A | B | S) ;;
	X) settings+=(net.ipv6.conf.all.disable_ipv6=1
		net.ipv6.conf.default.disable_ipv6=1) ;;
	*) settings+=(net.ipv6.conf.all.forwarding=1
		net.ipv6.conf.default.addr_gen_mode=1) ;;
	esac
	if [ -z "${opt_dad:-}" ]; then
		settings+=(net.ipv6.conf.all.accept_dad=0
			net.ipv6.conf.default.accept_dad=0)
	fi
	if [ "$topo_kind" = ra ]; then
		case $1 in
		A | B) settings+=(net.ipv6.conf.all.accept_ra=1
			net.ipv6.conf.default.accept_ra=1) ;;
		esac
	fi
	ip netns exec "$ns" sysctl -qw "${settings[@]}" ||
		topo_die "cannot set up $ns"
	ip -n "$ns" link set lo up
}

# topo_link NS1 IF1 NS2 IF2
topo_link()
{
	ip link add "$2" netns "$TAG$1" mtu "${opt_mtu:-1500}" type veth \
		peer name "$4" netns "$TAG$3" mtu "${opt_mtu:-1500}" ||
		topo_die "cannot make link $2-$4"
	ip -n "$TAG$1" link set "$2" up
	ip -n "$TAG$3" link set "$4" up
}

# What leaves a router has its checksum and its segments finished.
topo_wire()
{
	ip netns exec "$TAG$1" ethtool -K "$2" tx off >/dev/null ||
		topo_die "cannot switch offloads of $2 off"
}

topo_batch()
{
	ip -n "$TAG$1" -batch - || topo_die "cannot configure $TAG$1"
}

# topo_host_link SIDE I ROUTER: host A or B to its provider's router
topo_host_link()
{
	local host=${1^^} dev=$1$2 net

	net=$(topo_prefix "$1" "$2")
	topo_link "$host" "$dev" "$3" "r$dev"
	topo_wire "$3" "r$dev"
	topo_batch "$3" <<-EOF
		addr add fe80::1/64 dev r$dev nodad
		addr add ${net}1/64 dev r$dev nodad
	EOF
	[ "$topo_kind" = ra ] && return
	topo_batch "$host" <<-EOF
		route add default via fe80::1 dev $dev metric $((100 + $2))
	EOF
	if [ -n "${opt_plain:-}" ]; then
		ip -n "$TAG$host" addr add "$net$1/64" dev "$dev" nodad
	fi
}

# nft rules of router $1 for host links $2...: a source that is not the
# provider's own is dropped and counted.
topo_filter()
{
	local dev net

	echo "table ip6 ingress {"
	echo "counter bad_source {"
	echo "}"
	echo "chain forward {"
	echo "type filter hook forward priority -10"
	for dev in "${@:2}"; do
		net=$(topo_prefix "${dev%%[0-9]*}" "${dev##*[ab]}")
		echo "iifname r$dev ip6 saddr != $net/64 counter name" \
			"bad_source drop"
	done
	echo "}"
	echo "}"
}

# One named counter for each ordered pair of prefixes, A's n and B's m.
topo_pairs()
{
	local i j

	echo "table ip6 pairs {"
	for ((i = 0; i < n; i++)); do
		for ((j = 0; j < m; j++)); do
			printf 'counter a%d_b%d {\n}\ncounter b%d_a%d {\n}\n' \
				"$i" "$j" "$j" "$i"
		done
	done
	echo "chain forward {"
	echo "type filter hook forward priority 0"
	for ((i = 0; i < n; i++)); do
		for ((j = 0; j < m; j++)); do
			echo "ip6 saddr $(topo_prefix a "$i")/64" \
				"ip6 daddr $(topo_prefix b "$j")/64" \
				"counter name a${i}_b$j"
			echo "ip6 saddr $(topo_prefix b "$j")/64" \
				"ip6 daddr $(topo_prefix a "$i")/64" \
				"counter name b${j}_a$i"
		done
	done
	echo "}"
	echo "}"
}

topo_nft()
{
	ip netns exec "$TAG$1" nft -f - || topo_die "nft in $1 failed"
}

topo_hosts()
{
	local i

	for ((i = 0; i < n; i++)); do
		devs+=("a$i")
	done
	for ((i = 0; i < m; i++)); do
		devs+=("b$i")
	done
}

topo_direct()
{
	local dev
	local -a devs=()

	topo_ns A
	topo_ns B
	topo_ns R
	topo_hosts
	for dev in "${devs[@]}"; do
		topo_host_link "${dev%%[0-9]*}" "${dev##*[ab]}" R
	done
	{ topo_filter R "${devs[@]}"; topo_pairs; } | topo_nft R || exit 1
	[ -n "${opt_spoof:-}" ] || return 0
	topo_ns S
	topo_link S s0 R rs0
	topo_wire R rs0
	ip -n "${TAG}R" addr add fe80::1/64 dev rs0 nodad
	ip -n "${TAG}S" addr add 2001:db8:5::5/64 dev s0 nodad
	ip -n "${TAG}R" route add 2001:db8:5::/64 dev rs0
	ip -n "${TAG}S" route add default via fe80::1 dev s0
}

topo_routed()
{
	local dev k=0 r
	local -a devs=()

	topo_ns A
	topo_ns B
	topo_ns C
	topo_hosts
	for dev in "${devs[@]}"; do
		r=R$dev
		topo_ns "$r"
		topo_host_link "${dev%%[0-9]*}" "${dev##*[ab]}" "$r"
		topo_link "$r" core C "c$dev"
		topo_wire "$r" core
		topo_wire C "c$dev"
		topo_batch "$r" <<-EOF
			addr add fe80::2/64 dev core nodad
			addr add 2001:db8:c$k::2/64 dev core nodad
			route add default via fe80::1 dev core
		EOF
		topo_batch C <<-EOF
			addr add fe80::1/64 dev c$dev nodad
			addr add 2001:db8:c$k::1/64 dev c$dev nodad
			route add $(topo_prefix "${dev%%[0-9]*}" "${dev##*[ab]}")/64 via fe80::2 dev c$dev
		EOF
		topo_filter "$r" "$dev" | topo_nft "$r" || exit 1
		k=$((k + 1))
	done
	topo_pairs | topo_nft C || exit 1
}

# Hosts learn prefixes and routers from a real radvd. Lifetimes of a prefix
# come from variables RA_VALID and RA_PREFERRED (seconds).
topo_ra()
{
	local dev

	topo_direct
	for dev in $(topo_devs); do
		topo_radvd_interface "$dev"
	done >"$TOPO_DIR/${TAG}radvd.conf"
	topo_radvd
}

topo_devs()
{
	local i

	for ((i = 0; i < n; i++)); do echo "a$i"; done
	for ((i = 0; i < m; i++)); do echo "b$i"; done
}

topo_radvd_interface()
{
	cat <<-EOF
		interface r$1 {
			AdvSendAdvert on;
			MinRtrAdvInterval ${RA_MIN:-3};
			MaxRtrAdvInterval ${RA_MAX:-10};
			AdvDefaultLifetime ${RA_ROUTER:-1800};
			AdvSourceLLAddress on;
			prefix $(topo_prefix "${1%%[0-9]*}" "${1##*[ab]}")/64 {
				AdvOnLink on;
				AdvAutonomous on;
				AdvValidLifetime ${RA_VALID:-86400};
				AdvPreferredLifetime ${RA_PREFERRED:-14400};
				DeprecatePrefix on;
				DecrementLifetimes off;
			};
		};
	EOF
}

# Starts radvd in R; its process id goes to TAGradvd.pid.
topo_radvd()
{
	ip netns exec "${TAG}R" radvd -C "$TOPO_DIR/${TAG}radvd.conf" \
		-p "$TOPO_DIR/${TAG}radvd.pid" -m logfile \
		-l "$TOPO_DIR/${TAG}radvd.log" </dev/null || {
		cat "$TOPO_DIR/${TAG}radvd.log" >&2
		topo_die "radvd does not start"
	}
}

topo_peer()
{
	local i

	topo_ns A
	topo_ns X
	for ((i = 0; i < n; i++)); do
		topo_link A "a$i" X "x$i"
		ip netns exec "${TAG}A" ethtool -K "a$i" tx off >/dev/null
		[ -n "${opt_plain:-}" ] && ip -n "${TAG}A" addr add \
			"$(topo_prefix a "$i")a/64" dev "a$i" nodad
		ip -n "${TAG}A" route add default via fe80::1 dev "a$i" \
			metric $((100 + i))
	done
}

# topo_address SIDE I: the I-LV of host a or b in its prefix I
topo_address()
{
	local nid=TOPO_NID_${1^^}

	echo "2001:db8:$1$2:0:${!nid}"
}

# The commands that make host $1 (A or B) an ILNP host with $2 L64s.
topo_ilnp_commands()
{
	local side=${1,,} nid=TOPO_NID_$1 i

	[ -z "$opt_set" ] || echo "ilnp set $opt_set"
	echo "ilnp nid add ${!nid}"
	[ "$opt_l64s" = no ] || for ((i = 0; i < $2; i++)); do
		echo "ilnp l64 add $(topo_prefix "$side" "$i")/64" \
			"dev $side$i via fe80::1"
	done
	echo "ilnp dev attach all"
}

# The command that tells a host of the one on side $1 with $2 L64s.
topo_ilnp_correspondent()
{
	local nid=TOPO_NID_${1^^} i words

	words="ilnp correspondent add ${!nid}"
	for ((i = 0; i < $2; i++)); do
		words+=" l64 $(topo_prefix "$1" "$i")/64"
	done
	echo "$words $3"
}

# Every I-LV of host $1 with $2 L64s is configured and past its detection.
topo_ilnp_ready()
{
	local side=${1,,} i

	for ((i = 0; i < $2; i++)); do
		ip -n "$TAG$1" -6 -o addr show dev "$side$i" \
			to "$(topo_address "$side" "$i")" |
			grep -v tentative | grep -q inet6 || return 1
	done
}

topo_wait()
{
	local end=$((SECONDS + 20))

	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || topo_die "timed out: $*"
		sleep 0.05
	done
}

topo_ilnp()
{
	topo_ilnp_commands A "$n" | topo_batch A || exit 1
	topo_ilnp_correspondent b "$m" "$opt_a" | topo_batch A || exit 1
	topo_wait topo_ilnp_ready A "$n"
	[ -e "/run/netns/${TAG}B" ] || return 0
	topo_ilnp_commands B "$m" | topo_batch B || exit 1
	[ -n "$opt_learn" ] ||
		topo_ilnp_correspondent a "$n" "$opt_b" | topo_batch B ||
		exit 1
	topo_wait topo_ilnp_ready B "$m"
}

topo_delete()
{
	local ns pid

	pid=$(cat "$TOPO_DIR/${TAG}radvd.pid" 2>/dev/null) && kill "$pid"
	rm -f "$TOPO_DIR/${TAG}radvd".*
	for ns in $(ip netns list | awk -v tag="$TAG" \
		'index($1, tag) == 1 { print $1 }'); do
		ip netns pids "$ns" | xargs -r kill -9 2>/dev/null
		ip netns del "$ns"
	done
}

# A guest with a virtual clock takes waiting for its disk for idle time and
# skips seconds of it, so programs and kernel modules must be in memory before
# anything is timed.
topo_warm()
{
	local tool

	for tool in ip nft ethtool sysctl ping ss tc jq awk sed grep head \
		sort cat nc socat iperf3 traceroute radvd dmesg \
		mktemp ln kill xargs; do
		"$tool" --version || "$tool" -V
	done >/dev/null 2>&1 </dev/null
	n=1 m=1 topo_kind=direct topo_direct
	ip netns exec "${TAG}R" tc qdisc add dev ra0 root netem delay 1ms
	ip netns exec "${TAG}A" ping -6 -c1 -W1 fe80::1%a0 >/dev/null
	modprobe -q ilnp6 && ip -n "${TAG}A" ilnp dev attach all
	topo_delete
}

# topo TAG KIND [N] [M] [OPTION]...
topo()
{
	local n m option opt_dad='' opt_plain='' opt_spoof='' opt_mtu=''
	local opt_learn='' opt_a='' opt_b='' opt_set='' opt_l64s=''
	local topo_kind

	TAG=$1
	topo_kind=$2
	if [ "$topo_kind" = delete ]; then
		topo_delete
		return
	fi
	if [ "$topo_kind" = warm ]; then
		topo_warm
		return
	fi
	n=${3:-1}
	m=${4:-1}
	for option in "${@:5}"; do
		case $option in
		dad) opt_dad=1 ;;
		plain) opt_plain=1 ;;
		spoof) opt_spoof=1 ;;
		learn) opt_learn=1 ;;
		mtu=*) opt_mtu=${option#mtu=} ;;
		a=*) opt_a=${option#a=} ;;
		b=*) opt_b=${option#b=} ;;
		set=*) opt_set=${option#set=} ;;
		l64s=*) opt_l64s=${option#l64s=} ;;
		*) topo_die "unknown option $option" ;;
		esac
	done
	case $topo_kind in
	direct | routed | ra | peer | ilnp) "topo_$topo_kind" ;;
	*) topo_die "unknown kind $topo_kind" ;;
	esac
}

# Neither universal nor group bit: free local choices (RFC 6740 3.1.2).
# shellcheck disable=SC2034  # by name
TOPO_NID_A=a0a1:a2a3:a4a5:a6a7
# shellcheck disable=SC2034
TOPO_NID_B=b0b1:b2b3:b4b5:b6b7
TOPO_DIR=${TOPO_DIR:-${TMPDIR:-/tmp}}
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	topo "$@"
fi
