#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Draws the demo's pictures from the data that a run left.

    plot.py DIRECTORY       reads DIRECTORY/data, writes DIRECTORY/*.png

Act 1 gives the four figures of the reference talk: UDP and TCP, per interface
and in total. Rates are those of the interface counters of the core router that
all of host A's providers lead to, so they show what the links delivered.
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
        return rates

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


def per_interface(data, proto):
    """Small panels, one per interface, and plain IPv6 on its one."""
    rates = data.rates(proto)
    plain = data.rates("plain-" + proto)
    link = data.parameters["rate"]
    panels = len(rates)
    figure, axes = plt.subplots(panels, 2, figsize=(11, 1.5 * panels + 1.5),
                                sharex="col", sharey=True)
    for column, (title, series) in enumerate((
            (f"ILNP: one {proto.upper()} flow over four paths", rates),
            (f"Plain IPv6: one {proto.upper()} flow, one path", plain))):
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
    data.save(figure, f"{proto}-per-interface.png")


def in_total(data, proto):
    p = data.parameters
    figure, axis = plt.subplots(figsize=(11, 5))
    times, values = total(data.rates(proto))
    axis.plot(times, values, color=COLOURS[0], linewidth=1.6,
              label="ILNP, four paths, total")
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
    axis.legend(loc="upper right", ncol=4, fontsize=9)
    axis.set_title(f"{proto.upper()}: one flow from host A to host B, in total",
                   fontsize=13, pad=10)
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    caption(figure, data)
    data.save(figure, f"{proto}-total.png")


def act1(data):
    for proto in ("udp", "tcp"):
        if data.exists(proto + ".samples"):
            per_interface(data, proto)
            in_total(data, proto)


def main():
    data = Data(sys.argv[1])
    act1(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
