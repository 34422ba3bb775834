#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that sessions live with peers as others have built them: that   |
# | forget our nonce when idle and begin with a new one, send back the     |
# | first four octets of ours, leave the nonce out after the first         |
# | packets, refuse connections without one, or come to know ILNP later.   |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/habits.py" "$@"
