#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=900 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that L64s follow Router Advertisements of a real radvd and of a |
# | raw one: learned with router and lifetime, used after duplicate        |
# | address detection, dropped on withdrawal and at the end of their real  |
# | lifetime; that a duplicate NID is found and not used; that other       |
# | prefixes are left alone.                                               |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/ra.py" "$@"
