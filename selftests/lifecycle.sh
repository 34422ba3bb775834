#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: core=7.2,6.1,debug clock=real smp=2 mem=1024 timeout=1800
#
# +------------------------------------------------------------------------+
# | Proves that nothing of ILNP's life disturbs the kernel while TCP, UDP  |
# | and ping run on two CPUs: loading and unloading, attaching and         |
# | detaching, deleted namespaces and interfaces, addresses, routes and    |
# | correspondents that come and go. The harness reads the kernel's log.   |
# +------------------------------------------------------------------------+
#
# LIFECYCLE=N is how often each loop runs. By default those that are netlink
# messages, of which one process sends all, run hundreds of times, those that
# load programs each time tens of times, those that need processes a few times.

. "$(dirname "$0")/lib.sh"

if [ "${KERNEL:-}" = debug ]; then
	ROUNDS=${LIFECYCLE:-100} LOADS=${LIFECYCLE:-10} FEW=${LIFECYCLE:-2}
else
	ROUNDS=${LIFECYCLE:-200} LOADS=${LIFECYCLE:-50} FEW=${LIFECYCLE:-5}
fi
# The part of the sessions' traffic that must have come through at the end.
REMOTE=$(topo_address b 0)

# What is detached or without an L64 sends as the routing table says, and the
# routers drop that.
no_bad_source()
{
	:
}

# TCP, UDP and ping without an end, in bursts that start again when a round
# broke them.
traffic_start()
{
	bg B bash -c 'while :; do iperf3 -s -1 -p 5201 --idle-timeout 5; done'
	bg B bash -c 'while :; do iperf3 -s -1 -p 5202 --idle-timeout 5; done'
	bg A bash -c "while :; do timeout 6 iperf3 -6 -c $REMOTE -p 5201 \
		-t 3 --connect-timeout 500 || sleep 0.2; done"
	bg A bash -c "while :; do timeout 6 iperf3 -6 -u -b 20M -l 1200 \
		-c $REMOTE -p 5202 -t 3 --connect-timeout 500 ||
		sleep 0.2; done"
	bg A bash -c "while :; do ping -6 -q -i 0.01 -w 2 $REMOTE ||
		sleep 0.2; done"
}

traffic_stop()
{
	local pid

	for pid in $(ip netns pids "${TAG}A") $(ip netns pids "${TAG}B"); do
		kill -9 "$pid"
	done 2>/dev/null
	wait 2>/dev/null
	bg_pids=()
}

# What has been through all that still carries a session over ILNP.
works()
{
	local before

	before=$(stat_of B rx-packets)
	eventually "ping afterwards" 20 \
		on A ping -6 -c 1 -W 1 "$REMOTE"
	[ "$(stat_of B rx-packets)" -gt "$before" ] ||
		fail "the ping did not go as ILNP"
	checks=$((checks + 1))
}

setup()
{
	topo_up direct 2 2
	ilnp_up 2 2
	check "ping at first" on A ping -6 -c 1 -W 5 "$REMOTE"
	traffic_start
}

# Each prints what a round does: a host and what `ip` is to do there.

r_attach()
{
	cat <<-END
		A ilnp dev detach all
		A ilnp dev attach all
		B ilnp dev detach b$(($1 % 2))
		B ilnp dev attach b$(($1 % 2))
	END
}

r_correspondent()
{
	case $(($1 % 3)) in
	0) echo "A ilnp correspondent flush" ;;
	1) echo "A ilnp correspondent del $TOPO_NID_B" ;;
	2) echo "A ilnp correspondent change $TOPO_NID_B" \
		"l64 $(topo_prefix b 1)/64 preference 5" ;;
	esac
	echo "A ilnp correspondent replace $TOPO_NID_B" \
		"l64 $(topo_prefix b 0)/64 l64 $(topo_prefix b 1)/64"
}

r_session()
{
	echo "A ilnp session flush"
	echo "B ilnp session flush"
}

# The second L64 comes and goes, with its address.
r_l64()
{
	cat <<-END
		A ilnp l64 del $(topo_prefix a 1)/64 dev a1
		A ilnp l64 add $(topo_prefix a 1)/64 dev a1 via fe80::1
	END
}

r_address()
{
	local address

	address=$(topo_prefix a 1)$(printf %x $((0x1000 + $1)))/64
	echo "A addr add $address dev a1 nodad"
	echo "A addr del $address dev a1"
}

# Ours, taken away under us: the module may put it back at once, or not yet.
r_own_address()
{
	echo "A addr del $(topo_address a 1)/64 dev a1"
}

r_route()
{
	local route

	route="default via fe80::1 dev a0 metric $((200 + $1 % 7))"
	echo "A route replace $route"
	echo "A route del $route"
}

r_link()
{
	echo "A link set a1 down"
	echo "A link set a1 up"
}

