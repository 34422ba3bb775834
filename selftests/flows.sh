#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: core=7.2,6.1,debug clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that each socket sees its own peer's address for life while     |
# | L64s rotate: connections to different L64s of one node, listeners on   |
# | one address, unconnected UDP servers, equal ports, peers learned from  |
# | their first packet; and that plain IPv6 and IPv4 go on beside it.      |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/flows.py" "$@"
