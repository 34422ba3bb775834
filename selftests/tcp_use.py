# SPDX-License-Identifier: GPL-2.0-only
"""Who uses congestion control "ilnp" and what is shown: see tcp_use.sh."""
import socket
import struct
import threading

from lib import Suite, Test, address, l64, prefix, run

suite = Suite()
PIECE = bytes(range(256)) * 64


def chosen(sock: socket.socket) -> str:
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION,
                           16).rstrip(b"\0").decode()


class Flow:
    """A connection from A to B over which data goes for as long as wanted."""

    def __init__(self, t: Test, to: str = address("b", 0), **more):
        self.client, self.server = t.pair("A", "B", to, **more)
        self.sent = self.received = 0
        self.wrong = False

    def send(self, octets: int) -> None:
        """Sends so much, and waits until it is there."""
        reader = threading.Thread(target=self.read, args=(octets,))
        reader.start()
        while octets:
            at = self.sent % len(PIECE)
            data = (PIECE * 2)[at:at + min(octets, len(PIECE))]
            self.client.sendall(data)
            self.sent += len(data)
            octets -= len(data)
        reader.join()

    def read(self, octets: int) -> None:
        while octets:
            data = self.server.recv(min(octets, len(PIECE)))
            if not data:
                break
            at = self.received % len(PIECE)
            self.wrong |= data != (PIECE * 2)[at:at + len(data)]
            self.received += len(data)
            octets -= len(data)


def up(t: Test) -> None:
    t.topo("direct", 3, 1, "plain")
    t.ilnp_up(3, 1)
    t.on("A", "ping", "-6", "-c6", "-i0.05", "-W3", address("b", 0))


def route_to_b(t: Test, *more: str) -> None:
    t.ip("A", "-6", "route", "add", address("b", 0), "via", "fe80::1", "dev",
         "a0", "src", address("a", 0), *more)


def connections(t: Test) -> list[dict]:
    (session,) = t.show("A", "ilnp", "session", "show")
    return session["tcp"]


@suite.case("set tcp")
def set_tcp(t: Test):
    up(t)
    t.equal("off by default", False,
            t.show("A", "ilnp", "show")[0]["tcp"])
    before = Flow(t, port=5001)
    before.send(200000)
    t.equal("as before", "cubic", chosen(before.client))
    t.equal("none is shown", [], connections(t))
    t.ilnp("A", "set", "tcp", "on")
    t.equal("it is on", True, t.show("A", "ilnp", "show")[0]["tcp"])
    flow = Flow(t, port=5002)
    flow.send(1000000)
    t.equal("a new connection", "ilnp", chosen(flow.client))
    t.equal("its other end is not told", "cubic", chosen(flow.server))
    before.send(200000)
    t.equal("one that was there", "ilnp", chosen(before.client))
    plain = Flow(t, prefix("b", 0) + "b", port=5003)
    plain.send(200000)
    t.equal("plain IPv6", "cubic", chosen(plain.client))
    own = Flow(t, port=5004)
    own.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
    own.send(200000)
    t.equal("who chose another", "reno", chosen(own.client))
    route_to_b(t, "congctl", "reno")
    routed = Flow(t, port=5005)
    routed.send(200000)
    t.equal("whose route chose another", "reno", chosen(routed.client))
    t.equal("those that are shown", {5001, 5002},
            {c["dport"] for c in connections(t)})
    t.ilnp("A", "set", "tcp", "off")
    t.ip("A", "-6", "route", "del", address("b", 0))
    after = Flow(t, port=5006)
    after.send(200000)
    t.equal("off again", "cubic", chosen(after.client))
    for each in (before, flow, plain, own, routed, after):
        t.check("what was sent has come", not each.wrong)


@suite.case("congctl of a route")
def congctl(t: Test):
    up(t)
    route_to_b(t, "congctl", "ilnp")
    flow = Flow(t)
    flow.send(500000)
    t.equal("congestion control", "ilnp", chosen(flow.client))
    t.equal("paths", 3, len(connections(t)[0]["paths"]))


