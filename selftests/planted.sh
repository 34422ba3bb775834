#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: where=host kernels=debug timeout=600
#
# +------------------------------------------------------------------------+
# | Proves that the harness finds faults of the module itself: with each   |
# | patch of planted/ (a leak, a lock inversion, a use after free) a       |
# | script that succeeds ends as 126 on the debug kernel, and as 0 without |
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
# expect NAME STATUS [PATCH]
expect()
{
	local status log=$OUT/check/$KERNEL/planted-$1.kernel.log

	count=$((count + 1))
	mkdir -p "${log%/*}"
	if build "${3:-}"; then
		cp "$TREE/selftests/planted/exercise" "$work/"
		CLOCK=real SMP=2 MEM=2048 GUEST_LOG=$log TIMEOUT=900 \
			"$VM/guest" "$work/exercise" 2>&1 | sed 's/^/#   /'
		status=${PIPESTATUS[0]}
	else
		status="not built"
	fi
	if [ "$status" = "$2" ]; then
		echo "ok $count $1"
	else
		echo "# status $status, wanted $2; kernel log: $log"
		echo "not ok $count $1"
		failed=1
	fi
}

echo "KTAP version 1"
echo "1..4"
expect none 0
for fault in leak lock-inversion use-after-free; do
	expect "$fault" 126 "$TREE/selftests/planted/$fault.patch"
done
exit $failed
