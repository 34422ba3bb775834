#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: where=host timeout=600 kernels=6.12,debug
#
# The guest harness tested on itself: a script's status comes back, whatever
# it prints; a guest that dies gives 125; a fault in its kernel's log gives
# 126. On the debug kernel a leak, a lock inversion and a use after free,
# planted one at a time, are each noticed.

. "$(dirname "$0")/vm/common.sh"

planted=$VM/planted
count=0
failed=0

# expect NAME STATUSES FAULT: boots a guest with FAULT.
expect()
{
	local name=$1 wanted=$2 status log

	count=$((count + 1))
	log=$OUT/guest/harness-$KERNEL-$3.log
	echo "# $name"
	GUEST_LOG=$log GUEST_ENV="FAULT=$3" TIMEOUT=${4:-300} SMP=2 CLOCK=real \
		"$VM/guest" "$planted/fault.sh" 2>&1 | sed 's/^/#   /'
	status=${PIPESTATUS[0]}
	case " $wanted " in
	*" $status "*) echo "ok $count $name" ;;
	*)
		failed=1
		echo "# status $status, wanted $wanted; kernel log: $log"
		echo "not ok $count $name"
		;;
	esac
}

build()
{
	local version kdir

	version=$(kernel_version "$KERNEL")
	kdir=/lib/modules/$version/build
	[ "$KERNEL" != debug ] || kdir=/ilnp-cache/debug/$version/tree
	"$VM/in-root" make -s -C "$kdir" \
		"M=/ilnp/src/selftests/vm/planted" modules 2>&1 |
		sed 's/^/# /'
	[ "${PIPESTATUS[0]}" -eq 0 ]
}

echo "KTAP version 1"
if [ "$KERNEL" = debug ]; then
	echo "1..7"
else
	echo "1..5"
fi
build || echo "# the module with the faults does not build"
expect "a script's status, whatever it prints" 7 status
expect "a script's children do not outlive it" 0 background
expect "no fault, no complaint" 0 none
if [ "$KERNEL" = debug ]; then
	expect "a warning ends the debug kernel" 125 warn
	expect "a leak" 126 leak
	expect "a lock inversion" 126 inversion
	expect "a use after free" 125 uaf
else
	expect "a kernel warning" 126 warn
	expect "a panic" 125 panic
fi
exit "$failed"
