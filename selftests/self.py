# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the tests: see self.sh."""
import socket
import struct

import wire
from lib import Skipped, Suite, Test, l64, prefix

suite = Suite()
A0, B0 = prefix("a", 0) + "a", prefix("b", 0) + "b"


# --- verdicts -------------------------------------------------------------

def verdict(func):
    """What a suite of this one case says."""
    return Suite().one(func, ())


def quiet(func):
    def wrapped(t):
        t.note = lambda text: None
        func(t)
    return wrapped


@suite.case("verdicts")
def verdicts(t: Test):
    def raises(exception):
        def body(_):
            raise exception
        return body
    t.equal("a held check passes", None,
            verdict(quiet(lambda u: u.check("x", True))))
    t.equal("a broken check fails", "",
            verdict(quiet(lambda u: u.check("x", False))))
    t.equal("no check at all fails", "", verdict(quiet(lambda u: None)))
    t.equal("an exception fails", "", verdict(quiet(
        lambda u: raises(ValueError("x"))(u))))
    t.equal("a skip says why", "SKIP because",
            verdict(raises(Skipped("because"))))


# --- topologies -----------------------------------------------------------

def ping(t: Test, source: str, to: str) -> bool:
    return t.on("A", "ping", "-6", "-c1", "-W2", "-I", source, to,
                check=False).returncode == 0


@suite.case("topo direct", "direct")
@suite.case("topo routed", "routed")
def topologies(t: Test, kind: str):
    core = "R" if kind == "direct" else "C"
    t.topo(kind, 2, 2, "plain")
    t.check("A reaches B", ping(t, A0, B0))
    t.equal("one packet each way counted", (1, 1),
            (t.pairs(core)["a0_b0"], t.pairs(core)["b0_a0"]))
    t.equal("other pairs unused", 2, sum(t.pairs(core).values()))
    t.check("foreign source is dropped",
            not ping(t, prefix("a", 1) + "a", B0))
    before = t.failures
    note, t.note = t.note, lambda text: None
    t.bad_sources()
    t.note = note
    noticed, t.failures = t.failures - before, before
    t.equal("and noticed at the end", 1, noticed)
    run_reset(t, "R" if kind == "direct" else "Ra0")


def run_reset(t: Test, router: str) -> None:
    t.on(router, "nft", "reset", "counters", "table", "ip6", "ingress")


@suite.case("topo ra")
def topo_ra(t: Test):
    t.topo("ra", 2, 1)

    def has(dev: str) -> bool:
        shown = t.show("A", "-6", "addr", "show", "dev", dev, "scope",
                       "global")
        return any(a for i in shown for a in i.get("addr_info", []))
    for dev in ("a0", "a1"):
        t.eventually(f"{dev} has an address from radvd", 15, has, dev)


@suite.case("topo spoof")
def topo_spoof(t: Test):
    t.topo("direct", 1, 1, "plain", "spoof")
    capture = t.capture("R", ["rb0"])
    with t.inside("S"):
        sender = t.keep(wire.packet_socket("s0"))
    raw = wire.packet(A0, B0, wire.UDP, wire.udp(1, 9, b"spoofed"))
    sender.send(wire.ETHER.pack(t.mac("R", "rs0"), t.mac("S", "s0"),
                                wire.ETH_P_IPV6) + raw)
    t.eventually("a spoofed source is forwarded", 3, lambda: any(
        p.payload == b"spoofed" for p in capture.packets))


# --- captures -------------------------------------------------------------

def exchange(t: Test) -> list[wire.Pkt]:
    """Plain TCP (segmented by the router), UDP, ping, fragments."""
    t.topo("direct", 1, 1, "plain")
    capture = t.capture("R")
    near, far = t.pair("A", "B", B0)
    data = bytes(range(256)) * 400
    near.sendall(data)
    got = b""
    while len(got) < len(data):
        got += far.recv(65536)
    t.check("TCP data arrived", got == data)
    server, client = t.udp("B", port=7000), t.udp("A")
    for size in (0, 1, 1200, 4000):
        client.sendto(bytes(size), (B0, 7000))
        t.equal("UDP datagram arrived", size, len(server.recv(65536)))
    ping(t, A0, B0)
    packets = capture.stop()
    t.equal("capture lost nothing", 0, capture.lost)
    return packets


