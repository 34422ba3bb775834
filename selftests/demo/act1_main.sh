# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Act 1, the main job: unmodified ping, UDP, TCP and a file copy over four
# paths at once, and plain IPv6 over one of them. Sourced by run.sh; see
# report.py for how figures are made.

# UDP datagrams offered, in Mbit/s of datagrams' contents, fill the links to
# 99 %: a frame's headers are 14 octets of Ethernet, 40 of IPv6, the nonce, 8
# of UDP.
UDP_LENGTH=1400
TIME=10

# offered LINKS NONCE_HEADER: bit/s of contents for 99 % of LINKS links
offered()
{
	echo $((RATE * $1 * 990000 * UDP_LENGTH / (UDP_LENGTH + 62 + $2)))
}

act1_plain()
{
	local address

	heading "Plain IPv6 over one path, ILNP not loaded"
	address=$(slaac_address B b1)
	iperf plain-udp "$address" "--bind-dev b1" --bind-dev a1 -t "$TIME" \
		-u -l "$UDP_LENGTH" -b "$(offered 1 0)"
	iperf plain-tcp "$address" "--bind-dev b1" --bind-dev a1 -t "$TIME"
}

act1_ping()
{
	heading "ping over all paths"
	printf '$ %s\n' "ip netns exec A ping -i 0.1 -c 40 $B_ADDRESS"
	in_ns A ping -i 0.1 -c 40 "$B_ADDRESS" >"$WORK/ping.out"
	tail -n 2 "$WORK/ping.out"
}

act1_copy()
{
	heading "A file over one TCP connection"
	head -c 16M /dev/urandom >"$WORK/copy.file"
	sample copy
	copy copy "$WORK/copy.file" "$B_ADDRESS"
	sample_end
	same_sha256 "$WORK/copy.file" "$WORK/copy.copy" && touch "$WORK/copy.same"
	say "$(stat -c %s "$WORK/copy.copy") octets arrived"
	rm -f "$WORK/copy.copy"
}

act1()
{
	act1_plain
	ilnp_up
	act1_ping
	heading "UDP over all paths"
	iperf udp "$B_ADDRESS" "" -t "$TIME" -u -l "$UDP_LENGTH" \
		-b "$(offered "$A_PROVIDERS" "$NONCE_HEADER")"
	heading "TCP over all paths"
	iperf tcp "$B_ADDRESS" "" -t "$TIME"
	heading "TCP with a window for each path"
	shown ip -n A ilnp set tcp on
	iperf tcp-windows "$B_ADDRESS" "" -t "$TIME"
	ip -n A ilnp set tcp off
	act1_copy
}
