#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=real smp=2 timeout=900 mem=2048
#
# +------------------------------------------------------------------------+
# | Proves that detaching and unloading under traffic, deleting a namespace |
# | or an interface under traffic, and loading again work in loops of tens, |
# | while the kernel log stays clean (the harness looks at it).            |
# +------------------------------------------------------------------------+
. "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS:-20}

# Steady traffic of three kinds from A to B until the subtest ends.
traffic()
{
	local to

	to=$(topo_address b 0)
	bg B iperf3 -s -p 5201
	bg B iperf3 -s -p 5202
	poll_until 20 listening B tcp 5201 || die "no iperf3 server"
	poll_until 20 listening B tcp 5202 || die "no iperf3 server"
	bg A iperf3 -6 -c "$to" -p 5201 -t 600
	bg A iperf3 -6 -c "$to" -p 5202 -t 600 -u -b 20M -l 1000
	bg A ping -6 -q -i 0.01 "$to"
	poll_until 20 flowing || die "no traffic"
}

flowing()
{
	local before

	before=$(stat_of A tx-packets)
	sleep 0.1
	[ "$(stat_of A tx-packets)" -gt $((before + 10)) ]
}

unloaded()
{
	! [ -e /sys/module/ilnp6 ]
}

rmmod_all()
{
	local host

	for host in A B; do
		check "detach $host" ilnp "$host" dev detach all || return 1
	done
	eventually "unloads" 30 modprobe -r ilnp6
}

# The traffic's sockets are plain IPv6 again, or broken: both are fine.
t_rmmod()
{
	local i

	topo_up direct 2 2
	for ((i = 0; i < ROUNDS; i++)); do
		ilnp_up 2 2
		traffic
		rmmod_all || break
		check "gone" unloaded
		# No trace of it on any interface.
		equal "round $i: programs left" 0 "$(on A tc filter show dev a0 \
			egress | grep -c bpf)"
		stop_traffic
	done
	equal "rounds" "$ROUNDS" "$i"
}

stop_traffic()
{
	local pid

	for pid in "${bg_pids[@]}"; do
		kill -9 "$pid"
	done 2>/dev/null
	wait "${bg_pids[@]}" 2>/dev/null
	bg_pids=()
	# What module made, modulo addresses, goes with it.
	refute "A keeps no ILNP address" has_nid_address A
}

has_nid_address()
{
	ip -n "$TAG$1" -6 -o addr show | grep -q "$TOPO_NID_A"
}

t_busy()
{
	topo_up direct 1 1
	ilnp_up 1 1
	traffic
	refute "in use while attached" modprobe -r ilnp6
	check "goes on" flowing
	rmmod_all
}

t_netns()
{
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		topo_up direct 2 2
		ilnp_up 2 2
		traffic
		# The host that receives goes first, then the one that sends.
		ip netns del "$B"
		ip netns del "$A"
		checks=$((checks + 1))
		stop_pids
		topo "$TAG" delete
	done
	eventually "the module goes" 30 modprobe -r ilnp6
}

stop_pids()
{
	local pid

	for pid in "${bg_pids[@]}"; do
		kill -9 "$pid"
	done 2>/dev/null
	wait "${bg_pids[@]}" 2>/dev/null
	bg_pids=()
}

t_device()
{
	local i

	topo_up direct 3 1
	ilnp_up 3 1
	traffic
	for ((i = 0; i < ROUNDS; i++)); do
		ip -n "$A" link del a2
		check "round $i: goes on" flowing || break
		topo_kind=direct topo_host_link a 2 R
		check "L64 again" ilnp A l64 replace 2001:db8:a2::/64 dev a2 \
			via fe80::1
		check "attach" ilnp A dev attach a2
	done
	equal "rounds" "$ROUNDS" "$i"
	rmmod_all
}

t_reload()
{
	local i

	for ((i = 0; i < ROUNDS * 3; i++)); do
		checks=$((checks + 1))
		modprobe ilnp6 || { fail "load $i"; break; }
		modprobe -r ilnp6 || { fail "unload $i"; break; }
	done
}

# Configuration and events from four sides while packets fly.
t_churn()
{
	local side pids=()

	topo_up direct 2 1
	ilnp_up 2 1
	traffic
	for side in 1 2 3 4; do
		churn "$side" &
		pids+=($!)
	done
	wait "${pids[@]}"
	check "still there" flowing
	rmmod_all
}

churn()
{
	local i

	for ((i = 0; i < ROUNDS * 5; i++)); do
		case $1 in
		1) ilnp A l64 replace 2001:db8:a1::/64 dev a1 via fe80::1 \
			preference $((i % 3 * 10)) ;;
		2) ilnp A session flush ;;
		3) ilnp A correspondent replace 5:5:5:$((i % 7 + 1)) \
			l64 2001:db8:77::/64
			ilnp A correspondent flush 5:5:5:$((i % 7 + 1)) ;;
		4) ilnp A path show
			ip -j -n "$A" ilnp correspondent
			ilnp A stats ;;
		esac
	done >/dev/null 2>&1
}

subtest "rmmod under traffic" t_rmmod
subtest "in use while attached" t_busy
subtest "namespace deleted under traffic" t_netns
subtest "interface deleted under traffic" t_device
subtest "load and unload" t_reload
subtest "configuration under traffic" t_churn
run_subtests "$@"
