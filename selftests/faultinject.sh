#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=real smp=2 mem=2048 timeout=600 kernels=debug
#
# +------------------------------------------------------------------------+
# | Proves that a netlink command of which any one allocation fails is     |
# | done whole or not at all, and that first contact outlives failing      |
# | allocations. The harness looks for what leaked.                        |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/faultinject.py" "$@"
