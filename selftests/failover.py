# SPDX-License-Identifier: GPL-2.0-only
"""Paths that fail: see failover.sh."""
import hashlib
import random
import threading
import time

from flows import up
from lib import Suite, Test, address, l64

suite = Suite()
LEAVE = 3.0     # seconds from the beginning of silent loss
RETURN = 10.0   # seconds from repair
STALL = 0.3     # after a loss that is visible locally


class Transfer:
    """A TCP transfer at a steady pace; the longest time nothing arrived."""

    def __init__(self, t: Test, pace: float = 0.01, chunk: int = 8000,
                 sender: str = "A", receiver: str = "B"):
        self.near, self.far = t.pair(sender, receiver,
                                     address(receiver.lower(), 0))
        self.near.settimeout(60)
        self.far.settimeout(60)
        self.pace, self.chunk = pace, chunk
        self.stop = threading.Event()
        self.sent, self.got = hashlib.sha256(), hashlib.sha256()
        self.stall = 0.0
        self.stalls: list[tuple] = []
        self.error = None
        self.threads = [threading.Thread(target=self.guarded, args=(f,))
                        for f in (self.send, self.receive)]
        for thread in self.threads:
            thread.start()

    def guarded(self, func) -> None:
        try:
            func()
        except OSError as error:
            self.error = error

    def send(self) -> None:
        while not self.stop.is_set():
            data = random.randbytes(self.chunk)
            self.sent.update(data)
            self.near.sendall(data)
            time.sleep(self.pace)
        self.near.shutdown(1)

    def receive(self) -> None:
        last = time.monotonic()
        while True:
            data = self.far.recv(1 << 16)
            now = time.monotonic()
            if now - last > 0.3:
                self.stalls.append((now, now - last))
            self.stall = max(self.stall, now - last)
            last = now
            if not data:
                return
            self.got.update(data)

    def finish(self, t: Test) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(60)
        t.equal("error of the connection", None, self.error)
        t.equal("data", self.sent.hexdigest(), self.got.hexdigest())


class Datagrams:
    """One-way UDP at a steady pace; which of them arrived."""

    def __init__(self, t: Test, pace: float = 0.01):
        self.far = t.udp("B", port=7000)
        self.near = t.udp("A")
        self.near.connect((address("b", 0), 7000))
        self.pace, self.stop = pace, threading.Event()
        self.sent, self.got = 0, set()
        self.threads = [threading.Thread(target=f)
                        for f in (self.send, self.receive)]
        for thread in self.threads:
            thread.start()

    def receive(self) -> None:
        self.far.settimeout(0.5)
        while True:
            try:
                self.got.add(int(self.far.recv(200).rstrip(b"\0")))
            except TimeoutError:
                if self.stop.is_set():
                    return

    def send(self) -> None:
        while not self.stop.is_set():
            self.near.send(b"%d" % self.sent + bytes(60))
            self.sent += 1
            time.sleep(self.pace)

    def finish(self, t: Test) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(10)


def states(t: Test, host: str = "A") -> dict[tuple[str, str], str]:
    return {(p["local_l64"], p["remote_l64"]): p["state"]
            for p in t.show(host, "ilnp", "path", "show")}


def state(t: Test, pair: tuple, host: str = "A") -> str:
    return states(t, host).get(pair, "none")


def took(t: Test, seconds: float, func) -> float | None:
    begin = time.monotonic()
    return time.monotonic() - begin if t.poll(seconds, func) else None


def drop(t: Test, *rules: str) -> None:
    t.on("R", "nft", "add table ip6 hole; add chain ip6 hole forward "
         "{ type filter hook forward priority -20; }; "
         + "; ".join(f"add rule ip6 hole forward {r} drop" for r in rules))


def repair(t: Test) -> None:
    t.on("R", "nft", "delete table ip6 hole")


def link_down(t: Test, i: int) -> None:
    """A's link i loses its carrier."""
    t.ip("R", "link", "set", f"ra{i}", "down")


def link_up(t: Test, i: int) -> None:
    t.ip("R", "link", "set", f"ra{i}", "up")
    for addr in "fe80::1/64", l64("a", i).replace("::/", "::1/"):
        t.ip("R", "addr", "replace", addr, "dev", f"ra{i}", "nodad")


def hole(t: Test, way: str, a: int, b: int) -> None:
    there = f"ip6 saddr {l64('a', a)} ip6 daddr {l64('b', b)}"
    back = f"ip6 saddr {l64('b', b)} ip6 daddr {l64('a', a)}"
    drop(t, *{"both": (there, back), "there": (there,),
              "back": (back,)}[way])