@suite.case("capture and checksums")
def capture_and_checksums(t: Test):
    packets = exchange(t)
    kinds = {p.proto for p in packets}
    t.check("TCP, UDP and ICMPv6 captured", kinds >= {6, 17, 58})
    t.check("nothing longer than the link",
            max(len(p.raw) for p in packets) <= 1500)
    t.check("fragments captured", any(p.frag for p in packets))
    t.none("ipv6 mode is right", wire.checksum_faults(packets, "ipv6"))
    t.none("either mode is right", wire.checksum_faults(packets, "either"))
    wrong = wire.checksum_faults(packets, "nid")
    transports = [p for p in wire.datagrams(packets)
                  if p.proto in (wire.TCP, wire.UDP)]
    t.equal("nid mode is wrong for each of TCP and UDP", len(transports),
            len(wrong))
    t.equal("none has a nonce", len(packets),
            len(wire.nonce_faults(packets)))
    name = f"{t.dir}/x.pcap"
    wire.pcap_write(name, packets)
    again = wire.pcap_read(name)
    t.equal("pcap keeps all octets", [p.raw for p in packets],
            [p.raw for p in again])


SRC = wire.ilv("2001:db8:a0::", "a0a1:a2a3:a4a5:a6a7")
DST = wire.ilv("2001:db8:b1::", "b0b1:b2b3:b4b5:b6b7")


def samples(mode: str) -> list[bytes]:
    return [wire.packet(SRC, DST, proto, segment, nonce=nonce, mode=mode)
            for nonce in (b"abcd", b"abcdefghijkl")
            for proto, segment in (
                (wire.TCP, wire.tcp(1, 2, 3, 4, wire.ACK, b"data")),
                (wire.UDP, wire.udp(1, 2, b"odd")),
                (wire.ICMP6, wire.echo(1, 2, b"ping")))]


@suite.case("checksum vectors")
def checksum_vectors(t: Test):
    # RFC 1071 section 3, and a UDP datagram summed by hand.
    t.equal("RFC 1071", 0xddf2, wire.ones_sum(
        bytes.fromhex("0001f203f4f5f6f7")))
    src, dst = wire.addr("2001:db8::1"), wire.addr("2001:db8::2")
    total = (0x2001 + 0xdb8 + 1) + (0x2001 + 0xdb8 + 2) + 9 + 17 \
        + 0x1234 + 0x50 + 9 + 0x6100
    want = 0xffff - (total % 0xffff)
    t.equal("UDP in ipv6 mode", want, struct.unpack("!H", wire.summed(
        src, dst, 17, wire.udp(0x1234, 0x50, b"a"))[6:8])[0])
    total -= 2 * (0x2001 + 0xdb8)
    t.equal("UDP in nid mode", 0xffff - total % 0xffff, struct.unpack(
        "!H", wire.summed(src, dst, 17, wire.udp(0x1234, 0x50, b"a"),
                          "nid")[6:8])[0])
    for mode, other in (("ipv6", "nid"), ("nid", "ipv6")):
        packets = [wire.decode(raw) for raw in samples(mode)]
        t.none(f"{mode} right", wire.checksum_faults(packets, mode))
        t.equal(f"{mode} wrong as {other}", 4,
                len(wire.checksum_faults(packets, other)))
        t.none("nonces right", wire.nonce_faults(packets))


@suite.case("every flipped bit is seen")
def flipped(t: Test):
    for mode in ("ipv6", "nid"):
        for raw in samples(mode):
            blind = []
            start = wire.decode(raw).l4_offset
            upper = (range(8, 40) if mode == "ipv6" or raw[start - 16] == 58
                     else [*range(16, 24), *range(32, 40)])
            for at in (*upper, *range(start, len(raw))):
                for bit in range(8):
                    bad = bytearray(raw)
                    bad[at] ^= 1 << bit
                    if not wire.checksum_faults([wire.decode(bytes(bad))],
                                                mode):
                        blind.append((at, bit))
            t.none(f"flips unseen in mode {mode}", blind)


