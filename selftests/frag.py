# SPDX-License-Identifier: GPL-2.0-only
"""Datagrams larger than a link: see frag.sh."""
import errno
import os

import wire
from lib import NID_A, NID_B, Suite, Test, address, prefix

suite = Suite()


def judge(t: Test, packets: list, mtu: int) -> None:
    packets = [p for p in packets if set(p.nids) == {NID_A, NID_B}]
    parts = [p for p in packets if p.frag]
    t.require("fragments", parts)
    t.check("nothing longer than the link",
            max(len(p.raw) for p in packets) <= mtu)
    groups: dict = {}
    for p in parts:
        groups.setdefault((p.nids, p.frag[2]), []).append(p)
    t.none("datagrams over several paths",
           [k for k, g in groups.items() if len({p.pair for p in g}) > 1])
    t.none("incomplete on the wire",
           [k for k, g in groups.items() if wire.reassemble(g) is None])
    t.none("one nonce in each fragment", wire.nonce_faults(parts))
    t.none("not before the Fragment header",
           [p for p in parts if not p.nonce_before_frag])
    t.none("checksums", wire.checksum_faults(packets, "ipv6"))


@suite.case("ping of 8000")
def ping(t: Test):
    t.topo("direct", 3, 1)
    t.ilnp_up(3, 1)
    capture = t.capture("R")
    done = t.on("A", "ping", "-6", "-c6", "-i0.1", "-W3", "-s", "8000",
                address("b", 0))
    t.check("no loss", " 0% packet loss" in done.stdout, done.stdout)
    judge(t, capture.stop(), 1500)


@suite.case("UDP from 1300 to 65507")
def udp(t: Test):
    t.topo("direct", 2, 2)
    t.ilnp_up(2, 2)
    capture = t.capture("R")
    server, client = t.udp("B", port=7000), t.udp("A")
    for size in (*range(1425, 1470), 2879, 2880, 4000, 8191, 16384, 32768,
                 65000, 65507):
        data = os.urandom(size)
        client.sendto(data, (address("b", 0), 7000))
        got, where = server.recvfrom(70000)
        t.check(f"{size} octets", got == data)
        server.sendto(got, where)
        t.check(f"{size} octets back", client.recv(70000) == data)
    judge(t, capture.stop(), 1500)


@suite.case("to an address that is not the bound one")
def another_address(t: Test):
    """Later fragments do not tell that their flow has its own pair."""
    t.topo("direct", 2, 2)
    t.ilnp_up(2, 2)
    t.on("A", "ping", "-6", "-c1", "-W3", address("b", 0))
    done = t.on("A", "ping", "-6", "-c4", "-i0.1", "-W3", "-s", "4000",
                address("b", 1))
    t.check("no loss", " 0% packet loss" in done.stdout, done.stdout)
    server, client = t.udp("B", port=7000), t.udp("A")
    client.connect((address("b", 1), 7000))
    for size in (1200, 4000, 32768):
        data = os.urandom(size)
        client.send(data)
        got, where = server.recvfrom(70000)
        t.check(f"{size} octets", got == data)
        server.sendto(got, where)
        t.check(f"{size} octets back", client.recv(70000) == data)


@suite.case("as long as IPv6 can be")
def longest(t: Test):
    """65535 octets of payload, of which the option takes its part."""
    t.topo("direct", 2, 2)
    t.ilnp_up(2, 2)
    t.on("A", "ping", "-6", "-c2", "-i0.2", "-W3", "-s65507",
         address("b", 0))
    server, client = t.udp("B", port=7000), t.udp("A")
    data = os.urandom(65535 - 16 - 8)
    client.sendto(data, (address("b", 0), 7000))
    t.check("arrives", server.recv(70000) == data)
    for more in 1, 16:
        try:
            client.sendto(data + bytes(more), (address("b", 0), 7000))
            t.check(f"{more} more are refused", False)
        except OSError as why:
            t.equal("error", errno.EMSGSIZE, why.errno)
    client.sendto(data, (address("b", 0), 7000))
    t.check("goes on", server.recv(70000) == data)


@suite.case("links of 1280")
def small_links(t: Test):
    t.topo("direct", 2, 1, "mtu=1280")
    t.ilnp_up(2, 1)
    capture = t.capture("R")
    server, client = t.udp("B", port=7000), t.udp("A")
    for size in (*range(1200, 1240), 5000):
        data = os.urandom(size)
        client.sendto(data, (address("b", 0), 7000))
        t.check(f"{size} octets", server.recv(70000) == data)
    near, far = t.pair("A", "B", address("b", 0))
    data = os.urandom(50000)
    near.sendall(data)
    got = b""
    while len(got) < len(data):
        got += far.recv(65536)
    t.check("TCP", got == data)
    packets = capture.stop()
    t.none("TCP is not fragmented",
           [p for p in packets if p.frag and 6 in p.chain])
    judge(t, packets, 1280)


@suite.case("peer: nonce in every fragment", 56)
@suite.case("peer: nonce in the first only", 40)
@suite.case("peer: fragments in reverse", 56, True)
def from_peer(t: Test, keep: int, reverse: bool = False):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow, _ = t.opened(x)
    server = t.udp("A", port=7000)
    datagram = t.flow(x, nonce=flow.nonce, sport=4001, dport=7000)
    data = os.urandom(5000)
    whole = datagram.build(wire.UDP, wire.udp(4001, 7000, data))
    parts = wire.fragments(whole, 1232, 0x1234567, keep)
    for raw in reversed(parts) if reverse else parts:
        x.send(raw)
    got, where = server.recvfrom(70000)
    t.check("reassembled", got == data)
    t.equal("from the bound address", (address("b", 0), 4001), where[:2])


@suite.case("peer: fragments from another L64")
def other_l64(t: Test):
    """As a peer sends that takes the next path for the next datagram."""
    t.topo("peer", 2)
    t.ilnp_up(2, 2)
    x = t.peer(2)
    flow, _ = t.opened(x)
    server = t.udp("A", port=7000)
    datagram = t.flow(x, nonce=flow.nonce, sport=4001, dport=7000)
    for i in range(4):
        data = os.urandom(3000)
        whole = datagram.build(
            wire.UDP, wire.udp(4001, 7000, data),
            src_l64=prefix("b", i % 2), dst_l64=prefix("a", i // 2))
        for raw in wire.fragments(whole, 1232, 100 + i, 56):
            x.send(raw, f"x{i // 2}")
        t.check(f"datagram {i}", server.recv(70000) == data)


@suite.case("peer: wrong nonce in a fragment")
def wrong_nonce(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow, _ = t.opened(x)
    server = t.udp("A", port=7000)
    datagram = t.flow(x, nonce=flow.nonce, sport=4001, dport=7000)
    whole = datagram.build(wire.UDP, wire.udp(4001, 7000, bytes(3000)))
    parts = wire.fragments(whole, 1232, 77, 56)
    bad = bytearray(parts[1])
    bad[44] ^= 1
    for raw in (parts[0], bytes(bad), parts[2]):
        x.send(raw)
    t.silent(server)


if __name__ == "__main__":
    suite.main()
