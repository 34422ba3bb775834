#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: core=7.2,6.1 clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves what the tc programs do to a packet, octet by octet, with       |
# | BPF_PROG_TEST_RUN: egress rewrites the L64s and the checksum of what   |
# | has our nonce and leaves the rest alone, ingress gives the bound pair  |
# | back and cuts the option off, once the nonce is right; and that the    |
# | verifier rejects programs that call the kfuncs wrongly.                |
# +------------------------------------------------------------------------+
. "$(dirname "$0")/lib.sh"

HERE=$(cd "$(dirname "$0")" && pwd)
BUILT=${ILNP_BUILD:-$HERE/..}
PINS=/sys/fs/bpf/ilnp6-test

# The programs run in the namespace of whoever tests them, as on its lo.
packets()
{
	python3 "$HERE/bpf.py" "$@"
}

t_packets()
{
	ip link add ilnpdummy type dummy
	ip link set ilnpdummy up
	ip -6 route add default dev ilnpdummy
	ip ilnp nid add 0:0:0:a
	ip ilnp l64 add 2001:db8:a::/64 dev ilnpdummy
	ip ilnp set learn on checksum ipv6 nonce-len 4
	ip ilnp correspondent add 0:0:0:b l64 2001:db8:b0::/64 \
		l64 2001:db8:b1::/64
	bpftool prog loadall "$BUILT/bpf/ilnp6.bpf.o" "$PINS" ||
		fail "cannot load the programs"
	eventually "an address past DAD" 10 packets ready
	packets run "$PINS" "$WORK" || fail "see above"
	rm -rf "$PINS"
	ip ilnp correspondent flush
	ip ilnp l64 del 2001:db8:a::/64 dev ilnpdummy
	ip link del ilnpdummy
}

# rejected NAME WORDS
rejected()
{
	rm -f "$PINS-$1"
	if bpftool prog load "$HERE_OBJ/$1.bpf.o" "$PINS-$1" \
		>"$WORK/log" 2>&1; then
		rm -f "$PINS-$1"
		fail "$1 was loaded"
		return
	fi
	matches "$1" "$2" "$(cat "$WORK/log")"
}

t_reject()
{
	HERE_OBJ=$BUILT/selftests/reject
	rejected small_path 'memory, len pair|invalid.*stack|stack.*size'
	rejected no_path 'expected=|not point|scalar'
	rejected not_packet 'ctx|context|PTR_TO_CTX'
	rejected wrong_kind 'not allowed'
	rejected not_gpl 'GPL|gpl'
}

need_module
subtest "packets in and out" t_packets
subtest "the verifier rejects" t_reject
run_subtests "$@"
