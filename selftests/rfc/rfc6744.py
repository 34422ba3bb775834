# SPDX-License-Identifier: GPL-2.0-only
"""RFC 6744, case by case: see rfc6744.sh."""
import socket

from peer import (Client, NID_A, NID_B, Peering, Suite, Test, address,
                  flow_packets, need_module, os, peering, prefix, run,
                  struct, wire)

suite = Suite()


def case(row: str, *args):
    return suite.case(row, *args)


@case("6744-1-1")
def not_ilnp(t: Test):
    """No correspondents: no nonce."""
    t.topo("direct", 1, 1, "plain")
    t.ilnp_up(1, 1)
    for host in "AB":
        t.ilnp(host, "correspondent", "flush")
        t.ilnp(host, "set", "learn", "off")
    capture = t.capture("R")
    near, far = t.pair("A", "B", address("b", 0))
    near.sendall(b"x")
    far.recv(1)
    t.on("A", "ping", "-6", "-c2", "-i0.1", "-W2", address("b", 0))
    packets = [p for p in capture.stop() if NID_B in p.nids
               and p.proto != wire.ICMP6 or p.kind in (
                   wire.ECHO_REQUEST, wire.ECHO_REPLY)]
    t.check("traffic", len(packets) >= 6)
    t.none("nonces", [p for p in packets if p.nonces])


def traffic(t: Test) -> list:
    t.topo("direct", 2, 1)
    t.ilnp_up(2, 1)
    t.sysctl("B", "net.ipv6.icmp.ratelimit=0")
    capture = t.capture("R")
    near, far = t.pair("A", "B", address("b", 0))
    near.sendall(bytes(100_000))
    left = 100_000
    while left:
        left -= len(far.recv(65536))
    server, client = t.udp("B", port=7000), t.udp("A")
    for size in [100] * 6 + [5000]:
        client.sendto(bytes(size), (address("b", 0), 7000))
        where = server.recvfrom(65536)[1]
        server.sendto(b"y", where)
        client.recv(10)
    t.on("A", "ping", "-6", "-c3", "-i0.1", "-W2", "-s", "3000",
         address("b", 0))
    client.connect((address("b", 0), 9999))
    client.send(b"x")
    try:
        client.recv(1)
    except ConnectionRefusedError:
        pass
    near.close()
    return flow_packets(capture.stop())


@case("6744-2-1")
def at_most_one(t: Test):
    packets = traffic(t)
    t.check("segmented, fragmented, echoed", len(packets) > 100)
    t.none("not one", [p for p in packets if len(p.nonces) != 1])


@case("6744-2-6")
def octets(t: Test):
    packets = traffic(t)
    t.none("12 octets, exactly nh 01 8b 0c n12",
           wire.nonce_faults(packets, 12))
    t.topo("delete")
    t.topo("peer", 1)
    t.ilnp_up(1, 1, "set=nonce-len 4")
    x = t.peer()
    flow, _ = t.opened(x)
    t.none("4 octets, exactly nh 00 8b 04 n4",
           wire.nonce_faults([p for p in x.log if flow.ours(p)], 4))


@case("6744-6-1")
def first_packets(t: Test):
    packets = traffic(t)
    for nid, first in (NID_A, wire.SYN), (NID_B, wire.SYN | wire.ACK):
        tcp = [p for p in packets if p.proto == wire.TCP
               and p.nids[0] == nid]
        t.equal(f"SYN of {nid}", first, tcp[0].flags & 0x3f)
        t.none("TCP's first ten", [p for p in tcp[:10] if not p.nonces])
        some = [p for p in packets if p.proto == wire.UDP
                and p.nids[0] == nid][:5]
        t.equal(f"datagrams of {nid}", 5, len(some))
        t.none("without", [p for p in some if not p.nonces])


@case("6744-6-2")
def icmp_of_endpoints(t: Test):
    packets = [p for p in traffic(t) if p.proto == wire.ICMP6 or p.frag]
    for kind in (wire.ECHO_REQUEST, wire.ECHO_REPLY, wire.UNREACHABLE):
        t.check(f"type {kind}", any(p.kind == kind for p in packets))
    t.none("without nonce", [p for p in packets if not p.nonces])


