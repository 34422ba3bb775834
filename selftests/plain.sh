#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that a host with the module loaded and no correspondents, and one |
# | with correspondents towards everybody else, sends octet for octet what |
# | it sent without: Neighbour Discovery, MLD, TCP, UDP, ping, errors; and |
# | that a day of such traffic holds no nonce.                             |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/plain.py" "$@"
