#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=900 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that ILNP gets on with what else a host has: policy routing,    |
# | queueing disciplines, other people's tc programs, systemd-networkd     |
# | that takes Router Advertisements itself, and a peer in a container     |
# | behind a bridge and a host that routes.                                |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/coexist.py" "$@"
