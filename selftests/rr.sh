#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that round robin uses every pair of 1 to 4 local and 1 to 2     |
# | remote L64s, both ways, each with its share within 1 %, counted by     |
# | routers which drop a source that is not their provider's.              |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/rr.py" "$@"
