#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=1800 mem=2048
#
# +------------------------------------------------------------------------+
# | Proves that congestion control "ilnp" fills several paths with one TCP |
# | connection, outlives a dead and a lossy one, is cubic to everybody     |
# | else, and lets go of the module. The figures: make bench.              |
# +------------------------------------------------------------------------+
. "$(dirname "$0")/lib.sh"

# flow [-t SECONDS] CASE: what one connection got, as JSON of ../bench/tcpflow.c
flow()
{
	ILNP_OUT=$WORK bash "$SELFTESTS/bench/tcp.sh" -k ilnp "$@" \
		>"$WORK/log" 2>&1 || note "$(cat "$WORK/log")"
	jq -c .flow "$WORK/bench/tcp.txt"
	rm -f "$WORK/bench/tcp.txt"
}

# share JSON MBIT SECONDS [back]: of what plain TCP could carry over all paths
share()
{
	jq --argjson rate "$2" --argjson time "$3" --arg key "${4:-octets}" \
		'(.[$key] | add) * 8 * 1514 / 1428 / ($rate * 1e6 * $time)' \
		<<<"$1"
}

# A debug kernel's CPU is not quick enough to fill the paths.
SLOW=
[ ! -e /proc/lockdep ] || SLOW=1

# t_case CASE LEAST SECONDS [MBIT [MOST]]: of what plain TCP could carry over
# all paths
t_case()
{
	local out

	out=$(flow -t "$3" "$1")
	equal "every octet is right" true "$(jq .correct <<<"$out")"
	if [ -z "$SLOW" ]; then
		within "share of the paths' sum" "$2" "${5:-1.01}" \
			"$(share "$out" "${4:-80}" "$3")"
		jq -e '.back | not' <<<"$out" >/dev/null ||
			within "share on the way back" "$2" "${5:-1.01}" \
				"$(share "$out" "${4:-80}" "$3" back)"
		within "longest gap, s" 0 0.5 "$(jq .gap <<<"$out")"
	fi
	eventually "the module can be unloaded" 20 modprobe -r ilnp6
}

# Each costs both hosts. Plain TCP sends one for 26 segments there.
t_acks()
{
	local out

	out=$(flow -t 2 gigabit)
	equal "every octet is right" true "$(jq .correct <<<"$out")"
	[ -n "$SLOW" ] || within "segments for each" 15 1000 \
		"$(jq '.segments / .acks' <<<"$out")"
	eventually "the module can be unloaded" 20 modprobe -r ilnp6
}

t_short()
{
	local out

	out=$(flow short_300k)
	equal "every octet is right" true "$(jq .correct <<<"$out")"
	# Plain TCP needs 152 ms over one path.
	[ -n "$SLOW" ] || within "seconds" 0 0.15 "$(jq .seconds <<<"$out")"
	eventually "the module can be unloaded" 20 modprobe -r ilnp6
}

t_plain()
{
	need_module
	check "sockets" python3 "$SELFTESTS/tcp_plain.py"
	eventually "the module can be unloaded" 20 modprobe -r ilnp6
}

subtest "equal paths" t_case equal 0.95 6
subtest "delays of 10 to 70 ms" t_case delays 0.92 6
subtest "delays that vary" t_case jitter_delays 0.85 6
subtest "slow paths that are far" t_case both_reversed 0.9 6 75
subtest "slow paths that are near" t_case both 0.8 4 75
subtest "buffers of a quarter" t_case shallow 0.85 6
subtest "both ways at once" t_case both_ways 0.82 10
subtest "ACKs" t_acks
subtest "a path that dies" t_case dead 0.84 12
subtest "a path that loses" t_case loss_one 0.84 6
subtest "one path that works" t_case one_path 0.93 6 20
subtest "one good path of four" t_case bad_paths 0.85 6 40 1.05
subtest "paths with one bottleneck" t_case bottleneck 0.4 20 20 0.65
subtest "short flows" t_short
subtest "peers that are plain" t_plain
run_subtests "$@"
