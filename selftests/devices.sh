#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ilnp-test: clock=virtual smp=1 timeout=900 mem=1024
#
# +------------------------------------------------------------------------+
# | Proves that L64s may belong to a VLAN, a bridge, a bond, a macvlan, an |
# | ipvlan or an interface in a VRF, behind a bridge, with jumbo frames    |
# | and BIG TCP: data is right, each checksum is right on the wire, both   |
# | paths are used, the device's offloads are left as they were and        |
# | packets arrive aggregated.                                             |
# +------------------------------------------------------------------------+
exec python3 "$(dirname "$0")/devices.py" "$@"
