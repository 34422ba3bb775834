#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turns what an act of the demo left into its table and its part of result.json.

    report.py ACT DIRECTORY

Figures come from interface counters (*.samples, see sampler.c) and from the
receivers' reports (*.receiver.json, of iperf3 on host B), never from the
sender. "Over sum" compares like with like: what the receiver got, counted in
octets of the Ethernet frames that carried it, over the rate of the links.
Exit status 1 and a message if a bound of the main job does not hold.
"""
import collections
import json
import os
import re
import sys

SHARE = 0.25
SHARE_TOLERANCE = 0.01
UDP_LEAST = 0.95


class Run:
    """The files of one demo run."""

    def __init__(self, directory):
        self.directory = directory
        self.parameters = self.json("parameters.json")

    def path(self, name):
        return os.path.join(self.directory, name)

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return f.read()

    def json(self, name):
        return json.loads(self.text(name))

    def exists(self, name):
        return os.path.exists(self.path(name))

    def counters(self, name, namespace, devices, field):
        """Increase of a counter over the whole measurement, per device."""
        column = {"rx_packets": 3, "rx_bytes": 4,
                  "tx_packets": 5, "tx_bytes": 6}[field]
        series = collections.defaultdict(list)
        for line in self.text(name + ".samples").splitlines():
            words = line.split()
            if len(words) == 7 and words[1] == namespace:
                series[words[2]].append(int(words[column]))
        return [series[d][-1] - series[d][0] for d in devices]

    def series(self, name, namespace, device, field):
        """[(seconds, value)] of a counter."""
        column = {"rx_packets": 3, "rx_bytes": 4,
                  "tx_packets": 5, "tx_bytes": 6}[field]
        points = []
        for line in self.text(name + ".samples").splitlines():
            words = line.split()
            if words[1:3] == [namespace, device] and len(words) == 7:
                points.append((float(words[0]), int(words[column])))
        return points

    def rates(self, name, namespace, device, field):
        """[(begin, end, increase a second)] of a counter."""
        points = self.series(name, namespace, device, field)
        return [(t0, t1, (v1 - v0) / (t1 - t0))
                for (t0, v0), (t1, v1) in zip(points, points[1:])]

    def marks(self, name):
        """[(seconds, kind, device)] of the events of an act."""
        return [(float(words[0]), words[1], words[2]) for words in
                (line.split() for line in
                 self.text(name + ".marks").splitlines())]

    def devices(self):
        return [f"a{i + 1}" for i in range(self.parameters["providers"])]

    def shares(self, name):
        """Each interface's part of the packets that host A sent."""
        sent = self.counters(name, "A", self.devices(), "tx_packets")
        return [n / sum(sent) for n in sent]

    def link_rate(self, name):
        """Mbit/s that left the bottleneck links, by their far ends' counters."""
        octets = self.counters(name, "C1", self.devices(), "rx_bytes")
        return sum(octets) * 8 / self.received(name)["seconds"] / 1e6

    def received(self, name):
        return self.json(name + ".receiver.json")["end"]["sum_received"]

    def goodput(self, name):
        """Mbit/s of contents, as the receiver reports."""
        r = self.received(name)
        lost = r.get("lost_packets", 0) / max(1, r.get("packets", 1))
        if "packets" in r:
            contents = r["packets"] * (1 - lost) * self.parameters["udp_length"]
            return contents * 8 / r["seconds"] / 1e6
        return r["bytes"] * 8 / r["seconds"] / 1e6

    def frames(self, name, nonce_header):
        """The same in Mbit/s of the frames that it took."""
        if "packets" in self.received(name):
            size = self.parameters["udp_length"]
            frame = size + 14 + 40 + nonce_header + 8
        else:
            # A full segment, with timestamps
            size = self.json(name + ".sender.json")["start"]["tcp_mss_default"]
            frame = size + 14 + 40 + nonce_header + 20 + 12
        return self.goodput(name) * frame / size


def rounded(value):
    if isinstance(value, list):
        return [round(v, 4) for v in value]
    return round(value, 4)


def row(text, shares, goodput, over, extra=""):
    cells = " ".join(f"{100 * s:6.2f}" for s in shares) if shares else " " * 27
    print(f"{text:26} {cells:27} {goodput:9.2f} {100 * over:9.1f}   {extra}")