# An L64 and programs go with their interface.
r_interface()
{
	cat <<-END
		A link add x0 type veth peer name x1
		A link set x0 up
		A ilnp l64 add $(topo_prefix a 9)/64 dev x0 via fe80::1
		A ilnp dev attach x0
		A link del x0
	END
}

# rounds FUNCTION [OPTION]...: all of them, on both hosts at once
rounds()
{
	local lines=$WORK/rounds.$1 n=$ROUNDS i pid rc=0

	case $1 in
	r_attach | r_interface) n=$LOADS ;;
	esac
	for ((i = 1; i <= n; i++)); do
		"$1" "$i"
	done >"$lines"
	sed -n 's/^B //p' "$lines" >"$lines.B"
	sed -n 's/^A //p' "$lines" >"$lines.A"
	ip -n "${TAG}B" "${@:2}" -batch "$lines.B" &
	pid=$!
	ip -n "${TAG}A" "${@:2}" -batch "$lines.A" || rc=1
	wait "$pid" || rc=1
	return "$rc"
}

t_churn()
{
	setup
	check "rounds" rounds "$1"
	if [ "$1" = r_address ]; then
		rounds r_own_address -force >/dev/null 2>&1
		ilnp A l64 replace "$(topo_prefix a 1)/64" dev a1 via fe80::1
	fi
	traffic_stop
	works
}

# Under the programs, with packets on the way.
renew_interface()
{
	check "link del" ip -n "${TAG}A" link del a1 || return
	(
		topo_kind=direct n=2 m=2 opt_mtu='' opt_plain=''
		topo_link A a1 R ra1
		topo_wire R ra1
		topo_batch R <<-END
			addr add fe80::1/64 dev ra1 nodad
			addr add $(topo_prefix a 1)1/64 dev ra1 nodad
		END
		topo_batch A <<-END
			route add default via fe80::1 dev a1 metric 101
		END
	) || return
	check "l64 back" ilnp A l64 replace "$(topo_prefix a 1)/64" \
		dev a1 via fe80::1 &&
		check "attach back" ilnp A dev attach a1
}

t_interface()
{
	local i

	setup
	for ((i = 1; i <= FEW; i++)); do
		renew_interface || die "round $i of $FEW"
	done
	traffic_stop
	works
}

# Everything at once. Commands that cross may fail; only the kernel counts.
t_all()
{
	local pids=() f

	setup
	for f in r_attach r_correspondent r_session r_l64 r_route r_link; do
		rounds "$f" -force >/dev/null 2>&1 &
		pids+=("$!")
	done
	wait "${pids[@]}"
	traffic_stop
	for f in r_attach r_correspondent r_l64; do
		ROUNDS=1 LOADS=1 rounds "$f" -force >/dev/null 2>&1
	done
	works
}

# The namespace goes with sessions, packets and timers in it, as soon as what
# runs there is killed, while the other side still sends.
t_namespace()
{
	local i host pids tag=$TAG

	for ((i = 1; i <= (FEW + 3) / 4; i++)); do
		TAG=$tag$i-
		setup
		poll_until 2 false
		host=${TAG}$([ $((i % 2)) = 0 ] && echo A || echo B)
		pids=$(ip netns pids "$host")
		check "netns del" ip netns del "$host"
		# shellcheck disable=SC2086
		kill -9 $pids 2>/dev/null
		poll_until 1 false
		traffic_stop
		topo "$TAG" delete
	done
	TAG=$tag
}

# Nothing but packets in flight may hold the module then.
unload()
{
	local ns

	for ns in A B; do
		check "detach" ilnp "$ns" dev detach all || return
	done
	eventually "unload" 10 modprobe -r ilnp6
}

t_load()
{
	local i

	setup
	for ((i = 1; i <= FEW; i++)); do
		unload || die "round $i"
		check "load" modprobe ilnp6 || die "round $i"
		ilnp_up 2 2
	done
	traffic_stop
	# A is ILNP before B: it may have found B plain, and remembers that
	ROUNDS=1 rounds r_correspondent -force
	works
}

# Twice without a connection in between, and while attached: refused.
t_unload_attached()
{
	topo_up direct 1 1
	ilnp_up 1 1
	refute "unload while attached" modprobe -r ilnp6
	check "still there" ilnp A nid show
	unload
}

subtest "attach and detach" t_churn r_attach
subtest "correspondents" t_churn r_correspondent
subtest "sessions" t_churn r_session
subtest "L64s" t_churn r_l64
subtest "addresses" t_churn r_address
subtest "routes" t_churn r_route
subtest "links down and up" t_churn r_link
subtest "interfaces deleted" t_churn r_interface
subtest "interfaces replaced" t_interface
subtest "all at once" t_all
subtest "namespaces deleted" t_namespace
subtest "load and unload" t_load
subtest "unload while attached" t_unload_attached
run_subtests "$@"
