# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the acts of the demo share: saying what happens, waiting, background
# jobs, traffic and its measurement. Sourced by run.sh.

# Everything a run leaves is in $OUT; it is written in $WORK, in memory,
# because files of the host stop the guest's clock from being even.
WORK=$(mktemp -d /tmp/demo.XXXXXX)
# shellcheck disable=SC2034  # run.sh uses it
OUT=${ILNP_OUT:-$DEMO/../../out}/demo
namespaces=()
jobs_started=()
job=
SAMPLER=

say()
{
	printf '# %s\n' "$*"
}

heading()
{
	printf '\n=== %s ===\n' "$*"
}

die()
{
	printf '\ndemo: FAILED: %s\n' "$*" >&2
	exit 1
}

# program NAME: $WORK/NAME, as built with the tree or compiled now
program()
{
	cp "${ILNP_BUILD:-$DEMO/../..}/selftests/demo/$1" "$WORK/$1" 2>/dev/null ||
		gcc -O2 -Wall -o "$WORK/$1" "$DEMO/$1.c" ||
		die "cannot compile $1.c"
}

# now: seconds of the clock that the sampler uses
now()
{
	local up

	read -r up _ </proc/uptime
	echo "$up"
}

# shown COMMAND...: prints the command, runs it as printed
shown()
{
	printf '$ %s\n' "$*"
	"$@" || die "'$*' failed"
}

# in_ns NAMESPACE COMMAND...
in_ns()
{
	ip netns exec "$@"
}

# wait_until SECONDS WHAT COMMAND...: polls; the demo fails if it stays false.
# Counts its turns: the guest's clock jumps while a program is loaded.
wait_until()
{
	local turns=$(($1 * 5)) what=$2

	until "${@:3}"; do
		[ "$((turns--))" -gt 0 ] || die "waited $1 s for $what"
		sleep 0.2
	done
}

# background NAME COMMAND...: its process is $job, its output in $WORK/NAME.*
background()
{
	"${@:2}" >"$WORK/$1.out" 2>"$WORK/$1.err" </dev/null &
	job=$!
	jobs_started+=("$job")
}

cleanup()
{
	local pid ns

	for pid in "${jobs_started[@]}"; do
		kill "$pid"
	done
	for ns in "${namespaces[@]}"; do
		ip netns pids "$ns" | xargs -r kill
		ip netns del "$ns"
	done
	rm -rf "$WORK"
} 2>/dev/null

# --- measuring --------------------------------------------------------------

# sample NAME [WATCHED [OPTION...]]: starts sampling into NAME.samples; shows
# on the screen what WATCHED (namespace/prefix of devices) receives
sample()
{
	local watched=${2:-C1/a}
	local -a spaces=(A C1 B)

	[ ! -e /run/netns/M ] || spaces+=(M)
	"$WORK/sampler" -p "$watched" "${@:3}" 100 "${spaces[@]}" \
		>"$WORK/$1.samples" &
	SAMPLER=$!
	jobs_started+=("$SAMPLER")
}

sample_end()
{
	kill "$SAMPLER"
	wait "$SAMPLER"
} 2>/dev/null

# mark NAME KIND DEVICE [TEXT]: an event, at this moment
mark()
{
	echo "$(now) ${*:2}" >>"$WORK/$1.marks"
	say "${*:3}: $2"
}

# at BEGAN SECONDS: sleeps until that long after BEGAN
at()
{
	sleep "$(awk -v began="$1" -v t="$2" -v now="$(now)" \
		'BEGIN { d = began + t - now; print (d > 0 ? d : 0) }')"
}

# stream NAME FROM TO ADDRESS SECONDS: one TCP connection for that long,
# between namespaces, in the background; what arrives goes to NAME.copy, what
# was sent is only summed. stream_end waits and compares.
stream()
{
	local source=$WORK/$1.file

	head -c 4M /dev/urandom >"$source"
	background "$1.server" ip netns exec "$3" socat -u \
		TCP6-LISTEN:6000,reuseaddr "OPEN:$WORK/$1.copy,creat,trunc"
	stream_server=$job
	wait_until 10 "the receiver of the stream" listening 6000 "$3"
	# shellcheck disable=SC2016  # expands in there
	background "$1.sender" bash -c '
		while :; do cat "$1" || exit; done 2>/dev/null |
			timeout "$2" cat |
			tee >(sha256sum >"$3") |
			exec ip netns exec "$4" socat -u - "TCP6:[$5]:6000"' \
		stream "$source" "$5" "$WORK/$1.sha256" "$2" "$4"
}

stream_end()
{
	local sent received

	wait "$stream_server" || say "the receiver failed:" \
		"$(cat "$WORK/$1.server.err")"
	wait_until 10 "the sender's sum" test -s "$WORK/$1.sha256"
	read -r sent _ <"$WORK/$1.sha256"
	read -r received _ <<<"$(sha256sum <"$WORK/$1.copy")"
	say "$(stat -c %s "$WORK/$1.copy") octets arrived"
	say "SHA-256 sent      $sent"
	say "SHA-256 received  $received"
	[ "$sent" = "$received" ] && touch "$WORK/$1.same"
	rm -f "$WORK/$1.copy"
}

# listening PORT [NAMESPACE]
listening()
{
	in_ns "${2:-B}" ss -Hltn "sport = :$1" | grep -q .
}

# iperf NAME ADDRESS SERVER_OPTIONS CLIENT_OPTION...: A sends to B; leaves the
# receiver's report in NAME.receiver.json, the sender's in NAME.sender.json
iperf()
{
	local name=$1 address=$2 server

	# shellcheck disable=SC2086  # a list of words
	background "$name.server" ip netns exec B iperf3 -s -1 -J $3
	server=$job
	wait_until 10 "the iperf3 server" listening 5201
	sample "$name"
	printf '$ %s\n' "ip netns exec A iperf3 -c $address ${*:4}"
	in_ns A iperf3 -J -c "$address" "${@:4}" >"$WORK/$name.sender.json" ||
		die "iperf3: $(jq -r .error "$WORK/$name.sender.json")"
	wait "$server" || die "the iperf3 server failed"
	sample_end
	mv "$WORK/$name.server.out" "$WORK/$name.receiver.json"
}

# copy NAME FROM_FILE ADDRESS: over one TCP connection from A to B, into
# NAME.copy; prints nothing. The caller compares the checksums.
copy()
{
	local server

	background "$1.server" ip netns exec B socat -u \
		TCP6-LISTEN:6000,reuseaddr "OPEN:$WORK/$1.copy,creat,trunc"
	server=$job
	wait_until 10 "the receiver of the file" listening 6000
	in_ns A socat -u "FILE:$2" "TCP6:[$3]:6000" 2>"$WORK/$1.err" ||
		say "the sender failed: $(cat "$WORK/$1.err")"
	wait "$server" || say "the receiver failed: $(cat "$WORK/$1.server.err")"
}

# same_sha256 FILE FILE: prints both sums
same_sha256()
{
	local a b

	a=$(sha256sum <"$1") && b=$(sha256sum <"$2") || return 1
	say "SHA-256 sent      ${a%% *}"
	say "SHA-256 received  ${b%% *}"
	[ "$a" = "$b" ]
}
