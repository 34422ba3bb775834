#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=real smp=1 timeout=120 mem=512 where=root
#
# +------------------------------------------------------------------------+
# | Proves that the netlink spec, the uapi header, the tool's names and the |
# | man page agree on every command, attribute, value, counter and event.  |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/spec.py" "$@"
