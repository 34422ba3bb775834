#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=real smp=1 timeout=300 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that each wrong command line has a non-zero status and a message |
# | of its own that names what is wrong, and leaves the ILCC as it was.    |
# +------------------------------------------------------------------------+
. "$(dirname "$0")/lib.sh"

# All that configuration can change, without what time changes.
ilcc()
{
	local what

	for what in '' nid l64 correspondent dev; do
		# shellcheck disable=SC2086  # an absent word
		ip -j -n "$A" ilnp $what show
	done | jq -cS 'walk(if type == "object" then del(.lifetime)
		else . end)'
}

# table < lines "REGEX | ARGUMENTS": each fails with a message that matches,
# and no two messages are alike.
table()
{
	local regex arguments out rc before
	local -A said=()

	before=$(ilcc)
	while IFS='|' read -r regex arguments; do
		regex=${regex%"${regex##*[! ]}"}
		[ -n "$regex" ] || continue
		eval "out=\$(ilnp A $arguments 2>&1)"
		rc=$?
		checks=$((checks + 1))
		[ "$rc" != 0 ] || fail "accepted: $arguments"
		matches "message for: $arguments" "$regex" "$out"
		if [ -n "${said[$out]:-}" ]; then
			fail "'$arguments' and '${said[$out]}' are told the same: $out"
		fi
		said[$out]=$arguments
		equal "ILCC after: $arguments" "$before" "$(ilcc)"
	done
}

up()
{
	topo_up direct 2 1
	need_module
	check "NID" ilnp A nid add 4000:1111:2222:3333
	check "L64" ilnp A l64 add 2001:db8:a0::/64 dev a0 lifetime 5000
	check "correspondent" ilnp A correspondent add 4000:bbbb:bbbb:bbbb \
		l64 2001:db8:b0::/64
	poll_until 10 settled || die "addresses do not settle"
}

settled()
{
	[ "$(ilnp_json A nid '.[] | select(.nid == "4000:1111:2222:3333") | .state')" \
		= ready ]
}

t_nid()
{
	up
	table <<-'EOF'
		NID.*(missing|required) | nid add
		empty                   | nid add ''
		3 of 4                  | nid add 1:2:3
		more than 4             | nid add 1:2:3:4:5
		::                      | nid add ::1
		g                       | nid add 1:2:3:g
		4 hex digits            | nid add 1:2:3:12345
		group 2 is empty        | nid add 1++3+4
		separator               | nid add 1:2+3:4
		'x'                     | nid add 1:2:3:4 x
		zero|reserved|0         | nid add 0:0:0:0
		reserved                | nid add 200:5eff:fe00:1
		reserved                | nid add fdff:ffff:ffff:ff80
		exists                  | nid add 4000:1111:2222:3333
		preference.*65535       | nid add 1:2:3:4 preference 65536
		preference.*-1          | nid add 1:2:3:4 preference -1
		preference.*x           | nid add 1:2:3:4 preference x
		preference.*(missing|required|argument) | nid add 1:2:3:4 preference
		(twice|duplicate)       | nid add 1:2:3:4 preference 1 preference 2
		(exist|no such|found)   | nid del 1:2:3:4
		unknown                 | nid frobnicate
	EOF
}

t_l64()
{
	up
	table <<-'EOF'
		L64.*(missing|required)   | l64 add
		dev.*(missing|required)   | l64 add 2001:db8:9::/64
		nonesuch                  | l64 add 2001:db8:9::/64 dev nonesuch
		/48                       | l64 add 2001:db8:9::/48 dev a0
		lower 64 bits             | l64 add 2001:db8:9::1/64 dev a0
		2 of 4                    | l64 add 2001:db8 dev a0
		4 hex digits              | l64 add 2001-db8-9-00000 dev a0
		link-local                | l64 add fe80::/64 dev a0
		multicast                 | l64 add ff05::/64 dev a0
		unspecified               | l64 add ::/64 dev a0
		(unicast|2000|global)     | l64 add 4000::/64 dev a0
		(ula|fc00|local)          | l64 add fd00:1:2:3::/64 dev a0
		exists                    | l64 add 2001:db8:a0::/64 dev a0
		(exist|no such)           | l64 change 2001:db8:9::/64 dev a0
		(exist|no such)           | l64 del 2001:db8:9::/64 dev a0
		via.*not an IPv6          | l64 add 2001:db8:9::/64 dev a0 via 192.0.2.1
		via.*(multicast|unicast)  | l64 add 2001:db8:9::/64 dev a0 via ff02::1
		via.*(twice|duplicate)    | l64 add 2001:db8:9::/64 dev a0 via fe80::1 via fe80::2
		dev.*(twice|duplicate)    | l64 add 2001:db8:9::/64 dev a0 dev a1
		lifetime                  | l64 add 2001:db8:9::/64 dev a0 lifetime 0
		lifetime                  | l64 add 2001:db8:9::/64 dev a0 lifetime 4294967296
		lifetime                  | l64 add 2001:db8:9::/64 dev a0 lifetime 1h
		preference                | l64 add 2001:db8:9::/64 dev a0 preference 99999
		drain                     | l64 add 2001:db8:9::/64 dev a0 drain maybe
		frob                      | l64 add 2001:db8:9::/64 dev a0 frob
	EOF
}