@suite.case("session show")
def shown(t: Test):
    up(t)
    t.ilnp("A", "set", "tcp", "on")
    flow = Flow(t)
    flow.send(1500000)
    (conn,) = connections(t)
    t.equal("ports", (flow.client.getsockname()[1], 5000),
            (conn["sport"], conn["dport"]))
    t.equal("pairs", {(l64("a", i), l64("b", 0)) for i in range(3)},
            {(p["local_l64"], p["remote_l64"]) for p in conn["paths"]})
    segments = 1500000 // 1440
    t.within("segments delivered", segments, segments * 1.1,
             sum(p["delivered"] for p in conn["paths"]))
    for path in conn["paths"]:
        name = path["local_l64"]
        t.equal(f"state of {name}", "up", path["state"])
        t.within(f"window of {name}", 2, 10000, path["cwnd"])
        t.within(f"in flight over {name}", 0, 0, path["inflight"])
        t.within(f"lost over {name}", 0, 20, path["lost"])
        t.within(f"delivered over {name}", 1, segments * 1.1,
                 path["delivered"])
        t.within(f"round trip over {name}, s", 0.000001, 0.2, path["rtt"])
    text = t.on("A", "ip", "-s", "ilnp", "session", "show").stdout
    t.check("text has ports", f"tcp sport {conn['sport']} dport 5000" in text,
            text)
    for i in range(3):
        t.check(f"text has path {i}",
                f"to {l64('b', 0)} from {l64('a', i)} state up cwnd " in text,
                text)
    t.equal("the same with -s at the end", text,
            t.on("A", "ip", "ilnp", "session", "show", "-s").stdout)
    text = t.on("A", "ip", "ilnp", "session", "show").stdout
    t.check("not without -s", "tcp" not in text, text)
    text = t.on("A", "ss", "-Htin", "dport", "=", "5000").stdout
    for path in conn["paths"]:
        want = (f"path:(to:{path['remote_l64']} from:{path['local_l64']} "
                f"state:up cwnd:{path['cwnd']} inflight:0 ")
        t.check("ss shows " + want, want in text, text)
        t.check("and what it delivered",
                f" delivered:{path['delivered']} " in text, text)
    text = t.on("B", "ss", "-Htin", "sport", "=", "5000").stdout
    t.check("ss of who has none", " cubic " in text and "path:" not in text,
            text)
    t.equal("filter", [], t.show("A", "ilnp", "session", "show", "to",
                                 "9:9:9:9"))
    many = [Flow(t, port=6000 + i) for i in range(60)]
    for each in many:
        each.send(40000)
    t.equal("more than a message holds", {5000, *range(6000, 6060)},
            {c["dport"] for c in connections(t)})
    for each in many:
        each.client.close()
    t.eventually("closed ones are gone", 10,
                 lambda: len(connections(t)) == 1)


@suite.case("the module leaves")
def leaves(t: Test):
    up(t)
    route_to_b(t)   # where its bound address is at home
    t.ilnp("A", "set", "tcp", "on")
    flow = Flow(t)
    flow.send(1000000)
    single = Flow(t, prefix("b", 0) + "b", port=5001)
    single.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION,
                             b"ilnp")
    single.send(300000)
    # Data in flight while it goes.
    flow.client.setblocking(False)
    try:
        while True:
            flow.client.send(PIECE)
    except BlockingIOError:
        pass
    flow.client.setblocking(True)
    t.equal("before", ("ilnp", "ilnp"),
            (chosen(flow.client), chosen(single.client)))
    for host in "AB":
        t.ilnp(host, "dev", "detach", "all")
    t.unload()
    t.equal("after", ("cubic", "cubic"),
            (chosen(flow.client), chosen(single.client)))
    single.send(300000)
    t.check("what a plain connection sends comes", not single.wrong)
    # What was on its way between detach and unload left as it was.
    flow.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                           struct.pack("ii", 1, 0))
    flow.client.close()
    t.on("R", "nft", "reset", "counter", "ip6", "ingress", "bad_source")
    run(["modprobe", "ilnp6"])


if __name__ == "__main__":
    suite.main()
