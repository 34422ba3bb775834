#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that each checksum that reaches the wire is right in the mode   |
# | asked for, over TCP with and without segmentation offload, UDP whole   |
# | and in fragments, and ICMPv6: by an independent program and by tshark, |
# | on captures taken in a router, over rotating L64s.                     |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/checksum.py" "$@"
