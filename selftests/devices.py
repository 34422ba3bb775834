# SPDX-License-Identifier: GPL-2.0-only
"""Kinds of interfaces: see devices.sh."""
import json

import wire
from checksum import ours, traffic, transfer
from lib import NID_A, NID_B, Skipped, Suite, Test, address, prefix

suite = Suite()


def below(t: Test, host: str, dev: str) -> str:
    """Makes room for another interface of that name above the old one."""
    lower = f"l{dev}"
    t.ip(host, "link", "set", dev, "down")
    t.ip(host, "link", "set", dev, "name", lower)
    t.ip(host, "link", "set", lower, "up")
    return lower


def above(t: Test, host: str, dev: str, *kind: str) -> None:
    """dev is now of another kind, above the veth that had its name."""
    lower = below(t, host, dev)
    master = kind[0] in ("bridge", "bond", "vrf")
    link = () if master else ("link", lower)
    done = t.ip(host, "link", "add", *link, "name", dev, "type", *kind,
                check=False)
    if "Unknown device type" in done.stderr:
        raise Skipped(f"no {kind[0]} in this kernel")
    t.check(f"{dev} of kind {kind[0]}", not done.returncode, done.stderr)
    if master:
        if kind[0] == "bond":
            t.ip(host, "link", "set", lower, "down")
        t.ip(host, "link", "set", lower, "master", dev)
    t.ip(host, "link", "set", dev, "up")


def router(t: Test, i: int, side: str = "a") -> None:
    """The addresses that R's interface had before it became another."""
    dev = f"r{side}{i}"
    t.on("R", "ethtool", "-K", dev, "tx", "off")
    for addr in ("fe80::1/64", f"{prefix(side, i)}1/64"):
        t.ip("R", "addr", "add", addr, "dev", dev, "nodad")


def host(t: Test, i: int) -> None:
    t.ip("A", "-6", "route", "replace", "default", "via", "fe80::1", "dev",
         f"a{i}", "metric", str(100 + i))


def vlan(t: Test, i: int) -> None:
    for ns, dev in ("A", f"a{i}"), ("R", f"ra{i}"):
        above(t, ns, dev, "vlan", "id", "7")
    router(t, i)


def on_host(*kind: str):
    def make(t: Test, i: int) -> None:
        above(t, "A", f"a{i}", *kind)
    return make


def behind_bridge(t: Test, i: int, side: str = "a") -> None:
    """As a container: its veth ends in a bridge of the machine."""
    above(t, "R", f"r{side}{i}", "bridge")
    router(t, i, side)


def settled(t: Test, i: int, side: str = "a") -> None:
    """Forwarding, with a link-local address: able to talk."""
    t.eventually(f"router {i} is heard", 30, lambda: not t.on(
        side.upper(), "ping", "-6", "-c1", "-W1", f"fe80::1%{side}{i}",
        check=False).returncode)


def features(t: Test, dev: str) -> list[str]:
    return t.on("A", "ethtool", "-k", dev).stdout.splitlines()


@suite.case("VLANs", vlan)
@suite.case("bridges of the host", on_host("bridge"))
@suite.case("bonds", on_host("bond", "mode", "active-backup", "miimon",
                             "100"))
@suite.case("macvlans", on_host("macvlan", "mode", "bridge"))
@suite.case("ipvlans", on_host("ipvlan", "mode", "l2"))
@suite.case("behind bridges", behind_bridge)
@suite.case("nid mode over VLANs", vlan, "nid")
@suite.case("nid mode over bonds", on_host("bond", "mode", "active-backup",
                                           "miimon", "100"), "nid")
def kinds(t: Test, make, mode: str = "ipv6"):
    t.topo("direct", 2, 1)
    for i in range(2):
        make(t, i)
        host(t, i)
    for i in range(2):
        settled(t, i)
    before = [features(t, f"a{i}") for i in range(2)]
    t.ilnp_up(2, 1, f"set=checksum {mode}")
    t.equal("offloads left alone", before,
            [features(t, f"a{i}") for i in range(2)])
    capture = t.capture("R", ["rb0", "ra0", "ra1"])
    traffic(t)
    packets = ours(capture.stop())
    t.require("many packets", len(packets) > 400)
    t.none("every checksum", wire.checksum_faults(packets, mode))
    t.none("every option", wire.nonce_faults(packets))
    t.equal("both L64s in use", 2, len(
        {p.pair[0] for p in packets if p.nids[0] == NID_A}))
    t.equal("nothing plain", 0, t.stat("A", "tx-flow-plain"))


@suite.case("a bond that loses a port")
def bond_port(t: Test):
    """Its second port is another veth to the same bridge of the router."""
    t.topo("direct", 1, 1)
    behind_bridge(t, 0)
    above(t, "A", "a0", "bond", "mode", "active-backup", "miimon", "100")
    t.ip("A", "link", "add", "la1", "type", "veth", "peer", "name", "lra1",
         "netns", t.ns("R"))
    t.ip("A", "link", "set", "la1", "master", "a0")
    t.ip("A", "link", "set", "la1", "up")
    t.ip("R", "link", "set", "lra1", "master", "ra0")
    t.ip("R", "link", "set", "lra1", "up")
    host(t, 0)
    settled(t, 0)
    t.ilnp_up(1, 1)
    near, far = t.pair("A", "B", address("b", 0))
    transfer(t, near, far, 100_000)
    t.ip("R", "link", "set", "lra0", "down")
    transfer(t, near, far, 100_000)
    transfer(t, far, near, 100_000)
    t.equal("nothing plain", 0, t.stat("A", "tx-flow-plain"))


