#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that every verb of `ip ilnp` does what ip-ilnp(8) says, in text |
# | and JSON, with ip's own options, abbreviations and exit codes.         |
# +------------------------------------------------------------------------+
. "$(dirname "$0")/lib.sh"

NID=4000:1111:2222:3333
L64=2001:db8:a0::/64

# One host and a link is all that configuration needs.
host()
{
	topo_up direct 2 1
	need_module
}

t_help()
{
	local out rc

	host
	out=$(ip ilnp help 2>&1)
	rc=$?
	equal "help's status as of other objects" 255 "$rc"
	matches "help" '^Usage: ip ilnp' "$out"
	for word in set nid l64 correspondent session path dev stats monitor; do
		matches "help names $word" "ilnp $word" "$out"
	done
	matches "ip's own help names the object" 'ilnp' "$(ip help 2>&1)"
}

# Policy in one line.
policy()
{
	ip -j -n "$TAG$1" ilnp show | jq -r '.[0] |
		"\(.checksum) \(.["nonce_len"] // .["nonce-len"]) \(.learn)"'
}

t_set()
{
	host
	equal "defaults" 'ipv6 12 true' "$(policy A)"
	check "set" ilnp A set checksum nid nonce-len 4 learn off
	equal "shown" 'nid 4 false' "$(policy A)"
	check "one at a time" ilnp A set checksum ipv6
	equal "the rest stays" 'ipv6 4 false' "$(policy A)"
	equal "B's policy is its own" 'ipv6 12 true' "$(policy B)"
	check "scheduler shown can be set" ilnp A set scheduler \
		"$(ip -j -n "$A" ilnp show | jq -r '.[0].scheduler')"
}

t_nid()
{
	host
	check "add" ilnp A nid add "$NID" preference 7
	equal "JSON" "$NID 7 static" "$(ilnp_json A nid \
		".[] | select(.nid == \"$NID\") |
		\"\(.nid) \(.preference) \(.origin)\"")"
	matches "text" "$(ilnp_json A nid '.[0].nid')" "$(ilnp A nid)"
	check "plus signs" ilnp A nid add 4000+9+9+9
	equal "the same NID" 2 "$(ilnp_json A nid \
		'[.[] | select(.origin == "static")] | length')"
	refute "a second time" ilnp A nid add 4000:9:9:9
	check "del" ilnp A nid del 4000:9:9:9
	refute "del of nothing" ilnp A nid del 4000:9:9:9
	equal "left" 1 "$(ilnp_json A nid \
		'[.[] | select(.origin == "static")] | length')"
}

t_default_nid()
{
	local nid

	host
	check "an L64 makes it speak ILNP" ilnp A l64 add "$L64" dev a0
	eventually "a NID by itself" 5 default_nid
	nid=$(ilnp_json A nid '.[0].nid')
	refute "not made of the MAC address" eui64_of a0 "$nid"
	equal "universal and group bit" 0 "$((0x${nid%%:*} >> 8 & 3))"
	check "an address of it" poll_until 5 has_address a0
}

default_nid()
{
	[ "$(ilnp_json A nid '.[0].origin')" = auto ]
}

has_address()
{
	[ -n "$(ip -n "$A" -6 -o addr show dev "$1" scope global)" ]
}

eui64_of()
{
	local mac

	mac=$(ip -j -n "$A" link show dev "$1" | jq -r '.[0].address')
	[[ $2 = *ff:fe* ]] && [[ $2 = *"${mac:15:2}" ]]
}

