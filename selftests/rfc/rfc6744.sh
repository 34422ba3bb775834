#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=1200 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves conformance to RFC 6744 (Nonce Destination Option), one case    |
# | for each row of rows.tsv, named by it.                                 |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/rfc6744.py" "$@"
