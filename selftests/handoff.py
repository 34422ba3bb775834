# SPDX-License-Identifier: GPL-2.0-only
"""Hosts that move: see handoff.sh."""
import time

from failover import Datagrams, Transfer
from lib import Suite, Test, address, l64

suite = Suite()


def arrive(t: Test, side: str, i: int) -> None:
    """The host gets an L64, with a router."""
    t.ilnp(side.upper(), "l64", "add", l64(side, i), "dev", f"{side}{i}",
           "via", "fe80::1")


def leave(t: Test, side: str, i: int) -> None:
    """It loses one, and its address with it."""
    t.ilnp(side.upper(), "l64", "del", l64(side, i), "dev", f"{side}{i}")
    t.require("old address gone", t.poll(3, lambda: not gone_not(t, side, i)))


def gone_not(t: Test, side: str, i: int) -> bool:
    shown = t.show(side.upper(), "-6", "addr", "show", "dev", f"{side}{i}",
                   "scope", "global")
    return any(link.get("addr_info") for link in shown)


def begin(t: Test, n: int, m: int) -> None:
    """A and B with n and m links, but one L64 each."""
    t.topo("direct", n, m)
    t.ilnp_up(1, 1)


def learned(t: Test, host: str, side: str, *which: int) -> bool:
    shown = t.show(host, "ilnp", "correspondent", "show")
    wanted = {l64(side, i) for i in which}
    return {entry["l64"] for entry in shown[0]["l64s"]} == wanted \
        if "l64s" in shown[0] else {e["l64"] for e in shown[0]["l64"]} == wanted


def exchange(t: Test, near, far, what: str, limit: float = 3) -> None:
    near.settimeout(30)
    far.settimeout(30)
    start = time.monotonic()
    near.sendall(b"key")
    t.equal(f"{what}: there", b"key", far.recv(10))
    far.sendall(b"echo")
    t.equal(f"{what}: back", b"echo", near.recv(10))
    t.within(f"{what}: seconds", 0, limit, time.monotonic() - start)


@suite.case("soft handoff, UDP, 6740-6.2-3")
def soft(t: Test):
    begin(t, 2, 1)
    flow = Datagrams(t)
    time.sleep(3)
    arrive(t, "a", 1)
    time.sleep(2)
    leave(t, "a", 0)
    time.sleep(2)
    flow.finish(t)
    t.equal("lost", 0, flow.sent - len(flow.got))


@suite.case("hard handoff, UDP")
def hard(t: Test):
    begin(t, 2, 1)
    flow = Datagrams(t)
    time.sleep(3)
    first = flow.sent
    leave(t, "a", 0)
    time.sleep(1)
    arrive(t, "a", 1)
    t.poll(5, lambda: t.show("A", "ilnp", "path", "show")[0]["state"] == "up")
    without = flow.sent - first
    time.sleep(2)
    flow.finish(t)
    lost = flow.sent - len(flow.got)
    t.note(f"lost {lost}, sent without a path {without}")
    t.within("lost", 0, without + 10, lost)


@suite.case("busy TCP, five hard moves")
def busy(t: Test):
    begin(t, 5, 1)
    flow = Transfer(t)
    time.sleep(2)
    for i in range(5):
        leave(t, "a", i)
        time.sleep(0.5)
        arrive(t, "a", (i + 1) % 5)
        time.sleep(4)
    flow.finish(t)
    t.note(f"longest stall {flow.stall:.2f}")


@suite.case("out of reach for 3 s, mover sends", "A", "B")
@suite.case("out of reach for 3 s, mover receives", "B", "A")
def far_away(t: Test, sender: str, receiver: str):
    """TCP's own time-outs have grown to more than 3 s by then."""
    begin(t, 4, 1)
    flow = Transfer(t, sender=sender, receiver=receiver)
    time.sleep(2)
    for i in range(3):
        leave(t, "a", i)
        t.ip("A", "link", "set", f"a{i}", "down")
        time.sleep(3)
        arrive(t, "a", i + 1)
        time.sleep(5)
    flow.finish(t)
    t.within("longest stall", 2.5, 4, flow.stall)


@suite.case("a flow opened to an L64 that goes")
def other_pair(t: Test):
    t.topo("direct", 3, 1)
    t.ilnp_up(2, 1)
    exchange(t, *t.pair("B", "A", address("a", 0)), "first L64")
    near, far = t.pair("B", "A", address("a", 1), 5001)
    server, client = t.udp("A", port=7000), t.udp("B")
    client.connect((address("a", 1), 7000))

    def talk(what: str) -> None:
        exchange(t, near, far, f"TCP, {what}")
        client.send(what.encode())
        data, where = server.recvfrom(100)
        t.equal("UDP", what.encode(), data)
        server.sendto(data, where)
        t.equal("UDP answer", data, client.recv(100))

    talk("before")
    arrive(t, "a", 2)
    leave(t, "a", 1)
    t.require("B knows", t.poll(5, lambda: learned(t, "B", "a", 0, 2)))
    talk("after")
    t.equal("plain packets", 0, t.stat("B", "tx-flow-plain"))


@suite.case("idle TCP, five hard moves")
def idle(t: Test):
    begin(t, 5, 1)
    near, far = t.pair("A", "B", address("b", 0))
    exchange(t, near, far, "before")
    for i in range(5):
        time.sleep(30)
        leave(t, "a", i)
        time.sleep(1)
        arrive(t, "a", (i + 1) % 5)
        time.sleep(30)
        t.require("peer knows", learned(t, "B", "a", (i + 1) % 5))
        exchange(t, far, near, f"move {i}, from the one that stayed")
        exchange(t, near, far, f"move {i}")


@suite.case("both ends move at once")
def both(t: Test):
    begin(t, 2, 2)
    near, far = t.pair("A", "B", address("b", 0))
    exchange(t, near, far, "before")
    time.sleep(20)
    arrive(t, "a", 1)
    leave(t, "a", 0)
    arrive(t, "b", 1)
    time.sleep(0.15)
    leave(t, "b", 0)
    time.sleep(10)
    t.require("B knows", learned(t, "B", "a", 1))
    t.require("A knows", learned(t, "A", "b", 1))
    exchange(t, near, far, "after")


@suite.case("one-way UDP: the receiver moves")
def one_way(t: Test):
    t.topo("direct", 1, 2)
    t.ilnp_up(1, 1, "learn")
    flow = Datagrams(t)
    time.sleep(4)
    arrive(t, "b", 1)
    t.eventually("A learns the new L64", 3, learned, t, "A", "b", 0, 1)
    leave(t, "b", 0)
    t.eventually("A forgets the old L64", 3, learned, t, "A", "b", 1)
    time.sleep(2)
    flow.finish(t)
    t.equal("lost", 0, flow.sent - len(flow.got))


if __name__ == "__main__":
    suite.main()
