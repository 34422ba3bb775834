# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What every test script in bash shares: KTAP, one fresh set of namespaces per
# subtest, waiting by polling, checks that explain themselves.
#
#   . "$(dirname "$0")/lib.sh"
#   t_something() { topo_up direct 2 1; ilnp_up 2 1; check "..." cmd; }
#   subtest something t_something ARG...
#   run_subtests "$@"
#
# A subtest runs in a subshell. It fails by a failed check, by fail(), or by
# ending early; it also fails if it checked nothing. Names given to a script
# run only those subtests. KEEP=1 leaves the namespaces of a failed one.
# Exit status: 0 passed, 1 failed, 4 all skipped.
set -u
SELFTESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$SELFTESTS/topo.sh"

KSFT_SKIP=4
subtest_names=()
subtest_calls=()
failed=0
checks=0
TAG=

# --- outcome --------------------------------------------------------------

# A line for the reader.
note()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

fail()
{
	failed=1
	note "FAIL: $*"
}

die()
{
	fail "$*"
	exit 1
}

# Only for what this kernel or machine cannot do, never for what went wrong.
skip()
{
	skip_reason "$*"
	exit $KSFT_SKIP
}

skip_reason()
{
	printf '%s\n' "$*" >"$WORK/skip"
}

# --- checks ---------------------------------------------------------------

# check WHAT COMMAND...: the command must succeed; its output shows if not
check()
{
	local what=$1 out

	checks=$((checks + 1))
	if ! out=$("${@:2}" 2>&1); then
		fail "$what: $(printf '%q ' "${@:2}")"
		[ -z "$out" ] || note "$out"
		return 1
	fi
}

# refute WHAT COMMAND...: the command must fail
refute()
{
	checks=$((checks + 1))
	if "${@:2}" >/dev/null 2>&1; then
		fail "$1: succeeded: $(printf '%q ' "${@:2}")"
		return 1
	fi
}

# equal WHAT WANTED SEEN
equal()
{
	checks=$((checks + 1))
	if [ "$2" != "$3" ]; then
		fail "$1: wanted '$2', saw '$3'"
		return 1
	fi
}

# within WHAT LOW HIGH SEEN: numbers, fractions allowed
within()
{
	checks=$((checks + 1))
	if ! awk -v l="$2" -v h="$3" -v x="$4" \
		'BEGIN { exit !(x != "" && x + 0 >= l && x + 0 <= h) }'; then
		fail "$1: wanted $2..$3, saw '$4'"
		return 1
	fi
}

# matches WHAT REGEX TEXT
matches()
{
	checks=$((checks + 1))
	if ! grep -Eq -- "$2" <<<"$3"; then
		fail "$1: nothing matches '$2' in:"
		note "$3"
		return 1
	fi
}

# poll_until SECONDS COMMAND...: until it succeeds; fails at the deadline
poll_until()
{
	local begun=${EPOCHREALTIME/./} waited pause

	until "${@:2}" >/dev/null 2>&1; do
		waited=$((${EPOCHREALTIME/./} - begun))
		[ "$waited" -lt $(($1 * 1000000)) ] || return 1
		# To look costs much here: less often as time goes by
		pause=$((waited < 2500000 ? 50000 : waited / 50))
		sleep "$((pause / 1000000)).$(printf %06d $((pause % 1000000)))"
	done
}

# eventually WHAT SECONDS COMMAND...: poll_until as a check
eventually()
{
	checks=$((checks + 1))
	if ! poll_until "${@:2}"; then
		fail "$1: not within $2 s: $(printf '%q ' "${@:3}")"
		"${@:3}" 2>&1 | head -n 20 | sed 's/^/# /'
		return 1
	fi
}

# --- namespaces and processes ---------------------------------------------

# topo_up KIND N M OPTION...: namespaces; A, B, R, ... are their names
topo_up()
{
	local ns

	topo "$TAG" "$@"
	for ns in A B C R S X; do
		printf -v "$ns" %s "$TAG$ns"
	done
}

# ilnp_up N M OPTION...: ILNP on A and B, see topo.sh
ilnp_up()
{
	need_module
	topo "$TAG" ilnp "$@"
}

# The module is there, or: in a guest that is a failure, elsewhere a skip.
need_module()
{
	[ -e /sys/module/ilnp6 ] && return
	modprobe ilnp6 && return
	[ -z "${ILNP_GUEST:-}" ] || die "ilnp6 does not load"
	skip "no ilnp6 for $(uname -r)"
}

on()
{
	ip netns exec "$TAG$1" "${@:2}"
}

ilnp()
{
	ip -n "$TAG$1" ilnp "${@:2}"
}

# ilnp_json HOST OBJECT JQ-FILTER [show arguments]
ilnp_json()
{
	ip -j -n "$TAG$1" ilnp "$2" show "${@:4}" | jq -r "$3"
}

# bg HOST COMMAND...: in the background until the subtest ends; its process
# id is in $bg_pid, its output in $WORK/bg.$bg_pid
bg()
{
	local out

	out=$(mktemp "$WORK/bg.XXXXXX")
	ip netns exec "$TAG$1" "${@:2}" >"$out" 2>&1 </dev/null &
	bg_pid=$!
	bg_pids+=("$bg_pid")
	ln -f "$out" "$WORK/bg.$bg_pid"
}

