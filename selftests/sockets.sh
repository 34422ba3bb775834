#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that every kind of socket works as over plain IPv6: TCP with    |
# | SYN cookies, Fast Open, keepalive, resets, reuse of TIME_WAIT,         |
# | simultaneous open and MD5; UDP with packet information, corked, empty, |
# | shared ports, GSO and GRO; ping and raw sockets; extension headers of  |
# | the application's own; other transports.                               |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/sockets.py" "$@"