def busy(t: Test, n: int, m: int, traffic, seconds: float):
    """Traffic of A, with n L64s, to B, with m; it has run for a while."""
    up(t, n, m)
    flow = traffic(t)
    time.sleep(seconds)
    return flow


def black_hole(t: Test, way: str, traffic) -> None:
    flow = busy(t, 2, 2, traffic, 3)
    bad = (l64("a", 1), l64("b", 1))
    t.equal("before", {"up"}, set(states(t).values()))
    hole(t, way, 1, 1)
    t.within("seconds until it is left", 0, LEAVE,
             took(t, 8, lambda: state(t, bad) == "suspect"))
    time.sleep(5)
    others = {k: v for k, v in states(t).items() if k != bad}
    t.equal("others", {"up"}, set(others.values()))
    before = t.pairs()["a1_b1"]
    time.sleep(3)
    t.within("probes in 3 s", 0, 4, t.pairs()["a1_b1"] - before)
    repair(t)
    t.within("seconds until it is back", 0, RETURN,
             took(t, 20, lambda: state(t, bad) == "up"))
    flow.finish(t)


@suite.case("silent loss both ways, TCP, 6741-13.1-2", "both", Transfer)
@suite.case("silent loss on the way there, TCP", "there", Transfer)
@suite.case("silent loss on the way there, UDP", "there", Datagrams)
def silent(t: Test, way: str, traffic):
    black_hole(t, way, traffic)


@suite.case("a path that works is not left")
def no_false_alarm(t: Test):
    flow = busy(t, 4, 1, Datagrams, 0)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        t.equal("states", {"up"}, set(states(t).values()))
        time.sleep(0.5)
    flow.finish(t)
    t.equal("lost", 0, flow.sent - len(flow.got))


@suite.case("carrier of one path after another")
def carrier(t: Test):
    flow = busy(t, 4, 1, Transfer, 1)
    flow.stall = 0
    events = []
    for i in range(60):
        events.append(time.monotonic())
        link_down(t, i % 4)
        time.sleep(0.5)
        link_up(t, i % 4)
        time.sleep(0.5)
    flow.finish(t)
    if not t.within("longest stall", 0, STALL, flow.stall):
        for when, how_long in flow.stalls:
            last = max(e for e in events if e < when)
            t.note(f"{how_long:.2f} s, ended {when - last:.2f} s after a "
                   "loss")


@suite.case("interface moves to another namespace")
def moves(t: Test):
    flow = busy(t, 2, 1, Transfer, 1)
    flow.stall = 0
    t.ip("A", "link", "set", "a1", "netns", t.ns("B"))
    time.sleep(2)
    t.equal("paths", {(l64("a", 0), l64("b", 0)): "up"}, states(t))
    t.equal("L64s", [l64("a", 0)], [
        x["l64"] for x in t.show("A", "ilnp", "l64")])
    flow.finish(t)
    t.within("longest stall", 0, STALL, flow.stall)


@suite.case("a router falls silent")
def silent_router(t: Test):
    flow = busy(t, 2, 1, Transfer, 2)
    bad = (l64("a", 1), l64("b", 0))
    t.on("R", "nft", "add table netdev dead; add chain netdev dead in "
         "{ type filter hook ingress device ra1 priority 0; policy drop; }")
    t.within("seconds until it is left", 0, LEAVE,
             took(t, 8, lambda: state(t, bad) != "up"))
    time.sleep(5)
    t.equal("still left", "suspect", state(t, bad))
    t.on("R", "nft", "delete table netdev dead")
    t.within("seconds until it is back", 0, RETURN,
             took(t, 20, lambda: state(t, bad) == "up"))
    flow.finish(t)


@suite.case("idle sessions are left alone")
def idle(t: Test):
    up(t)
    near, far = t.pair("A", "B", address("b", 0))
    near.sendall(b"x")
    t.equal("data", b"x", far.recv(1))
    time.sleep(15)
    before = t.pairs()
    time.sleep(600)
    t.equal("packets in ten idle minutes", before, t.pairs())


@suite.case("router says unreachable")
def unreachable(t: Test):
    flow = busy(t, 2, 1, Datagrams, 1.5)
    t.on("R", "nft", "add table ip6 hole; add chain ip6 hole forward "
         "{ type filter hook forward priority -20; }; add rule ip6 hole "
         f"forward ip6 saddr {l64('a', 1)} reject with icmpv6 no-route")
    t.within("seconds until it is left", 0, 1,
             took(t, 4, lambda: state(t, (l64("a", 1), l64("b", 0)))
                  == "suspect"))
    repair(t)
    t.within("seconds until it is back", 0, RETURN,
             took(t, 20, lambda: state(t, (l64("a", 1), l64("b", 0)))
                  == "up"))
    flow.finish(t)


if __name__ == "__main__":
    suite.main()