# listening HOST tcp|udp PORT: something is bound there
listening()
{
	[ -n "$(on "$1" ss -Hnl --"$2" "sport = :$3")" ]
}

# stat_of HOST NAME: a counter of the namespace
stat_of()
{
	ip -j -n "$TAG$1" ilnp stats | jq -r --arg name "$2" \
		'[.] | flatten | .[0][$name] // "absent"'
}

# pair_count NS NAME: packets of one ordered pair (a0_b1), counted by a router
pair_count()
{
	on "$1" nft -j list counter ip6 pairs "$2" |
		jq '[.nftables[].counter // empty | .packets] | add'
}

pairs_reset()
{
	on "$1" nft reset counters table ip6 pairs >/dev/null
}

# The routers dropped nothing for a source that was not their provider's.
no_bad_source()
{
	local ns n

	for ns in $(ip netns list | awk -v tag="${TAG}R" \
		'index($1, tag) == 1 { print $1 }'); do
		n=$(ip netns exec "$ns" nft -j list counter ip6 ingress \
			bad_source 2>/dev/null |
			jq '[.nftables[].counter // empty | .packets] | add')
		[ "${n:-0}" = 0 ] || [ "$n" = null ] ||
			fail "$ns dropped $n packets with a foreign source"
	done
}

# wire ARGUMENT...: the raw packet program
wire()
{
	python3 "$SELFTESTS/wire.py" "$@"
}

# capture_start NS FILE DEV...: what leaves NS by these interfaces
capture_start()
{
	bg "$1" python3 "$SELFTESTS/wire.py" capture --out "$2" "${@:3}"
	capture_pid=$bg_pid
	poll_until 20 grep -q ready "$WORK/bg.$capture_pid" ||
		die "capture does not start"
}

capture_stop()
{
	kill -TERM "$capture_pid"
	wait "$capture_pid" 2>/dev/null
	capture_pid=
}

# --- running --------------------------------------------------------------

# subtest NAME FUNCTION ARGUMENT...
subtest()
{
	subtest_names+=("$1")
	subtest_calls+=("$(printf '%q ' "${@:2}")")
}

subtest_cleanup()
{
	local pid

	for pid in "${bg_pids[@]}"; do
		kill -9 "$pid"
	done 2>/dev/null
	wait
	if [ -n "${KEEP:-}" ] && [ "$failed" != 0 ]; then
		note "kept: namespaces ${TAG}*"
	else
		topo "$TAG" delete 2>/dev/null
	fi
}

subtest_body()
{
	bg_pids=()
	# Every way out passes here: unfinished is failed.
	trap 'rc=$?; [ "$rc" = 0 ] || failed=$rc; subtest_cleanup
		exit "$failed"' EXIT
	eval "$1"
	no_bad_source
	[ "$checks" -gt 0 ] || fail "nothing was checked"
	[ "$failed" = 0 ] || diagnose
	exit "$failed"
}

# What helps to understand a failure.
diagnose()
{
	local host

	for host in A B; do
		[ -e "/run/netns/$TAG$host" ] || continue
		[ -e /sys/module/ilnp6 ] || continue
		note "$host counters:" \
			"$(ip -j -n "$TAG$host" ilnp stats 2>&1 | jq -c \
				'[.] | flatten | .[0] | with_entries(select(.value != 0))' 2>&1)"
	done
	dmesg 2>/dev/null | tail -n 3 | sed 's/^/# kernel: /'
}

run_one()
{
	local name=${subtest_names[$1]} rc

	TAG=t$(printf '%04x%04x' "$RANDOM" "$RANDOM")-
	rm -f "$WORK/skip"
	(subtest_body "${subtest_calls[$1]}")
	rc=$?
	count=$((count + 1))
	case $rc in
	0) echo "ok $count $name" ;;
	"$KSFT_SKIP")
		echo "ok $count $name # SKIP $(cat "$WORK/skip" 2>/dev/null)"
		skipped=$((skipped + 1))
		;;
	*)
		echo "not ok $count $name"
		bad=$((bad + 1))
		;;
	esac
}

# run_subtests [NAME]...
run_subtests()
{
	local i count=0 bad=0 skipped=0 wanted=()

	WORK=$(mktemp -d "${TMPDIR:-/tmp}/ilnp-test.XXXXXX")
	TOPO_DIR=$WORK
	export TOPO_DIR
	trap 'rm -rf "$WORK"' EXIT
	for i in "${!subtest_names[@]}"; do
		[ $# = 0 ] || [[ " $* " = *" ${subtest_names[$i]} "* ]] ||
			continue
		wanted+=("$i")
	done
	echo "TAP version 13"
	echo "1..${#wanted[@]}"
	[ "${#wanted[@]}" -gt 0 ] || { note "no such subtest"; exit 1; }
	[ "${CLOCK:-real}" = real ] || topo w- warm >/dev/null 2>&1
	for i in "${wanted[@]}"; do
		run_one "$i"
	done
	echo "# Totals: pass:$((count - bad - skipped)) fail:$bad skip:$skipped"
	[ "$bad" = 0 ] || exit 1
	[ "$skipped" -lt "$count" ] || exit $KSFT_SKIP
	exit 0
}
