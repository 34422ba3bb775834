#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=300 mem=1024 core=7.2,6.1
#
# +------------------------------------------------------------------------+
# | Proves that `ip ilnp set tcp` gives congestion control "ilnp" to whom  |
# | it should and nobody else, that `session show -s` tells of each path,  |
# | and that the module can leave while connections live.                  |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/tcp_use.py" "$@"
