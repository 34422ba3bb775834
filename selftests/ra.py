# SPDX-License-Identifier: GPL-2.0-only
"""L64s from Router Advertisements: see ra.sh."""
import os
import signal
import time

import wire
from lib import (NID_A, NID_B, Suite, Test, address, l64, need_module,
                 prefix)

suite = Suite()


def l64s(t: Test, host: str = "A") -> dict[str, dict]:
    return {x["l64"]: x for x in t.show(host, "ilnp", "l64")}


def addresses(t: Test, host: str = "A") -> dict[str, dict]:
    return {a["local"]: a for i in t.show(host, "-6", "addr")
            for a in i["addr_info"]}


def nid(t: Test, host: str = "A", which: str = NID_A) -> dict:
    return next(n for n in t.show(host, "ilnp", "nid") if n["nid"] == which)


# --- a real radvd ---------------------------------------------------------

def radvd_up(t: Test, **variables: int) -> None:
    t.env |= {k: str(v) for k, v in variables.items()}
    t.topo("ra", 2, 1, "dad")
    t.ilnp_up(2, 1, "l64s=no")


def radvd(t: Test) -> int:
    with open(f"{t.dir}/{t.tag}radvd.pid", encoding="ascii") as src:
        return int(src.read())


@suite.case("radvd: both hosts learn")
def learn(t: Test):
    radvd_up(t)
    # The first ones may have come before anybody here listened.
    t.eventually("routers known", 30, lambda: all(
        "via" in entry for entry in l64s(t).values()))
    seen = l64s(t)
    t.equal("A's L64s", {l64("a", 0), l64("a", 1)}, set(seen))
    for i in range(2):
        entry = seen[l64("a", i)]
        t.equal(f"L64 {i}", ("ra", f"a{i}", "fe80::1", "valid"),
                tuple(entry.get(k) for k in ("origin", "dev", "via",
                                             "state")))
        t.within("its lifetime", 80000, 86400, entry.get("lifetime"))
    t.equal("NID ready", "ready", nid(t)["state"])
    t.on("A", "ping", "-6", "-c8", "-i0.1", "-W3", address("b", 0))
    counts = t.pairs()
    t.check("both paths used", counts["a0_b0"] and counts["a1_b0"], counts)


@suite.case("radvd: withdrawn")
def withdrawn(t: Test):
    radvd_up(t, RA_VALID=10800, RA_PREFERRED=3600)
    near, far = t.pair("A", "B", address("b", 0))
    os.kill(radvd(t), signal.SIGTERM)   # it says goodbye: lifetimes 0
    # RFC 4862 5.5.3: no less than two hours are left, but deprecated.
    t.eventually("addresses deprecated", 10, lambda: all(
        addresses(t)[address("a", i)].get("deprecated") or
        addresses(t)[address("a", i)].get("preferred_life_time") == 0
        for i in range(2)))
    time.sleep(3 * 3600)
    t.eventually("L64s gone at the end", 60, lambda: not l64s(t))
    t.equal("addresses too", [], [
        a for a in addresses(t) if not a.startswith("fe80")
        and a != "::1"])
    near.close()
    far.close()


@suite.case("radvd: falls silent")
def silent(t: Test):
    radvd_up(t, RA_VALID=14400, RA_PREFERRED=7200)
    os.kill(radvd(t), signal.SIGKILL)
    time.sleep(7000)
    t.equal("still there before the end", 2, len(l64s(t)))
    t.within("lifetime counts down", 1, 7500,
             l64s(t)[l64("a", 0)]["lifetime"])
    time.sleep(14400 - 7000 + 60)
    t.eventually("gone after it", 30, lambda: not l64s(t))


# --- a raw router ---------------------------------------------------------

def raw_up(t: Test, n: int = 1) -> wire.Peer:
    """A host that takes advertisements, a router that only we play."""
    t.topo("peer", n, 0, "dad")
    need_module()
    for i in range(n):
        t.sysctl("A", f"net.ipv6.conf.a{i}.accept_ra=1",
                 f"net.ipv6.conf.a{i}.forwarding=0")
    t.ilnp("A", "nid", "add", NID_A)
    return t.peer(n)


def info(i: int = 0, **more) -> bytes:
    return wire.prefix_information(prefix("a", i), **more)