@suite.case("interfaces in a VRF")
def vrf(t: Test):
    """A host whose interfaces and sockets are all in one VRF."""
    t.topo("direct", 2, 1)
    done = t.ip("A", "link", "add", "red", "type", "vrf", "table", "10",
                check=False)
    if done.returncode:
        raise Skipped("no VRF in this kernel")
    t.ip("A", "link", "set", "red", "up")
    for i in range(2):
        t.ip("A", "link", "set", f"a{i}", "master", "red")
        t.ip("A", "-6", "route", "add", "default", "via", "fe80::1", "dev",
             f"a{i}", "metric", str(100 + i), "table", "10")
    t.ilnp_up(2, 1)
    t.on("A", "ping", "-6", "-I", "red", "-c4", "-i0.1", "-W3",
         address("b", 0))
    listener = t.listen("B", port=5000)
    near = t.socket("A", 1)
    near.setsockopt(1, 25, b"red\0")      # SOL_SOCKET, SO_BINDTODEVICE
    near.connect((address("b", 0), 5000))
    far = t.accept(listener)
    transfer(t, near, far, 100_000)
    transfer(t, far, near, 100_000)
    used = {p["local_l64"]: p["tx_packets"] for p in t.show(
        "A", "-s", "ilnp", "path")}
    t.check("both paths used", min(used.values()) > 2, used)
    t.equal("nothing plain", 0, t.stat("A", "tx-flow-plain"))


# --- sizes ----------------------------------------------------------------

def arrived(t: Test, dev: str) -> wire.Capture:
    """What B's protocols are handed, merged as it may be."""
    t.on("B", "ethtool", "-K", dev, "gro", "on")
    return t.capture("B", [dev], outgoing=False)


def longest(packets: list) -> int:
    return max(len(p.raw) for p in packets if p.nids[0] == NID_A)


@suite.case("aggregated on arrival, ipv6 mode", "ipv6")
@suite.case("aggregated on arrival, nid mode", "nid")
def aggregated(t: Test, mode: str):
    """Single segments on the wire, several in one when they arrive."""
    t.topo("direct", 2, 1)
    t.ilnp_up(2, 1, f"set=checksum {mode}")
    near, far = t.pair("A", "B", address("b", 0))
    transfer(t, near, far, 100_000)
    outside, inside = t.capture("R", ["rb0"]), arrived(t, "b0")
    transfer(t, near, far, 500_000)
    on_wire, seen = outside.stop(), inside.stop()
    t.check("single segments on the wire", longest(ours(on_wire)) <= 1500)
    t.note(f"longest on arrival: {longest(seen)}")
    t.check("merged on arrival", longest(seen) > 2 * 1500)
    t.none("right on the wire", wire.checksum_faults(ours(on_wire), mode))


@suite.case("jumbo frames", "ipv6")
@suite.case("jumbo frames, nid mode", "nid")
def jumbo(t: Test, mode: str):
    t.topo("direct", 2, 1, "mtu=9000")
    t.ilnp_up(2, 1, f"set=checksum {mode}")
    capture = t.capture("R")
    near, far = t.pair("A", "B", address("b", 0))
    transfer(t, near, far, 500_000)
    transfer(t, far, near, 500_000)
    packets = ours(capture.stop())
    t.equal("the longest fills the link", 9000, longest(packets))
    t.none("every checksum", wire.checksum_faults(packets, mode))


@suite.case("BIG TCP")
def big(t: Test):
    """Segments beyond 64 KiB, which the stack makes and takes itself."""
    t.topo("direct", 2, 1)
    for ns, dev in ("A", "a0"), ("A", "a1"), ("B", "b0"):
        if t.ip(ns, "link", "set", dev, "gso_max_size", "150000",
                "gro_max_size", "150000", check=False).returncode:
            raise Skipped("no BIG TCP in this kernel")
    t.ilnp_up(2, 1)
    capture = t.capture("R", ["rb0", "ra0", "ra1"])
    near, far = t.pair("A", "B", address("b", 0))
    transfer(t, near, far, 3_000_000)
    transfer(t, far, near, 3_000_000)
    packets = ours(capture.stop())
    t.none("every checksum", wire.checksum_faults(packets, "ipv6"))
    t.check("nothing longer than the link",
            max(len(p.raw) for p in packets) <= 1500)
    t.equal("nothing plain", 0, t.stat("A", "tx-flow-plain"))
    limits = json.loads(t.ip("A", "-j", "-d", "link", "show", "a0").stdout)
    t.equal("limit left alone", 150000, limits[0]["gso_max_size"])
    t.equal("NIDs", {NID_A, NID_B}, set(packets[0].nids))


if __name__ == "__main__":
    suite.main()
