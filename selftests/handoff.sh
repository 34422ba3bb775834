#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=900 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that sessions outlive moves: soft and hard handoff, one end or  |
# | both, TCP idle and busy, UDP; old addresses gone each time.            |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/handoff.py" "$@"
