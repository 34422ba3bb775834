#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: where=host timeout=900 kernels=6.12,7.2,6.1
#
# +------------------------------------------------------------------------+
# | Proves, with two guests on two links of virtio-net whose offloads are  |
# | on, that what a host leaves to its network card comes out right: the   |
# | data, and each checksum and option on the wire between the two, which  |
# | is finished and captured outside of both; in both checksum modes.      |
# +------------------------------------------------------------------------+

. "$(dirname "$0")/vm/common.sh"

# Links and captures are in a network namespace of our own.
if [ -z "${ILNP_VIRTIO:-}" ]; then
	[ -c /dev/net/tun ] || {
		echo "1..0 # SKIP no /dev/net/tun"
		exit 4
	}
	ILNP_VIRTIO=1 exec unshare --net --mount bash "$0" "$@"
fi

mkdir -p "$OUT/check/$KERNEL"
work=$(mktemp -d "$OUT/virtio.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Each link: guest A - tap - bridge - veth - bridge - tap - guest B. A veth
# that offloads nothing finishes what goes through it.
for i in 0 1; do
	ip link add "wa$i" type veth peer name "wb$i"
	for side in a b; do
		ip tuntap add "t$side$i" mode tap vnet_hdr
		ip link add "br$side$i" type bridge
		ethtool -K "w$side$i" tx off >/dev/null
		for dev in "t$side$i" "w$side$i"; do
			ip link set "$dev" master "br$side$i"
			ip link set "$dev" up
		done
		ip link set "br$side$i" up
	done
done

cat >"$work/common" <<'END'
set -u
fail() { echo "# FAIL: $*"; exit 1; }
modprobe virtio_net
me=$1 other=$2 nid=$3 peer=$4 mode=$5
cd /sys/class/net || exit
for dev in e*; do
	ip link set "$dev" up
	i=$((${i:--1} + 1))
	eval "dev$i=$dev"
done
cd "$OLDPWD" || exit
for i in 0 1; do
	eval dev=\$dev$i
	features[i]=$(ethtool -k "$dev")
	[[ ${features[i]} = *"tcp-segmentation-offload: on"* ]] ||
		fail "no TSO on $dev"
	[[ ${features[i]} = *"tx-checksumming: on"* ]] ||
		fail "no checksums on $dev"
done
ip ilnp set checksum "$mode"
ip ilnp nid add "$nid"
for i in 0 1; do
	eval dev=\$dev$i
	ip ilnp l64 add "2001:db8:$me$i::/64" dev "$dev"
	ip route add "2001:db8:$other$i::/64" dev "$dev"
done
ip ilnp dev attach all
ip ilnp correspondent add "$peer" l64 "2001:db8:${other}0::/64" \
	l64 "2001:db8:${other}1::/64"
for i in 0 1; do
	eval dev=\$dev$i
	[ "${features[i]}" = "$(ethtool -k "$dev")" ] ||
		fail "offloads of $dev were changed"
done
until_true() { for n in {1..300}; do "$@" && return; sleep 0.2; done; fail "$*"; }
END
cat >"$work/b.sh" <<END
set -- b a b0b1:b2b3:b4b5:b6b7 a0a1:a2a3:a4a5:a6a7 \$(cat mode)
. ./common
# A server each: one that has just served resets who comes at once.
for port in 5201 5202 5203; do
	iperf3 -6 -s -D -p \$port
done
nc -6 -l -N 5000 >got &
listening() { [ "\$(ss -6Hltn | wc -l)" = 4 ]; }
until_true listening
touch ready
wait
[ "\$(sha256sum <got)" = "\$(sha256sum <data)" ] || fail "other data"
until_true [ -e done ]
END
cat >"$work/a.sh" <<END
set -- a b a0a1:a2a3:a4a5:a6a7 b0b1:b2b3:b4b5:b6b7 \$(cat mode)
. ./common
there=2001:db8:b0:0:b0b1:b2b3:b4b5:b6b7
until_true [ -e ready ]
until_true ping -6 -q -c 1 -W 1 \$there
nc -6 -N \$there 5000 <data || fail "nc"
iperf3 -6 -c \$there -n 4M || fail "TCP"
iperf3 -6 -c \$there -p 5202 -n 4M -R || fail "TCP, the other way"
iperf3 -6 -c \$there -p 5203 -u -b 4M -t 2 || fail "UDP"
ping -6 -q -c 4 -i 0.2 -s 4000 \$there ||
	{ nstat -as; ip ilnp stats | grep -v ' 0\$'; fail "large ping"; }
ip -s ilnp path
[ "\$(ip -j -s ilnp path | jq '[.[] | select(.state == "up") | .tx_packets] |
	length == 2 and min > 20')" = true ] || fail "paths used"
touch done
END

# start HOST NUMBER: a guest in the background
start()
{
	local i extra=

	for i in 0 1; do
		extra+=" -netdev tap,id=n$i,ifname=t$1$i,script=no,downscript=no"
		extra+=" -device virtio-net-pci,netdev=n$i,mac=02:00:00:00:0$i:$2"
	done
	QEMU_EXTRA=$extra CLOCK=real SMP=1 MEM=1024 TIMEOUT=400 \
		GUEST_LOG=$OUT/check/$KERNEL/virtio-$mode-$1.kernel.log \
		"$VM/guest" "$work/$1.sh" 2>&1 | sed 's/^/# /'
	return "${PIPESTATUS[0]}"
}

count=0
failed=0
result()
{
	count=$((count + 1))
	if [ "$2" = 0 ]; then
		echo "ok $count $1"
	else
		echo "not ok $count $1"
		failed=1
	fi
}

echo "KTAP version 1"
echo "1..4"
for mode in ipv6 nid; do
	rm -f "$work"/{ready,done,got}
	echo "$mode" >"$work/mode"
	head -c 3000000 /dev/urandom >"$work/data"
	python3 "$TREE/selftests/virtio.py" "$mode" "$work/stop" \
		wa0 wb0 wa1 wb1 >"$work/verdict" &
	capture=$!
	start b 0b &
	peer=$!
	start a 0a
	status=$?
	touch "$work/done"
	wait "$peer" || status=1
	result "$mode mode: data, paths, offloads" "$status"
	touch "$work/stop"
	wait "$capture"
	status=$?
	cat "$work/verdict"
	rm -f "$work/stop"
	result "$mode mode: right on the wire" "$status"
done
exit $failed
