#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What one TCP connection gets of four paths: ILNP with the congestion control
# under test, MPTCP and plain TCP on the best path, on the same paths. Made for
# a virtual-clock guest; `make bench` runs it, or
#
#	tcp.sh [-c CONTROL] [-k KIND[,KIND]...] [-t SECONDS] [CASE...]
#
# with KIND ipv6, mptcp or ilnp, and a CASE of tcp_cases.sh; SECONDS are a flow's
# instead of the case's own. Prints the rows, writes lines for tcp_report.py to
# out/bench/tcp.txt and the rows to out/bench/tcp.json.
#
#	       .- R1 -.
#	A a1..a4  ...   H -- B
#	       `- R4 -'
#
# R<i> delays by half of a path's base RTT and limits the rate each way, with
# a drop-tail queue of QUEUE x (rate x base RTT) on top of what is in flight.
# Packets are of MTU size there, without GRO.
set -u

HERE=$(cd "$(dirname "$0")" && pwd)
OUT=${ILNP_OUT:-$HERE/../../out}/bench
WORK=$(mktemp -d /tmp/tcp.XXXXXX)
PATHS=4
NID_A=0:0:0:a1
NID_B=0:0:0:b1
CONTROL=ilnp
KINDS=ipv6,mptcp,ilnp
length=()
spaces=()
. "$HERE/tcp_cases.sh"

cleanup()
{
	local ns

	for ns in "${spaces[@]}"; do
		ip netns del "$ns"
	done
	rm -rf "$WORK"
} 2>/dev/null
trap cleanup EXIT

say()
{
	printf '# %s\n' "$*"
}

die()
{
	printf 'bench/tcp: %s\n' "$*" >&2
	exit 1
}

# --- the network ------------------------------------------------------------

make_ns()
{
	[ ! -e "/run/netns/$1" ] || die "a network namespace $1 exists already"
	ip netns add "$1" || die "cannot make namespace $1"
	spaces+=("$1")
	# shellcheck disable=SC2016  # expands in there
	ip netns exec "$1" sh -c 'cd /proc/sys/net/ipv6/conf || exit
		for i in all default; do
			echo 0 >$i/accept_dad
			echo 0 >$i/accept_ra
			echo 0 >$i/router_solicitations
			echo "$1" >$i/forwarding
		done' sh "$2"
}

# link NS1 DEV1 NS2 DEV2: fe80::1 is at the first end, fe80::2 at the second
link()
{
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3" ||
		die "cannot make link $2-$4"
	ip -n "$1" -batch - <<-EOT
		link set $2 up
		addr add fe80::1/64 dev $2 nodad
	EOT
	ip -n "$3" -batch - <<-EOT
		link set $4 up
		addr add fe80::2/64 dev $4 nodad
	EOT
}

make_path()
{
	local i=$1

	make_ns "R$i" 1
	link A "a$i" "R$i" lan
	link "R$i" wan H "h$i"
	ip netns exec A ethtool -K "a$i" tso off >/dev/null
	ip -6 -n A -batch - <<-EOT || die "cannot configure path $i"
		addr add 2001:db8:a$i::a/64 dev a$i nodad
		route add default via fe80::2 dev a$i metric $((100 + i))
		route add default via fe80::2 dev a$i table $((100 + i))
		rule add from 2001:db8:a$i::/64 table $((100 + i))
	EOT
	ip -n "R$i" -batch - <<-EOT
		route add 2001:db8:a$i::/64 via fe80::1 dev lan
		route add default via fe80::2 dev wan
	EOT
	ip -n H route add "2001:db8:a$i::/64" via fe80::1 dev "h$i"
}

make_network()
{
	local i

	make_ns A 0
	make_ns H 1
	make_ns B 0
	# A case must not begin with what the one before has learned.
	ip netns exec A sysctl -qw net.ipv4.tcp_no_metrics_save=1
	ip netns exec B sysctl -qw net.ipv4.tcp_no_metrics_save=1
	link B b1 H hb
	ip netns exec B ethtool -K b1 tso off >/dev/null
	ip -n B addr add 2001:db8:b1::b/64 dev b1 nodad
	ip -n B route add default via fe80::2 dev b1
	ip -n H route add 2001:db8:b1::/64 via fe80::1 dev hb
	for ((i = 1; i <= PATHS; i++)); do
		make_path "$i"
	done
}

