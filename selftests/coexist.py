# SPDX-License-Identifier: GPL-2.0-only
"""What else a host has: see coexist.sh."""
import json
import os

import wire
from checksum import ours, traffic, transfer
from devices import behind_bridge, settled
from flows import up
from lib import (NID_A, NID_B, Skipped, Suite, Test, address, l64,
                 need_module)
from ra import l64s

suite = Suite()


def all_ilnp(t: Test, n: int = 2) -> None:
    """A's packets went over each path, none without nonce."""
    counts = [p["tx_packets"] for p in t.show("A", "-s", "ilnp", "path")]
    t.equal("paths", n, len(counts))
    t.check("each path used", min(counts) > 2, counts)
    t.equal("nothing plain", 0, t.stat("A", "tx-flow-plain"))


def both_ways(t: Test, size: int = 200_000) -> None:
    near, far = t.pair("A", "B", address("b", 0))
    transfer(t, near, far, size)
    transfer(t, far, near, size)


# --- routing --------------------------------------------------------------

@suite.case("a table for each provider")
def tables(t: Test):
    """As multihomed hosts have it: rules by source, no default route for
    the second provider in the main table."""
    t.topo("direct", 2, 1)
    t.ip("A", "-6", "route", "flush", "default")
    t.ip("A", "-6", "route", "add", "default", "via", "fe80::1", "dev", "a0")
    for i in range(2):
        t.ip("A", "-6", "route", "add", "default", "via", "fe80::1", "dev",
             f"a{i}", "table", str(100 + i))
        t.ip("A", "-6", "rule", "add", "from", l64("a", i), "table",
             str(100 + i))
    need_module()
    t.ip("A", "ilnp", "nid", "add", NID_A)
    for i in range(2):      # no router named: the tables know
        t.ilnp("A", "l64", "add", l64("a", i), "dev", f"a{i}")
    t.ilnp("A", "dev", "attach", "all")
    t.ilnp("A", "correspondent", "add", NID_B, "l64", l64("b", 0))
    t.ilnp("B", "nid", "add", NID_B)
    t.ilnp("B", "l64", "add", l64("b", 0), "dev", "b0", "via", "fe80::1")
    t.ilnp("B", "dev", "attach", "all")
    both_ways(t)
    all_ilnp(t)


@suite.case("rules by mark and port")
def rules(t: Test):
    """Plain traffic goes by them; a session's paths go by their L64s."""
    up(t, 2, 1, "set=learn off")
    t.ip("A", "-6", "route", "add", "default", "via", "fe80::1", "dev", "a1",
         "table", "101")
    t.ip("A", "-6", "rule", "add", "fwmark", "7", "table", "101")
    t.ip("A", "-6", "rule", "add", "ipproto", "tcp", "dport", "5000",
         "table", "101")
    both_ways(t)
    all_ilnp(t)


# --- queues and programs --------------------------------------------------

@suite.case("fq", "fq")
@suite.case("fq_codel", "fq_codel")
@suite.case("htb", "htb", "default", "1")
def queues(t: Test, *qdisc: str):
    up(t, 2, 1)
    for dev in "a0", "a1":
        t.on("A", "tc", "qdisc", "replace", "dev", dev, "root", "handle",
             "1:", *qdisc)
        if qdisc[0] == "htb":
            t.on("A", "tc", "class", "add", "dev", dev, "parent", "1:",
                 "classid", "1:1", "htb", "rate", "20mbit")
    capture = t.capture("R")
    traffic(t)
    packets = ours(capture.stop())
    t.none("every checksum", wire.checksum_faults(packets, "ipv6"))
    t.none("every option", wire.nonce_faults(packets))
    all_ilnp(t)
    sent = [q["packets"] for dev in ("a0", "a1") for q in json.loads(t.on(
        "A", "tc", "-s", "-j", "qdisc", "show", "dev", dev).stdout)
        if q["kind"] == qdisc[0]]
    t.check("both queues used", min(sent) > 10, sent)


@suite.case("pacing by fq")
def pacing(t: Test):
    """A rate set by the application is kept, summed over the paths."""
    up(t, 2, 1)
    for dev in "a0", "a1":
        t.on("A", "tc", "qdisc", "replace", "dev", dev, "root", "fq")
    t.spawn("B", "iperf3", "-6", "-s", "-1", "-p", "5201")
    t.eventually("iperf3 listens", 10, t.listening, "B", "tcp", 5201)
    seen = json.loads(t.on("A", "iperf3", "-6", "-c", address("b", 0),
                           "--fq-rate", "8M", "-t", "4", "-J").stdout)
    t.within("Mbit/s", 6.5, 8.5,
             seen["end"]["sum_received"]["bits_per_second"] / 1e6)
    all_ilnp(t)


