#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes the benchmark's table and result.json from its raw lines.

A raw line is LABEL OPERATION FIRST SECOND; the second repeat counts. Label
"ipv6" is the baseline of all labels, "seg/ipv6" that of those below seg/.
Exit status 1 if anything did not run.
"""
import json
import os
import sys

UNITS = {
    "udp64": "instructions/packet",
    "udp1200": "instructions/packet",
    "rr": "instructions/turn",
    "crr": "instructions/connection",
    "bulk": "instructions/octet",
    "ping": "instructions/round trip",
    "gro": "octets/packet on arrival",
}
# Most that ILNP may cost, as a ratio, with four paths and 4-octet nonces.
BOUNDS = {"udp64": 1.10, "udp1200": 1.10, "rr": 1.15, "bulk": 1.12}
LONG_NONCE = 0.02  # more, with 12 octets
NOISE = 0.01       # between boots
BESIDE = 1.03      # plain traffic of a host that has correspondents
GRO = 0.90         # least: packets on arrival stay as large


def bound(label, operation, ratios):
    """What the ratio may be at most (at least, for gro); None if unbound."""
    if operation == "gro":
        return None if label.endswith("nid") else GRO
    if label.startswith("idle/loaded"):
        return 1.0 + NOISE
    if label == "beside":
        return BESIDE
    if label == "4path/nonce4":
        return BOUNDS.get(operation)
    if label == "4path/nonce12" and operation in BOUNDS:
        return BOUNDS[operation] + LONG_NONCE
    if label.startswith("1path/"):
        four = ratios.get((label.replace("1path", "4path"), operation))
        return four and four + NOISE
    return None


def verdict(label, operation, ratio, ratios):
    """The bound and whether it is met, as two words for the table."""
    most = bound(label, operation, ratios)
    if most is None:
        return "", ""
    if operation == "gro":
        return f">= {most:.2f}", "met" if ratio >= most else "short"
    return f"<= {most:.2f}", "met" if ratio <= most else "short"


def main():
    raw, out, tcp = sys.argv[1:4]
    rows = []
    failed = []
    with open(raw, encoding="ascii") as lines:
        for line in lines:
            label, operation, _, second = line.split()
            if operation == "failed":
                failed.append(label)
            else:
                rows.append((label, operation, float(second)))
    baseline = {(label, operation): cost for label, operation, cost in rows
                if label in ("ipv6", "seg/ipv6")}
    ratios = {}
    for label, operation, cost in rows:
        base = "seg/ipv6" if label.startswith("seg/") else "ipv6"
        if (base, operation) in baseline:
            ratios[label, operation] = cost / baseline[base, operation]

    results = []
    print(f"{'':32} {'plain IPv6':>12} {'ILNP':>12} {'ratio':>7}  bound")
    for label, operation, cost in rows:
        base = "seg/ipv6" if label.startswith("seg/") else "ipv6"
        if label == base or (label, operation) not in ratios:
            continue
        ratio = ratios[label, operation]
        plain = baseline[base, operation]
        limit, word = verdict(label, operation, ratio, ratios)
        name = f"{operation}/{label}"
        print(f"{name:32} {plain:12.3f} {cost:12.3f} {ratio:7.3f}  "
              f"{limit:8} {word}")
        results.append({"name": name, "unit": UNITS[operation],
                        "ilnp": round(cost, 4), "ipv6": round(plain, 4),
                        "ratio": round(ratio, 4)})
    if not results and baseline:
        for (label, operation), cost in baseline.items():
            print(f"{operation + '/' + label:32} {cost:12.3f} "
                  f"{UNITS[operation]}")
    print("(lower is better, but for gro; virtual clock, "
          "1 ns = 1 instruction, both ends)")
    if os.path.exists(tcp):  # tcp_report.py's rows
        with open(tcp, encoding="ascii") as f:
            results += json.load(f)
    with open(out, "w", encoding="ascii") as f:
        json.dump(results, f, indent=1)
        f.write("\n")
    for label in failed:
        print(f"did not run: {label}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
