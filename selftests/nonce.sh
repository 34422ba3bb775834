#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that every packet of a session carries exactly one nonce option |
# | in the octets of RFC 6744, in both lengths both ways; that a wrong,    |
# | truncated, doubled or misplaced one is dropped and counted and reaches |
# | nobody; and that an address that is no I-LV of ours behaves as on a    |
# | host without the module.                                               |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/nonce.py" "$@"
