#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that a flood of spoofed first contacts is held within the limit |
# | of unproven sessions and in memory, expires by itself, costs established |
# | sessions nothing, and that a real peer still gets in.                  |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/learn.py" "$@"
