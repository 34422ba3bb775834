#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# `make bench`: what ILNP costs over plain IPv6, in instructions, both ends
# counted. Runs in a virtual-clock guest with one CPU, where a nanosecond is
# an instruction (../../Documentation says how to read the figures).
#
# Hosts A and B are joined by four veth pairs and nothing else: a router in
# between would hide costs behind its own. Each side has one prefix per link
# and sends to the other side's link-local address, as to a provider's router.
# Plain IPv6 and ILNP use the same links in the same boot; ./pingpong.c does
# the traffic, ./report.py the table and result.json.
#
#	run.sh [all | plain | tcp]
#
# plain measures the baseline only, for a kernel without the module. tcp is
# only what ./tcp.sh does, which all does too once the congestion control is
# there.
set -u

HERE=$(cd "$(dirname "$0")" && pwd)
OUT=${ILNP_OUT:-$HERE/../../out}/bench
WORK=$(mktemp -d /tmp/bench.XXXXXX)
TAG=bench$$
A=${TAG}a
B=${TAG}b
LINKS=4
NID_A=0:0:0:a1
NID_B=0:0:0:b1
RAW=$WORK/raw
what=${1:-all}

cleanup()
{
	ip netns del "$A"
	ip netns del "$B"
	rm -rf "$WORK"
} 2>/dev/null
trap cleanup EXIT

say()
{
	printf '# %s\n' "$*"
}

die()
{
	printf 'bench: %s\n' "$*" >&2
	exit 1
}

# program NAME: $WORK/NAME, as built with the tree or compiled now
program()
{
	cp "${ILNP_BUILD:-$HERE/../..}/selftests/bench/$1" "$WORK/$1" \
		2>/dev/null && return
	say "compiling $1"
	gcc -O2 -Wall -o "$WORK/$1" "$HERE/$1.c" -lm ||
		die "cannot compile $1.c"
}

# Runs "ip" in host $1, shows it if it fails.
on()
{
	ip -n "$@" || die "failed: ip -n $*"
}

make_host()
{
	ip netns add "$1" || die "cannot make network namespace $1"
	ip netns exec "$1" sysctl -qw \
		net.ipv6.conf.{all,default}.accept_dad=0 \
		net.ipv6.conf.{all,default}.accept_ra=0 \
		net.ipv6.conf.{all,default}.router_solicitations=0 \
		net.ipv6.conf.{all,default}.addr_gen_mode=1
	on "$1" link set lo up
}

make_link()
{
	local i=$1

	ip link add "a$i" netns "$A" type veth peer name "b$i" netns "$B" ||
		die "cannot make link $i"
	on "$A" link set "a$i" up
	on "$B" link set "b$i" up
	on "$A" addr add fe80::a/64 dev "a$i" nodad
	on "$B" addr add fe80::b/64 dev "b$i" nodad
	on "$A" addr add "2001:db8:a$i::a/64" dev "a$i" nodad
	on "$B" addr add "2001:db8:b$i::b/64" dev "b$i" nodad
	on "$A" route add default via fe80::b dev "a$i" metric $((100 + i))
	on "$B" route add default via fe80::a dev "b$i" metric $((100 + i))
}

# measure LABEL SOURCE DESTINATION [OPERATION]...: adds lines to $RAW
measure()
{
	local label=$1 line

	shift
	say "measuring $label"
	ip netns exec "$A" true
	"$WORK/pingpong" "$A" "$B" "$@" >"$WORK/lines" 2>"$WORK/error" || {
		say "FAILED: $label: $(cat "$WORK/error")"
		echo "$label failed 0 0" >>"$RAW"
	}
	while read -r line; do
		echo "$label $line"
	done <"$WORK/lines" | tee -a "$RAW" |
		awk '{ printf "#   %-8s %12.3f %12.3f\n", $2, $3, $4 }'
}

plain_source=2001:db8:a0::a
plain_destination=2001:db8:b0::b
ilnp_source=2001:db8:a0:0:$NID_A
ilnp_destination=2001:db8:b0:0:$NID_B

# Segments made by the sender's device and put together again by the
# receiver's GRO, as with two network cards without TSO. $1: on or off.
wire()
{
	local i off=off

	[ "$1" = off ] && off=on
	for ((i = 0; i < LINKS; i++)); do
		ip netns exec "$A" ethtool -K "a$i" tso "$off" gro "$1"
		ip netns exec "$B" ethtool -K "b$i" tso "$off" gro "$1"
	done >/dev/null || die "ethtool failed"
}

# measure_gro LABEL SOURCE DESTINATION: bulk over a wire; also the mean size
# of what reaches the receiver's IPv6 layer.
measure_gro()
{
	local label=$1

	ip netns exec "$B" nft -f - <<-EOT || die "nft failed"
		table ip6 sizes {
			counter data { }
			chain prerouting {
				type filter hook prerouting priority raw
				meta l4proto tcp counter name data
			}
		}
	EOT
	wire on
	measure "$@" bulk
	ip netns exec "$B" nft -j list counters |
		jq -r --arg l "$label" '.nftables[].counter // empty |
			"\($l) gro \(.bytes / .packets) \(.bytes / .packets)"' |
		tee -a "$RAW" |
		awk '{ printf "#   %-8s %12.1f octets a packet\n", $2, $3 }'
	ip netns exec "$B" nft delete table ip6 sizes
	wire off
}

