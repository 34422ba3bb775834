#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: core=7.2,6.1 clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that ICMPv6 errors about rewritten packets reach the socket they |
# | belong to with its bound addresses: Port Unreachable, Packet Too Big for |
# | TCP and UDP, Time Exceeded (traceroute6), whatever the path; that forged |
# | ones change nothing.                                                   |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/icmp.py" "$@"
