#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=600 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that pings of 8,000 octets and datagrams of up to 65,507 arrive |
# | whole, all fragments of one datagram over one path with the nonce in   |
# | each, none longer than the link; and that fragments of either form of a |
# | peer are taken.                                                        |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/frag.py" "$@"