def act1(run):
    """The main job. Returns the result and what does not hold."""
    p = run.parameters
    total = p["rate"] * p["providers"]
    nonce = p["nonce_header"]
    sent, received = re.search(
        r"(\d+) packets transmitted, (\d+) received",
        run.text("ping.out")).groups()
    over = {name: run.frames(name, header) / rate for name, header, rate in (
        ("plain-udp", 0, p["rate"]), ("plain-tcp", 0, p["rate"]),
        ("udp", nonce, total), ("tcp", nonce, total),
        ("tcp-windows", nonce, total))}
    shares = {name: run.shares(name)
              for name in ("udp", "tcp", "tcp-windows", "copy")}
    sha256_ok = run.exists("copy.same")
    result = {
        "udp": {"share": rounded(shares["udp"]),
                "total_over_sum": rounded(over["udp"])},
        "tcp": {"share": rounded(shares["tcp"]),
                "total_over_sum": rounded(over["tcp"]),
                "sha256_ok": sha256_ok},
        "tcp_windows": {"share": rounded(shares["tcp-windows"]),
                        "total_over_sum": rounded(over["tcp-windows"])},
        "ping": {"sent": int(sent), "received": int(received)},
        "ipv6_one_path": {"udp_over_link": rounded(over["plain-udp"]),
                          "tcp_over_link": rounded(over["plain-tcp"])},
    }

    print(f"\n{'':26} {'% of packets sent over':27} "
          f"{'received':>9} {'of the':>9}")
    print(f"{'':26} {'    a1     a2     a3     a4':27} "
          f"{'Mbit/s':>9} {'links, %':>9}   by the links' counters")
    for name, text in (("plain-udp", "plain IPv6, UDP, one path"),
                       ("plain-tcp", "plain IPv6, TCP, one path"),
                       ("udp", "ILNP, UDP, four paths"),
                       ("tcp", "ILNP, TCP, four paths"),
                       ("tcp-windows", "the same, ilnp set tcp on")):
        extra = f"{run.link_rate(name):.2f} Mbit/s of frames"
        row(text, shares.get(name), run.goodput(name), over[name], extra)
    r = run.received("udp")
    print(f"{'':26} ILNP, UDP: {r['lost_packets']} of {r['packets']} "
          "datagrams lost")
    cells = " ".join(f"{100 * s:6.2f}" for s in shares["copy"])
    print(f"{'file copy, TCP':26} {cells:27} SHA-256 "
          f"{'equal' if sha256_ok else 'DIFFERS'}")
    print(f"{'ping':26} {received} of {sent} answered")

    wrong = []
    for device, share in zip(run.devices(), shares["udp"]):
        if abs(share - SHARE) > SHARE_TOLERANCE:
            wrong.append(f"UDP: {device} carried {100 * share:.2f} % of the "
                         "packets, not 25 +- 1")
    if over["udp"] < UDP_LEAST:
        wrong.append(f"UDP: {100 * over['udp']:.1f} % of the sum of the links, "
                     "less than 95")
    if not sha256_ok:
        wrong.append("TCP: the file did not arrive as it was sent")
    if sent != received:
        wrong.append(f"ping: {received} answers to {sent}")
    return result, wrong


def stalls(run, name):
    """[(begin, seconds)] in which the receiving program got nothing."""
    last = None
    found = []
    for begin, end, rate in run.rates(name, "file", "progress", "rx_bytes"):
        if rate > 0:
            if last is not None and begin > last:
                found.append((last, begin - last))
            last = end
    return found


