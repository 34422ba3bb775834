# SPDX-License-Identifier: GPL-2.0-only
"""First contact and its abuse: see learn.sh."""
import os

import wire
from lib import NID_A, NID_B, Suite, Test, address, prefix

suite = Suite()
FLOOD = 5000


def slab() -> int:
    """kB of unreclaimable kernel memory."""
    with open("/proc/meminfo", encoding="ascii") as src:
        return next(int(line.split()[1]) for line in src
                    if line.startswith("SUnreclaim"))


def flood(t: Test, x: wire.Peer, count: int, kind: str) -> None:
    """First packets with invented NIDs, L64s and nonces."""
    dst = wire.ilv(prefix("a", 0), NID_A)
    for i in range(count):
        src = wire.ilv(0x20010db800000000 + i, os.urandom(8))
        if kind == "syn":
            proto, segment = wire.TCP, wire.tcp(1000 + i % 60000, 5000, i, 0,
                                                wire.SYN)
        elif kind == "udp":
            proto, segment = wire.UDP, wire.udp(1000 + i % 60000, 7000, b"x")
        else:
            proto, segment = wire.ICMP6, wire.echo(i & 0xffff, 1)
        x.send(wire.packet(src, dst, proto, segment, nonce=os.urandom(12)))
        if i % 100 == 99:
            x.gather(lambda p: True, 0)


def up(t: Test) -> wire.Peer:
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    t.udp("A", port=7000)
    return t.peer()


@suite.case("flood of SYNs", "syn")
@suite.case("flood of datagrams", "udp")
@suite.case("flood of echo requests", "echo")
def bounded(t: Test, kind: str):
    x = up(t)
    flow, conn = t.opened(x)
    limit = 64
    t.sysctl("A", f"net.ipv6.ilnp.max_tentative={limit}",
             "net.ipv6.ilnp.tentative_timeout=5")
    flood(t, x, limit * 4, kind)
    warm = slab()
    flood(t, x, FLOOD, kind)
    sessions = t.show("A", "ilnp", "session")
    tentative = [s for s in sessions if s["state"] == "tentative"]
    t.within("unproven sessions", 1, limit, len(tentative))
    t.within("learned correspondents", 1, limit, sum(
        c["origin"] == "learned"
        for c in t.show("A", "ilnp", "correspondent")))
    t.check("refusals counted", t.stat("A", "rx-tentative-full") > 0)
    # Some memory waits for RCU; thousands of sessions would be megabytes.
    t.within("kB more than after the first", -1 << 20, 6000, slab() - warm)
    flow.push(b"still")
    t.equal("the established one goes on", b"still", conn.recv(10))
    t.eventually("they expire", 60, lambda: not [
        s for s in t.show("A", "ilnp", "session")
        if s["state"] == "tentative"])
    t.equal("with their correspondents", [], [
        c for c in t.show("A", "ilnp", "correspondent")
        if c["origin"] == "learned"])


@suite.case("a real peer gets in during a flood")
def during(t: Test):
    x = up(t)
    t.sysctl("A", "net.ipv6.ilnp.max_tentative=64",
             "net.ipv6.ilnp.tentative_timeout=3")
    flood(t, x, 500, "syn")
    listener = t.listen("A", port=5000)
    stranger = wire.Flow(x, ("2001:db8:77::", "c0c1:c2c3:c4c5:c6c7"),
                         (prefix("a", 0), NID_A), os.urandom(12))
    for _ in range(12):     # as TCP would retransmit
        flood(t, x, 20, "syn")
        if stranger.open(timeout=1):
            break
    else:
        t.check("the stranger's SYN is answered", False)
    conn = t.accept(listener)
    stranger.push(b"hello")
    t.equal("data", b"hello", conn.recv(10))
    (known,) = [c for c in t.show("A", "ilnp", "correspondent")
                if c["nid"] == "c0c1:c2c3:c4c5:c6c7"]
    t.equal("learned", ("learned", "ilnp"), (known["origin"], known["mode"]))


@suite.case("spoofed first packets change no known peer")
def spoofed_peer(t: Test):
    """Known NID, other L64s, other nonces."""
    x = up(t)
    flow, conn = t.opened(x)
    before = t.show("A", "ilnp", "correspondent")
    for i in range(200):
        x.send(wire.packet(
            wire.ilv(0x20010db8ffff0000 + i, NID_B),
            wire.ilv(prefix("a", 0), NID_A), wire.TCP,
            wire.tcp(2000 + i, 5000, i, 0, wire.SYN), nonce=os.urandom(12)))
    conn.sendall(b"data")
    segment = t.require("A still sends", flow.pull())
    t.equal("to the peer's L64", prefix("b", 0) + "/64", segment.pair[1])
    mine = [c for c in t.show("A", "ilnp", "correspondent")
            if c["nid"] == NID_B and c["origin"] == "static"]
    t.equal("its L64s", [x["l64"] for x in before[0]["l64s"]],
            [x["l64"] for x in mine[0]["l64s"]])


@suite.case("an unanswered nonce replaces nothing")
def unanswered(t: Test):
    x = up(t)
    flow, conn = t.opened(x)
    forged = t.flow(x, sport=4444, dport=7000)
    forged.send_udp(b"x")
    forged.send(wire.ICMP6, wire.echo(1, 1))
    x.gather(lambda p: True)
    for i in range(3):
        flow.push(b"%d" % i)
        t.equal("old nonce", b"%d" % i, conn.recv(10))
    t.equal("one conversation", address("b", 0), conn.getpeername()[0])


if __name__ == "__main__":
    suite.main()