# shape PATH RATE RTT QUEUE LOSS JITTER: Mbit/s, ms, share of the BDP, %, ms
shape()
{
	local i=$1 dev limit

	limit=$(awk -v r="$2" -v t="$3" -v q="$4" 'BEGIN {
		n = r * t * q * 1000 / 8 / 1514
		print (n < 2 ? 2 : int(n + 0.5)) }')
	# In netem's own limit what is on its way would count like what waits.
	for dev in wan lan; do
		echo "qdisc replace dev $dev root handle 1: netem limit 100000" \
			"delay $(awk -v t="$3" 'BEGIN { print t / 2 }')ms" \
			"$([ "$6" = 0 ] || echo "${6}ms")" \
			"$([ "$5" = 0 ] || echo "loss $5%")"
		echo "qdisc replace dev $dev parent 1: handle 2: tbf" \
			"rate ${2}mbit burst 1600 limit 1000000"
		echo "qdisc replace dev $dev parent 2: handle 3: pfifo" \
			"limit $limit"
	done | tc -n "R$i" -batch - || die "no queue on path $i"
}

# neck RATE: Mbit/s of the link between H and B, with a queue of 10 ms; 0: as
# fast as it is
neck()
{
	if [ "$1" = 0 ]; then
		tc -n H qdisc del dev hb root 2>/dev/null
		return
	fi
	tc -n H qdisc replace dev hb root netem rate "${1}mbit" \
		limit $(($1 * 10000 / 8 / 1514)) || die "no netem before B"
}

# --- ILNP and MPTCP ---------------------------------------------------------

mptcp_up()
{
	local i

	ip netns exec A sysctl -qw net.mptcp.enabled=1
	ip netns exec B sysctl -qw net.mptcp.enabled=1
	ip -n A mptcp limits set subflows 8 add_addr_accepted 8
	ip -n B mptcp limits set subflows 8 add_addr_accepted 8
}

# nonces LENGTH: sessions have such, in octets
nonces()
{
	local host i

	[ "$1" != "${nonce_set:-}" ] || return 0
	for host in A B; do
		on "$host" ilnp set nonce-len "$1"
		on "$host" ilnp session flush
	done
	nonce_set=$1
	for ((i = 0; i < 100; i++)); do
		ping_b -c 1 -W 1 && break
	done
	# Over each path in turn, so that all neighbours are known.
	ping_b -c 20 -i 0.1 || die "ILNP: no answer from B: $(ip -n A ilnp)"
}

# use KIND N: it uses the first N paths only
use()
{
	local i

	case $1 in
	mptcp)
		ip -n A mptcp endpoint flush
		for ((i = 1; i <= $2; i++)); do
			ip -n A mptcp endpoint add "2001:db8:a$i::a" \
				dev "a$i" subflow
		done ;;
	ilnp)
		nonces "$nonce"
		for ((i = 1; i <= PATHS; i++)); do
			on A ilnp l64 replace "2001:db8:a$i::/64" dev "a$i" \
				via fe80::2 preference $((i > $2 ? 20 : 10))
		done ;;
	esac
}

on()
{
	ip -n "$@" || die "failed: ip -n $*"
}

# ping_b OPTION...: B's I-LV from A's
ping_b()
{
	ip netns exec A ping -q -I "2001:db8:a1:0:$NID_A" "$@" \
		"2001:db8:b1:0:$NID_B" >/dev/null 2>&1
}

ilnp_up()
{
	local i words=''

	modprobe ilnp6 || die "modprobe ilnp6 failed"
	on A ilnp nid add "$NID_A"
	on B ilnp nid add "$NID_B"
	for ((i = 1; i <= PATHS; i++)); do
		on A ilnp l64 add "2001:db8:a$i::/64" dev "a$i" via fe80::2
		words+=" l64 2001:db8:a$i::/64"
	done
	on B ilnp l64 add 2001:db8:b1::/64 dev b1 via fe80::2
	on A ilnp dev attach all
	on B ilnp dev attach all
	on A ilnp correspondent add "$NID_B" l64 2001:db8:b1::/64
	# shellcheck disable=SC2086  # a list of words
	on B ilnp correspondent add "$NID_A" $words
}

# Whatever the last case did to them, A knows that its paths work again.
all_up()
{
	local i

	for ((i = 0; i < 100; i++)); do
		[ "$(ip -n A -j ilnp path show |
			jq 'map(select(.state == "up")) | length')" \
			-eq "$paths" ] && return
		ping_b -c 1 -W 1
		sleep 0.1
	done
}

