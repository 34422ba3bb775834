#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: core=7.2,6.1,debug clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves, with a client that shares no code with the tool, that both see |
# | the same ILCC, that each bad attribute is refused with a reason and    |
# | changes nothing, that each change is an event, that only an            |
# | administrator of the namespace may change it, and that namespaces are  |
# | apart.                                                                 |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/netlink.py" "$@"
