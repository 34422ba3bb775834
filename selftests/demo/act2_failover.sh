# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Act 2: one TCP transfer over four paths while links fail and return. First
# each of A's interfaces loses its carrier in turn, which A can see; then the
# Internet silently drops everything on one path, which nobody is told.
# Sourced by run.sh.

ACT2_TIME=25

# carrier DEVICE up|down: the provider's end of the line
carrier()
{
	ip -n "R$1" link set lan "$2"
	mark failover "$2" "$1"
}

# blackhole DEVICE: the core drops what comes and goes there
blackhole()
{
	in_ns C1 nft -f - <<-EOT
		table netdev hole {
			chain in {
				type filter hook ingress device $1 priority 0
				drop
			}
			chain out {
				type filter hook egress device $1 priority 0
				drop
			}
		}
	EOT
	mark failover hole "$1"
}

blackhole_end()
{
	in_ns C1 nft delete table netdev hole
	mark failover repaired "$1"
}

act2()
{
	local i began

	heading "Act 2: links fail and return during one TCP transfer"
	sample failover C1/a -f "$WORK/failover.copy"
	stream failover A B "$B_ADDRESS" "$ACT2_TIME"
	began=$(now)
	for ((i = 1; i <= A_PROVIDERS; i++)); do
		at "$began" "$((2 * i))"
		carrier "a$i" down
		at "$began" "$((2 * i + 1))"
		carrier "a$i" up
	done
	at "$began" 12
	blackhole a3
	at "$began" 17
	blackhole_end a3
	stream_end failover
	sample_end
}