# What the case before has left to send is gone.
quiet()
{
	local i

	for ((i = 0; i < 200; i++)); do
		[ -z "$(ip netns exec A ss -Htn state connected)" ] && return
		sleep 0.1
	done
}

# --- running ----------------------------------------------------------------

# flow KIND [OPTION]...: options of tcpflow; one line of JSON
flow()
{
	local kind=$1

	shift
	case $kind in
	ipv6) "$WORK/tcpflow" -c cubic "$@" A B \
		"2001:db8:a$best::a" 2001:db8:b1::b ;;
	mptcp) "$WORK/tcpflow" -m "$@" A B \
		"2001:db8:a$best::a" 2001:db8:b1::b ;;
	ilnp) "$WORK/tcpflow" -c "$CONTROL" "$@" A B \
		"2001:db8:a$best:0:$NID_A" "2001:db8:b1:0:$NID_B" ;;
	esac
}

# The case's events, in the background of a flow: kill_path PATH FROM TO
kill_path()
{
	sleep "$2"
	ip netns exec "R$1" nft -f - <<-EOT
		table inet dead {
			chain forward {
				type filter hook forward priority 0
				drop
			}
		}
	EOT
	sleep "$(($3 - $2))"
	ip netns exec "R$1" nft delete table inet dead
}

# run_case NAME KIND: appends "NAME KIND JSON" to the raw lines
run_case()
{
	local case=$1 kind=$2 i result event=

	rate=() rtt=() queue=(1 1 1 1) loss=(0 0 0 0) jitter=(0 0 0 0)
	options=() events=() best=1 measure=share paths=$PATHS neck=0
	# Shares are of what plain TCP can carry: the nonce takes little room.
	nonce=4
	"case_$case" || die "no case $case"
	for ((i = 0; i < PATHS; i++)); do
		shape $((i + 1)) "${rate[i]}" "${rtt[i]}" "${queue[i]}" \
			"${loss[i]}" "${jitter[i]}"
	done
	neck "$neck"
	use "$kind" "$paths"
	quiet
	[ "$kind" != ilnp ] || [ "$case" = one_path ] || all_up
	# So long round trip times measured before count for a new connection
	sleep 1.5
	if [ ${#events[@]} -gt 0 ]; then
		"${events[@]}" >"$WORK/beside" 2>&1 &
		event=$!
	fi
	result=$(flow "$kind" "${options[@]}" "${length[@]}" 2>"$WORK/error") || {
		say "FAILED: $case $kind: $(cat "$WORK/error")"
		result='{"failed": true}'
	}
	[ -z "$event" ] || wait "$event"
	jq -nc --arg case "$case" --arg kind "$kind" --arg measure "$measure" \
		--argjson best "$best" --argjson neck "$neck" --argjson flow "$result" \
		--argjson rate "[$(IFS=,; echo "${rate[*]}")]" \
		'{case: $case, kind: $kind, measure: $measure, best: $best, neck: $neck,
		  rate: $rate, flow: $flow}' >>"$WORK/raw"
	python3 "$HERE/tcp_report.py" --line "$WORK/raw"
}

has_kind()
{
	case ,$KINDS, in
	*,"$1",*) return 0 ;;
	esac
	return 1
}

while getopts c:k:t: option; do
	case $option in
	c) CONTROL=$OPTARG ;;
	k) KINDS=$OPTARG ;;
	t) length=(-t "$OPTARG") ;;
	*) exit 1 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- "${TCP_CASES[@]}"

mkdir -p "$OUT" || die "cannot make $OUT"
cp "${ILNP_BUILD:-$HERE/../..}/selftests/bench/tcpflow" "$WORK/tcpflow" \
	2>/dev/null ||
	gcc -O2 -Wall -o "$WORK/tcpflow" "$HERE/tcpflow.c" ||
	die "cannot compile tcpflow.c"
: >"$WORK/raw"
make_network
has_kind mptcp && mptcp_up
has_kind ilnp && ilnp_up
for name in "$@"; do
	for kind in ipv6 mptcp ilnp; do
		has_kind "$kind" && run_case "$name" "$kind"
	done
done
cp "$WORK/raw" "$OUT/tcp.txt"
python3 "$HERE/tcp_report.py" "$WORK/raw" "$OUT/tcp.json"