# --- ILNP -------------------------------------------------------------------

add_l64s()
{
	local i

	for ((i = $1; i < $2; i++)); do
		on "$A" ilnp l64 replace "2001:db8:a$i::/64" dev "a$i" \
			via fe80::b
		on "$B" ilnp l64 replace "2001:db8:b$i::/64" dev "b$i" \
			via fe80::a
	done
}

# correspondents N NONCE CHECKSUM: afresh, with N L64s each
correspondents()
{
	local i a='' b=''

	for ((i = 0; i < $1; i++)); do
		a+=" l64 2001:db8:a$i::/64"
		b+=" l64 2001:db8:b$i::/64"
	done
	on "$A" ilnp correspondent flush
	on "$B" ilnp correspondent flush
	on "$A" ilnp set checksum "$3" nonce-len "$2"
	on "$B" ilnp set checksum "$3" nonce-len "$2"
	# shellcheck disable=SC2086  # lists of words
	on "$A" ilnp correspondent add "$NID_B" $b
	# shellcheck disable=SC2086
	on "$B" ilnp correspondent add "$NID_A" $a
}

# The I-LVs are configured and packets go over $1 paths.
wait_for_paths()
{
	local n=0 i

	for ((i = 0; i < 200; i++)); do
		ip netns exec "$A" ping -c 1 -W 1 -q -I "$ilnp_source" \
			"$ilnp_destination" >/dev/null 2>&1
		n=$(ip -n "$A" -j ilnp path show | jq length)
		[ "$n" -ge "$1" ] && return
		sleep 0.1
	done
	die "ILNP shows ${n:-no} paths instead of $1: $(ip -n "$A" ilnp)"
}

packets_sent()
{
	ip -n "$A" -j -s link show type veth | jq -c 'map(.stats64.tx.packets)'
}

# spread LABEL PATHS: traffic since $before must have used PATHS links alike,
# or the figures are of something else.
spread()
{
	local ok

	ok=$(jq -n --argjson a "$before" --argjson b "$(packets_sent)" \
		--argjson n "$2" '[range(0; $n) | $b[.] - $a[.]] |
			min > 0.9 * (add / $n)')
	[ "$ok" = true ] && return
	say "FAILED: $1: $2 links do not share: $before $(packets_sent)"
	echo "$1/spread failed 0 0" >>"$RAW"
}

bench_ilnp()
{
	local paths nonce label before

	add_l64s 0 1
	for paths in 1 4; do
		add_l64s 0 "$paths"
		for nonce in 4 12; do
			correspondents "$paths" "$nonce" ipv6
			wait_for_paths $((paths * paths))
			label=${paths}path/nonce$nonce
			before=$(packets_sent)
			measure "$label" "$ilnp_source" "$ilnp_destination"
			spread "$label" "$paths"
		done
		correspondents "$paths" 4 ipv6
		wait_for_paths $((paths * paths))
		measure_gro "seg/${paths}path/nonce4" \
			"$ilnp_source" "$ilnp_destination"
	done
	measure beside "$plain_source" "$plain_destination"
	correspondents 4 4 nid
	wait_for_paths 16
	before=$(packets_sent)
	measure 4path/nonce4/nid "$ilnp_source" "$ilnp_destination"
	spread 4path/nonce4/nid 4
	measure_gro seg/4path/nonce4/nid "$ilnp_source" "$ilnp_destination"
}

bench_cost()
{
	local i

	make_host "$A"
	make_host "$B"
	for ((i = 0; i < LINKS; i++)); do
		make_link "$i"
	done
	say "plain IPv6, module not loaded"
	# Once nftables and GRO were used, UDP costs 0.7 % more for good: first.
	measure_gro seg/ipv6 "$plain_source" "$plain_destination"
	measure ipv6 "$plain_source" "$plain_destination"
	[ "$what" = plain ] && return

	# The same again: how far to trust the third digit
	measure idle/unloaded "$plain_source" "$plain_destination" udp64 rr
	modprobe ilnp6 || die "modprobe ilnp6 failed"
	measure idle/loaded "$plain_source" "$plain_destination"
	on "$A" ilnp nid add "$NID_A"
	on "$B" ilnp nid add "$NID_B"
	on "$A" ilnp dev attach all
	on "$B" ilnp dev attach all
	measure idle/attached "$plain_source" "$plain_destination"
	bench_ilnp
}

mkdir -p "$OUT" || die "cannot make $OUT"
status=0
: >"$RAW"
rm -f "$OUT/tcp.json"
if [ "$what" != tcp ]; then
	program pingpong
	bench_cost
	cp "$RAW" "$OUT/raw.txt"
fi
case $what in
all) grep -qw ilnp /proc/sys/net/ipv4/tcp_available_congestion_control ||
	say "no congestion control ilnp yet: no TCP comparison" ;;
esac
if [ "$what" != plain ] &&
	grep -qw ilnp /proc/sys/net/ipv4/tcp_available_congestion_control; then
	"$HERE/tcp.sh" || status=1
fi
python3 "$HERE/report.py" "$RAW" "$OUT/result.json" "$OUT/tcp.json" || status=1
exit "$status"
