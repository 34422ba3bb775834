# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What every script of the guest harness shares: which kernels there are,
# where things are kept, how progress is shown. Sourced, never run.

set -u

# shellcheck disable=SC2034  # the sourcing scripts use these
VM=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
TREE=$(cd "$VM/../.." && pwd -P)
CACHE=${ILNP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ilnp6}
# shellcheck disable=SC2034
OUT=$TREE/out
KERNEL=${KERNEL:-6.12}
KERNELS_ALL="6.12 7.2 6.1 debug"
# shellcheck disable=SC2034
BUILD=$TREE/build/$KERNEL

# One line of progress, with the seconds since this script began. Progress
# goes to stderr: stdout belongs to the test.
say()
{
	printf '# [%3d s] %s\n' "$SECONDS" "$*" >&2
}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# The Debian release whose kernel, compiler and tools belong together.
kernel_suite()
{
	case $1 in
	6.1) echo bookworm ;;
	6.12 | debug) echo trixie ;;
	7.2) echo forky ;;
	*) die "KERNEL=$1: not one of $KERNELS_ALL" ;;
	esac
}

kernel_root()
{
	local suite

	suite=$(kernel_suite "$1") || exit
	echo "$CACHE/root-$suite"
}

# Named for the list of packages in it.
kernel_root_image()
{
	local root

	root=$(kernel_root "$1") || exit
	echo "$root-$(sha256sum <"$root/.ilnp-packages" | cut -c 1-16).ext4"
}

# What uname -r says in the guest.
kernel_version()
{
	local root

	if [ "$1" = debug ]; then
		cat "$CACHE/shared/debug/current/release" 2>/dev/null
		return
	fi
	root=$(kernel_root "$1") || exit
	find "$root/boot" -name 'vmlinuz-*' -printf '%f\n' 2>/dev/null |
		sed 's/^vmlinuz-//' | sort -V | tail -n 1
}

# step TEXT COMMAND...: runs COMMAND with its output in a log and says every
# few seconds what it is at; shows the log's end if it fails.
step()
{
	local text=$1 log start pid rc last now

	shift
	log=$(mktemp "${TMPDIR:-/tmp}/ilnp-step.XXXXXX")
	start=$SECONDS
	say "$text ..."
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	# shellcheck disable=SC2064  # this step's pid
	trap "kill $pid 2>/dev/null; exit 130" INT TERM
	now=0
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
		if [ $((SECONDS - start - now)) -ge 4 ]; then
			now=$((SECONDS - start))
			last=$(tail -c 400 "$log" | tr '\r' '\n' |
				grep -v '^[[:space:]]*$' | tail -n 1 |
				cut -c 1-70)
			say "  $text: $now s: $last"
		fi
	done
	wait "$pid"
	rc=$?
	trap - INT TERM
	if [ "$rc" -ne 0 ]; then
		tail -n 40 "$log" >&2
		say "$text: FAILED with status $rc after $((SECONDS - start)) s"
	elif [ $((SECONDS - start)) -ge 1 ]; then
		say "$text: done in $((SECONDS - start)) s"
	fi
	rm -f "$log"
	return "$rc"
}

# lock FILE [-s]: waits for and takes a lock (-s: among readers) until this
# shell and what it leaves running end.
lock()
{
	local fd

	mkdir -p "${1%/*}" && exec {fd}>"$1" || die "cannot write $1"
	flock -n "${2:--x}" "$fd" && return
	say "waiting for another run that holds ${1##*/}"
	flock "${2:--x}" "$fd"
}

need_root()
{
	[ "$(id -u)" = 0 ] || die "needs root (chroot, mount, packages)"
}

# The module of ./p9-clock, built for a kernel version.
p9_clock()
{
	echo "p9_clock-$1-$(sha256sum <"$VM/p9-clock/p9_clock.c" |
		cut -c 1-16).ko"
}