t_l64()
{
	host
	check "add" ilnp A l64 add "$L64" dev a0 via fe80::1 preference 9 \
		lifetime 3000
	equal "JSON" "$L64 a0 fe80::1 9 static" "$(ilnp_json A l64 '.[0] |
		"\(.l64) \(.dev) \(.via) \(.preference) \(.origin)"')"
	within "lifetime" 2900 3000 "$(ilnp_json A l64 '.[0].lifetime')"
	refute "add again" ilnp A l64 add "$L64" dev a0
	check "the same on another interface" ilnp A l64 add "$L64" dev a1
	check "del of that" ilnp A l64 del "$L64" dev a1
	check "change" ilnp A l64 change "$L64" dev a0 preference 11
	equal "only that" "fe80::1 11" "$(ilnp_json A l64 \
		'.[0] | "\(.via) \(.preference)"')"
	check "no limit any more" ilnp A l64 change "$L64" dev a0 lifetime forever
	equal "absent key" false "$(ilnp_json A l64 '.[0] | has("lifetime")')"
	refute "change of nothing" ilnp A l64 change 2001:db8:9::/64 dev a0
	check "replace makes" ilnp A l64 replace 2001:db8:9::/64 dev a0
	check "replace changes" ilnp A l64 replace 2001:db8:9::/64 dev a0 \
		preference 3
	check "hyphens" ilnp A l64 add 2001-db8-8-0 dev a1
	check "colons" ilnp A l64 add 2001:db8:7:0 dev a1
	equal "of one interface" "2001:db8:7::/64 2001:db8:8::/64" \
		"$(ilnp_json A l64 '[.[].l64] | sort | join(" ")' dev a1)"
	check "drain" ilnp A l64 change "$L64" dev a0 drain on
	check "del" ilnp A l64 del "$L64" dev a0
	refute "del of nothing" ilnp A l64 del "$L64" dev a0
}

t_correspondent()
{
	host
	check "add" ilnp A correspondent add "$NID" \
		l64 2001:db8:b0::/64 preference 5 lifetime 600 \
		l64 2001:db8:b1::/64 checksum nid nonce-len 4 nonce echo \
		require-nonce rfc
	equal "JSON" "$NID nid static" "$(ilnp_json A correspondent '.[0] |
		"\(.nid) \(.checksum) \(.origin)"')"
	equal "L64s" "2001:db8:b0::/64 5,2001:db8:b1::/64" \
		"$(ilnp_json A correspondent '.[0].l64s |
		"\(.[0].l64) \(.[0].preference),\(.[1].l64)"')"
	within "lifetime" 590 600 \
		"$(ilnp_json A correspondent '.[0].l64s[0].lifetime')"
	refute "add again" ilnp A correspondent add "$NID" l64 2001:db8:b0::/64
	check "change" ilnp A correspondent change "$NID" checksum auto
	equal "keeps its L64s" 2 "$(ilnp_json A correspondent \
		'.[0].l64s | length')"
	check "change of L64s" ilnp A correspondent change "$NID" \
		l64 2001:db8:b2::/64
	equal "replaces them" 2001:db8:b2::/64 "$(ilnp_json A correspondent \
		'[.[0].l64s[].l64] | join(" ")')"
	check "a second" ilnp A correspondent replace 4000:9999:9999:9999 \
		l64 2001:db8:b9::/64
	equal "show of one" 4000:9999:9999:9999 "$(ilnp_json A correspondent \
		'[.[].nid] | join(" ")' 4000:9999:9999:9999)"
	refute "change of nobody" ilnp A correspondent change 4:4:4:4 \
		l64 2001:db8:b9::/64
	check "flush of one" ilnp A correspondent flush 4000:9999:9999:9999
	check "del" ilnp A correspondent del "$NID"
	refute "del of nobody" ilnp A correspondent del "$NID"
	check "flush of none" ilnp A correspondent flush
	equal "none left" 0 "$(ilnp_json A correspondent length)"
}

# How many programs of ours the kernel has
programs()
{
	bpftool -j prog show |
		jq '[.[] | select((.name // "") | startswith("ilnp6_"))] | length'
}

