# SPDX-License-Identifier: GPL-2.0-only
"""Sockets outlive their bound address: see bound.sh."""
import socket

from lib import NID_A, Suite, Test, address, l64

suite = Suite()


def turns(t: Test, near: socket.socket, far: socket.socket, what: str,
          count: int = 12) -> None:
    """Both ways, more turns than paths; a slow one is a stall, not an
    error, but silence is."""
    near.settimeout(30)
    far.settimeout(30)
    for i in range(count):
        for here, there in ((near, far), (far, near)):
            data = f"{what} {i}".encode()
            here.sendall(data)
            got = there.recv(100)
            if got != data:
                t.fail(f"{what}: sent {data!r}, arrived {got!r}")
    t.check(what, True)


def up(t: Test):
    t.topo("direct", 2, 2)
    t.ilnp_up(2, 2)
    near, far = t.pair("A", "B", address("b", 0))
    turns(t, near, far, "before")
    server, client = t.udp("B", address("b", 0), 7000), t.udp("A")
    client.connect((address("b", 0), 7000))
    client.send(b"x")
    server.connect(server.recvfrom(10)[1])
    return near, far, client, server


def ends(sock: socket.socket) -> tuple:
    return sock.getsockname()[:2] + sock.getpeername()[:2]


def lose(t: Test, host: str, side: str, how: str) -> None:
    if how == "l64 deleted":
        t.ilnp(host, "l64", "del", l64(side, 0), "dev", f"{side}0")
    elif how == "interface down":
        t.ip(host, "link", "set", f"{side}0", "down")
    elif how == "interface deleted":
        t.ip(host, "link", "del", f"{side}0")
    t.eventually(f"{host} has the address no more", 5, lambda: not any(
        a.get("local") == address(side, 0)
        for i in t.show(host, "-6", "addr") for a in i["addr_info"]))


@suite.case("A: L64 deleted", "A", "l64 deleted")
@suite.case("A: interface down", "A", "interface down")
@suite.case("A: interface deleted", "A", "interface deleted")
@suite.case("B: L64 deleted", "B", "l64 deleted")
@suite.case("B: interface down", "B", "interface down")
def lost(t: Test, host: str, how: str):
    near, far, client, server = up(t)
    names = ends(near), ends(far)
    lose(t, host, host.lower(), how)
    # What the other side still sends to the lost L64 may be lost.
    turns(t, near, far, f"TCP after {how}")
    t.equal("sockets keep their names", names, (ends(near), ends(far)))
    if how == "l64 deleted":
        other = "B" if host == "A" else "A"
        t.ilnp(other, "correspondent", "change",
               t.show(host, "ilnp", "nid")[0]["nid"], "l64",
               l64(host.lower(), 1))
        before = len(t.show(other, "ilnp", "path"))
        t.check("paths without it", before == 2, before)
        for i in range(8):
            client.send(b"%d" % i)
            t.equal("UDP to B", b"%d" % i, server.recv(10))
            server.send(b"%d" % i)
            t.equal("UDP to A", b"%d" % i, client.recv(10))


@suite.case("it comes back")
def returns(t: Test):
    near, far, *_ = up(t)
    lose(t, "A", "a", "l64 deleted")
    turns(t, near, far, "without")
    t.ilnp("A", "l64", "add", l64("a", 0), "dev", "a0", "via", "fe80::1")
    t.eventually("address is back", 5, lambda: any(
        a.get("local") == address("a", 0)
        for i in t.show("A", "-6", "addr") for a in i["addr_info"]))
    before = t.pairs()
    turns(t, near, far, "with")
    after = t.pairs()
    t.check("its paths are used again",
            after["a0_b0"] > before["a0_b0"]
            and after["a0_b1"] > before["a0_b1"])


@suite.case("NID deleted, session goes on")
def nid_deleted(t: Test):
    near, far, *_ = up(t)
    t.ilnp("A", "nid", "add", "a8a8:1:2:3")
    t.ilnp("A", "nid", "del", NID_A)
    turns(t, near, far, "after its NID was deleted")
    listener = t.listen("B", port=5001)
    fresh = t.connect("A", (address("b", 0), 5001))
    t.accept(listener)
    t.check("a new connection has the other NID",
            fresh.getsockname()[0].endswith("a8a8:1:2:3"),
            fresh.getsockname())


if __name__ == "__main__":
    suite.main()
