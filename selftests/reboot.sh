#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: where=host timeout=600 kernels=6.12
#
# +------------------------------------------------------------------------+
# | Proves that `ip ilnp` loads the module by itself, and that what was    |
# | configured survives a reboot: one guest saves, a second restores, and  |
# | both show the same; what belongs to an interface that comes late waits |
# | for it.                                                                |
# +------------------------------------------------------------------------+

. "$(dirname "$0")/vm/common.sh"

mkdir -p "$OUT"
shared=$(mktemp -d "$OUT/reboot.XXXXXX")
trap 'rm -rf "$shared"' EXIT

# Both boots. A guest says what failed and exits 1.
cat >"$shared/common" <<'END'
set -u
fail() { echo "# FAIL: $*"; exit 1; }
PATH=/src/packaging:$PATH
dev() { ip link add "$1" type dummy && ip link set "$1" up; }
shown()
{
	local object

	for object in nid l64 correspondent dev; do
		ip -j ilnp $object show | jq -S 'map(select(.origin != "auto") |
			del(.state, .lifetime)) | map(if has("l64s")
			then .l64s |= map(del(.state)) else . end)'
	done
	ip -j ilnp show | jq -S .
}
END
cat >"$shared/first.sh" <<'END'
. ./common
[ ! -e /sys/module/ilnp6 ] || fail "ilnp6 is loaded before its use"
ip ilnp show >/dev/null || fail "ip ilnp show"
[ -e /sys/module/ilnp6 ] || fail "ip ilnp did not load the module"
dev d0; dev d1
ip -batch - <<-BATCH || fail "configure"
	ilnp set checksum nid nonce-len 4 learn off
	ilnp nid add a0a1:a2a3:a4a5:a6a7 preference 5
	ilnp l64 add 2001:db8:1::/64 dev d0 via fe80::1 preference 3
	ilnp l64 add 2001:db8:2::/64 dev d1
	ilnp correspondent add b0b1:b2b3:b4b5:b6b7 l64 2001:db8:b0::/64 preference 4 l64 2001:db8:b1::/64 checksum ipv6
	ilnp correspondent add b0b1:b2b3:b4b5:b6b8 l64 2001:db8:b0::/64 nonce-len 12 require-nonce rfc nonce echo
	ilnp dev attach d0
BATCH
ilnp-save ./state || fail "save"
ilnp-save >again || fail "save to stdout"
cmp state again || fail "two saves differ"
shown >shown.1
sed 's/^/# /' state
END
cat >"$shared/second.sh" <<'END'
. ./common
dev d0
ilnp-restore ./state || fail "restore"
dev d1
ilnp-restore ./state d1 || fail "restore of d1"
shown >shown.2
diff -u shown.1 shown.2 || fail "what is shown after the reboot differs"
ilnp-save >saved.2 || fail "save"
diff -u state saved.2 || fail "what is saved after the reboot differs"
ilnp-restore ./state || fail "a second restore"
shown >shown.3
diff -u shown.2 shown.3 || fail "a second restore changes something"
END

count=0
failed=0
boot()
{
	local status

	count=$((count + 1))
	CLOCK=real SMP=1 MEM=1024 TIMEOUT=250 \
		GUEST_LOG=$OUT/check/$KERNEL/reboot-$count.kernel.log \
		"$VM/guest" "$shared/$2.sh" 2>&1 | sed 's/^\([^#]\)/# \1/'
	status=${PIPESTATUS[0]}
	if [ "$status" = 0 ]; then
		echo "ok $count $1"
	else
		echo "# status $status"
		echo "not ok $count $1"
		failed=1
	fi
}

mkdir -p "$OUT/check/$KERNEL"
echo "KTAP version 1"
echo "1..2"
boot "load by use, configure and save" first
boot "restore after the reboot" second
exit $failed