@case("6744-6-2, reassembly time exceeded")
@peering()
def reassembly(t: Test, p: Peering):
    t.sysctl("A", "net.ipv6.ip6frag_time=1")
    whole = p.udp.build(wire.UDP, wire.udp(4001, 7000, bytes(3000)))
    for raw in wire.fragments(whole, 1232, 99, 56)[:1]:
        p.x.send(raw)
    error = p.x.wait(lambda q: q.kind == wire.TIME_EXCEEDED, 30)
    t.require("Time Exceeded", error)
    t.none("its nonce", wire.nonce_faults([error], 12))


@case("6744-6-3")
@case("6744-6-4")
def in_every(t: Test):
    t.none("without nonce", [p for p in traffic(t) if not p.nonces])


@case("6744-2-2")
@peering()
def double(t: Test, p: Peering):
    one = wire.nonce_option(p.nonce)
    with t.dropped("A", 2, "rx-nonce-double"):
        p.udp.send_udp(b"forged", options=one + one)
        segment = wire.summed(wire.ilv(prefix("b", 0), NID_B),
                              wire.ilv(prefix("a", 0), NID_A), wire.UDP,
                              wire.udp(4001, 7000, b"forged"))
        p.x.send(wire.ipv6(wire.ilv(prefix("b", 0), NID_B),
                           wire.ilv(prefix("a", 0), NID_A), wire.DSTOPTS,
                           wire.options_header(wire.DSTOPTS, one)
                           + wire.options_header(wire.UDP, one) + segment))
    t.silent(p.server)
    t.none("answers", p.x.gather(lambda q: True))
    p.lives()


def event(t: Test, provoke) -> dict:
    """The nonce-bad event that something provokes."""
    with t.inside("A"):
        client = t.keep(Client())
    client.monitor()
    provoke()
    while True:
        seen = t.require("an event", client.event(3))
        if seen["event"] == "nonce-bad":
            return seen


@case("6744-2-3")
@peering()
def double_logged(t: Test, p: Peering):
    one = wire.nonce_option(p.nonce)
    seen = event(t, lambda: p.udp.send_udp(b"x", options=one + one))
    t.equal("keys", (NID_B, NID_A, prefix("b", 0) + "/64",
                     prefix("a", 0) + "/64", 17, 4001, 7000),
            tuple(seen.get(k) for k in (
                "remote-nid", "local-nid", "remote-l64", "local-l64",
                "proto", "sport", "dport")))
    t.equal("reason", "rx-nonce-double", seen.get("reason"))


@case("6744-7-2")
@case("6744-7-4")
@peering()
def icmp_logged(t: Test, p: Peering):
    quoted = p.a_sends()
    for nonce in (None, bytes(12)):
        seen = event(t, lambda: p.x.send(p.to_a(
            wire.ICMP6, wire.icmp6(wire.UNREACHABLE, 4,
                                   bytes(4) + quoted.raw), nonce=nonce)))
        t.equal("keys", (NID_B, prefix("b", 0) + "/64", 58, 1),
                tuple(seen.get(k) for k in ("remote-nid", "remote-l64",
                                            "proto", "icmp-type")))
        t.equal("ports of the quoted packet", (7000, 4001),
                (seen.get("sport"), seen.get("dport")))
        t.check("date and time", seen.get("time", 0) > 10**18)


@case("6744-2-4")
@peering()
def calipso(t: Test, p: Peering):
    """Before the nonce: taken as the kernel takes it elsewhere. Debian's
    kernels take it (NetLabel), or answer as to any unknown option."""
    label = wire.option(wire.OPT_CALIPSO, struct.pack("!IBBH", 1, 0, 0, 0))
    label = label[:8] + struct.pack("!H", 0)
    p.udp.send_udp(b"labelled", options=label
                   + wire.nonce_option(p.nonce))
    p.server.settimeout(1)
    try:
        t.equal("delivered", b"labelled", p.server.recv(99))
    except TimeoutError:
        t.check("or reported by the kernel", p.x.wait(
            lambda q: q.kind == wire.PARAM_PROBLEM, 1))
    p.server.settimeout(5)
    p.lives()


