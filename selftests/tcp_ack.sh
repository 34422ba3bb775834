#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=300 mem=1024 core=7.2,6.1
#
# +------------------------------------------------------------------------+
# | Proves on the wire what the module does to ACKs of connections over    |
# | several paths: that a sender is told of every run of segments that     |
# | came, and of those that came twice; and that late ACKs are taken for   |
# | what they say.                                                         |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/tcp_ack.py" "$@"
