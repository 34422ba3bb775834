# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What harness.sh runs in a guest: plants the fault that FAULT names, and
# does what a test could do to look healthy.

echo "ilnp-verdict 0"
for tty in /dev/ttyS0 /dev/hvc0; do
	[ -c "$tty" ] && echo "ilnp-verdict 0" >"$tty"
done 2>/dev/null
case $FAULT in
status) exit 7 ;;
background)
	(trap '' HUP TERM; while :; do sleep 1; done) &
	exit 0
	;;
*)
	insmod "$ILNP_BUILD/selftests/vm/planted/ilnp6_planted.ko" \
		"fault=$FAULT" || exit 99
	rmmod ilnp6_planted
	exit 0
	;;
esac
