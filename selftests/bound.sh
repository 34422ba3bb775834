#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that a running TCP session and a connected UDP socket go on in  |
# | both directions when the address they are bound to is removed from the |
# | host, on either side, and when its interface goes down or disappears.  |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/bound.py" "$@"
