#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Rows of the TCP comparison from tcp.sh's raw lines.

    tcp_report.py RAW result.json       the table, and the rows for result.json
    tcp_report.py --line RAW            the last line, for reading along

A share is what the receiving program got, of what plain TCP with timestamps
could carry over the paths: 1428 octets of contents in every frame of 1514.
"measure" of a case: "share" of all paths, "best" of the best path alone,
"many" (share and Jain's index), "neck" (of the line behind all paths),
"latency" (of answers, ms: median, and a row for the 99th percentile), "cpu"
(seconds of all CPUs), "duration" (of a short flow, ms).
"""
import json
import sys

PAYLOAD = 1428 / 1514
# At least (at most, for times, as a multiple of plain TCP's), see the issue.
LEAST = {"equal": 0.99, "delays": 0.96, "rates": 0.98, "both": 0.95,
         "both_reversed": 0.95, "loss_one": 0.82, "dead": 0.91,
         "shallow": 0.93, "shallow_delays": 0.93, "bad_paths": 0.95,
         "jitter": 0.95, "jitter_delays": 0.92, "both_ways": 0.90,
         "many": 0.97, "many_jain": 0.95}
# What is better if less: at most so many times plain TCP's
TIMES = {"duration": 1.05, "latency": 1.0, "latency_p99": 1.0, "cpu": 1.15}
UNITS = {"duration": "ms", "latency": "ms", "latency_p99": "ms",
         "cpu": "s of CPU", "best": "share of the best path",
         "neck": "share of the bottleneck", "jain": "Jain's index"}
# Cases with a second row of their own, and what it measures
SECOND = {"latency": ("_p99", "latency_p99"), "many": ("_jain", "jain")}


def seconds(case):
    return {"dead": 20, "bottleneck": 40}.get(case, 15)


def value(line):
    """The measured value, and more about it in words."""
    flow = line["flow"]
    if flow.get("failed"):
        return None, "failed"
    note = "" if flow["correct"] else "WRONG DATA "
    if line["measure"] == "duration":
        return flow["seconds"] * 1000, note
    if line["measure"] == "latency":
        return flow["median"] * 1000, \
            f"{note}99th percentile {flow['p99'] * 1000:.1f}"
    if line["measure"] == "latency_p99":
        return flow["p99"] * 1000, note
    if line["measure"] == "jain":
        each = flow["octets"]
        return sum(each) ** 2 / len(each) / sum(x * x for x in each), note
    if line["measure"] == "cpu":
        return flow["cpu"], f"{note}{flow['seconds']:.2f} s"
    span = seconds(line["case"])
    paths = sum(line["rate"])
    if line["measure"] == "best":
        paths = line["rate"][line["best"] - 1]
    if line["measure"] == "neck":
        paths = line["neck"]
    ceiling = paths * 1e6 / 8 * PAYLOAD
    note += f"longest gap after 3 s {1000 * flow['gap']:.0f} ms"
    share = sum(flow["octets"]) / ceiling / span
    if "back" in flow:
        back = sum(flow["back"]) / ceiling / span
        note += f", back {back:.3f}"
        share = min(share, back)
    if line["measure"] == "many":
        jain = value(dict(line, measure="jain"))[0]
        note += f", Jain's index {jain:.3f}"
    return share, note


def show(line):
    number, note = value(line)
    text = "-" if number is None else f"{number:.3f}"
    print(f"#   {line['case']:16} {line['kind']:6} {text:>9}  {note}",
          flush=True)


def verdict(case, measure, ilnp, mptcp, ipv6):
    if ilnp is None:
        return ""
    if measure in TIMES:
        if ipv6 is None:
            return ""
        return "met" if ilnp <= TIMES[measure] * ipv6 else "short"
    if case == "one_path":
        return "" if ipv6 is None else \
            "met" if abs(ilnp - ipv6) <= 0.01 * ipv6 else "short"
    if measure == "neck":
        return "met" if 0.45 <= ilnp <= 0.58 else "short"
    if case not in LEAST:
        return ""
    met = ilnp >= LEAST[case] and (mptcp is None or ilnp > mptcp)
    return "met" if met else "short"


def main():
    if sys.argv[1] == "--line":
        with open(sys.argv[2], encoding="ascii") as f:
            show(json.loads(f.readlines()[-1]))
        return 0
    cases = {}
    with open(sys.argv[1], encoding="ascii") as f:
        for line in map(json.loads, f):
            cases.setdefault(line["case"], {})[line["kind"]] = line
            if line["measure"] in SECOND:
                name, measure = SECOND[line["measure"]]
                cases.setdefault(line["case"] + name, {})[line["kind"]] = \
                    dict(line, measure=measure)
    rows = []
    failed = False
    print(f"{'':24} {'ILNP':>8} {'plain':>8} {'MPTCP':>8}  at least")
    for case, kinds in cases.items():
        measure = next(iter(kinds.values()))["measure"]
        got = {kind: value(line)[0] for kind, line in kinds.items()}
        failed |= None in got.values()
        ilnp, ipv6, mptcp = (got.get(k) for k in ("ilnp", "ipv6", "mptcp"))
        cells = " ".join(f"{'-' if v is None else format(v, '.3f'):>8}"
                         for v in (ilnp, ipv6, mptcp))
        bound = f"<= {TIMES[measure]} x plain" if measure in TIMES \
            else LEAST.get(case, "")
        print(f"tcp/{case:20} {cells}  {bound} "
              f"{verdict(case, measure, ilnp, mptcp, ipv6)}")
        row = {"name": "tcp/" + case,
               "unit": UNITS.get(measure, "share of sum")}
        for name, number in (("ilnp", ilnp), ("ipv6", ipv6),
                             ("mptcp", mptcp)):
            if number is not None:
                row[name] = round(number, 4)
        if ilnp is not None and mptcp:
            row["ratio"] = round(ilnp / mptcp, 4)
        rows.append(row)
    with open(sys.argv[2], "w", encoding="ascii") as f:
        json.dump(rows, f, indent=1)
        f.write("\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