def served(t: Test, x: wire.Peer, what: str, seconds: float, func) -> bool:
    """func becomes true while the router answers solicitations."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if func():
            return t.check(what, True)
        x.receive(0.05)
    return t.check(f"{what}: not within {seconds} s", False)


@suite.case("detection before use")
def detection(t: Test):
    x = raw_up(t)
    t.ilnp("A", "correspondent", "add", NID_B, "l64", l64("b", 0))
    t.ilnp("A", "dev", "attach", "all")
    x.advertise_router([info()])
    served(t, x, "address and NID ready", 10, lambda: not addresses(t).get(
        address("a", 0), {"tentative": 1}).get("tentative")
        and nid(t)["state"] == "ready")
    probes = [p for p in x.log if p.kind == wire.NS and not any(p.src)
              and p.l4[8:24] == wire.addr(address("a", 0))]
    t.require("a probe for the I-LV", probes)
    x.gather(lambda p: True, 0.5)
    t.require("it is announced", [
        p for p in x.log if p.kind == wire.NA
        and p.src == wire.addr(address("a", 0))
        and p.dst == wire.addr("ff02::1")
        and p.l4[4:24] == b"\x20\0\0\0" + p.src])
    t.udp("A").sendto(b"x", (address("b", 0), 9))
    first = x.wait(lambda p: p.proto == wire.UDP)
    t.require("a datagram", first)
    t.check("after the probe's second", first.time - probes[0].time >= 1,
            first.time - probes[0].time)
    t.none("packets of that I-LV before", [
        p for p in x.log if p.src == wire.addr(address("a", 0))
        and p.time < probes[0].time + 1])


@suite.case("duplicate NID")
def duplicate(t: Test):
    x = raw_up(t)
    x.defended.add(wire.addr(address("a", 0)))
    t.ilnp("A", "dev", "attach", "all")
    t.ilnp("A", "correspondent", "add", NID_B, "l64", l64("b", 0))
    x.advertise_router([info()])
    served(t, x, "found", 10, lambda: nid(t)["state"] == "duplicate")
    start = len(x.log)
    sock = t.udp("A")
    try:
        sock.sendto(b"x", (address("b", 0), 9))
    except OSError:
        pass
    x.gather(lambda p: True, 2)
    t.none("nothing from that I-LV", [
        p for p in x.log[start:] if p.src == wire.addr(address("a", 0))])
    t.none("no nonce at all", [p for p in x.log if p.nonces])


@suite.case("duplicate on one of two links")
def duplicate_one(t: Test):
    x = raw_up(t, 2)
    x.defended.add(wire.addr(address("a", 0)))
    for i in range(2):
        x.advertise_router([info(i)], f"x{i}")
    served(t, x, "the other link's is usable", 10, lambda: address("a", 1)
           in addresses(t) and not addresses(t)[address("a", 1)].get(
               "tentative"))
    t.ilnp("A", "dev", "attach", "all")
    t.ilnp("A", "correspondent", "add", NID_B, "l64", l64("b", 0))
    sock = t.udp("A", address("a", 1))
    for _ in range(4):
        sock.sendto(b"x", (address("b", 0), 9))
    sent = x.gather(lambda p: p.proto == wire.UDP, 1)
    t.equal("all go there", [(l64("a", 1), "x1")] * 4,
            [(p.pair[0], p.dev) for p in sent])


@suite.case("a second prefix appears and goes")
def second(t: Test):
    x = raw_up(t)
    x.advertise_router([info(0)])
    served(t, x, "the first", 5, lambda: set(l64s(t)) == {l64("a", 0)})
    x.advertise_router([info(0), info(1, valid=7300, preferred=7250)])
    served(t, x, "both", 5, lambda: set(l64s(t)) == {l64("a", 0),
                                                     l64("a", 1)})
    time.sleep(7310)
    served(t, x, "its lifetime ends", 30,
           lambda: set(l64s(t)) == {l64("a", 0)})
    served(t, x, "its address is gone", 5, lambda: wire.text(wire.ilv(
        prefix("a", 1), NID_A)) not in addresses(t))


@suite.case("a renewed lifetime holds")
def renewed(t: Test):
    x = raw_up(t)
    x.advertise_router([info(valid=7300, preferred=7200)])
    served(t, x, "learned", 5, lambda: l64("a", 0) in l64s(t))
    for _ in range(3):
        time.sleep(5000)
        x.advertise_router([info(valid=7300, preferred=7200)])
        served(t, x, "still there", 5, lambda: l64s(t).get(
            l64("a", 0), {}).get("lifetime", 0) > 7000)
    t.check("address is there", address("a", 0) in addresses(t))


@suite.case("prefixes that are no L64")
def no_l64(t: Test):
    """Other lengths, no autonomous flag, zero lifetime, link-local."""
    x = raw_up(t)
    x.advertise_router([
        wire.prefix_information("2001:db8:f1::", 56),
        wire.prefix_information("2001:db8:f2::", 65),
        wire.prefix_information("2001:db8:f3::", 64, flags=0x80),
        wire.prefix_information("2001:db8:f4::", 64, valid=0, preferred=0),
        wire.prefix_information("fe80::", 64),
        info()])
    served(t, x, "the good one", 5, lambda: l64("a", 0) in l64s(t))
    t.equal("only that", {l64("a", 0)}, set(l64s(t)))


def elapse(x: wire.Peer, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        x.receive(0.1)


def two_routers(t: Test) -> wire.Peer:
    """Two links with a router each, and no default route but theirs."""
    x = raw_up(t, 2)
    t.ip("A", "-6", "route", "flush", "default")
    t.ilnp("A", "dev", "attach", "all")
    for i in range(2):
        x.advertise_router([info(i)], f"x{i}")
    served(t, x, "both usable", 10, lambda: all(
        not addresses(t).get(address("a", i), {"tentative": 1}).get(
            "tentative") for i in range(2)) and nid(t)["state"] == "ready")
    elapse(x, 0.2)  # the module looks for the end of detection every 100 ms
    return x


def sends_by(t: Test, x: wire.Peer, flow, conn, devs: set[str]) -> None:
    used = set()
    for _ in range(6):
        conn.sendall(b"data")
        segment = t.require("a segment", flow.pull())
        used.add(segment.dev)
    t.equal("links it leaves by", devs, used)


@suite.case("a router that is none any more")
def resigns(t: Test):
    x = two_routers(t)
    flow, conn = t.opened(x, dev="x0")
    sends_by(t, x, flow, conn, {"x0", "x1"})
    x.advertise_router([info(1)], "x1", 0)
    served(t, x, "left without", 5,
           lambda: "via" not in l64s(t)[l64("a", 1)])
    t.check("the L64 stays", address("a", 1) in addresses(t))
    sends_by(t, x, flow, conn, {"x0"})
    x.advertise_router([info(1)], "x1")
    served(t, x, "it is again", 5, lambda: "via" in l64s(t)[l64("a", 1)])
    sends_by(t, x, flow, conn, {"x0", "x1"})


@suite.case("a router's lifetime ends")
def router_lifetime(t: Test):
    x = two_routers(t)
    flow, conn = t.opened(x, dev="x0")
    x.advertise_router([info(1)], "x1", 20)
    elapse(x, 15)
    t.check("not yet", "via" in l64s(t)[l64("a", 1)])
    sends_by(t, x, flow, conn, {"x0", "x1"})
    served(t, x, "left without", 10,
           lambda: "via" not in l64s(t)[l64("a", 1)])
    # The kernel looks for routes that are over every 30 s.
    elapse(x, 35)
    sends_by(t, x, flow, conn, {"x0"})


@suite.case("what the user configured stays")
def users_own(t: Test):
    x = raw_up(t)
    t.ip("A", "addr", "add", prefix("a", 0) + "5/64", "dev", "a0")
    t.ilnp("A", "l64", "add", l64("a", 1), "dev", "a0", "via", "fe80::1")
    x.advertise_router([info(valid=7300, preferred=7250)])
    served(t, x, "learned", 5, lambda: l64("a", 0) in l64s(t))
    time.sleep(7400)
    served(t, x, "expired", 30, lambda: l64("a", 0) not in l64s(t))
    t.check("the user's address stays", prefix("a", 0) + "5"
            in addresses(t))
    t.check("the user's L64 stays", l64("a", 1) in l64s(t))


@suite.case("interface down and up")
def down_up(t: Test):
    x = raw_up(t)
    x.advertise_router([info()])
    served(t, x, "learned", 5, lambda: l64("a", 0) in l64s(t))
    t.ip("A", "link", "set", "a0", "down")
    t.eventually("gone or unused", 5, lambda: not addresses(t).get(
        address("a", 0)))
    t.ip("A", "link", "set", "a0", "up")
    x.advertise_router([info()])
    served(t, x, "back", 10, lambda: l64("a", 0) in l64s(t)
           and address("a", 0) in addresses(t))


@suite.case("static lifetime in real length")
def static_lifetime(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow, conn = t.opened(x)
    t.ilnp("A", "l64", "change", l64("a", 0), "dev", "a0", "lifetime",
           "10000")
    time.sleep(9900)
    t.within("counted down", 1, 110, l64s(t)[l64("a", 0)]["lifetime"])
    flow.push(b"x")
    t.equal("data", b"x", conn.recv(10))
    time.sleep(150)
    state = l64s(t).get(l64("a", 0), {}).get("state")
    t.check(f"past its lifetime: {state}", state in ("expired", "aged"))
    flow.push(b"y")
    t.equal("still usable for want of another", b"y", conn.recv(10))


if __name__ == "__main__":
    suite.main()
