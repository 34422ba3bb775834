# SPDX-License-Identifier: GPL-2.0-only
"""Which socket gets what, with rotating L64s: see flows.sh."""
import socket

import wire
from lib import NID_A, Suite, Test, address, prefix

suite = Suite()


def up(t: Test, n: int = 2, m: int = 2, *options: str) -> None:
    t.topo("direct", n, m)
    t.ilnp_up(n, m, *options)


def says(t: Test, here: socket.socket, there: socket.socket, what: bytes,
         turns: int = 8) -> None:
    """Both ways, often enough for every path to be used."""
    for i in range(turns):
        for near, far in ((here, there), (there, here)):
            data = b"%s %d" % (what, i)
            near.sendall(data)
            got = far.recv(100)
            if got != data:
                t.fail(f"sent {data!r}, arrived {got!r}")
    t.check("exchanged", True)


def ends(sock: socket.socket) -> tuple[str, str]:
    return sock.getsockname()[0], sock.getpeername()[0]


@suite.case("connections to different L64s")
def different(t: Test):
    up(t)
    listener = t.listen("B", port=5000)
    pairs = []
    for i in range(2):
        near = t.connect("A", (address("b", i), 5000))
        pairs.append((near, t.accept(listener)))
    for i, (near, far) in enumerate(pairs):
        t.equal("what A connected to", address("b", i), ends(near)[1])
        t.equal("B's end is that address", address("b", i), ends(far)[0])
        says(t, near, far, b"flow %d" % i)
    for near, far in pairs:     # again, in turns
        says(t, near, far, b"again")
    t.check("several paths were used",
            sum(1 for c in t.pairs().values() if c) >= 6, t.pairs())


@suite.case("source chosen by the application")
def bound_source(t: Test):
    up(t)
    listener = t.listen("B", port=5000)
    for i in range(2):
        near = t.connect("A", (address("b", 0), 5000),
                         (address("a", i), 0))
        far = t.accept(listener)
        t.equal("A's end", address("a", i), ends(near)[0])
        t.equal("B sees it", address("a", i), ends(far)[1])
        says(t, near, far, b"from %d" % i)


@suite.case("TCP listener on one address", socket.SOCK_STREAM)
def one_address_tcp(t: Test, _):
    """The session's bound pair is another one already."""
    up(t)
    near, far = t.pair("A", "B", address("b", 0), 4000)
    says(t, near, far, b"first")
    listener = t.listen("B", address("b", 1), 5000)
    second = t.connect("A", (address("b", 1), 5000))
    accepted = t.accept(listener)
    t.equal("accepted with its address", address("b", 1),
            ends(accepted)[0])
    says(t, second, accepted, b"second")
    # To ILNP both L64s are the node: whatever the peer's socket named, the
    # wire has any of them, so the listener gets this one too.
    third = t.connect("A", (address("b", 0), 5000))
    says(t, third, t.accept(listener), b"third")
    says(t, near, far, b"first again")


@suite.case("UDP server on one address")
def one_address_udp(t: Test):
    up(t)
    near, far = t.pair("A", "B", address("b", 0), 4000)
    says(t, near, far, b"first")
    server = t.udp("B", address("b", 1), 7000)
    client = t.udp("A")
    client.connect((address("b", 1), 7000))
    for i in range(8):
        client.send(b"ask %d" % i)
        data, where = server.recvfrom(100)
        server.sendto(data, where)
        t.equal("answer", b"ask %d" % i, client.recv(100))


@suite.case("unconnected UDP server, several clients")
def several_clients(t: Test):
    up(t)
    server = t.udp("B", port=7000)
    clients = []
    for i in range(6):
        client = t.udp("A")
        client.connect((address("b", i % 2), 7000))
        clients.append(client)
    for turn in range(6):
        for i, client in enumerate(clients):
            data = b"%d of %d" % (turn, i)
            client.send(data)
            got, where = server.recvfrom(100)
            t.equal("question", data, got)
            t.equal("from its port", client.getsockname()[1], where[1])
            server.sendto(got, where)
            t.equal("answer", data, client.recv(100))


@suite.case("a server learns its client")
def learns(t: Test):
    up(t, 2, 2, "learn")
    t.equal("B knows nobody", [],
            t.show("B", "ilnp", "correspondent", "show"))
    near, far = t.pair("A", "B", address("b", 0))
    says(t, near, far, b"hello", 16)
    (known,) = t.show("B", "ilnp", "correspondent", "show")
    t.equal("learned", (NID_A, "learned", "ilnp"),
            (known["nid"], known["origin"], known["mode"]))
    t.equal("both its L64s", 2, len(known["l64s"]))
    counts = t.pairs()
    t.check("B sends to both", counts["b0_a0"] and counts["b0_a1"], counts)


