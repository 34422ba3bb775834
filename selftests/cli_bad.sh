#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
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

# table < lines "ARGUMENTS => REGEX": each fails with a message that matches,
# and rows with different patterns have different messages.
table()
{
	local line regex arguments out rc before
	local -A said=()

	before=$(ilcc)
	while IFS= read -r line; do
		regex=${line##* => }
		arguments=${line%% => *}
		arguments=${arguments%"${arguments##*[! ]}"}
		eval "out=\$(ilnp A $arguments 2>&1)"
		rc=$?
		checks=$((checks + 1))
		[ "$rc" != 0 ] || fail "accepted: $arguments"
		matches "message for '$arguments'" "$regex" "$out"
		if [ "${said[$out]:-$regex}" != "$regex" ]; then
			fail "'$arguments': same words as for '${said[$out]}': $out"
		fi
		said[$out]=$regex
		equal "ILCC after '$arguments'" "$before" "$(ilcc)"
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
		nid add                                                          => NID.*(missing|required)
		nid add ''                                                       => empty
		nid add 1:2:3                                                    => 3 of 4
		nid add 1:2:3:4:5                                                => more than 4
		nid add ::1                                                      => ::
		nid add 1:2:3:g                                                  => g
		nid add 1:2:3:12345                                              => 4 hex digits
		nid add 1++3+4                                                   => group 2 is empty
		nid add 1:2+3:4                                                  => neither a hex digit nor
		nid add 1:2:3:4 x                                                => "x".*unknown
		nid add 0:0:0:0                                                  => reserved interface identifier
		nid add 200:5eff:fe00:1                                          => reserved interface identifier
		nid add fdff:ffff:ffff:ff80                                      => reserved interface identifier
		nid add 4000:1111:2222:3333                                      => exists
		nid add 1:2:3:4 preference 65536                                 => preference.*65535
		nid add 1:2:3:4 preference -1                                    => "-1" is wrong: preference.*65535
		nid add 1:2:3:4 preference x                                     => "x" is wrong: preference
		nid add 1:2:3:4 preference                                       => preference.*(missing|required|argument)
		nid add 1:2:3:4 preference 1 preference 2                        => (twice|duplicate)
		nid del 1:2:3:4                                                  => (exist|no such|found)
		nid frob1                                                        => frob1.*unknown
	EOF
}

t_l64()
{
	up
	table <<-'EOF'
		l64 add                                                          => L64.*(missing|required)
		l64 add 2001:db8:9::/64                                          => dev.*(missing|required)
		l64 add 2001:db8:9::/64 dev nonesuch                             => nonesuch
		l64 add 2001:db8:9::/48 dev a0                                   => /48
		l64 add 2001:db8:9::1/64 dev a0                                  => lower 64 bits
		l64 add 2001:db8 dev a0                                          => 2 of 4
		l64 add 2001-db8-9-00000 dev a0                                  => 4 hex digits
		l64 add fe80::/64 dev a0                                         => not a unicast global locator
		l64 add ff05::/64 dev a0                                         => not a unicast global locator
		l64 add ::/64 dev a0                                             => not a unicast global locator
		l64 add 4000::/64 dev a0                                         => not a unicast global locator
		l64 add fd00:1:2:3::/64 dev a0                                   => (ula|fc00|local)
		l64 add 2001:db8:a0::/64 dev a0                                  => exists
		l64 change 2001:db8:9::/64 dev a0                                => (exist|no such)
		l64 del 2001:db8:9::/64 dev a0                                   => (exist|no such)
		l64 add 2001:db8:9::/64 dev a0 via 192.0.2.1                     => via.*not an IPv6
		l64 add 2001:db8:9::/64 dev a0 via ff02::1                       => via.*(multicast|unicast)
		l64 add 2001:db8:9::/64 dev a0 via fe80::1 via fe80::2           => duplicate.*via
		l64 add 2001:db8:9::/64 dev a0 dev a1                            => duplicate.*dev
		l64 add 2001:db8:9::/64 dev a0 lifetime 0                        => lifetime
		l64 add 2001:db8:9::/64 dev a0 lifetime 4294967296               => lifetime
		l64 add 2001:db8:9::/64 dev a0 lifetime 1h                       => lifetime
		l64 add 2001:db8:9::/64 dev a0 preference 99999                  => preference
		l64 add 2001:db8:9::/64 dev a0 drain maybe                       => drain
		l64 add 2001:db8:9::/64 dev a0 frob2                             => frob2
	EOF
}

t_correspondent()
{
	up
	table <<-'EOF'
		correspondent add                                                => NID.*(missing|required)
		correspondent add 4:4:4:4                                        => l64.*(missing|required|one)
		correspondent add 4:4:4:4 l64                                    => L64|l64
		correspondent add 4:4:4:4 l64 2001:db8:9::/56                    => /56
		correspondent add 4:4:4:4 l64 fe80::/64                          => not a unicast global locator
		correspondent add 4:4:4:4 l64 ff0e::/64                          => not a unicast global locator
		correspondent add 4:4:4:4 l64 2001:db8:9::/64 l64 2001:db8:9::/64 => (twice|duplicate)
		correspondent add 4:4:4:4 preference 4 l64 2001:db8:9::/64       => before.*l64|l64
		correspondent add 4:4:4:4 l64 2001:db8:9::/64 preference 1 preference 2 => duplicate.*preference
		correspondent add 4:4:4:4 l64 2001:db8:9::/64 checksum crc32     => checksum.*auto
		correspondent add 4:4:4:4 l64 2001:db8:9::/64 nonce-len 8        => nonce-len.*12
		correspondent add 4:4:4:4 l64 2001:db8:9::/64 nonce theirs       => nonce.*echo
		correspondent add 4:4:4:4 l64 2001:db8:9::/64 require-nonce never => require-nonce.*rfc
		correspondent add 4:4:4:4 l64 2001:db8:9::/64 checksum nid checksum nid => duplicate.*checksum
		correspondent add 4000:1111:2222:3333 l64 2001:db8:9::/64        => this node
		correspondent add 4000:bbbb:bbbb:bbbb l64 2001:db8:9::/64        => exists
		correspondent change 5:5:5:5 checksum nid                        => (exist|no such)
		correspondent del 5:5:5:5                                        => no correspondent
		correspondent add 0:0:0:0 l64 2001:db8:9::/64                    => reserved interface identifier
		correspondent show bogus                                         => bogus
	EOF
}

t_rest()
{
	up
	table <<-'EOF'
		set                                                              => (incomplete|not complete)
		set checksum auto                                                => checksum.*ipv6
		set checksum                                                     => checksum.*missing
		set nonce-len 0                                                  => nonce-len.*4
		set learn perhaps                                                => learn.*off
		set scheduler nonesuch                                           => scheduler
		set scheduler aaaaaaaaaaaaaaaaaaaa                               => 1 to 15
		set learn on learn off                                           => duplicate.*learn
		set frob3 1                                                      => frob3
		session frob4                                                    => frob4
		session show to                                                  => to
		session show to x:y                                              => x:y
		path frob5                                                       => frob5
		dev frob6                                                        => frob6
		dev attach                                                       => (dev|DEV|interface)
		dev attach nonesuch                                              => nonesuch
		dev detach nonesuch2                                             => nonesuch
		dev detach a1                                                    => attached
		stats frob7                                                      => frob7
		monitor frob8                                                    => frob8
		frob9                                                            => frob9
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
