# SPDX-License-Identifier: GPL-2.0-only
"""What is not ILNP stays as it is: see plain.sh."""
import socket
import struct

import wire
from lib import Suite, Test, need_module, prefix, VIRTUAL

suite = Suite()
HOST, OTHER = prefix("a", 0) + "a", prefix("b", 0) + "b"


def neutral(pkt: wire.Pkt) -> str:
    """Octets of a packet but for what differs from run to run: flow label,
    TCP's numbers and options' values, checksums, MAC addresses."""
    raw = bytearray(pkt.raw)
    raw[1:4] = bytes(3)
    if pkt.proto in wire.CHECK_OFFSET and pkt.first:
        at = pkt.l4_offset + wire.CHECK_OFFSET[pkt.proto]
        raw[at:at + 2] = bytes(2)
    if pkt.proto == wire.TCP:
        raw[pkt.l4_offset + 4:pkt.l4_offset + 12] = bytes(8)
        at, end = pkt.l4_offset + 20, pkt.l4_offset + (
            raw[pkt.l4_offset + 12] >> 4) * 4
        raw[at:end] = bytes(end - at)
    if pkt.kind in (wire.NS, wire.NA, wire.RS):
        raw[len(raw) - 6:] = bytes(6)
    if pkt.frag:
        raw[pkt.l4_offset - 4:pkt.l4_offset] = bytes(4)
    if pkt.kind in (1, 2, 3, 4):    # the quote is ours to choose
        raw = raw[:pkt.l4_offset + 8]
    return bytes(raw).hex()


def session(t: Test) -> list[str]:
    """A host's whole life in short, as the other end of its link sees it."""
    t.topo("peer", 1, 0, "plain", "dad")
    t.sysctl("A", "net.ipv6.icmp.ratelimit=0")
    return live(t)


def live(t: Test) -> list[str]:
    x = t.peer()
    t.poll(5, lambda: not any(
        a.get("tentative") for i in t.show("A", "-6", "addr")
        for a in i["addr_info"]))
    start = len(x.log)
    flow = wire.Flow(x, (prefix("b", 0), "0:0:0:b"),
                     (prefix("a", 0), "0:0:0:a"), None)
    t.require("ping in", flow.ping())
    listener = t.listen("A", port=5000)
    t.require("TCP in", flow.open())
    conn = t.accept(listener)
    flow.push(b"hello")
    conn.recv(10)
    conn.sendall(b"world")
    t.require("data out", flow.pull())
    flow.send_tcp(wire.RST | wire.ACK)
    client = t.udp("A", HOST, 5100)
    for size in (0, 10, 1452, 1453, 4000):
        client.sendto(bytes(size), (OTHER, 7000))
        t.require(f"UDP out {size}",
                  x.wait(lambda p: p.proto == wire.UDP or p.frag))
        x.gather(lambda p: True, 0.1)
    ping = t.socket("A", socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    ping.bind((HOST, 0))
    ping.sendto(wire.echo(7, 1, b"out"), (OTHER, 0))
    t.require("ping out", x.wait(lambda p: p.kind == wire.ECHO_REQUEST))
    flow.dport = 5999
    flow.send_udp(b"closed")
    t.require("error out", x.wait(lambda p: p.kind == wire.UNREACHABLE))
    out = t.socket("A", socket.SOCK_STREAM)
    out.bind((HOST, 5200))
    out.setblocking(False)
    out.connect_ex((OTHER, 6000))
    syn = t.require("SYN out", x.wait(lambda p: p.flags == wire.SYN))
    flow.accept(syn)
    t.none("nonces", [p for p in x.log if p.nonces])
    t.none("destination options", [p for p in x.log if 60 in p.chain])
    # Neighbour Discovery repeats as it likes, of addresses made from random
    # MAC addresses too; that there is none with an extension header counts.
    packets = x.log[start:]
    t.none("Neighbour Discovery with more than its message",
           [p for p in packets if p.kind in (wire.NS, wire.NA) and
            p.chain != [58]])
    return [neutral(p) for p in packets
            if p.kind not in (wire.NS, wire.NA, wire.RS, wire.MLD2)]


@suite.case("module loaded: same octets")
def loaded(t: Test):
    t.unload()
    before = session(t)
    t.topo("delete")
    need_module()
    t.equal("with the module", before, session(t))


@suite.case("correspondents elsewhere: same octets")
def elsewhere(t: Test):
    t.unload()
    before = session(t)
    t.topo("delete")
    need_module()
    t.topo("peer", 1, 0, "plain", "dad")
    t.sysctl("A", "net.ipv6.icmp.ratelimit=0")
    t.ilnp_up(1, 1)
    x = t.peer()
    t.require("ILNP beside it", t.flow(x).ping())
    x.close()
    after = live(t)
    nid = wire.ilv(prefix("a", 0), "a0a1:a2a3:a4a5:a6a7").hex()
    t.equal("with ILNP beside it", before,
            [h for h in after if nid not in h])


@suite.case("multicast and link-local")
def multicast(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    t.require("session", t.flow(x).ping())
    start = len(x.log)
    sock = t.udp("A")
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF,
                    t.show("A", "link", "show", "dev", "a0")[0]["ifindex"])
    for _ in range(3):
        sock.sendto(b"x", ("ff15::7", 7000))
    index = t.show("A", "link", "show", "dev", "a0")[0]["ifindex"]
    sock.sendto(b"x", ("fe80::1", 7000, 0, index))
    sent = x.gather(lambda p: p.proto == wire.UDP)
    t.equal("packets", 4, len(sent))
    t.none("nonces", [p for p in x.log[start:] if p.nonces])
    t.none("checksums", wire.checksum_faults(sent, "ipv6"))


@suite.case("a day without a nonce")
def day(t: Test):
    t.topo("peer", 1, 0, "plain")
    need_module()
    x = t.peer()
    client = t.udp("A", HOST, 5100)
    # The rate is that of a quiet host; the day is whole in virtual time.
    steps, pause = (288, 300.0) if VIRTUAL else (50, 0.0)
    for i in range(steps):
        client.sendto(struct.pack("!I", i), (OTHER, 7000))
        t.require("sent", x.wait(lambda p: p.proto == wire.UDP))
        x.gather(lambda p: True, pause)
    t.check("traffic", len(x.log) >= steps)
    t.none("nonces", [p for p in x.log if p.nonces])
    t.none("Locator Updates",
           [p for p in x.log if p.kind == wire.LOCATOR_UPDATE])



if __name__ == "__main__":
    suite.main()