@case("6744-2-5")
@peering()
def others_beside(t: Test, p: Peering):
    nonce = wire.nonce_option(p.nonce)
    for what, options in (("PadN", wire.option(1, bytes(2)) + nonce),
                          ("unknown, to skip",
                           wire.option(0x1e, b"xx") + nonce),
                          ("behind", nonce + wire.option(0x1e, b"xx"))):
        p.udp.send_udp(what.encode(), options=options)
        t.equal(f"{what}: delivered", what.encode(), p.server.recv(99))
    sock = t.udp("A")
    header = bytes([0, 0, 0x1e, 4, 1, 2, 3, 4])
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, header)
    sock.sendto(b"own", (address("b", 0), 4444))
    sent = p.x.wait(lambda q: q.proto == wire.UDP and q.dport == 4444)
    t.require("with the application's own", sent)
    t.equal("one nonce", 1, len(sent.nonces))
    t.equal("first of all options", wire.OPT_NONCE, sent.options[0][0])
    t.check("and the application's", (0x1e, b"\1\2\3\4") in [
        o[:2] for o in sent.options])


@case("6744-2-7")
@peering()
def alignment(t: Test, p: Peering):
    for length in (0, 5, 8):
        with t.dropped("A", 1, "rx-nonce-length"):
            p.udp.send_udp(b"x", options=wire.option(
                wire.OPT_NONCE, p.nonce[:length]))
    with t.dropped("A", 1, "rx-truncated", "rx-nonce-length"):
        p.udp.send_udp(b"x", options=wire.option(
            wire.OPT_NONCE, p.nonce[:4], 12))
    t.silent(p.server)
    t.none("payload not on 8 octets",
           [q for q in p.x.log if q.nonces and q.l4_offset % 8])


@case("6744-2-8")
def four_ways(t: Test):
    for ours in (4, 12):
        for theirs in (4, 12):
            t.topo("peer", 1)
            t.ilnp_up(1, 1, f"a=nonce-len {ours}")
            x = t.peer()
            flow, conn = t.opened(x, nonce=os.urandom(theirs))
            t.none(f"{ours} and {theirs}", wire.nonce_faults(
                [q for q in x.log if flow.ours(q)], ours))
            t.require("echo", flow.ping())
            flow.send(wire.ICMP6, wire.locator_update(
                [(prefix("b", 0), 10, 600)]))
            ack = x.wait(lambda q: q.kind == wire.LOCATOR_UPDATE, 3)
            t.check("Locator Update", ack and len(ack.nonce) == ours)
            conn.close()
            x.close()
            t.topo("delete")


@case("6744-3-1")
def pseudo_header(t: Test):
    for mode in ("nid", "ipv6"):
        t.topo("direct", 2, 1)
        t.ilnp_up(2, 1, f"set=checksum {mode}")
        capture = t.capture("R")
        near, far = t.pair("A", "B", address("b", 0))
        near.sendall(bytes(50_000))
        left = 50_000
        while left:
            left -= len(far.recv(65536))
        server, client = t.udp("B", port=7000), t.udp("A")
        for _ in range(4):
            client.sendto(b"x", (address("b", 0), 7000))
            server.recv(1)
        packets = flow_packets(capture.stop(), wire.TCP, wire.UDP)
        t.check("over both paths", len({q.pair for q in packets}) >= 4)
        t.none(f"{mode} mode", wire.checksum_faults(packets, mode))
        t.topo("delete")


