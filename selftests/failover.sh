#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=900 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that traffic leaves a path that fails, near or far, within its  |
# | limit, that nothing is lost for good, that no path that works is left, |
# | and that a repaired path is used again.                                |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/failover.py" "$@"
