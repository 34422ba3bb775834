# SPDX-License-Identifier: GPL-2.0-only
"""RFC 6741, case by case: see rfc6741.sh."""
import socket
import time

from peer import (Client, NID_A, NID_B, Peering, Suite, Test, address,
                  flow_packets, l64, need_module, os, peering, prefix,
                  struct, wire)

suite = Suite()
B0, B1 = prefix("b", 0), prefix("b", 1)


def case(row: str, *args):
    return suite.case(row, *args)


def nids(t: Test, host: str = "A") -> list[dict]:
    return t.show(host, "ilnp", "nid")


# --- identifiers ----------------------------------------------------------

@case("6741-2-1")
@case("6741-2.2-1")
@case("6741-2.3-1")
def default_nid(t: Test):
    t.topo("peer", 1)
    need_module()
    t.ilnp("A", "l64", "add", l64("a", 0), "dev", "a0", "via", "fe80::1")
    t.eventually("a NID by itself", 5, lambda: [
        n for n in nids(t) if n["origin"] == "auto"])
    value = wire.half(nids(t)[0]["nid"])
    t.equal("neither universal nor group bit", 0, value[0] & 3)
    mac = t.mac("A", "a0")
    t.check("not of the MAC address", value[5:] != mac[3:])
    first = nids(t)[0]["nid"]
    t.ilnp("A", "l64", "del", l64("a", 0), "dev", "a0")
    t.ilnp("A", "l64", "add", l64("a", 0), "dev", "a0", "via", "fe80::1")
    t.equal("stable", first, nids(t)[0]["nid"])


@case("6741-2-2")
@case("6742-2.1.1.2-1")
def on_all_interfaces(t: Test):
    t.topo("direct", 3, 1)
    t.ilnp_up(3, 1)
    capture = t.capture("R", ["rb0"])
    t.on("A", "ping", "-6", "-c9", "-i0.1", "-W2", address("b", 0))
    sent = [p for p in capture.stop() if p.kind == wire.ECHO_REQUEST]
    t.equal("one NID", {NID_A}, {p.nids[0] for p in sent})
    t.equal("three L64s", {l64("a", i) for i in range(3)},
            {p.pair[0] for p in sent})


