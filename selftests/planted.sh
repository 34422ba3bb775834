#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: where=host kernels=debug timeout=600
#
# +------------------------------------------------------------------------+
# | Proves that the harness finds faults of the module itself: with each   |
# | patch of planted/ (a leak, a lock inversion, a use after free) a       |
# | script that succeeds does not end as 0 on the debug kernel, whose log  |
# | names the fault; and it does without them.                             |
# +------------------------------------------------------------------------+

. "$(dirname "$0")/vm/common.sh"

mkdir -p "$OUT"
work=$(mktemp -d "$OUT/planted.XXXXXX")
trap 'rm -rf "$work"' EXIT
version=$(kernel_version "$KERNEL")
case $KERNEL in
debug) kdir=/ilnp-cache/debug/$version/tree ;;
*) kdir=/lib/modules/$version/build ;;
esac

# build [PATCH]: leaves $work/tree/ilnp6.ko
build()
{
	rm -rf "$work/tree"
	mkdir "$work/tree"
	cp -r "$TREE/Kbuild" "$TREE/linux" "$work/tree/"
	find "$work/tree" \( -name '*.o' -o -name '.*.cmd' \) -delete
	[ -z "${1:-}" ] ||
		patch -s -p1 -d "$work/tree" <"$1" || return
	"$VM/in-root" make -s -C "$kdir" "M=/out/${work##*/}/tree" \
		-j"$(nproc)" modules 2>&1 | sed 's/^/# /'
	[ "${PIPESTATUS[0]}" -eq 0 ]
}

count=0
failed=0
# expect NAME [REPORT]: with planted/NAME.patch the kernel's log has REPORT and
# the guest ends for it (126) or dies of it (125); without one all is well
expect()
{
	local status said=0 log=$OUT/check/$KERNEL/planted-$1.kernel.log

	count=$((count + 1))
	mkdir -p "${log%/*}"
	if build "${2:+$TREE/selftests/planted/$1.patch}"; then
		cp "$TREE/selftests/planted/exercise" "$work/"
		CLOCK=real SMP=2 MEM=2048 GUEST_LOG=$log TIMEOUT=900 \
			"$VM/guest" "$work/exercise" 2>&1 | sed 's/^/#   /'
		status=${PIPESTATUS[0]}
	else
		status="not built"
	fi
	[ -z "${2:-}" ] || said=$(grep -c "$2" "$log")
	case $status.$((said > 0)).${2:+fault} in
	0.0. | 12[56].1.fault)
		echo "ok $count $1"
		;;
	*)
		echo "# status $status, $said reports; kernel log: $log"
		echo "not ok $count $1"
		failed=1
		;;
	esac
}

echo "KTAP version 1"
echo "1..4"
expect none
expect leak 'kmemleak has reports'
expect lock-inversion 'possible circular locking'
expect use-after-free 'KASAN: slab-use-after-free'
exit $failed
