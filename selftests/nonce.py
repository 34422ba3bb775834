# SPDX-License-Identifier: GPL-2.0-only
"""The nonce option on the wire and its abuse: see nonce.sh."""
import os
import struct

import wire
from lib import NID_A, NID_B, Suite, Test, address, prefix

suite = Suite()


# --- sending --------------------------------------------------------------

def talk(t: Test) -> None:
    """TCP, UDP and ping both ways between A and B."""
    near, far = t.pair("A", "B", address("b", 0))
    near.sendall(b"q" * 5000)
    got = b""
    while len(got) < 5000:
        got += far.recv(65536)
    far.sendall(b"a" * 5000)
    got = b""
    while len(got) < 5000:
        got += near.recv(65536)
    near.close()
    server, client = t.udp("B", port=7000), t.udp("A")
    for i in range(5):
        client.sendto(b"ask %d" % i, (address("b", 0), 7000))
        data, where = server.recvfrom(100)
        server.sendto(data, where)
        t.equal("UDP answer", b"ask %d" % i, client.recv(100))
    for host, side in (("A", "b"), ("B", "a")):
        t.on(host, "ping", "-6", "-c2", "-i0.2", "-W3", address(side, 0))


def directions(packets: list) -> tuple[list, list]:
    to_b = [p for p in packets if p.nids == (NID_A, NID_B)]
    return to_b, [p for p in packets if p.nids == (NID_B, NID_A)]


@suite.case("lengths 4 and 4", 4, 4)
@suite.case("lengths 4 and 12", 4, 12)
@suite.case("lengths 12 and 4", 12, 4)
@suite.case("lengths 12 and 12", 12, 12)
def lengths(t: Test, ours: int, theirs: int):
    t.topo("direct", 1, 1)
    t.ilnp_up(1, 1, f"a=nonce-len {ours}", f"b=nonce-len {theirs}")
    capture = t.capture("R")
    talk(t)
    capture.stop()
    # A router here forwards GSO packets whole and takes the option for a TCP
    # header when it works out their segments' length: now and then it says
    # Packet Too Big (icmp_error.c).
    packets = [p for p in capture.packets
               if not (p.proto == 58 and (130 <= p.kind <= 143 or
                                          p.kind == 2))]
    for name, some, length in (("A", directions(packets)[0], ours),
                               ("B", directions(packets)[1], theirs)):
        t.require(f"packets of {name}", len(some) > 10)
        t.none(f"{name}: one option of {length} octets each",
               wire.nonce_faults(some, length))
        t.equal(f"{name}: one value", 1, len({p.nonce for p in some}))
        t.check(f"{name}: TCP, UDP and ICMPv6 seen",
                {p.proto for p in some} >= {6, 17, 58})
        t.check(f"{name}: its SYN or SYN-ACK has it", any(
            p.proto == 6 and p.flags & wire.SYN for p in some))
    first, second = ({p.nonce for p in d} for d in directions(packets))
    t.check("the two directions differ", not first & second)
    t.none("nothing between other NIDs", [
        p for p in packets if set(p.nids) != {NID_A, NID_B}])


@suite.case("routers forward segments in one piece, length 4", 4)
@suite.case("routers forward segments in one piece, length 12", 12)
def aggregates(t: Test, length: int):
    """What routers misread is random: of a nonce, of a sequence number."""
    t.topo("direct", 1, 1)
    t.ilnp_up(1, 1, f"set=nonce-len {length}")
    learned = 0     # a first loss tells of such routers, length 4
    for port in range(5000, 5016):
        before = t.nstat("A")
        near, far = t.pair("A", "B", address("b", 0), port)
        near.sendall(bytes(40000))
        near.shutdown(1)
        while far.recv(1 << 16):
            pass
        near.close()
        far.close()
        after = t.nstat("A")
        again = after["TcpRetransSegs"] - before["TcpRetransSegs"]
        if length == 4 and again > 2 and not learned:
            learned = again
            continue
        t.within("segments sent again", 0, 2, again)
        if length == 12:
            for host in "AB":
                t.ilnp(host, "session", "flush")


@suite.case("default length is 12")
def default_length(t: Test):
    t.topo("direct", 1, 1)
    t.ilnp_up(1, 1)
    capture = t.capture("R", ["rb0"])
    t.on("A", "ping", "-6", "-c1", "-W3", address("b", 0))
    capture.stop()
    t.require("captured", capture.packets)
    t.none("option", wire.nonce_faults(
        [p for p in capture.packets if p.nids == (NID_A, NID_B)], 12))


