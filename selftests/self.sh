#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=real smp=2 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that the tests can see: topologies forward and filter, captures |
# | are complete, the raw packet program and the checks notice each single |
# | wrong octet. Needs no module: plain IPv6 only.                         |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/self.py" "$@"