@case("6741-3.1-1")
def form(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    for reserved in ("0:0:0:0", "0200:5eff:fe00:0000",
                     "0200:5eff:fe12:3456", "fdff:ffff:ffff:ff80",
                     "fdff:ffff:ffff:ffff"):
        done = t.ilnp("A", "nid", "add", reserved, check=False)
        t.check(f"{reserved} refused with a reason",
                done.returncode and "reserved" in done.stderr, done.stderr)


@case("6741-3.1-2")
@case("6740-3.1.2-2")
def unique(t: Test):
    for link in (0, 1):
        t.topo("peer", 2, 0, "dad")
        t.sysctl("A", "net.ipv6.conf.a0.accept_ra=0")
        need_module()
        x = t.peer(2)
        x.defended.add(wire.addr(address("a", link)))
        t.ilnp("A", "nid", "add", NID_A)
        t.ilnp("A", "dev", "attach", "all")
        for i in range(2):
            t.ilnp("A", "l64", "add", l64("a", i), "dev", f"a{i}", "via",
                   "fe80::1")
        t.ilnp("A", "correspondent", "add", NID_B, "l64", l64("b", 0))

        def probed() -> bool:
            x.gather(lambda p: True, 0.05)
            return any(p.kind == wire.NS and not any(p.src)
                       and p.l4[8:24] in x.defended for p in x.log)
        t.eventually(f"link {link}: probe seen", 5, probed)
        x.gather(lambda p: True, 3)
        sock = t.udp("A")
        for _ in range(4):
            try:
                sock.sendto(b"x", (address("b", 0), 9))
            except OSError:
                pass
        x.gather(lambda p: True)
        t.none(f"link {link}: packets with it", [
            p for p in x.log if p.src in x.defended])
        x.close()
        t.topo("delete")


@case("6741-3.1-3")
def not_before_detection(t: Test):
    t.topo("peer", 2, 0, "dad")
    need_module()
    x = t.peer(2)
    t.ilnp("A", "nid", "add", NID_A)
    t.ilnp("A", "dev", "attach", "all")
    t.ilnp("A", "correspondent", "add", NID_B, "l64", l64("b", 0))
    t.ilnp("A", "l64", "add", l64("a", 0), "dev", "a0", "via", "fe80::1")
    sock = t.udp("A")

    def used(side: int) -> list:
        try:
            sock.sendto(b"x", (address("b", 0), 9))
        except OSError:
            pass
        x.gather(lambda p: True, 0.05)
        return [p for p in x.log if p.proto == wire.UDP
                and p.src == wire.addr(address("a", side))]
    t.eventually("first L64 in use", 10, used, 0)
    t.ilnp("A", "l64", "add", l64("a", 1), "dev", "a1", "via", "fe80::1")
    t.eventually("second L64 in use", 10, used, 1)
    probe = next(p for p in x.log if p.kind == wire.NS and not any(p.src)
                 and p.l4[8:24] == wire.addr(address("a", 1)))
    t.check("a second after its probe",
            used(1)[0].time - probe.time >= 0.99,
            used(1)[0].time - probe.time)


# --- transports -----------------------------------------------------------

@case("6741-4-1")
@case("6741-4.1-1")
@peering(2, 2)
def flow_state(t: Test, p: Peering):
    for i in range(8):
        p.tcp.push(b"%d" % i, src_l64=prefix("b", i % 2),
                   dst_l64=prefix("a", i // 2 % 2))
        t.equal("one socket receives all", b"%d" % i, p.conn.recv(9))
        p.udp.send_udp(b"%d" % i, src_l64=prefix("b", i % 2),
                       dst_l64=prefix("a", i // 2 % 2))
        t.equal("and one UDP socket", b"%d" % i, p.server.recv(9))
    pairs = {p.a_sends().pair for _ in range(8)}
    t.equal("A uses all pairs of its flow", 4, len(pairs))


@case("6741-4.2-1")
def nid_only(t: Test):
    t.topo("peer", 2)
    t.ilnp_up(2, 1, "set=checksum nid")
    x = t.peer(2)
    sock = t.udp("A")
    for _ in range(4):
        sock.sendto(b"x", (address("b", 0), 9))
    sent = x.gather(lambda q: q.proto == wire.UDP)
    t.equal("both L64s", 2, len({q.pair for q in sent}))
    t.none("L64s count as zero", wire.checksum_faults(sent, "nid"))


@case("6741-4.3-1")
def icmp_sum(t: Test):
    for mode in ("ipv6", "nid"):
        p = Peering(t, 1, 1, f"set=checksum {mode}", mode=mode)
        seen = [t.require("echo reply", p.tcp.ping())]
        p.send_lu([(B0, 10, 600)])
        seen.append(t.require("ack", p.wait_ack()))
        closed = t.flow(p.x, nonce=p.nonce, dport=9, mode=mode)
        closed.send_udp(b"x")
        seen.append(t.require("error", p.x.wait(
            lambda q: q.kind == wire.UNREACHABLE)))
        t.none(mode, wire.checksum_faults(seen, "ipv6"))
        p.x.close()
        p.conn.close()
        p.server.close()
        t.topo("delete")


# --- the cache ------------------------------------------------------------

@case("6741-5.1-1")
def local_cache(t: Test):
    t.topo("peer", 2)
    t.ilnp_up(2, 1)
    t.ilnp("A", "l64", "change", l64("a", 1), "dev", "a1", "preference",
           "20")
    with t.inside("A"):
        client = t.keep(Client())
    t.equal("NIDs", [NID_A], [n["nid"] for n in client.dump("nid-get")])
    t.equal("L64s with interface and precedence", {
        (l64("a", 0), "a0", 10), (l64("a", 1), "a1", 20)}, {
        (x["l64"], x["dev"], x["preference"])
        for x in t.show("A", "ilnp", "l64")})
    t.equal("the other client agrees", {(l64("a", 0), 10),
                                        (l64("a", 1), 20)}, {
        (x["l64"], x["preference"]) for x in client.dump("l64-get")})


@case("6741-5.1-2")
@peering()
def correspondent_cache(t: Test, p: Peering):
    (known,) = t.show("A", "ilnp", "correspondent")
    t.equal("NID", NID_B, known["nid"])
    t.equal("L64s", [l64("b", 0)], [e["l64"] for e in known["l64s"]])
    (session,) = t.show("A", "ilnp", "session")
    t.equal("session", (NID_A, NID_B, l64("a", 0), l64("b", 0),
                        "established"),
            tuple(session[k] for k in ("local_nid", "remote_nid",
                                       "local_l64", "remote_l64", "state")))
    with t.inside("A"):
        (row,) = t.keep(Client()).dump("session-get")
    t.equal("nonces each way", (12, 12),
            (row["nonce-len"], row["nonce-len-rx"]))


def remote_state(t: Test, which: str) -> str | None:
    for c in t.show("A", "ilnp", "correspondent"):
        for e in c["l64s"]:
            if e["l64"] == which:
                return e["state"]
    return None


@case("6741-5.1-3")
@peering()
def validity(t: Test, p: Peering):
    p.send_lu([(B0, 10, 3), (B1, 20, 3)])
    t.require("ack", p.wait_ack())
    p.a_sends()
    t.check("in use", remote_state(t, l64("b", 0)) in ("active", "valid"))
    end = time.monotonic() + 5
    while time.monotonic() < end:
        p.a_sends()
        time.sleep(0.2)
    t.equal("past it, in use, no other", "expired",
            remote_state(t, l64("b", 0)))
    t.equal("past it, not in use", "aged", remote_state(t, l64("b", 1)))
    p.lives("still used")


@case("6741-5.2-1")
@peering()
def past_lifetime(t: Test, p: Peering):
    p.send_lu([(B0, 10, 1)])
    t.require("ack", p.wait_ack())
    for _ in range(3):
        time.sleep(1.5)
        p.lives("after lifetimes without an update")
        p.a_sends()


@case("6741-5.4-1")
@peering()
def by_nonce(t: Test, p: Peering):
    p.tcp.push(b"new", src_l64="2001:db8:99::")
    t.equal("TCP", b"new", p.conn.recv(9))
    p.udp.send_udp(b"new", src_l64="2001:db8:98::")
    t.equal("UDP", b"new", p.server.recv(9))


@case("6741-5.4-2, policy every")
@peering()
def without_nonce(t: Test, p: Peering):
    with t.dropped("A", 2, "rx-nonce-missing"):
        p.tcp.send_tcp(wire.ACK | wire.PSH, b"plain", nonce=None)
        p.udp.send_udp(b"plain", nonce=None)
    t.silent(p.conn)
    t.silent(p.server)


@case("6741-5.4-2")
@peering(1, 1, "a=require-nonce rfc")
def rfc_policy(t: Test, p: Peering):
    p.tcp.push(b"plain", nonce=None)
    t.equal("known I-LV: TCP", b"plain", p.conn.recv(9))
    p.udp.send_udp(b"plain", nonce=None)
    t.equal("known I-LV: UDP", b"plain", p.server.recv(9))
    t.check("counted", t.stat("A", "rx-no-nonce") >= 2)
    p.tcp.send_tcp(wire.ACK | wire.PSH, b"x", nonce=None,
                   src_l64="2001:db8:99::")
    t.silent(p.conn)


@case("6741-5.4-3")
@peering()
def same_nid(t: Test, p: Peering):
    listener = t.listen("A", port=5100)
    c = t.flow(p.x, nonce=os.urandom(12), sport=4100, dport=5100)
    c.src_l64 = wire.half("2001:db8:cc::")
    t.require("C's connection", c.open())
    conn = t.accept(listener)
    for _ in range(3):
        c.push(b"C's")
        t.equal("C's octets", b"C's", conn.recv(9))
        p.lives("B beside C")


@case("6741-6.1-1")
@peering(1, 2)
def one_update(t: Test, p: Peering):
    t.equal("before", {l64("b", 0), l64("b", 1)}, p.set_of())
    p.send_lu([(B1, 10, 600), (prefix("b", 2), 10, 600)])
    t.require("ack", p.wait_ack())
    t.equal("after", {l64("b", 1), l64("b", 2)}, p.set_of())


@case("6741-5.3-1")
@peering()
def many(t: Test, p: Peering):
    locators = [(f"2001:db8:{i + 0x2000:x}::", 10, 600) for i in range(255)]
    whole = p.tcp.build(wire.ICMP6, wire.locator_update(locators))
    for raw in wire.fragments(whole, 1232, 1, 56):
        p.x.send(raw)
    got = p.x.gather(lambda q: p.tcp.to_us(q) and (
        q.frag or q.kind == wire.LOCATOR_UPDATE), 2)
    acks = [d for d in wire.datagrams(got) if d.kind == wire.LOCATOR_UPDATE]
    t.equal("whole body acked", [255], [len(a.locators) for a in acks])
    p.lives()


# --- starting -------------------------------------------------------------

@case("6741-10.6-2")
def first_packets(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    _, syn = t.dial(x)
    t.ilnp("A", "session", "flush")
    t.udp("A").sendto(b"x", (address("b", 0), 7000))
    datagram = x.wait(lambda p: p.proto == wire.UDP)
    t.ilnp("A", "session", "flush")
    ping = t.socket("A", socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    ping.sendto(wire.echo(1, 1), (address("b", 0), 0))
    request = x.wait(lambda p: p.kind == wire.ECHO_REQUEST
                     and p.l4[4:6] == b"\0\1")
    for what, packet in (("SYN", syn), ("datagram", datagram),
                         ("echo request", request)):
        t.require(what, packet)
        t.none(f"{what}: nonce", wire.nonce_faults([packet]))


@case("6741-10.6-3")
def rejected(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    sock = t.udp("A")
    sock.sendto(b"x", (address("b", 0), 7000))
    first = t.require("datagram", x.wait(lambda p: p.proto == wire.UDP))
    x.send(wire.packet(wire.ilv(B0, NID_B), wire.ilv(prefix("a", 0), NID_A),
                       wire.ICMP6, wire.icmp6(wire.PARAM_PROBLEM, 2,
                                              struct.pack("!I", 42)
                                              + first.raw)))
    x.gather(lambda p: True)
    sock = t.udp("A")
    sock.sendto(b"y", (address("b", 0), 7000))
    again = t.require("datagram", x.wait(lambda p: p.proto == wire.UDP))
    t.equal("plain", [], again.nonces)


# --- IPsec and ICMP -------------------------------------------------------

@case("6741-11-1")
def xfrm_stays_plain(t: Test):
    t.topo("direct", 1, 1)
    t.ilnp_up(1, 1)
    ends = (address("a", 0), address("b", 0))
    for host, way in (("A", ("out", "in")), ("B", ("in", "out"))):
        for n, (src, dst) in enumerate((ends, ends[::-1])):
            t.ip(host, "xfrm", "state", "add", "src", src, "dst", dst,
                 "proto", "esp", "spi", str(0x100 + n), "mode", "transport",
                 "enc", "cipher_null", "", "auth", "hmac(sha256)",
                 "0x" + "11" * 32)
            t.ip(host, "xfrm", "policy", "add", "src", src, "dst", dst,
                 "dir", way[n], "tmpl", "src", src, "dst", dst, "proto",
                 "esp", "mode", "transport")
    capture = t.capture("R")
    done = t.on("A", "ping", "-6", "-c3", "-i0.2", "-W2", address("b", 0),
                check=False)
    t.equal("works", 0, done.returncode)
    packets = flow_packets(capture.stop())
    t.check("ESP", packets and all(50 in p.chain for p in packets))
    t.none("nonces", [p for p in packets if p.nonces])


@case("6741-11.1-1")
@peering()
def updates_have_it(t: Test, p: Peering):
    seen = []
    for i in range(10):
        t.ilnp("A", "l64", "change", l64("a", 0), "dev", "a0", "preference",
               str(20 + i))
        update = p.wait_lu(wire.LU_ADV, 5)
        if update is None:
            continue
        seen.append(update)
        p.acknowledge(update)
    t.check("several", len(seen) >= 3, len(seen))
    t.none("one option each", wire.nonce_faults(seen, 12))
    t.equal("of that direction", {p.a_nonce}, {q.nonce for q in seen})


@case("6741-11.1-3")
@peering(2, 1)
def new_l64(t: Test, p: Peering):
    t.ilnp("A", "l64", "del", l64("a", 0), "dev", "a0")
    for _ in range(10):
        p.server.send(b"x")
    sent = p.x.gather(lambda q: q.proto == wire.UDP
                      and q.pair[0] == l64("a", 1))
    t.check("from the new L64", len(sent) >= 8, len(sent))
    t.none("without nonce", [q for q in sent if not q.nonces])


@case("6741-11.1-4")
@peering()
def update_without(t: Test, p: Peering):
    p.ignored("no nonce", "lu-nonce", nonce=None)


@case("6741-11.1-5")
@peering()
def update_wrong(t: Test, p: Peering):
    for what, nonce in (
            ("one bit", p.nonce[:11] + bytes([p.nonce[11] ^ 1])),
            ("the other direction's", p.a_nonce),
            ("its first octets", p.nonce[:4])):
        p.ignored(what, "lu-nonce", nonce=nonce)


@case("6741-11.1-6")
@peering()
def our_errors(t: Test, p: Peering):
    closed = t.flow(p.x, nonce=p.nonce, dport=9)
    closed.send_udp(b"x")
    error = t.require("Port Unreachable", p.x.wait(
        lambda q: q.kind == wire.UNREACHABLE))
    t.none("option", wire.nonce_faults([error], 12))
    t.equal("our right nonce", p.a_nonce, error.nonce)


@case("6741-11.1-7", None)
@case("6741-11.1-8", bytes(12))
def their_errors(t: Test, nonce: bytes | None):
    p = Peering(t)
    quoted = p.a_sends()
    with t.dropped("A", 1, "icmp-forged"):
        p.x.send(p.to_a(wire.ICMP6, wire.icmp6(
            wire.UNREACHABLE, 4, bytes(4) + quoted.raw), nonce=nonce))
    p.server.send(b"no error waits at the socket")
    t.require("sent", p.udp.wait_udp())


@case("6741-11.1-8, the right one works")
@peering()
def true_error(t: Test, p: Peering):
    quoted = p.a_sends()
    p.x.send(p.to_a(wire.ICMP6, wire.icmp6(
        wire.UNREACHABLE, 4, bytes(4) + quoted.raw)))

    def error() -> bool:
        try:
            p.server.send(b"x")
        except ConnectionRefusedError:
            return True
        return False
    t.eventually("the socket is told", 2, error)


@case("6741-11.1-9", b"12345678abcd")
@case("6741-11.1-10", None)
def from_router(t: Test, nonce: bytes | None):
    p = Peering(t)
    quoted = p.a_sends()
    router = wire.addr("2001:db8:fe::1")
    p.x.send(wire.packet(router, wire.ilv(prefix("a", 0), NID_A),
                         wire.ICMP6, wire.icmp6(
                             wire.UNREACHABLE, 4, bytes(4) + quoted.raw),
                         nonce=nonce))

    def error() -> bool:
        try:
            p.server.send(b"x")
        except OSError:
            return True
        return False
    t.eventually("delivered", 2, error)


@case("6741-11.1-13")
@case("6741-11.2-2")
@peering()
def logged(t: Test, p: Peering):
    with t.inside("A"):
        client = t.keep(Client())
    client.monitor()
    p.tcp.send_tcp(wire.ACK | wire.PSH, b"x", nonce=bytes(12))
    while True:
        seen = t.require("event", client.event(3))
        if seen["event"] == "nonce-bad":
            break
    for key in ("remote-nid", "local-nid", "remote-l64", "local-l64",
                "proto", "sport", "dport", "ifindex", "time", "reason"):
        t.check(f"has {key}", key in seen, seen)


@case("6741-11.1-14")
@peering()
def rate_limited(t: Test, p: Peering):
    with t.inside("A"):
        client = t.keep(Client())
    client.monitor()
    count = 3000
    before = sum(v for k, v in t.stats("A").items()
                 if k in ("rx-nonce-wrong", "rx-not-first"))
    for i in range(count):
        p.tcp.send_tcp(wire.ACK | wire.PSH, b"x", nonce=os.urandom(12))
        if i % 100 == 99:
            p.x.gather(lambda q: True, 0)
    t.eventually("counter exact", 5, lambda: sum(
        v for k, v in t.stats("A").items()
        if k in ("rx-nonce-wrong", "rx-not-first")) - before == count)
    events = 0
    while True:
        seen = client.event(0.5)
        if seen is None:
            break
        events += seen["event"] == "nonce-bad"
    t.within("events", 1, 300, events)
    t.check("suppressed ones counted",
            t.stat("A", "events-suppressed") >= count - 300)


@case("6741-11.2-1")
@peering()
def unknown_source(t: Test, p: Peering):
    for nonce in (None, bytes(12)):
        p.tcp.send_tcp(wire.ACK | wire.PSH, b"forged",
                       src_l64="2001:db8:77::", nonce=nonce)
        t.silent(p.conn)
        t.none("no RST to a session's flow", [
            q for q in p.x.gather(lambda q: q.proto == wire.TCP)
            if q.flags & wire.RST and q.pair[1] == l64("b", 0)])
    p.lives()


@case("6741-13.1-1")
def one_way(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    sink = t.udp("A", port=7000)
    flow = t.flow(x, dport=7000)
    for i in range(6):
        flow.send_udp(bytes(100))
        t.equal("received", 100, len(sink.recv(200)))
    answers = [q for q in x.gather(flow.to_us, 2) if q.nonces]
    t.equal("one packet with a nonce comes back", 1, len(answers))
    start = len(x.log)
    sent = 0
    for i in range(20):
        raw = wire.packet(wire.ilv(B0, 0xb0b1000000000000 + i),
                          wire.ilv(prefix("a", 0), NID_A), wire.UDP,
                          wire.udp(5, 7000, bytes(8)), nonce=os.urandom(12))
        sent += len(raw)
        x.send(raw)
    x.gather(lambda q: True)
    t.check("spoofed sources: no more octets out than in", sum(
        len(q.raw) for q in x.log[start:] if q.nonces) <= sent)


if __name__ == "__main__":
    suite.main()
