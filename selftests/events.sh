#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that `ip -t ilnp monitor` shows each change of L64s, paths and  |
# | what peers are told of them, at both ends, in text and as JSON.        |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/events.py" "$@"
