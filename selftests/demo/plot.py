#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Draws the demo's pictures from the data that a run left.

    plot.py DIRECTORY       reads DIRECTORY/data, writes DIRECTORY/*.png

Act 1 gives the four figures of the reference talk: UDP and TCP, per interface
and in total; and TCP with a window for each path beside the talk's. Rates are
those of the interface counters of the core router that all of host A's
providers lead to, so they show what the links delivered.
"""
import json
import os
import sys

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)

COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"]
GREY = "#777777"
plt.rcParams.update({
    "figure.dpi": 110, "font.size": 10, "axes.grid": True,
    "grid.color": "#dddddd", "grid.linewidth": 0.6, "axes.axisbelow": True,
    "axes.spines.top": False, "axes.spines.right": False,
    "legend.frameon": False, "axes.titlesize": 11, "svg.fonttype": "none",
})


class Data:
    """Samples and parameters of a run."""

    def __init__(self, directory):
        self.out = directory
        self.directory = os.path.join(directory, "data")
        with open(self.path("parameters.json"), encoding="ascii") as f:
            self.parameters = json.load(f)

    def path(self, name):
        return os.path.join(self.directory, name)

    def exists(self, name):
        return os.path.exists(self.path(name))

    def rates(self, name, namespace="C1", prefix="a", column=4):
        """{device: ([seconds], [Mbit/s])}, time 0 at the first traffic."""
        return self.rates_from(name, namespace, prefix, column)[1]

    def rates_from(self, name, namespace="C1", prefix="a", column=4):
        """Time 0 by the clock of the samples, and the rates."""
        samples = {}
        with open(self.path(name + ".samples"), encoding="ascii") as f:
            for line in f:
                words = line.split()
                if len(words) == 7 and words[1] == namespace and \
                        words[2].startswith(prefix):
                    samples.setdefault(words[2], []).append(
                        (float(words[0]), int(words[column])))
        start = self.start(samples)
        rates = {}
        for device, points in samples.items():
            times, values = [], []
            for (t0, v0), (t1, v1) in zip(points, points[1:]):
                if t1 > start:
                    times.append((t0 + t1) / 2 - start)
                    values.append((v1 - v0) * 8 / (t1 - t0) / 1e6)
            rates[device] = (times, values)
        return start, rates

    def marks(self, name):
        """[(seconds, kind, device)], by the clock of the samples."""
        with open(self.path(name + ".marks"), encoding="utf-8") as f:
            return [(float(w[0]), w[1], w[2]) for w in map(str.split, f)]

    @staticmethod
    def start(samples):
        """When more than set-up traffic begins."""
        devices = list(samples.values())
        for i in range(1, len(devices[0])):
            octets = sum(d[i][1] - d[i - 1][1] for d in devices)
            if octets > 5000:
                return devices[0][i - 1][0]
        return devices[0][0][0]

    def save(self, figure, name):
        path = os.path.join(self.out, name)
        figure.savefig(path)
        plt.close(figure)
        print(f"# picture: out/demo/{name}")


def total(rates):
    times = next(iter(rates.values()))[0]
    return times, [sum(v) for v in zip(*(r[1] for r in rates.values()))]


def caption(figure, data):
    p = data.parameters
    figure.text(
        0.01, 0.012,
        f"Links: {p['providers']} x {p['rate']} Mbit/s, {p['delay']} ms each "
        f"way, drop-tail. Octets of Ethernet frames, counted where each link "
        f"ends, every 0.1 s. Linux {p['kernel']}, {p['clock']} clock.",
        fontsize=8, color=GREY)


def per_interface(data, name, other, titles):
    """Small panels, one per interface, of two measurements."""
    proto = name.split("-")[0]
    rates = data.rates(name)
    others = data.rates(other)
    link = data.parameters["rate"]
    panels = len(rates)
    figure, axes = plt.subplots(panels, 2, figsize=(11, 1.5 * panels + 1.5),
                                sharex="col", sharey=True)
    for column, (title, series) in enumerate(zip(titles, (rates, others))):
        for i, (device, (times, values)) in enumerate(sorted(series.items())):
            axis = axes[i][column]
            axis.fill_between(times, values, color=COLOURS[i], alpha=0.25,
                              linewidth=0)
            axis.plot(times, values, color=COLOURS[i], linewidth=1.3,
                      label=f"interface {device}, provider {i + 1}")
            axis.axhline(link, color=GREY, linestyle="--", linewidth=0.9,
                         label="rate of the link")
            axis.set_ylim(0, link * 1.45)
            axis.set_xlim(left=0)
            axis.legend(loc="upper right", ncol=2, fontsize=8,
                        borderaxespad=0.1)
            if i == 0:
                axis.set_title(title, pad=10)
            if column == 0:
                axis.set_ylabel("Mbit/s")
        axes[-1][column].set_xlabel("time, s")
    figure.suptitle(f"{proto.upper()}: what each of host A's interfaces "
                    "carries to host B", fontsize=13)
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    caption(figure, data)
    data.save(figure, f"{name}-per-interface.png")


def in_total(data, proto):
    p = data.parameters
    figure, axis = plt.subplots(figsize=(11, 5))
    times, values = total(data.rates(proto))
    axis.plot(times, values, color=COLOURS[0], linewidth=1.6,
              label="ILNP, four paths, total")
    if data.exists(proto + "-windows.samples"):
        times, values = total(data.rates(proto + "-windows"))
        axis.plot(times, values, color=COLOURS[2], linewidth=1.6,
                  label="the same, ilnp set tcp on")
    times, values = total(data.rates("plain-" + proto))
    axis.plot(times, values, color=COLOURS[5], linewidth=1.6,
              label="plain IPv6, one path")
    axis.axhline(p["rate"] * p["providers"], color=GREY, linestyle="--",
                 linewidth=0.9,
                 label=f"sum of the links, {p['rate'] * p['providers']} Mbit/s")
    axis.axhline(p["rate"], color=GREY, linestyle=":", linewidth=1.1,
                 label=f"one link, {p['rate']} Mbit/s")
    axis.set_ylim(0, p["rate"] * p["providers"] * 1.25)
    axis.set_xlim(left=0)
    axis.set_xlabel("time, s")
    axis.set_ylabel("Mbit/s")
    axis.legend(loc="upper right", ncol=3, fontsize=9)
    axis.set_title(f"{proto.upper()}: one flow from host A to host B, in total",
                   fontsize=13, pad=10)
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    caption(figure, data)
    data.save(figure, f"{proto}-total.png")


def spans(marks, begin, end):
    """[(device, from, to)] between marks of two kinds."""
    found, since = [], {}
    for time, kind, device in marks:
        if kind == begin:
            since[device] = time
        elif kind == end and device in since:
            found.append((device, since.pop(device), time))
    return found


def failover(data):
    """Act 2: the total above, then one panel an interface, outages shaded."""
    p = data.parameters
    begin, rates = data.rates_from("failover")
    marks = data.marks("failover")
    outages = [(span, "#d55e00", "interface without carrier")
               for span in spans(marks, "down", "up")]
    outages += [(span, "#444444", "path silently dead in the core")
                for span in spans(marks, "hole", "repaired")]
    panels = len(rates)
    figure, axes = plt.subplots(panels + 1, 1, figsize=(11, 9), sharex=True,
                                height_ratios=[2] + [1] * panels)
    times, values = total(rates)
    axes[0].plot(times, values, color="black", linewidth=1.4, label="total")
    axes[0].axhline(p["rate"] * p["providers"], color=GREY, linestyle="--",
                    linewidth=0.9, label="sum of the links")
    axes[0].set_ylim(0, p["rate"] * p["providers"] * 1.35)
    axes[0].set_ylabel("Mbit/s")
    for i, (device, (times, values)) in enumerate(sorted(rates.items())):
        axis = axes[i + 1]
        axis.fill_between(times, values, color=COLOURS[i], alpha=0.25,
                          linewidth=0)
        axis.plot(times, values, color=COLOURS[i], linewidth=1.2,
                  label=f"interface {device}")
        axis.axhline(p["rate"], color=GREY, linestyle="--", linewidth=0.9)
        axis.set_ylim(0, p["rate"] * 1.7)
        axis.set_ylabel("Mbit/s")
        axis.legend(loc="upper left", fontsize=8, borderaxespad=0.1)
    named = set()
    for (device, since, until), colour, text in outages:
        for name, axis in zip(["total"] + sorted(rates), axes):
            if name in ("total", device):
                axis.axvspan(since - begin, until - begin, color=colour,
                             alpha=0.18, linewidth=0,
                             label=None if text in named or name != "total"
                             else text)
        named.add(text)
    axes[0].legend(loc="upper right", ncol=4, fontsize=9)
    axes[-1].set_xlabel("time, s")
    axes[-1].set_xlim(left=0)
    axes[0].set_title("One TCP transfer over four paths while links fail and "
                      "return", fontsize=13, pad=10)
    figure.tight_layout(rect=(0, 0.02, 1, 1))
    caption(figure, data)
    data.save(figure, "failover.png")


def handoff(data):
    """Act 3: what the moving host receives, coloured by network."""
    begin, rates = data.rates_from("handoff", "M", "w0")
    times, values = rates["w0"]
    stays, network, since = [], None, None
    for time, kind, which in data.marks("handoff"):
        if kind == "left":
            stays.append((network, since, time - begin))
        else:
            network, since = int(which), time - begin
    stays.append((network, since, times[-1]))
    figure, axis = plt.subplots(figsize=(11, 4.6))
    named = set()
    for network, since, until in stays:
        colour = COLOURS[network - 1]
        axis.axvspan(since, until, color=colour, alpha=0.15, linewidth=0,
                     label=None if network in named
                     else f"network {network}, 2001:db8:e{network}::/64")
        named.add(network)
    axis.plot(times, values, color="black", linewidth=1.3)
    axis.axhline(data.parameters["rate"], color=GREY, linestyle="--",
                 linewidth=0.9)
    axis.set_ylim(0, data.parameters["rate"] * 1.5)
    axis.set_xlim(0, times[-1])
    axis.set_xlabel("time, s (dashed: rate of a network)")
    axis.set_ylabel("received by the moving host, Mbit/s")
    axis.legend(loc="upper center", ncol=3, fontsize=9)
    axis.set_title("Round the world: one TCP transfer to a host that moves "
                   "through five networks", fontsize=13, pad=10)
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.text(0.01, 0.012, "Each move: the old network, its prefix and its "
                "address are gone before the new ones come; the new router is "
                "solicited, duplicate address detection takes 1 s.",
                fontsize=8, color=GREY)
    data.save(figure, "handoff.png")


def act1(data):
    for proto in ("udp", "tcp"):
        if not data.exists(proto + ".samples"):
            continue
        flow = f"one {proto.upper()} flow"
        per_interface(data, proto, "plain-" + proto,
                      (f"ILNP: {flow} over four paths",
                       f"Plain IPv6: {flow}, one path"))
        in_total(data, proto)
    if data.exists("tcp-windows.samples"):
        per_interface(data, "tcp-windows", "tcp",
                      ("ILNP: one TCP flow, ilnp set tcp on",
                       "ILNP: one TCP flow, in turn as in the talk"))


def main():
    data = Data(sys.argv[1])
    act1(data)
    if data.exists("act2.json"):
        failover(data)
    if data.exists("act3.json"):
        handoff(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