t_traffic_objects()
{
	local to=$TOPO_NID_B before begun

	topo_up direct 2 1
	ilnp_up 2 1
	check "ping" on A ping -6 -c4 -i0.1 -W3 "$(topo_address b 0)"
	equal "session" "$TOPO_NID_A $to established" "$(ilnp_json A session \
		'.[0] | "\(.local_nid) \(.remote_nid) \(.state)"')"
	equal "to NID" 1 "$(ilnp_json A session length to "$to")"
	equal "to somebody else" 0 "$(ilnp_json A session length to 1:1:1:1)"
	equal "paths" "a0 a1" "$(ilnp_json A path \
		'[.[].dev] | sort | join(" ")' to "$to")"
	# Updates and probes may be among them.
	within "requests counted" 4 40 "$(ilnp_json A path \
		'[.[].tx_packets] | add')"
	within "octets counted" $((4 * 120)) 5000 "$(ilnp_json A path \
		'[.[].tx_bytes] | add')"
	matches "counters in text" 'TX: bytes' "$(ip -s -n "$A" ilnp path)"
	equal "attached" 'a0 a1' "$(ilnp_json A dev \
		'[.[] | select(.attached) | .dev] | sort | join(" ")')"
	check "detach one" ilnp A dev detach a1
	equal "one less" a0 "$(ilnp_json A dev \
		'[.[] | select(.attached) | .dev] | join(" ")')"
	refute "detach again" ilnp A dev detach a1
	check "attach again" ilnp A dev attach a1
	refute "attach twice" ilnp A dev attach a1
	check "attach all may find some" ilnp A dev attach all
	within "stats" 4 100 "$(stat_of A tx-packets)"
	check "reset" ilnp A stats reset
	equal "zero" 0 "$(stat_of A tx-packets)"
	check "session flush" ilnp B session flush
	check "session flush to" ilnp A session flush to "$to"
	equal "gone" 0 "$(ilnp_json A session length)"
	check "flush of all" ilnp A session flush
	check "detach all" ilnp A dev detach all
	before=$(programs)
	check "attach all" ilnp A dev attach all
	equal "interfaces share the programs" $((before + 2)) "$(programs)"
	begun=$(date +%s%3N)
	check "detach of one" ilnp A dev detach a0
	within "ms, not waiting for what the other has" 0 500 \
		$(($(date +%s%3N) - begun))
	equal "which are there" $((before + 2)) "$(programs)"
	check "detach of the last" ilnp A dev detach all
	equal "none left" "$before" "$(programs)"
}

t_options()
{
	local show text

	host
	ilnp A nid add "$NID"
	ilnp A l64 add "$L64" dev a0 via fe80::1
	ilnp A correspondent add 4:4:4:4 l64 2001:db8:b0::/64
	# Words, of which one is absent.
	# shellcheck disable=SC2086
	for show in '' nid l64 correspondent session path dev stats; do
		check "-j $show is JSON" jq -e 'type == "array"' \
			< <(ip -j -n "$A" ilnp $show show)
		equal "-j -p $show says the same" \
			"$(ip -j -n "$A" ilnp $show show | jq -S .)" \
			"$(ip -j -p -n "$A" ilnp $show show | jq -S .)"
		for text in -d -s -o "-s -d -o" -c=never; do
			check "$text $show" ip $text -n "$A" ilnp $show show
		done
	done
	equal "-o: one line each" 1 "$(ip -o -n "$A" ilnp correspondent |
		wc -l)"
	equal "-n and exec agree" "$(ip -n "$A" ilnp nid)" \
		"$(on A ip ilnp nid)"
	refute "-n of no namespace" ip -n nonesuch ilnp nid
}

