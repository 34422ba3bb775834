# SPDX-License-Identifier: GPL-2.0-only
"""virtio.py MODE STOP DEV...: judges what arrives at interfaces until a
file STOP exists; see virtio.sh."""
import os
import sys
import time

import wire
from checksum import ours


def main() -> int:
    mode, stop, *devs = sys.argv[1:]
    capture = wire.Capture(devs, outgoing=False)
    while not os.path.exists(stop):
        time.sleep(0.2)
    packets = ours(capture.stop())
    tcp = [p for p in packets if p.proto == wire.TCP]
    faults = (wire.checksum_faults(packets, mode)
              + wire.nonce_faults(packets)
              + [f"long: {p}" for p in packets if len(p.raw) > 1500])
    for dev in devs:
        print(f"# {dev}: {sum(p.dev == dev for p in packets)} packets")
        if not any(p.dev == dev for p in tcp):
            faults.append(f"no TCP at {dev}")
    print(f"# {len(tcp)} of TCP, {len(faults)} faults, "
          f"{capture.lost} not captured")
    for fault in faults[:5]:
        print(f"# {fault}")
    return 1 if faults or len(tcp) < 1000 else 0


if __name__ == "__main__":
    sys.exit(main())
