# SPDX-License-Identifier: GPL-2.0-only
"""What a user watches: see events.sh."""
import itertools
import json
import re
import subprocess
import time

import ra
import wire
from failover import Datagrams, busy, drop, link_down, link_up, repair
from flows import up
from lib import NID_A, NID_B, Suite, Test, address, l64

suite = Suite()
STAMP = re.compile(r"Timestamp: \w+ \w+ +\d+ [\d:]+ \d+ \d+ usec$")


def after_heard(events: list[str]) -> list[str]:
    """Without those of heard(), of which one monitor may have seen more."""
    return list(itertools.dropwhile(
        lambda e: e in ("correspondent-add", "correspondent-del"), events))


class Monitor:
    """What both forms of the monitor have shown of one host."""

    def __init__(self, t: Test, host: str):
        self.t, self.host = t, host
        self.paths = {}
        for name, options in (("text", ["-t"]), ("json", ["-t", "-j"])):
            self.paths[name] = f"{t.dir}/monitor.{host}.{name}"
            with open(self.paths[name], "wb") as out:
                t.keep(subprocess.Popen(
                    ["ip", *options, "-n", t.ns(host), "ilnp", "monitor"],
                    stdin=subprocess.DEVNULL, stdout=out))
        t.require("both listen", t.poll(10, self.heard))

    def heard(self) -> bool:
        for verb in ("add", "del"):
            self.t.ilnp(self.host, "correspondent", verb, "9:9:9:9",
                        *(["l64", l64("b", 9)] if verb == "add" else []))
        return all("correspondent-del" in self.read(n) for n in self.paths)

    def read(self, name: str) -> str:
        with open(self.paths[name], encoding="ascii") as src:
            return src.read()

    def events(self) -> list[dict]:
        text = self.read("json")
        return [json.loads(line)
                for line in text[:text.rfind("\n") + 1].splitlines()]

    def has(self, name: str, keys: dict) -> bool:
        return any(e["event"] == name and e["time"] > 0 and
                   all(e.get(k) == v for k, v in keys.items())
                   for e in self.events())

    def expect(self, name: str, seconds: float = 5, **keys) -> None:
        what = f"{self.host} sees {name} {keys or ''}"
        if not self.t.eventually(what, seconds, self.has, name, keys):
            self.t.note(f"saw {[e['event'] for e in self.events()]}")

    def agree(self) -> None:
        """Text has the same events in the same order, each with its time."""
        time.sleep(0.5)
        lines = self.read("text").splitlines()
        self.t.equal(f"{self.host}: text and JSON",
                     after_heard([e["event"] for e in self.events()]),
                     after_heard([line.split()[0] for line in lines[1::2]]))
        self.t.none("text without time", [
            line for line in lines[::2] if not STAMP.match(line)])


def watch(t: Test) -> tuple[Monitor, Monitor]:
    return Monitor(t, "A"), Monitor(t, "B")


@suite.case("an administrator's changes")
def by_hand(t: Test):
    up(t, 2, 1)
    near, far = t.pair("A", "B", address("b", 0))
    near.sendall(b"x")
    far.recv(1)
    a, b = watch(t)
    t.ilnp("A", "l64", "change", l64("a", 1), "dev", "a1", "preference", "20")
    a.expect("l64-change", l64=l64("a", 1), preference=20)
    a.expect("path-down", local_l64=l64("a", 1))
    a.expect("locator-update-sent", remote_nid=NID_B)
    a.expect("locator-update-acked", remote_nid=NID_B)
    b.expect("locator-update-received", remote_nid=NID_A)
    b.expect("correspondent-change", nid=NID_A)
    b.expect("path-down", remote_l64=l64("a", 1))
    t.ilnp("A", "l64", "del", l64("a", 0), "dev", "a0")
    a.expect("l64-del", l64=l64("a", 0), dev="a0")
    a.expect("path-up", local_l64=l64("a", 1))
    b.expect("path-up", remote_l64=l64("a", 1))
    t.ilnp("A", "l64", "add", l64("a", 0), "dev", "a0", "via", "fe80::1")
    a.expect("l64-add", l64=l64("a", 0), dev="a0", via="fe80::1")
    a.agree()
    b.agree()


@suite.case("links")
def links(t: Test):
    flow = busy(t, 3, 1, Datagrams, 0)
    a, b = watch(t)
    link_down(t, 1)
    a.expect("path-down", dev="a1", local_l64=l64("a", 1))
    a.expect("locator-update-acked")
    b.expect("locator-update-received")
    link_up(t, 1)
    a.expect("path-up", 20, dev="a1", local_l64=l64("a", 1))
    t.ip("A", "link", "del", "a2")
    a.expect("l64-del", l64=l64("a", 2))
    a.expect("path-down", local_l64=l64("a", 2))
    flow.finish(t)
    a.agree()
    b.agree()


@suite.case("loss in the middle")
def middle(t: Test):
    flow = busy(t, 2, 1, Datagrams, 2)
    a, b = watch(t)
    drop(t, f"ip6 saddr {l64('a', 1)}")
    a.expect("path-down", local_l64=l64("a", 1), state="suspect")
    repair(t)
    a.expect("path-up", 15, local_l64=l64("a", 1))
    flow.finish(t)
    a.agree()
    b.agree()


@suite.case("routers' word, a forged packet, a peer that is silent")
def advertised(t: Test):
    x = ra.raw_up(t)
    t.ilnp("A", "dev", "attach", "all")
    a = Monitor(t, "A")
    x.advertise_router([ra.info(0)])
    ra.served(t, x, "NID ready", 10, lambda: a.has(
        "nid-change", {"nid": NID_A, "state": "ready"}))
    a.expect("l64-add", l64=l64("a", 0), origin="ra")
    flow, _ = t.opened(x)
    a.expect("session-add", remote_nid=NID_B)
    flow.send_tcp(wire.ACK | wire.PSH, b"forged", nonce=bytes(12))
    a.expect("nonce-bad", remote_nid=NID_B, remote_l64=l64("b", 0))
    x.advertise_router([ra.info(0), ra.info(1, valid=7300, preferred=7250)])
    ra.served(t, x, "a second L64", 10,
              lambda: a.has("l64-add", {"l64": l64("a", 1)}))
    ra.served(t, x, "nobody acknowledges", 240, lambda: a.has(
        "locator-update-failed", {"remote_nid": NID_B}))
    x.advertise_router([ra.info(1, valid=7300, preferred=0)])
    ra.served(t, x, "deprecated", 10, lambda: any(a.has(
        "l64-change", {"l64": l64("a", 1), "state": state})
        for state in ("aged", "expired")))
    x.advertise_router([], lifetime=0)
    ra.served(t, x, "the router resigns", 10, lambda: any(
        "via" not in e for e in a.events()
        if e["event"] == "l64-change" and e["l64"] == l64("a", 0)))
    time.sleep(7310)
    a.expect("l64-del", 30, l64=l64("a", 1))
    a.agree()


if __name__ == "__main__":
    suite.main()