t_correspondent()
{
	up
	table <<-'EOF'
		NID.*(missing|required)  | correspondent add
		l64.*(missing|required|one) | correspondent add 4:4:4:4
		L64|l64                  | correspondent add 4:4:4:4 l64
		/56                      | correspondent add 4:4:4:4 l64 2001:db8:9::/56
		link-local               | correspondent add 4:4:4:4 l64 fe80::/64
		multicast                | correspondent add 4:4:4:4 l64 ff0e::/64
		(twice|duplicate)        | correspondent add 4:4:4:4 l64 2001:db8:9::/64 l64 2001:db8:9::/64
		before.*l64|l64          | correspondent add 4:4:4:4 preference 4 l64 2001:db8:9::/64
		preference.*(twice|duplicate) | correspondent add 4:4:4:4 l64 2001:db8:9::/64 preference 1 preference 2
		checksum.*auto           | correspondent add 4:4:4:4 l64 2001:db8:9::/64 checksum crc32
		nonce-len.*12            | correspondent add 4:4:4:4 l64 2001:db8:9::/64 nonce-len 8
		nonce.*echo              | correspondent add 4:4:4:4 l64 2001:db8:9::/64 nonce theirs
		require-nonce.*rfc       | correspondent add 4:4:4:4 l64 2001:db8:9::/64 require-nonce never
		checksum.*(twice|duplicate) | correspondent add 4:4:4:4 l64 2001:db8:9::/64 checksum nid checksum nid
		(our|own|local)          | correspondent add 4000:1111:2222:3333 l64 2001:db8:9::/64
		exists                   | correspondent add 4000:bbbb:bbbb:bbbb l64 2001:db8:9::/64
		(exist|no such)          | correspondent change 5:5:5:5 checksum nid
		(exist|no such)          | correspondent del 5:5:5:5
		reserved|zero            | correspondent add 0:0:0:0 l64 2001:db8:9::/64
		bogus                    | correspondent show bogus
	EOF
}

t_rest()
{
	up
	table <<-'EOF'
		incomplete             | set
		checksum.*ipv6         | set checksum auto
		checksum.*nid.*        | set checksum
		nonce-len.*4           | set nonce-len 0
		learn.*off             | set learn perhaps
		scheduler              | set scheduler nonesuch
		1 to 15                | set scheduler aaaaaaaaaaaaaaaaaaaa
		learn.*(twice|duplicate) | set learn on learn off
		frob                   | set frob 1
		frob                   | session frob
		to                     | session show to
		x:y                    | session show to x:y
		frob                   | path frob
		frob                   | dev frob
		(dev|DEV|interface)    | dev attach
		nonesuch               | dev attach nonesuch
		nonesuch               | dev detach nonesuch
		attached               | dev detach a1
		frob                   | stats frob
		frob                   | monitor frob
		frob                   | frob
	EOF
}

# Nothing of a command is done when a later word is wrong.
t_all_or_nothing()
{
	local before

	up
	before=$(ilcc)
	refute "set" ilnp A set checksum nid nonce-len 5
	refute "change" ilnp A correspondent change 4000:bbbb:bbbb:bbbb checksum nid \
		l64 fe80::/64
	refute "change of an L64" ilnp A l64 change 2001:db8:a0::/64 dev a0 \
		preference 3 via ff02::1
	equal "ILCC" "$before" "$(ilcc)"
}

subtest nid t_nid
subtest l64 t_l64
subtest correspondent t_correspondent
subtest "set, session, path, dev, stats" t_rest
subtest "all or nothing" t_all_or_nothing
run_subtests "$@"
