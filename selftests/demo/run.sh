#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# `make demo`: two hosts with one Node Identifier and several Locators each
# exchange unmodified ping, UDP and TCP traffic over all their paths at once.
# Made for a virtual-clock guest; leaves result.json and data/ (samples of
# interface counters, iperf3's reports) in out/demo, from which plot.py makes
# the pictures. Fails if the main job's bounds do not hold (report.py).
#
#	run.sh [ACT...]		default: all acts, in order
set -u

DEMO=$(cd "$(dirname "$0")" && pwd)
. "$DEMO/lib.sh"
. "$DEMO/network.sh"
. "$DEMO/ilnp.sh"
for file in "$DEMO"/act?_*.sh; do
	# shellcheck source=/dev/null  # each defines actN
	. "$file"
done

# What a reader of a failure needs to see
explain()
{
	local ns

	[ -e /sys/module/ilnp6 ] || return
	for ns in A B M; do
		[ -e "/run/netns/$ns" ] || continue
		say "host $ns:"
		ip -n "$ns" ilnp
		ip -n "$ns" ilnp path show
		ip -n "$ns" -s ilnp stats | grep -v ' 0$'
	done
}

finish()
{
	local status=$?

	[ "$status" = 0 ] || explain
	mkdir -p "$OUT/data"
	cat "$WORK"/act?.json 2>/dev/null | jq -s 'add // {}' \
		>"$OUT/result.json"
	rm -f "$WORK"/{sampler,udpflow} "$WORK"/*.radvd.* "$WORK"/*.file
	cp "$WORK"/* "$OUT/data/"
	cleanup
}

need()
{
	local tool

	for tool in "$@"; do
		command -v "$tool" >/dev/null ||
			die "$tool is not installed"
	done
}

# Programs come from the host's disk when first used, which takes an uneven
# time: use them once before time counts.
warm_up()
{
	say "loading programs"
	program sampler
	program udpflow
	ping -q -c 1 ::1 >/dev/null
	iperf3 -s -1 >/dev/null &
	until iperf3 -c ::1 -n 100K >/dev/null 2>&1; do
		sleep 0.2
	done
	wait "$!"
	socat -V >/dev/null
	sha256sum /dev/null >/dev/null
	echo '{}' | jq . >/dev/null
}

parameters()
{
	cat >"$WORK/parameters.json" <<-EOT
		{"rate": $RATE, "delay": $DELAY, "providers": $A_PROVIDERS,
		 "udp_length": $UDP_LENGTH, "nonce_header": $NONCE_HEADER,
		 "udp_rate": $UDP_RATE, "roaming_trip": $ROAMING_TRIP,
		 "kernel": "$(uname -r)", "clock": "${CLOCK:-real}"}
	EOT
}

need ip nft tc radvd iperf3 socat ping jq python3 gcc ethtool sysctl
rm -rf "$OUT/data" "$OUT/result.json"
trap finish EXIT
warm_up
parameters
heading "The network"
make_network
failed=0
[ $# -gt 0 ] || set -- act1 act2 act3
for act in "$@"; do
	declare -F "$act" >/dev/null || continue
	"$act"
	python3 "$DEMO/report.py" "$act" "$WORK" && continue
	# The main job has to hold; of the other acts it is said.
	[ "$act" = act1 ] && failed=1
	say "$act: not all bounds hold yet, see above"
done
say "packets that providers refused for a foreign source:" \
	"$(foreign_sources)"
[ "$failed" = 0 ] || die "bounds do not hold, see above"
say "result: out/demo/result.json"