t_batch()
{
	local out

	host
	check "batch" ip -n "$A" -b - <<-EOF
		ilnp nid add "$NID"
		ilnp l64 add "$L64" dev a0
		ilnp correspondent add 4:4:4:4 l64 2001:db8:b0::/64
		ilnp set nonce-len 4
	EOF
	equal "all done" "1 1 ipv6 4 true" "$(ilnp_json A l64 length) $(
		ilnp_json A correspondent length) $(policy A)"
	out=$(ip -n "$A" -b - 2>&1 <<-EOF
		ilnp correspondent del 4:4:4:4
		ilnp correspondent del 4:4:4:4
		ilnp correspondent add 5555:5555:5555:5555 l64 2001:db8:b0::/64
	EOF
	)
	equal "stops at an error" 1 $?
	matches "names the line" '-:2' "$out"
	equal "nothing after it" 0 "$(ilnp_json A correspondent length)"
	ip -n "$A" -force -b - >/dev/null 2>&1 <<-EOF
		ilnp correspondent del 4:4:4:4
		ilnp correspondent add 5555:5555:5555:5555 l64 2001:db8:b0::/64
	EOF
	equal "-force goes on" 5555:5555:5555:5555 "$(ilnp_json A correspondent '.[0].nid')"
}

t_abbreviations()
{
	host
	check "nid a" ilnp A n a "$NID" pref 5
	check "l64 a" ilnp A l a "$L64" dev a0 pref 5
	check "cor add" ilnp A cor add 4:4:4:4 l64 2001:db8:b0::/64 pref 5
	equal "understood" 5 "$(ilnp_json A correspondent \
		'.[0].l64s[0].preference')"
	equal "show by default" "$(ilnp A l64 show)" "$(ilnp A l)"
	check "sess sh" ilnp A sess sh
	check "pa" ilnp A pa
	check "st s" ilnp A st s
	check "d s" ilnp A d s
}

t_exit_codes()
{
	host
	ilnp A nid add "$NID"
	ilnp A nid add "$NID" >/dev/null 2>&1
	equal "the kernel refuses" 2 $?
	ilnp A l64 add "$L64" dev nonesuch >/dev/null 2>&1
	equal "no such interface" 1 $?
	ilnp A nid add nonsense >/dev/null 2>&1
	equal "bad command line" 255 $?
	ilnp A nonesuch >/dev/null 2>&1
	equal "unknown command" 255 $?
	ilnp A nid show >/dev/null
	equal "success" 0 $?
}

# What the monitor has written holds an event.
monitored()
{
	jq -es --arg e "$1" 'any(.[]; .event == $e and .time > 1e9)' \
		"$WORK/bg.$bg_pid"
}

t_monitor()
{
	host
	bg A ip -j ilnp monitor
	# Listening once it has heard something: repeat until then.
	poll_until 10 heard || die "monitor hears nothing"
	ilnp A nid add "$NID"
	ilnp A l64 add "$L64" dev a0
	ilnp A l64 change "$L64" dev a0 preference 3
	ilnp A correspondent add 4:4:4:4 l64 2001:db8:b0::/64
	ilnp A correspondent del 4:4:4:4
	ilnp A l64 del "$L64" dev a0
	ilnp A nid del "$NID"
	for event in nid-add l64-add l64-change correspondent-add \
		correspondent-del l64-del nid-del; do
		eventually "$event" 5 monitored "$event"
	done
	bg A ip -t ilnp monitor
	poll_until 10 heard_text || die "text monitor hears nothing"
	matches "a timestamp" '[0-9]:[0-9]{2}' "$(cat "$WORK/bg.$bg_pid")"
}

heard()
{
	ilnp A correspondent add 9:9:9:9 l64 2001:db8:b0::/64
	ilnp A correspondent del 9:9:9:9
	monitored correspondent-del
}

heard_text()
{
	ilnp A correspondent add 9:9:9:9 l64 2001:db8:b0::/64
	ilnp A correspondent del 9:9:9:9
	grep -q correspondent-del "$WORK/bg.$bg_pid"
}

subtest help t_help
subtest set t_set
subtest nid t_nid
subtest "default NID" t_default_nid
subtest l64 t_l64
subtest correspondent t_correspondent
subtest "session, path, dev, stats" t_traffic_objects
subtest "global options" t_options
subtest batch t_batch
subtest abbreviations t_abbreviations
subtest "exit codes" t_exit_codes
subtest monitor t_monitor
run_subtests "$@"