@suite.case("other people's tc programs")
def programs(t: Test):
    """Theirs see every packet, and are there when ours go."""
    up(t, 2, 1)
    for dev in "a0", "a1":
        t.on("A", "tc", "qdisc", "add", "dev", dev, "clsact", check=False)
        for way in "ingress", "egress":
            t.on("A", "tc", "filter", "add", "dev", dev, way, "prio", "9",
                 "matchall", "action", "skbedit", "priority", "5",
                 "continue")
    both_ways(t)
    all_ilnp(t)

    def seen(dev: str, way: str) -> int:
        text = t.on("A", "tc", "-s", "filter", "show", "dev", dev,
                    way).stdout
        return int(text.split(" pkt ")[0].rsplit(" ", 1)[1])

    for dev in "a0", "a1":
        for way in "ingress", "egress":
            t.check(f"{dev} {way} seen by theirs", seen(dev, way) > 3)
    t.ilnp("A", "dev", "detach", "all")
    for dev in "a0", "a1":
        for way in "ingress", "egress":
            t.check(f"{dev} {way} still there", seen(dev, way) > 3)


# --- configuration by others ----------------------------------------------

NETWORKD = "/usr/lib/systemd/systemd-networkd"


@suite.case("systemd-networkd takes the advertisements")
def networkd(t: Test):
    """It switches the kernel's own handling off and makes addresses and
    routes itself."""
    if not os.path.exists(NETWORKD):
        raise Skipped("no systemd-networkd")
    t.topo("ra", 2, 1)
    for i in range(2):
        t.sysctl("A", f"net.ipv6.conf.a{i}.accept_ra=0")
        t.ip("A", "addr", "flush", "dev", f"a{i}", "scope", "global")
    conf = f"{t.dir}/network"
    os.mkdir(conf)
    with open(f"{conf}/a.network", "w", encoding="ascii") as out:
        out.write("[Match]\nName=a*\n[Network]\nIPv6AcceptRA=yes\n"
                  "LinkLocalAddressing=ipv6\n"
                  "[IPv6AcceptRA]\nDHCPv6Client=no\n")
    # Without udev it takes interfaces as they are if /sys is read-only.
    t.spawn("A", "sh", "-ec", f"""
        grep -qxE '[0-9a-f]{{32}}' /etc/machine-id ||
            tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
        mount -o remount,ro /sys
        mkdir -p /run/systemd
        mount -t tmpfs none /run/systemd
        mkdir -p /run/systemd/netif/links /run/systemd/netif/leases
        cp -r {conf} /run/systemd/
        chown -R systemd-network: /run/systemd
        exec {NETWORKD}""")
    t.ilnp_up(2, 1, "l64s=no")
    t.eventually("A learns both L64s", 60, lambda: set(l64s(t)) ==
                 {l64("a", 0), l64("a", 1)})
    t.equal("as from a router", {"ra"},
            {x["origin"] for x in l64s(t).values()})
    t.eventually("addresses", 20, lambda: all(address("a", i) in json.dumps(
        t.show("A", "-6", "addr", "show", "dev", f"a{i}")) for i in range(2)))
    t.eventually("B learns its own", 20,
                 lambda: l64("b", 0) in l64s(t, "B"))
    both_ways(t)
    all_ilnp(t)


@suite.case("a container that is the peer")
def container(t: Test):
    """B is behind a bridge of a host that routes and filters statefully."""
    t.topo("direct", 2, 1)
    behind_bridge(t, 0, "b")
    t.on("R", "nft", "add table inet docker; add chain inet docker guard "
         "{ type filter hook forward priority 0; policy drop; }; "
         "add rule inet docker guard ct state established,related accept; "
         "add rule inet docker guard oifname rb0 tcp dport 5000 accept; "
         "add rule inet docker guard exthdr dst exists accept")
    settled(t, 0, "b")
    t.ilnp_up(2, 1)
    both_ways(t)
    all_ilnp(t)


if __name__ == "__main__":
    suite.main()