@suite.case("nonces do not repeat")
def fresh(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    seen = set()
    for _ in range(20):
        sock = t.udp("A")
        sock.sendto(b"x", (address("b", 0), 9))
        pkt = x.wait(lambda p: p.proto == wire.UDP)
        t.require("datagram with nonce", pkt and pkt.nonce)
        seen.add(pkt.nonce)
        t.ilnp("A", "session", "flush")
    t.equal("20 sessions, 20 values", 20, len(seen))


@suite.case("echo habit")
def echo_habit(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1, "a=nonce echo nonce-len 4")
    x = t.peer()
    flow = t.flow(x, nonce=b"\x01\x02\x03\x04")
    for _ in range(3):
        reply = flow.ping()
        t.require("echo reply", reply)
    t.equal("their nonce comes back", b"\x01\x02\x03\x04", reply.nonce)


# --- receiving ------------------------------------------------------------

@suite.case("peer speaks 4", 4)
@suite.case("peer speaks 12", 12)
def peer_length(t: Test, length: int):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow, conn = t.opened(x, nonce=os.urandom(length))
    t.none("A's packets", wire.nonce_faults(
        [p for p in x.log if flow.ours(p)], 12))
    flow.push(b"more")
    t.equal("delivered", b"more", conn.recv(100))


def opened(t: Test):
    """A session beyond doubt, with a UDP flow in it too."""
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow, conn = t.opened(x)
    server = t.udp("A", address("a", 0), 7000)
    server.connect((address("b", 0), 4001))
    datagram = t.flow(x, nonce=flow.nonce, sport=4001, dport=7000)
    for _ in range(3):
        datagram.send_udp(b"ask")
        t.require("UDP of the session arrives", server.recv(10) == b"ask")
        server.send(b"answer")
        t.require("UDP of the session returns", datagram.wait_udp())
    return x, flow, conn, datagram, server


UNKNOWN = ("rx-nonce-wrong", "rx-not-first")

BAD = {
    # name: options of the header, counters that may tell, header length
    "wrong nonce": (lambda n: wire.nonce_option(bytes(12)), UNKNOWN),
    "one bit wrong": (lambda n: wire.nonce_option(
        n[:11] + bytes([n[11] ^ 1])), UNKNOWN),
    "right start only": (lambda n: wire.nonce_option(n[:4]), UNKNOWN),
    "two in one header": (lambda n: wire.nonce_option(n) * 2,
                          ("rx-nonce-double",)),
    "two different": (lambda n: wire.nonce_option(n)
                      + wire.nonce_option(bytes(4)), ("rx-nonce-double",)),
    "length 0": (lambda n: wire.option(0x8b, b"") + wire.option(1, n[:2]),
                 ("rx-nonce-length",)),
    "length 5": (lambda n: wire.nonce_option(n[:5]), ("rx-nonce-length",)),
    "length 8": (lambda n: wire.nonce_option(n[:8]), ("rx-nonce-length",)),
    "length 20": (lambda n: wire.nonce_option(n + bytes(8)),
                  ("rx-nonce-length",)),
    "beyond the header": (lambda n: wire.option(0x8b, n[:4], 12),
                          ("rx-truncated", "rx-nonce-length")),
}


@suite.case("bad: nonce missing", "nonce missing")
@suite.case("bad: wrong nonce", "wrong nonce")
@suite.case("bad: one bit wrong", "one bit wrong")
@suite.case("bad: right start only", "right start only")
@suite.case("bad: two in one header", "two in one header")
@suite.case("bad: two different", "two different")
@suite.case("bad: length 0", "length 0")
@suite.case("bad: length 5", "length 5")
@suite.case("bad: length 8", "length 8")
@suite.case("bad: length 20", "length 20")
@suite.case("bad: beyond the header", "beyond the header")
def bad(t: Test, name: str):
    x, flow, conn, datagram, server = opened(t)
    if name == "nonce missing":
        change, counters = {"nonce": None}, ("rx-nonce-missing",)
    else:
        make, counters = BAD[name]
        change = {"options": make(flow.nonce)}
    with t.dropped("A", 2, *counters):
        flow.send_tcp(wire.ACK | wire.PSH, b"forged", **change)
        datagram.send_udp(b"forged", **change)
    t.silent(conn)
    t.silent(server)
    answers = x.gather(lambda p: True)
    t.none("nothing is answered", answers)
    flow.push(b"still")
    t.equal("TCP goes on", b"still", conn.recv(100))
    datagram.send_udp(b"still")
    t.equal("UDP goes on", b"still", server.recv(100))


@suite.case("bad: two headers")
def two_headers(t: Test):
    x, flow, conn, *_ = opened(t)
    segment = wire.summed(
        wire.ilv(prefix("b", 0), NID_B), wire.ilv(prefix("a", 0), NID_A),
        wire.TCP, wire.tcp(flow.sport, flow.dport, flow.seq, flow.ack,
                           wire.ACK | wire.PSH, b"forged"))
    option = wire.nonce_option(flow.nonce)
    with t.dropped("A", 1, "rx-nonce-double"):
        x.send(wire.ipv6(wire.ilv(prefix("b", 0), NID_B),
                         wire.ilv(prefix("a", 0), NID_A), wire.DSTOPTS,
                         wire.options_header(wire.DSTOPTS, option)
                         + wire.options_header(wire.TCP, option) + segment))
    t.silent(conn)
    t.none("nothing is answered", x.gather(lambda p: True))


@suite.case("bad: before a routing header")
def before_routing(t: Test):
    x, flow, conn, *_ = opened(t)
    src, dst = wire.ilv(prefix("b", 0), NID_B), wire.ilv(prefix("a", 0),
                                                         NID_A)
    segment = wire.summed(src, dst, wire.TCP, wire.tcp(
        flow.sport, flow.dport, flow.seq, flow.ack, wire.ACK | wire.PSH,
        b"forged"))
    with t.dropped("A", 1, "rx-nonce-misplaced"):
        x.send(wire.ipv6(src, dst, wire.DSTOPTS, wire.options_header(
            wire.ROUTING, wire.nonce_option(flow.nonce))
            + wire.routing_header(wire.TCP, 4, 0) + segment))
    t.silent(conn)
    t.none("nothing is answered", x.gather(lambda p: True))


@suite.case("bad: header cut short")
def header_cut(t: Test):
    x, flow, conn, *_ = opened(t)
    src, dst = wire.ilv(prefix("b", 0), NID_B), wire.ilv(prefix("a", 0),
                                                         NID_A)
    whole = bytes([wire.TCP, 1, 0x8b, 12]) + flow.nonce
    for keep in range(1, 16):
        x.send(wire.ipv6(src, dst, wire.DSTOPTS, whole[:keep]))
    # Octets beyond the payload length do not count.
    x.send(wire.ipv6(src, dst, wire.DSTOPTS, whole + bytes(40), plen=8))
    answers = x.gather(lambda p: p.proto != wire.ICMP6)
    t.none("nothing but errors is answered", answers)
    t.silent(conn)
    flow.push(b"still")
    t.equal("TCP goes on", b"still", conn.recv(100))


@suite.case("bad: to multicast")
def multicast(t: Test):
    x, flow, *_ = opened(t)
    raw = wire.packet(wire.ilv(prefix("b", 0), NID_B), "ff02::1", wire.ICMP6,
                      wire.echo(1, 1, b"x"), nonce=flow.nonce)
    with t.dropped("A", 1, "rx-multicast"):
        x.send(raw)
    t.none("nothing is answered", x.gather(lambda p: True))


@suite.case("options beside the nonce")
def beside(t: Test):
    _, flow, conn, *_ = opened(t)
    skip = wire.option(0x1e, b"sk")         # unknown, to be skipped
    nonce = wire.nonce_option(flow.nonce)
    for what, options in (("PadN first", wire.option(1, bytes(2)) + nonce),
                          ("Pad1 first", b"\0\0" + nonce),
                          ("skippable first", skip + nonce),
                          ("skippable last", nonce + skip)):
        data = what.encode()
        flow.push(data, options=options)
        t.equal(f"{what}: delivered", data, conn.recv(100))


@suite.case("unknown option beside is the kernel's")
def beside_unknown(t: Test):
    x, flow, conn, *_ = opened(t)
    # Top bits 10: drop and report, whatever else the header holds.
    flow.send_tcp(wire.ACK | wire.PSH, b"forged", options=wire.nonce_option(
        flow.nonce) + wire.option(0x9e, b"xx"))
    error = x.wait(lambda p: p.kind == wire.PARAM_PROBLEM)
    t.require("Parameter Problem", error)
    t.equal("code", 2, error.code)
    t.equal("points at that option", 40 + 2 + 14, error.pointer)
    t.silent(conn)


# --- not ours -------------------------------------------------------------

def reactions(t: Test, x: wire.Peer, target: str) -> list:
    """What a host answers to nonces sent to an address, but for what must
    differ from run to run."""
    src = wire.ilv(prefix("b", 0), NID_B)
    out = []
    for proto, segment in ((wire.TCP, wire.tcp(1, 2, 3, 0, wire.SYN)),
                           (wire.UDP, wire.udp(1, 2, b"hello")),
                           (wire.ICMP6, wire.echo(1, 2, b"ping"))):
        for options in (wire.nonce_option(b"abcd"),
                        wire.nonce_option(b"abcdefghijkl"),
                        wire.option(1, bytes(4)) + wire.nonce_option(b"abcd"),
                        wire.option(0x8b, b"ab", 200)):
            x.send(wire.packet(src, target, proto, segment, options=options))
            answer = x.wait(lambda p: True, 1)
            out.append(answer and (answer.raw[:2] + answer.raw[4:]).hex())
    return out


@suite.case("address that is no I-LV")
def not_ours(t: Test):
    """Octet for octet what the host answered before it had ILNP."""
    t.topo("peer", 1, 0, "plain")
    t.sysctl("A", "net.ipv6.icmp.ratelimit=0")
    x = t.peer()
    target = prefix("a", 0) + "a"
    before = reactions(t, x, target)
    t.equal("Parameter Problems but for what is malformed",
            [True, True, True, False] * 3, [bool(a) for a in before])
    t.equal("pointer of the first", 42, struct.unpack(
        "!I", bytes.fromhex(before[0])[42:46])[0])
    t.ilnp_up(1, 1)
    t.equal("the same with ILNP", before, reactions(t, x, target))


if __name__ == "__main__":
    suite.main()
