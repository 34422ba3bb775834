# SPDX-License-Identifier: GPL-2.0-only
"""Round robin over all pairs of L64s: see rr.sh."""
import hashlib
import os
import threading

from lib import Suite, Test, address, l64

suite = Suite()
PER_PAIR = 120


def exchange(t: Test, packets: int) -> None:
    """As many datagrams each way over one UDP flow."""
    server, client = t.udp("B", port=7000), t.udp("A")
    client.connect((address("b", 0), 7000))
    for i in range(packets):
        data = b"%d" % i
        client.send(data)
        got, where = server.recvfrom(100)
        server.sendto(got, where)
        if client.recv(100) != data:
            t.fail(f"datagram {i} came back wrong")


def shares(t: Test, n: int, m: int, counts: dict[str, int]) -> None:
    for here, there, rows, columns in (("a", "b", n, m), ("b", "a", m, n)):
        seen = {f"{here}{i}_{there}{j}": counts[f"{here}{i}_{there}{j}"]
                for i in range(rows) for j in range(columns)}
        total = sum(seen.values())
        t.require(f"packets from {here}", total >= n * m * PER_PAIR)
        for name, count in seen.items():
            t.within(f"share of {name}", 1 / (n * m) - 0.01,
                     1 / (n * m) + 0.01, count / total)


def accounted(t: Test, n: int, m: int, router: str) -> None:
    """`path show` says what the routers counted; probes may come between."""
    before = t.show("A", "ilnp", "path", "show")
    counts = t.pairs(router)
    after = {(p["local_l64"], p["remote_l64"]): p
             for p in t.show("A", "ilnp", "path", "show")}
    t.equal("paths listed", n * m, len(before))
    names = {(l64("a", i), l64("b", j)): (f"a{i}_b{j}", f"b{j}_a{i}")
             for i in range(n) for j in range(m)}
    for path in before:
        key = path["local_l64"], path["remote_l64"]
        out, back = names[key]
        t.within(f"tx_packets of {out}", path["tx_packets"],
                 after[key]["tx_packets"], counts[out])
        t.within(f"rx_packets of {back}", path["rx_packets"],
                 after[key]["rx_packets"], counts[back])
        t.equal(f"dev of {out}", out.split("_")[0], path["dev"])
        t.equal(f"via of {out}", "fe80::1", path["via"])


@suite.case("4 x 2", "routed", 4, 2)
@suite.case("3 x 2", "direct", 3, 2)
@suite.case("2 x 2", "direct", 2, 2)
@suite.case("1 x 2", "direct", 1, 2)
@suite.case("4 x 1", "direct", 4, 1)
@suite.case("3 x 1", "direct", 3, 1)
@suite.case("2 x 1", "routed", 2, 1)
@suite.case("1 x 1", "direct", 1, 1)
def matrix(t: Test, kind: str, n: int, m: int):
    t.topo(kind, n, m)
    t.ilnp_up(n, m)
    exchange(t, n * m * PER_PAIR)
    router = "C" if kind == "routed" else "R"
    shares(t, n, m, t.pairs(router))
    accounted(t, n, m, router)


@suite.case("ping rotates")
def ping(t: Test):
    t.topo("direct", 4, 1)
    t.ilnp_up(4, 1)
    t.on("A", "ping", "-6", "-c80", "-i0.01", "-W3", address("b", 0))
    counts = t.pairs()
    for i in range(4):
        t.within(f"requests over a{i}", 18, 25, counts[f"a{i}_b0"])
        t.within(f"replies over a{i}", 18, 25, counts[f"b0_a{i}"])


@suite.case("two flows share the turns")
def two_flows(t: Test):
    """Lock-step between flows would leave pairs unused."""
    t.topo("direct", 2, 2)
    t.ilnp_up(2, 2)
    server = t.udp("B", port=7000)
    clients = [t.udp("A"), t.udp("A")]
    for i in range(400):
        clients[i % 2].sendto(b"x", (address("b", 0), 7000))
        server.recv(10)
    counts = t.pairs()
    for name in ("a0_b0", "a0_b1", "a1_b0", "a1_b1"):
        t.within(f"packets over {name}", 90, 120, counts[name])


@suite.case("TCP uses all paths")
def tcp(t: Test):
    t.topo("direct", 4, 1)
    t.ilnp_up(4, 1)
    near, far = t.pair("A", "B", address("b", 0))
    data = os.urandom(3_000_000)
    sender = threading.Thread(target=near.sendall, args=(data,))
    sender.start()
    got = bytearray()
    while len(got) < len(data):
        part = far.recv(1 << 17)
        if not part:
            break
        got += part
    sender.join()
    t.equal("data", hashlib.sha256(data).digest(),
            hashlib.sha256(got).digest())
    counts = t.pairs()
    total = sum(counts[f"a{i}_b0"] for i in range(4))
    for i in range(4):
        t.within(f"share of a{i}", 0.15, 0.35, counts[f"a{i}_b0"] / total)


@suite.case("worse preference stays idle")
def preference(t: Test):
    t.topo("direct", 3, 1)
    t.ilnp_up(3, 1)
    t.ilnp("A", "l64", "change", l64("a", 2), "dev", "a2", "preference",
           "200")
    exchange(t, 60)
    counts = t.pairs()
    t.equal("nothing sent over the backup", 0, counts["a2_b0"])
    for name in ("a0_b0", "a1_b0"):     # updates and probes among them
        t.within(f"packets over {name}", 27, 36, counts[name])
    states = {p["local_l64"]: p["state"]
              for p in t.show("A", "ilnp", "path", "show")}
    t.equal("its state", "backup", states[l64("a", 2)])


@suite.case("fragments of one datagram stay together")
def fragments(t: Test):
    t.topo("direct", 4, 1)
    t.ilnp_up(4, 1)
    capture = t.capture("R", ["rb0"])
    server, client = t.udp("B", port=7000), t.udp("A")
    for size in (2000, 4000, 9000, 30000, 65000):
        for _ in range(8):
            client.sendto(bytes(size), (address("b", 0), 7000))
            t.equal("size", size, len(server.recv(65536)))
    used: dict = {}
    for pkt in capture.stop():
        if pkt.frag:
            used.setdefault(pkt.frag[2], set()).add(pkt.pair)
    t.equal("fragmented datagrams", 40, len(used))
    t.none("datagrams over several paths",
           [k for k, v in used.items() if len(v) > 1])
    t.equal("all paths used", 4, len({p for v in used.values() for p in v}))


if __name__ == "__main__":
    suite.main()