@case("6744-3-3")
@case("6744-6-10")
def with_nonce(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    t.listen("A", port=5000)
    flow = t.flow(x)
    answer = t.require("SYN-ACK", flow.open())
    t.none("with a nonce", wire.nonce_faults([answer]))
    t.check("its own", answer.nonce != flow.nonce)


@case("6744-6-9")
@peering()
def without_nonce(t: Test, p: Peering):
    t.listen("A", port=5005)
    plain = t.flow(p.x, nonce=None, sport=4005, dport=5005)
    answer = t.require("SYN-ACK", plain.open())
    t.equal("plain", [], answer.nonces)
    p.lives()


@case("6744-4-1")
@peering(2, 1)
def all_gone(t: Test, p: Peering):
    t.ilnp("A", "l64", "del", prefix("a", 0) + "/64", "dev", "a0")
    update = t.require("advertisement", p.wait_lu(wire.LU_ADV, 5))
    t.equal("from the L64 that is left", prefix("a", 1) + "/64",
            update.pair[0])


@case("6744-4-2")
@peering()
def unknown_source(t: Test, p: Peering):
    p.tcp.push(b"right", src_l64="2001:db8:99::")
    t.equal("right nonce, new L64", b"right", p.conn.recv(99))
    for nonce in (None, bytes(12)):
        p.tcp.send_tcp(wire.ACK | wire.PSH, b"forged",
                       src_l64="2001:db8:98::", nonce=nonce)
        t.silent(p.conn)
    p.lives()


@case("6744-4-3")
@peering(2, 1)
def after_move(t: Test, p: Peering):
    t.ilnp("A", "l64", "del", prefix("a", 0) + "/64", "dev", "a0")
    start = len(p.x.log)
    for _ in range(10):
        p.server.send(b"x")
    sent = p.x.gather(lambda q: q.proto == wire.UDP)
    t.check("sent", len(sent) >= 8, len(sent))
    t.none("without nonce", [q for q in p.x.log[start:]
                             if p.udp.to_us(q) and q.proto == wire.UDP
                             and not q.nonces])


@case("6744-5.2-1")
@peering()
def shared_nid(t: Test, p: Peering):
    """C has B's NID under another prefix, and its own nonce."""
    listener = t.listen("A", port=5100)
    c = t.flow(p.x, nonce=os.urandom(12), sport=4100, dport=5100)
    c.src_l64 = wire.half("2001:db8:cc::")
    c.peer = p.x
    t.require("C's connection", c.open())
    conn = t.accept(listener)
    for i in range(3):
        c.push(b"from C")
        t.equal("C's octets", b"from C", conn.recv(99))
        p.lives(f"B beside it {i}")
    conn.sendall(b"to C")
    segment = t.require("an answer to C", c.pull())
    t.equal("goes to C's L64", "2001:db8:cc::/64", segment.pair[1])
    p.conn.sendall(b"to B")
    segment = t.require("an answer to B", p.tcp.pull())
    t.equal("goes to B's L64", prefix("b", 0) + "/64", segment.pair[1])


@case("6744-6-8")
@case("6744-7-8")
def unpredictable(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    with t.inside("A"):
        client = t.keep(Client())
    seen = []
    sock = t.udp("A")
    for _ in range(300):
        sock.sendto(b"x", (address("b", 0), 9))
        pkt = x.wait(lambda p: p.proto == wire.UDP)
        seen.append(t.require("nonce", pkt and pkt.nonce))
        client.do("session-flush")
    t.equal("all different", len(seen), len(set(seen)))
    t.check("in no order", seen != sorted(seen))
    # Upper half of octet 8: always 5, for routers that read it as a TCP
    # header length (Documentation/networking/ilnp.rst).
    t.equal("fixed bits", {5}, {n[8] >> 4 for n in seen})
    random = [bit for bit in range(96) if bit not in range(28, 32)]
    columns = [sum(int.from_bytes(n, "big") >> bit & 1 for n in seen)
               for bit in random]
    bits = len(random) * len(seen)
    t.within("bits set", bits * 0.48, bits * 0.52, sum(columns))
    for bit, column in zip(random, columns):
        t.within(f"bit {bit}", 90, 210, column)


@case("6744-6-8, kept over retransmission")
def kept(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    _, first = t.dial(x)
    again = t.require("SYN again", x.wait(lambda p: p.flags == wire.SYN, 5))
    if again.nonces:    # it may fall back to plain IPv6 instead
        t.equal("the same", first.nonce, again.nonce)
    else:
        t.equal("plain", [], again.nonces)


@case("6744-6-11")
@case("6744-8-3")
def unaware(t: Test):
    """What a host without ILNP answers, octet for octet."""
    t.topo("peer", 1, 0, "plain")
    t.sysctl("A", "net.ipv6.icmp.ratelimit=0")
    x = t.peer()
    src = wire.ilv(prefix("b", 0), NID_B)

    def answers() -> list:
        out = []
        for target in (prefix("a", 0) + "a", "ff02::1"):
            x.send(wire.packet(src, target, wire.UDP, wire.udp(1, 2),
                               nonce=b"abcd"))
            error = t.require(f"Parameter Problem for {target}",
                              x.wait(lambda p: p.kind == 4, 2))
            t.equal("code 2 at the type octet", (2, 42),
                    (error.code, error.pointer))
            out.append((error.raw[:1] + error.raw[4:]).hex())
        return out
    run(["modprobe", "-r", "ilnp6"], False)
    before = answers()
    need_module()
    t.equal("with the module loaded", before, answers())
    t.ilnp_up(1, 1)
    x.send(wire.packet(src, prefix("a", 0) + "a", wire.UDP, wire.udp(1, 2),
                       nonce=b"abcd"))
    error = x.wait(lambda p: p.kind == 4, 2)
    t.equal("ILNP on, address that is none of ours", before[0],
            error and (error.raw[:1] + error.raw[4:]).hex())
    with t.dropped("A", 1, "rx-multicast"):
        x.send(wire.packet(src, "ff02::1", wire.UDP, wire.udp(1, 2),
                           nonce=b"abcd"))
    t.none("ILNP on, multicast: silence", x.gather(lambda p: True))


def plain_retry(t: Test) -> tuple:
    """A's connection attempt, refused with a Parameter Problem."""
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    sock, syn = t.dial(x)
    t.require("with nonce", syn.nonces)
    x.reject_option(syn)
    return x, sock


@case("6744-6-13")
def plain_after_problem(t: Test):
    x, sock = plain_retry(t)
    syn = t.require("SYN again", x.wait(lambda p: p.flags == wire.SYN, 5))
    t.equal("plain", [], syn.nonces)
    start = len(x.log)
    flow = wire.Flow(x, (prefix("b", 0), NID_B), (prefix("a", 0), NID_A),
                     None)
    t.require("opened", flow.accept(syn))
    sock.setblocking(True)
    sock.sendall(b"data")
    t.require("data", flow.pull())
    sock.close()
    x.gather(lambda p: True)
    t.none("nonces in that flow", [p for p in x.log[start:]
                                   if flow.to_us(p) and p.nonces])
    (known,) = t.show("A", "ilnp", "correspondent")
    t.equal("mode", "ipv6", known["mode"])
    t.equal("counted", 1, t.stat("A", "fallback"))


@case("6744-6-12")
def unreachable_is_no_sign(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    _, syn = t.dial(x)
    router = wire.addr("2001:db8:fe::1")
    x.send(wire.packet(router, wire.ilv(prefix("a", 0), NID_A), wire.ICMP6,
                       wire.icmp6(wire.UNREACHABLE, 0, bytes(4) + syn.raw)))
    x.gather(lambda p: True)
    t.equal("no fallback", 0, t.stat("A", "fallback"))
    (known,) = t.show("A", "ilnp", "correspondent")
    t.check("mode", known["mode"] != "ipv6", known)


@case("6744-7-1", None)
@case("6744-7-3", bytes(12))
def control_forged(t: Test, nonce: bytes | None):
    p = Peering(t)
    quoted = p.a_sends()
    for kind, code in ((wire.UNREACHABLE, 4), (wire.PARAM_PROBLEM, 2)):
        with t.dropped("A", 1, "icmp-forged"):
            p.x.send(p.to_a(wire.ICMP6, wire.icmp6(
                kind, code, struct.pack("!I", 42 if kind == 4 else 0)
                + quoted.raw), nonce=nonce))
    p.server.send(b"no error waits")
    sent = t.require("and is sent", p.udp.wait_udp())
    t.check("with nonce", sent.nonces)
    t.equal("no fallback", 0, t.stat("A", "fallback"))
    p.lives()


@case("6744-8-1")
def not_changed(t: Test):
    t.topo("routed", 2, 1)
    t.ilnp_up(2, 1)
    here, there = t.capture("Ra0", ["core"]), t.capture("Rb0", ["rb0"])
    also = t.capture("Ra1", ["core"])
    t.on("A", "ping", "-6", "-c6", "-i0.1", "-W2", address("b", 0))
    sent, arrived = (
        [p for p in flow_packets(packets) if p.kind == wire.ECHO_REQUEST]
        for packets in (here.stop() + also.stop(), there.stop()))
    t.equal("option octets", sorted(p.raw[40:56] for p in sent),
            sorted(p.raw[40:56] for p in arrived))
    t.equal("third bit of the type", 0, wire.OPT_NONCE & 0x20)
    t.equal("six packets", 6, len(sent))


if __name__ == "__main__":
    suite.main()