def act2(run):
    """Links that fail and return."""
    marks = {(kind, device): time
             for time, kind, device in run.marks("failover")}
    hole, repaired = marks["hole", "a3"], marks["repaired", "a3"]
    sent = run.rates("failover", "A", "a3", "tx_packets")
    came = run.rates("failover", "C1", "a3", "rx_packets")
    usual = [rate for _, end, rate in came if hole - 1.5 < end < hole]
    usual = sum(usual) / max(1, len(usual))
    # Probes do not count as use.
    left = [end for _, end, rate in sent
            if hole < end <= repaired and rate > usual / 10]
    leave = max(left) - hole if left else 0.0
    back = [end for _, end, rate in came
            if end > repaired and rate > usual / 4]
    returned = min(back) - repaired if back else None
    pauses = stalls(run, "failover")
    visible = max([s for begin, s in pauses if begin < hole], default=0.0)
    silent = max([s for begin, s in pauses if begin >= hole], default=0.0)
    sha256_ok = run.exists("failover.same")
    result = {"failover": {
        "sha256_ok": sha256_ok, "max_stall_s": rounded(visible),
        "blackhole_leave_s": rounded(leave),
        "blackhole_return_s": None if returned is None else rounded(returned),
        "blackhole_max_stall_s": rounded(silent)}}

    print(f"\nSHA-256 {'equal' if sha256_ok else 'DIFFERS'}")
    print(f"longest stall while interfaces lost their carrier  {visible:5.2f} s")
    print(f"a path silently dead: A stopped using it after     {leave:5.2f} s")
    print(f"                      longest stall                {silent:5.2f} s")
    print("                      used again after repair      "
          + ("never" if returned is None else f"{returned:5.2f} s"))
    wrong = []
    if not sha256_ok:
        wrong.append("failover: the data did not arrive as it was sent")
    if visible >= 1:
        wrong.append(f"failover: a stall of {visible:.2f} s after a loss that "
                     "A could see, not below 1")
    if not left or leave > 3:
        wrong.append(f"failover: the dead path was left after {leave:.2f} s, "
                     "not within 3")
    if returned is None or returned > 10:
        wrong.append("failover: the repaired path was not used again "
                     "within 10 s")
    return result, wrong


def flow(run, name):
    """A udpflow: {sequence: (time sent, error)}, {sequence: time received}."""
    sent = {int(n): (float(time), int(error)) for n, time, error in
            (line.split() for line in run.text(name + ".sent").splitlines())}
    received = {int(n): float(time) for n, time in
                (line.split() for line in
                 run.text(name + ".received").splitlines())}
    return sent, received


def path_times(run, kind):
    """When a path of M went up (or down), by the sampler's clock."""
    real, monotonic = map(float, run.text("clock").split())
    times = []
    for line in run.text("monitor.out").splitlines():
        event = json.loads(line)
        if event["event"] == kind:
            times.append(event["time"] - real + monotonic)
    return times


def act3(run):
    """The host that moves."""
    moves = [m for m in run.marks("handoff") if m[1] == "left"]
    sha256_ok = run.exists("handoff.same")
    pauses = sorted((s for _, s in stalls(run, "handoff")), reverse=True)
    lost, sent_in = {}, {}
    for name in ("soft", "hard"):
        sent, received = flow(run, name)
        lost[name] = [n for n in sent if n not in received]
        sent_in[name] = sent
    gone = {kind: time for time, kind, _ in run.marks("hard")}["leaving"]
    back = min([t for t in path_times(run, "path-up") if t > gone],
               default=float("inf"))
    without = [n for n, (time, _) in sent_in["hard"].items()
               if gone <= time < back]
    trip = run.parameters["roaming_trip"]
    allowed = len(without) + trip * run.parameters["udp_rate"] + 1
    result = {"handoff": {
        "moves": len(moves), "sha256_ok": sha256_ok,
        "udp_soft_lost": len(lost["soft"]), "udp_hard_lost": len(lost["hard"]),
        "udp_hard_sent_without_path": len(without),
        "max_stall_s": rounded(pauses[0] if pauses else 0.0)}}

    print(f"\nTCP through {len(moves)} moves: SHA-256 "
          f"{'equal' if sha256_ok else 'DIFFERS'}, longest stalls "
          + ", ".join(f"{s:.2f}" for s in pauses[:len(moves)]) + " s")
    for name in ("soft", "hard"):
        print(f"UDP through a {name} handoff: {len(lost[name])} of "
              f"{len(sent_in[name])} datagrams lost")
    print(f"    sent while no path existed: {len(without)}")
    wrong = []
    if not sha256_ok:
        wrong.append("handoff: the data did not arrive as it was sent")
    if lost["soft"]:
        wrong.append(f"soft handoff: {len(lost['soft'])} datagrams lost")
    if len(lost["hard"]) > allowed:
        wrong.append(f"hard handoff: {len(lost['hard'])} datagrams lost; "
                     f"{len(without)} were sent without a path, "
                     f"one round trip is {trip} s")
    return result, wrong


ACTS = {"act1": act1, "act2": act2, "act3": act3}


def main():
    act, directory = sys.argv[1:3]
    run = Run(directory)
    result, wrong = ACTS[act](run)
    with open(run.path(act + ".json"), "w", encoding="ascii") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    for text in wrong:
        print("DOES NOT HOLD: " + text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