@suite.case("learning can be off")
def no_learning(t: Test):
    up(t, 1, 1, "learn")
    t.ilnp("B", "set", "learn", "off")
    done = t.on("A", "ping", "-6", "-c1", "-W2", address("b", 0),
                check=False)
    t.check("a stranger's nonce is not accepted",
            done.returncode or "Parameter" in done.stdout, done.stdout)
    t.equal("B knows nobody", [],
            t.show("B", "ilnp", "correspondent", "show"))


@suite.case("same ports to another L64")
def same_ports(t: Test):
    """Inseparable once rewritten (RFC 6741 4.1): refused or plain, never
    mixed."""
    up(t)
    listener = t.listen("B", port=5000)
    first = t.connect("A", (address("b", 0), 5000), (address("a", 0), 6000))
    first_far = t.accept(listener)
    says(t, first, first_far, b"first")
    second = t.socket("A", socket.SOCK_STREAM)
    second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    second.settimeout(3)
    try:
        second.bind((address("a", 0), 6000))
        second.connect((address("b", 1), 5000))
        second_far = t.accept(listener)
    except OSError as refusal:
        t.note(f"refused: {refusal}")
    else:
        second.sendall(b"mine")
        t.equal("bytes not mixed", b"mine", second_far.recv(100))
    says(t, first, first_far, b"still first")


@suite.case("plain IPv6 beside it")
def plain_beside(t: Test):
    t.topo("direct", 2, 1, "plain")
    t.ilnp_up(2, 1)
    near, far = t.pair("A", "B", address("b", 0), 4000)
    capture = t.capture("R", ["rb0", "ra0"])
    plain_near = t.connect("A", (t.keep(t.listen("B", port=5001)) and
                                 prefix("b", 0) + "b", 5001),
                           (prefix("a", 0) + "a", 0))
    plain_near.sendall(b"plain")
    says(t, near, far, b"ilnp")
    t.on("A", "ping", "-6", "-c2", "-i0.2", "-W2", "-I",
         prefix("a", 0) + "a", prefix("b", 0) + "b")
    plain = [p for p in capture.stop() if p.nids == ("0:0:0:a", "0:0:0:b")
             or p.nids == ("0:0:0:b", "0:0:0:a")]
    t.check("plain packets seen", len(plain) >= 6)
    t.none("none has an extension header",
           [p for p in plain if len(p.chain) > 1])
    t.none("none left prefix 0", [p for p in plain if set(p.pair) != {
        prefix("a", 0) + "/64", prefix("b", 0) + "/64"}])


@suite.case("IPv4 beside it")
def ipv4(t: Test):
    up(t, 1, 1)
    for host, dev, addr in (("A", "a0", "192.0.2.1"), ("R", "ra0",
                            "192.0.2.2")):
        t.ip(host, "addr", "add", addr + "/24", "dev", dev)
    t.on("A", "ping", "-4", "-c3", "-i0.2", "-W2", "192.0.2.2")
    server = t.socket("R", socket.SOCK_DGRAM, family=socket.AF_INET)
    server.bind(("192.0.2.2", 7000))
    client = t.socket("A", socket.SOCK_DGRAM, family=socket.AF_INET)
    client.sendto(b"four", ("192.0.2.2", 7000))
    t.equal("UDP over IPv4", b"four", server.recv(10))


@suite.case("one-way UDP")
def one_way(t: Test):
    up(t)
    server, client = t.udp("B", port=7000), t.udp("A")
    for i in range(40):
        client.sendto(b"%d" % i, (address("b", 0), 7000))
        t.equal("in order", b"%d" % i, server.recv(10))


@suite.case("connection refused arrives")
def refused(t: Test):
    up(t)
    for i in range(2):
        sock = t.socket("A", socket.SOCK_STREAM)
        try:
            sock.connect((address("b", i), 9999))
            t.check("refused", False)
        except ConnectionRefusedError:
            t.check("refused", True)


@suite.case("a peer's flows to two L64s of ours")
def scripted_two(t: Test):
    """What the scripted host sends decides, not our tables."""
    t.topo("peer", 2)
    t.ilnp_up(2, 2)
    x = t.peer(2)
    flow, conn = t.opened(x)
    listener = t.listen("A", port=5001)
    other = t.flow(x, nonce=flow.nonce, sport=4001, dport=5001)
    other.src_l64 = wire.half(prefix("b", 1))
    other.dst_l64 = wire.half(prefix("a", 1))
    other.dev = "x1"
    t.require("second connection", other.open())
    second = t.accept(listener)
    for n in range(4):
        for f, sock in ((flow, conn), (other, second)):
            f.src_l64 = wire.half(prefix("b", n % 2))
            f.dst_l64 = wire.half(prefix("a", n // 2))
            f.dev = f"x{n // 2}"
            f.push(b"%d" % n)
            t.equal("delivered whatever the pair", b"%d" % n,
                    sock.recv(10))


if __name__ == "__main__":
    suite.main()
