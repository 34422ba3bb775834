#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: where=root timeout=300
#
# +------------------------------------------------------------------------+
# | Proves in user space, under AddressSanitizer and UBSan, that the       |
# | module's pure files find, build and judge options, checksums and       |
# | Locator Updates as the RFCs say, on every length and on random octets. |
# +------------------------------------------------------------------------+
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
out=$(mktemp -d "${TMPDIR:-/tmp}/ilnp-unit.XXXXXX")
trap 'rm -rf "$out"' EXIT

# Built anew each time: it takes seconds, and nothing stale can pass.
if ! "${CC:-gcc}" -O1 -g -Wall -Wextra -Werror -Wno-unknown-pragmas \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-I "$tree/linux/include/uapi" -I "$tree/linux/net/ipv6/ilnp" \
	-D__force= -o "$out/pure" "$here"/pure_test.c \
	"$tree"/linux/net/ipv6/ilnp/{nonce,checksum,lu_msg}.c \
	>"$out/log" 2>&1; then
	echo "TAP version 13"
	echo "1..1"
	sed 's/^/# /' "$out/log"
	echo "not ok 1 builds in user space"
	exit 1
fi
"$out/pure" "$@"
status=$?
# A sanitizer ends the program: the plan is not met, and we say so.
[ "$status" -le 1 ] || echo "# sanitizer or signal: status $status"
exit "$status"
