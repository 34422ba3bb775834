# SPDX-License-Identifier: GPL-2.0-only
"""Locator Updates to many: see lu.sh."""
import json
import os
import struct
import time

import wire
from lib import NID_A, Suite, Test, l64, prefix

suite = Suite()
MANY = 500
# A debug kernel keeps what was freed, and is late.
DEBUG = os.path.exists("/proc/lockdep")
RATE = 200


def nid(i: int) -> str:
    return f"b0b1:b2b3:0:{i + 1:x}"


def crowd(t: Test, peer: wire.Peer, n: int) -> dict[bytes, wire.Flow]:
    """Sessions of n correspondents with A, proven by answers."""
    flows = {}
    for i in range(n):
        flow = wire.Flow(peer, (prefix("b", 0), nid(i)),
                         (prefix("a", 0), NID_A), nonce=os.urandom(12),
                         dev="x0")
        for _ in range(4):
            t.require("echo", flow.ping())
        flows[flow.local] = flow
    proven = [s for s in t.show("A", "ilnp", "session", "show")
              if s["state"] == "established"]
    t.equal("sessions proven", n, len(proven))
    return flows


def is_adv(pkt: wire.Pkt) -> bool:
    return pkt.kind == wire.LOCATOR_UPDATE and pkt.l4[5] == wire.LU_ADV


def acknowledge(flow: wire.Flow, pkt: wire.Pkt) -> None:
    body = bytearray(pkt.l4)
    body[2:4], body[5] = b"\0\0", 2
    flow.send(wire.ICMP6, bytes(body), src_l64=pkt.dst[:8],
              dst_l64=pkt.src[:8])


def up(t: Test, links: int = 2) -> wire.Peer:
    t.topo("peer", links)
    peer = t.peer(links)
    t.ilnp("A", "nid", "add", NID_A)
    t.ilnp("A", "l64", "add", l64("a", 0), "dev", "a0", "via", "fe80::1")
    t.ilnp("A", "dev", "attach", "all")
    time.sleep(0.5)
    return peer


def another(t: Test) -> None:
    t.ilnp("A", "l64", "add", l64("a", 1), "dev", "a1", "via", "fe80::1")


@suite.case("many correspondents are told at the limit")
def paced(t: Test):
    peer = up(t)
    t.sysctl("A", f"net.ipv6.ilnp.lu_rate={RATE}")
    flows = crowd(t, peer, MANY)
    another(t)
    times, told = [], set()
    end = time.monotonic() + 30
    while len(told) < MANY and time.monotonic() < end:
        pkt = peer.receive(1)
        if pkt is None or not is_adv(pkt):
            continue
        times.append(pkt.time)
        flow = flows[pkt.dst[8:]]
        if flow.local not in told:
            told.add(flow.local)
            acknowledge(flow, pkt)
    t.equal("told", MANY, len(told))
    worst = max(sum(1 for x in times if a <= x < a + 1) for a in times)
    t.within("most in one second", 1, RATE * 1.1, worst)
    t.eventually("all acknowledged", 5,
                 lambda: t.stat("A", "lu-rx-ack") == MANY)
    t.equal("afterwards", [], [p for p in peer.gather(is_adv, 60)])


@suite.case("without acknowledgement: ten times, then no more")
def unanswered(t: Test):
    peer = up(t)
    crowd(t, peer, 1)
    another(t)
    seen = []
    end = time.monotonic() + 400
    while time.monotonic() < end:
        pkt = peer.receive(end - time.monotonic())
        if pkt is not None and is_adv(pkt):
            seen.append(pkt)
    t.equal("tries", 10, len(seen))
    gaps = [b.time - a.time for a, b in zip(seen, seen[1:])]
    t.within("first gap", 0.3, 1.1, gaps[0])
    t.check("gaps do not shrink", all(b > a * 0.9 for a, b
                                      in zip(gaps, gaps[1:])), gaps)
    t.equal("source L64s", {wire.half(prefix("a", 0)),
                            wire.half(prefix("a", 1))},
            {p.src[:8] for p in seen})
    t.check("each from its own link", all(
        p.dev == f"x{0 if p.src[:8] == wire.half(prefix('a', 0)) else 1}"
        for p in seen))
    t.equal("given up", 1, t.stat("A", "lu-given-up"))
    t.ilnp("A", "l64", "change", l64("a", 1), "dev", "a1", "preference",
           "20")
    t.check("the next change is told", peer.wait(is_adv, 2))


def slab() -> int:
    """Octets in use of all the kernel's small objects."""
    with open("/proc/slabinfo", encoding="ascii") as src:
        rows = [line.split() for line in src][2:]
    return sum(int(row[1]) * int(row[3]) for row in rows
               if row[0].startswith("kmalloc"))


@suite.case("ten thousand correspondents hear of an L64 that is lost")
def ten_thousand(t: Test):
    crowd = os.path.join(os.environ.get("ILNP_BUILD", ".."),
                         "selftests/crowd")
    n, deaf, rate, seconds = 10000, 100, 500, 60
    t.topo("peer", 2)
    mac = t.mac("A", "a0").hex(":")
    t.ip("A", "link", "set", "a1", "address", mac)
    t.ilnp_up(2, 1)
    t.sysctl("A", f"net.ipv6.ilnp.lu_rate={rate}")
    t.on("X", crowd, "greet", str(n), mac, "x0", "x1")
    t.equal("sessions", n, sum(
        s["state"] == "established"
        for s in t.show("A", "ilnp", "session", "show")))
    time.sleep(5)
    before, acked = slab(), t.stat("A", "lu-rx-ack")
    listener = t.spawn("X", crowd, "listen", str(n), mac, str(seconds),
                       str(deaf), "x0", "x1")
    time.sleep(1)
    t.ilnp("A", "l64", "del", l64("a", 1), "dev", "a1")
    heard = json.loads(listener.communicate()[0])
    t.equal("told", n, heard["told"])
    t.within("most in one second", 1, rate * (2 if DEBUG else 1.1),
             heard["worst"])
    t.equal("told again after they acknowledged", 0, heard["retold"])
    t.within("tries with those that do not", n / deaf * 5, n / deaf * 10,
             heard["deaf"])
    t.equal("all others acknowledged", n - n // deaf,
            t.stat("A", "lu-rx-ack") - acked)
    t.eventually("the last given up", 240, lambda:
                 t.stat("A", "lu-given-up") == n // deaf)
    t.within("memory over what it was", -1 << 40,
             10000000 if DEBUG else 200000, slab() - before)


@suite.case("lifetimes are told again before they end")
def refresh(t: Test):
    peer = up(t)
    flows = crowd(t, peer, 1)
    another(t)
    told = []
    end = time.monotonic() + 90000
    while time.monotonic() < end:
        pkt = peer.receive(end - time.monotonic())
        if pkt is not None and is_adv(pkt):
            told.append(pkt.time)
            acknowledge(flows[pkt.dst[8:]], pkt)
    gaps = [b - a for a, b in zip(told, told[1:])]
    t.within("messages in 25 hours", 2, 4, len(told))
    t.check("in time", all(30000 < g < 65535 for g in gaps), gaps)
    t.equal("each locator", struct.pack("!HH", 10, 65535), pkt_tail(peer))


def pkt_tail(peer: wire.Peer) -> bytes:
    return [p for p in peer.log if is_adv(p)][-1].l4[-4:]


if __name__ == "__main__":
    suite.main()