@suite.case("option layouts")
def option_layouts(t: Test):
    def judge(options: bytes | None, **more) -> int:
        raw = wire.packet(SRC, DST, 17, wire.udp(1, 2), options=options,
                          **more)
        return len(wire.nonce_faults([wire.decode(raw)]))
    four = wire.nonce_option(b"abcd")
    t.equal("short form", 0, judge(four))
    t.equal("long form", 0, judge(wire.nonce_option(b"abcdefghijkl")))
    t.equal("length asked for", 1, len(wire.nonce_faults(
        [wire.decode(samples("ipv6")[0])], 12)))
    for what, options in (
            ("two in one header", four + four),
            ("eight octets", wire.nonce_option(b"abcdefgh")),
            ("padding first", wire.option(1, b"") + four),
            ("another option first", wire.option(0x1e, b"xx") + four),
            ("none", wire.option(1, bytes(4))),
            ("beyond the header", b"\x8b\x0cabcd")):
        t.equal(what, 1, judge(options))
    t.equal("none at all", 1, judge(None))
    for cut in range(40, 60):
        wire.decode(samples("ipv6")[0][:cut])   # must not raise


@suite.case("fragments")
def fragment_forms(t: Test):
    raw = wire.packet(SRC, DST, 17, wire.udp(1, 2, bytes(range(200)) * 20),
                      nonce=b"abcd")
    for keep, where in ((40, "in the first"), (48, "in every")):
        parts = [wire.decode(p)
                 for p in wire.fragments(raw, 1232, 7, keep)]
        t.check("several", len(parts) > 2)
        t.equal(f"nonce {where} fragment",
                1 if keep == 40 else len(parts),
                sum(bool(p.nonces) for p in parts))
        for order in (parts, parts[::-1]):
            whole = wire.reassemble(order)
            t.equal("reassembled", raw, whole and whole.raw)
        t.check("a gap is no datagram",
                wire.reassemble(parts[:1] + parts[2:]) is None)
        t.none("checksum over all", wire.checksum_faults(parts, "ipv6"))


@suite.case("locator update octets")
def lu_octets(t: Test):
    raw = wire.summed(SRC, DST, 58, wire.locator_update(
        [("2001:db8:1::", 0x1234, 0x0102), ("2001:db8:2::", 0, 60)]))
    t.equal("RFC 6743 section 2",
            "9c00" + raw[2:4].hex() + "02010000"
            "20010db800010000" "12340102" "20010db800020000" "0000003c",
            raw.hex())
    pkt = wire.decode(wire.packet(SRC, DST, 58, raw, nonce=b"abcd"))
    t.equal("decoded", [("2001:db8:1::/64", 0x1234, 0x0102),
                        ("2001:db8:2::/64", 0, 60)], pkt.locators)


# --- the scripted host ----------------------------------------------------

@suite.case("scripted host")
def scripted_host(t: Test):
    t.topo("peer", 2, 0, "plain")
    x = t.peer(2)
    flow = wire.Flow(x, ("2001:db8:b0::", "0:0:0:b"),
                     ("2001:db8:a0::", "0:0:0:a"), None)
    reply = flow.ping()
    t.require("kernel answers its ping", reply)
    t.none("checksum", wire.checksum_faults([reply], "ipv6"))

    listener = t.listen("A", port=5000)
    t.require("TCP by hand to the kernel", flow.open())
    conn = t.accept(listener)
    flow.push(b"hello")
    t.equal("data to the kernel", b"hello", conn.recv(10))
    conn.sendall(b"world")
    segment = flow.pull()
    t.equal("data from the kernel", b"world", segment and segment.payload)

    client = t.socket("A", socket.SOCK_STREAM)
    client.setblocking(False)
    client.connect_ex((B0, 6000))
    syn = x.wait(lambda p: p.proto == 6 and p.flags == wire.SYN)
    t.require("SYN of the kernel", syn)
    t.require("kernel opens to it", wire.Flow(
        x, ("2001:db8:b0::", "0:0:0:b"), ("2001:db8:a0::", "0:0:0:a"),
        None).accept(syn))

    server = t.udp("A", port=5000)
    flow.send_udp(b"question")
    data, where = server.recvfrom(100)
    t.equal("UDP to the kernel", (b"question", B0, 4000),
            (data, where[0], where[1]))
    server.sendto(b"answer", where)
    answer = flow.wait_udp()
    t.equal("UDP from the kernel", b"answer", answer and answer.payload)
    flow.dport = 5001
    flow.send_udp(b"closed")
    error = x.wait(lambda p: p.kind == wire.UNREACHABLE)
    t.require("Port Unreachable", error)
    t.equal("its quote", (4000, 5001),
            (error.quoted.sport, error.quoted.dport))
    t.equal("L64 names", l64("b", 0), error.pair[1])
    t.check("silence is noticed", x.wait(lambda p: True, 0.2) is None)


if __name__ == "__main__":
    suite.main()
