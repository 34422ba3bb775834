#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=900 mem=1536
#
# +------------------------------------------------------------------------+
# | Proves how Locator Updates are sent to many: paced, again until they   |
# | are acknowledged, given up at last, lifetimes told anew in time. What  |
# | single messages do is in rfc/rfc6743.sh.                               |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/lu.py" "$@"
