# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Makes A and B ILNP hosts, by the commands a user would type. Sourced by
# run.sh.

NID_A=a:a:a:a
NID_B=b:b:b:b
B_ADDRESS=2001:db8:b1:0:$NID_B
# shellcheck disable=SC2034  # octets of the option header, 12-octet nonces
NONCE_HEADER=16

# l64_words SIDE N: the other side's L64s as arguments of `correspondent add`
l64_words()
{
	local i

	for ((i = 1; i <= $2; i++)); do
		echo "l64 $(provider_prefix "$1" "$i")"
	done
}

# A path left out after a loss is only tried again when there is traffic.
has_paths()
{
	local n

	first_contact
	n=$(ip -n A -j ilnp path show | jq '[.[] | select(.state == "up")] |
		length') && [ "${n:-0}" -eq "$1" ]
}

has_l64s()
{
	local n

	n=$(ip -n "$1" -j ilnp l64 show | jq length) && [ "${n:-0}" -eq "$2" ]
}

nid_ready()
{
	[ "$(ip -n "$1" -j ilnp nid show | jq -r '.[0].state')" = ready ]
}

first_contact()
{
	in_ns A ping -q -c 1 -W 1 "$B_ADDRESS" >/dev/null
}

# shellcheck disable=SC2046  # lists of words
ilnp_up()
{
	heading "ILNP: A and B get a NID each; L64s come from the routers"
	shown modprobe ilnp6
	shown ip -n A ilnp nid add "$NID_A"
	shown ip -n B ilnp nid add "$NID_B"
	shown ip -n A ilnp dev attach all
	shown ip -n B ilnp dev attach all
	shown ip -n A ilnp correspondent add "$NID_B" \
		$(l64_words b "$B_PROVIDERS")
	shown ip -n B ilnp correspondent add "$NID_A" \
		$(l64_words a "$A_PROVIDERS")
	wait_until 30 "A's L64s" has_l64s A "$A_PROVIDERS"
	wait_until 30 "B's L64s" has_l64s B "$B_PROVIDERS"
	wait_until 30 "A's NID" nid_ready A
	wait_until 30 "B's NID" nid_ready B
	wait_until 30 "an answer from B" first_contact
	wait_until 30 "all paths" has_paths $((A_PROVIDERS * B_PROVIDERS))
	shown ip -n A ilnp l64 show
	shown ip -n A ilnp path show
}
