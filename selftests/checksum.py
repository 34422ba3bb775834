# SPDX-License-Identifier: GPL-2.0-only
"""Checksums of both modes on the wire: see checksum.sh."""
import hashlib
import os
import re
import threading

import wire
from lib import NID_A, NID_B, Skipped, Suite, Test, address, run, tool

suite = Suite()
SIZES = (0, 1, 3, 1200, 1444, 1445, 4000, 20001)


def transfer(t: Test, near, far, size: int) -> None:
    """Random octets one way over TCP, compared."""
    data = os.urandom(size)
    sender = threading.Thread(target=near.sendall, args=(data,))
    sender.start()
    got = bytearray()
    while len(got) < size:
        part = far.recv(1 << 17)
        if not part:
            break
        got += part
    sender.join()
    t.equal("TCP data", hashlib.sha256(data).hexdigest(),
            hashlib.sha256(got).hexdigest())


def traffic(t: Test) -> None:
    near, far = t.pair("A", "B", address("b", 0))
    transfer(t, near, far, 300_000)
    transfer(t, far, near, 300_000)
    server, client = t.udp("B", port=7000), t.udp("A")
    for size in SIZES:
        data = os.urandom(size)
        client.sendto(data, (address("b", 0), 7000))
        got, where = server.recvfrom(65536)
        t.check(f"UDP of {size}", got == data)
        server.sendto(got, where)
        t.check(f"UDP of {size} back", client.recv(65536) == data)
    for size in ("16", "1400", "4000"):
        t.on("A", "ping", "-6", "-c2", "-i0.2", "-W3", "-s", size,
             address("b", 0))


def ours(packets: list) -> list:
    return [p for p in packets if set(p.nids) == {NID_A, NID_B}
            and not (p.proto == 58 and 130 <= p.kind <= 143)]


def captured(t: Test, mode: str, offloads: bool, m: int = 1) -> list:
    t.topo("direct", 2, m)
    if not offloads:    # the sending host finishes all itself
        for host, side, n in (("A", "a", 2), ("B", "b", m)):
            for i in range(n):
                t.on(host, "ethtool", "-K", f"{side}{i}", "tx", "off")
    t.ilnp_up(2, m, f"set=checksum {mode}")
    capture = t.capture("R")
    traffic(t)
    packets = capture.stop()
    t.equal("capture lost nothing", 0, capture.lost)
    return ours(packets)


@suite.case("ipv6 mode, offloads on", "ipv6", True)
@suite.case("ipv6 mode, offloads off", "ipv6", False)
@suite.case("nid mode, offloads on", "nid", True)
@suite.case("nid mode, offloads off", "nid", False)
def modes(t: Test, mode: str, offloads: bool):
    packets = captured(t, mode, offloads)
    t.require("many packets", len(packets) > 400)
    for proto, name in wire.PROTOCOLS.items():
        some = [p for p in packets if p.proto == proto or p.frag]
        t.check(f"{name} seen", len(some) > 10)
    t.equal("A's both L64s seen", 2, len(
        {p.pair[0] for p in packets if p.nids[0] == NID_A}))
    t.none("every checksum", wire.checksum_faults(packets, mode))
    t.none("every option", wire.nonce_faults(packets))
    t.check("fragments seen", sum(bool(p.frag) for p in packets) > 20)
    t.check("nothing longer than the link",
            max(len(p.raw) for p in packets) <= 1500)


@suite.case("each side its own mode")
def mixed(t: Test):
    t.topo("direct", 2, 1)
    t.ilnp_up(2, 1, "a=checksum nid", "b=checksum ipv6")
    capture = t.capture("R")
    traffic(t)
    packets = ours(capture.stop())
    t.none("A speaks nid", wire.checksum_faults(
        [p for p in packets if p.nids[0] == NID_A], "nid"))
    t.none("B speaks ipv6", wire.checksum_faults(
        [p for p in packets if p.nids[0] == NID_B], "ipv6"))


@suite.case("wrong in both modes is dropped", "ipv6")
@suite.case("wrong in both modes is dropped, nid peer", "nid")
def wrong(t: Test, mode: str):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow, conn = t.opened(x, mode=mode)
    segment = bytearray(wire.summed(
        wire.ilv(flow.src_l64, NID_B), wire.ilv(flow.dst_l64, NID_A),
        wire.TCP, wire.tcp(flow.sport, flow.dport, flow.seq, flow.ack,
                           wire.ACK | wire.PSH, b"forged"), mode))
    segment[16] ^= 1
    flow.send(wire.TCP, bytes(segment), correct=False)
    t.silent(conn)
    flow.push(b"still")
    t.equal("goes on", b"still", conn.recv(100))


@suite.case("peer's mode is learned")
def learned(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow, conn = t.opened(x, mode="nid")
    conn.sendall(b"after")
    segment = flow.pull()
    t.require("data", segment)
    t.check("A answers in nid mode", segment.checksum_right("nid"), segment)
    t.check("and not in ipv6 mode", not segment.checksum_right("ipv6"))
    shown = t.show("A", "ilnp", "correspondent", "show")
    t.note(f"correspondent: {shown}")


# --- tshark ---------------------------------------------------------------

def tshark_version() -> tuple[int, ...]:
    if not tool("tshark"):
        raise Skipped("no tshark")
    found = re.search(r"(\d+)\.(\d+)", run(["tshark", "--version"]).stdout)
    return tuple(map(int, found.groups()))


def tshark(name: str, what: str) -> int:
    """How many packets (of reassembled datagrams) a filter takes."""
    return len(run(["tshark", "-2", "-r", name, "-Y", what,
                    "-o", "tcp.check_checksum:TRUE",
                    "-o", "udp.check_checksum:TRUE"]).stdout.splitlines())


@suite.case("tshark, ipv6 mode", "ipv6")
@suite.case("tshark, nid mode", "nid")
def by_tshark(t: Test, mode: str):
    """Before 4.6 it sums the addresses of the wire, from then on zeroed
    L64s where a nonce stands; ICMPv6 too, wrongly (RFC 6741 4.3)."""
    version = tshark_version()
    if (version >= (4, 6)) != (mode == "nid"):
        raise Skipped(f"tshark {version} does not know {mode} mode")
    packets = captured(t, mode, True)
    name = f"{t.dir}/wire.pcap"
    wire.pcap_write(name, packets)
    for proto in ("tcp", "udp"):
        good = tshark(name, f'{proto}.checksum.status == "Good"')
        bad = tshark(name, f'{proto}.checksum.status == "Bad"')
        t.check(f"{proto} verified", good > 10)
        t.equal(f"{proto} bad", 0, bad)
    if mode == "ipv6":
        t.check("ICMPv6 verified",
                tshark(name, 'icmpv6.checksum.status == "Good"') > 4)
        t.equal("ICMPv6 bad", 0,
                tshark(name, 'icmpv6.checksum.status == "Bad"'))
    t.equal("nonces seen", len(packets),
            tshark(name, "ipv6.opt.ilnp_nonce"))


if __name__ == "__main__":
    suite.main()
