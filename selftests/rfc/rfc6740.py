# SPDX-License-Identifier: GPL-2.0-only
"""RFC 6740, and what RFC 6742 and 6748 ask of a host, case by case: see
rfc6740.sh."""
import os
import random
import socket

from peer import (NID_A, NID_B, Peering, Suite, Test, address, flow_packets,
                  l64, need_module, peering, prefix, wire)

suite = Suite()
N2 = "a0a1:2222:2222:2222"


def case(row: str, *args):
    return suite.case(row, *args)


@case("6740-2-1")
def unmodified(t: Test):
    """An unmodified program by address; the rest in issue 6's scripts."""
    t.topo("direct", 2, 1)
    t.ilnp_up(2, 1)
    capture = t.capture("R")
    server = t.spawn("B", "iperf3", "-s", "-1")
    t.eventually("iperf3 listens", 20, t.listening, "B", "tcp", 5201)
    t.on("A", "iperf3", "-6", "-c", address("b", 0), "-n", "300K")
    server.wait(20)
    packets = flow_packets(capture.stop())
    t.check("many packets", len(packets) > 100)
    t.none("without nonce", [p for p in packets if not p.nonces])


def second_nid(t: Test) -> None:
    t.ilnp("A", "nid", "add", N2)
    t.eventually("its address", 5, lambda: any(
        a["local"].endswith("2222:2222:2222") and not a.get("tentative")
        for i in t.show("A", "-6", "addr") for a in i["addr_info"]))


@case("6740-3.1-1")
@case("6740-3.1.1-3")
def several_nids(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    second_nid(t)
    x = t.peer()
    nonces = {}
    for nid in (NID_A, N2):
        sock = t.udp("A", wire.text(wire.ilv(prefix("a", 0), nid)))
        sock.sendto(b"x", (address("b", 0), 7000))
        sent = t.require("datagram", x.wait(lambda p: p.proto == wire.UDP))
        t.equal("source NID", nid, sent.nids[0])
        nonces[nid] = sent.nonce
    t.check("each its own nonce", nonces[NID_A] != nonces[N2])
    t.equal("two sessions", {NID_A, N2}, {
        s["local_nid"] for s in t.show("A", "ilnp", "session")})


@case("6740-3.1-2")
def addressed_nid(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    second_nid(t)
    x = t.peer()
    t.listen("A", port=5000)
    flow = wire.Flow(x, (prefix("b", 0), NID_B), (prefix("a", 0), N2),
                     os.urandom(12))
    answer = t.require("SYN-ACK", flow.open())
    t.equal("from the NID addressed", N2, answer.nids[0])


@case("6740-3.1.1-1")
def nids_stay(t: Test):
    t.topo("direct", 2, 1)
    t.ilnp_up(2, 1)
    capture = t.capture("R", ["rb0"])
    near, far = t.pair("A", "B", address("b", 0))
    for i in range(5):
        net = f"2001:db8:a{i % 2}::/64"
        t.ilnp("A", "l64", "change", net, "dev", f"a{i % 2}", "preference",
               str(20 + i))
        for _ in range(4):
            near.sendall(b"x")
            far.recv(1)
    tcp = [p for p in capture.stop() if p.proto == wire.TCP]
    t.equal("one NID pair", {(NID_A, NID_B)}, {p.nids for p in tcp})
    t.equal("several L64s", 2, len({p.pair[0] for p in tcp}))


@case("6740-3.1.1-2")
@peering()
def nid_removed(t: Test, p: Peering):
    second_nid(t)
    t.ilnp("A", "nid", "del", NID_A)
    p.lives("with the removed NID")
    t.equal("A answers with it", NID_A, p.a_sends().nids[0])
    sock = t.udp("A")
    sock.sendto(b"x", (address("b", 0), 7777))
    sent = t.require("new flow", p.x.wait(lambda q: q.dport == 7777))
    t.equal("a new one uses the other", N2, sent.nids[0])


@case("6740-3.1.2-1")
@case("6740-3.1.2-3")
def generated(t: Test):
    """A NID for each of many namespaces."""
    seen = set()
    need_module()
    many = 8 if os.environ.get("KERNEL") == "debug" else 40
    for _ in range(many):
        t.topo("peer", 1)
        t.ilnp("A", "l64", "add", l64("a", 0), "dev", "a0")
        t.poll(3, lambda: t.show("A", "ilnp", "nid"))
        (nid,) = t.show("A", "ilnp", "nid")
        seen.add(nid["nid"])
        t.topo("delete")
    t.equal("all different", many, len(seen))
    t.none("universal or group bit set", [
        n for n in seen if wire.half(n)[0] & 3])


@case("6740-3.1.2-3, a peer's group bit")
def group_bit(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow = wire.Flow(x, (prefix("b", 0), "b1b1:b2b3:b4b5:b6b7"),
                     (prefix("a", 0), NID_A), os.urandom(12))
    reply = t.require("echo reply", flow.ping())
    t.check("with nonce", reply.nonces)


@case("6740-3.2-1")
def several_l64s(t: Test):
    t.topo("peer", 2)
    t.ilnp_up(2, 1)
    for i in (2, 3):
        t.ilnp("A", "l64", "add", l64("a", i), "dev", f"a{i % 2}", "via",
               "fe80::1")
    x = t.peer(2)
    sock = t.udp("A")
    seen = set()

    def turn() -> bool:
        sock.sendto(b"x", (address("b", 0), 9))
        seen.update((p.pair[0], p.dev)
                    for p in x.gather(lambda p: p.proto == wire.UDP))
        return len(seen) == 4
    t.eventually("four of them", 15, turn)
    t.equal("each on its own link",
            {(l64("a", i), f"x{i % 2}") for i in range(4)}, seen)


@case("6740-3.2-2")
@peering(2, 2)
def preferences(t: Test, p: Peering):
    t.ilnp("A", "l64", "change", l64("a", 1), "dev", "a1", "preference",
           "99")
    update = t.require("the next adv", p.wait_lu(wire.LU_ADV))
    t.equal("says so", 99, dict((e[0], e[1]) for e in update.locators)[
        l64("a", 1)])
    t.equal("and is followed", {l64("a", 0)},
            {p.a_sends().pair[0] for _ in range(6)})
    t.ilnp("A", "correspondent", "change", NID_B, "l64", l64("b", 1),
           "preference", "1", "l64", l64("b", 0), "preference", "2")
    seen = set()
    for _ in range(6):
        pkt = p.a_sends()
        seen.add(pkt.pair[1])
        p.udp.send_udp(b"heard", src_l64=prefix("b", 1))
        p.server.recv(9)
    t.equal("a remote one overridden", {l64("b", 1)}, seen)


@case("6740-3.2.2-1")
@case("6740-6.2-1")
@peering(2, 1)
def changes_are_told(t: Test, p: Peering):
    t.ilnp("A", "l64", "del", l64("a", 0), "dev", "a0")
    update = t.require("adv", p.wait_lu(wire.LU_ADV, 5))
    t.equal("what is left", [l64("a", 1)],
            [e[0] for e in update.locators])


@case("6740-3.4-1")
@peering(2, 1)
def in_a_loop(t: Test, p: Peering):
    for i in range(10):
        t.ilnp("A", "l64", "del", l64("a", 1), "dev", "a1")
        p.lives(f"without it {i}")
        t.ilnp("A", "l64", "add", l64("a", 1), "dev", "a1", "via",
               "fe80::1")
        p.lives(f"with it {i}")
        p.a_sends()


@case("6740-6.2-2")
@peering(2, 1)
def late_packets(t: Test, p: Peering):
    """Ours: taken while the nonce is right."""
    t.ilnp("A", "l64", "del", l64("a", 0), "dev", "a0")
    p.tcp.push(b"late")     # to the L64 that is gone
    t.equal("to the old L64: taken", b"late", p.conn.recv(9))
    p.tcp.push(b"new", dst_l64=prefix("a", 1), src_l64=prefix("b", 0))
    t.equal("to the new one", b"new", p.conn.recv(9))


def silent_peer(t: Test) -> tuple:
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    return x, t.dial(x)[1]


@case("6740-8-2")
def plain_after_problem(t: Test):
    x, syn = silent_peer(t)
    x.reject_option(syn)
    again = t.require("second SYN", x.wait(
        lambda p: p.flags == wire.SYN, 5))
    t.equal("plain", [], again.nonces)


@case("6740-8-2, silence")
def plain_after_silence(t: Test):
    x, first = silent_peer(t)
    syns = x.gather(lambda p: p.flags == wire.SYN, 8)
    plain = [p for p in syns if not p.nonces]
    t.require("a plain SYN follows", plain)
    t.within("within one retransmission time", 0.5, 3.5,
             plain[0].time - first.time)


@case("6740-8-4")
def neighbour_discovery(t: Test):
    t.topo("direct", 2, 1)
    t.ilnp_up(2, 1)
    capture = t.capture("A")
    t.on("A", "ping", "-6", "-c4", "-i0.1", "-W2", address("b", 0))
    t.ip("A", "neigh", "flush", "dev", "a0")
    t.on("A", "ping", "-6", "-c4", "-i0.1", "-W2", address("b", 0))
    link = [p for p in capture.stop() if p.proto == wire.ICMP6
            and 130 <= p.kind <= 143 or p.kind == wire.MLD2]
    t.check("Neighbour Discovery seen", any(
        p.kind == wire.NS for p in link))
    t.none("nonces", [p for p in link if p.nonces])
    t.none("other hop limits", [p for p in link if p.kind in (
        wire.NS, wire.NA) and p.hlim != 255])
    t.none("checksums", wire.checksum_faults(link, "ipv6"))


@case("6740-8-5")
def full_ip_node(t: Test):
    t.topo("direct", 1, 1, "plain")
    t.ilnp_up(1, 1)
    for host, dev, addr in (("A", "a0", "192.0.2.1"),
                            ("R", "ra0", "192.0.2.2")):
        t.ip(host, "addr", "add", addr + "/24", "dev", dev)
    capture = t.capture("A")
    t.on("A", "ping", "-4", "-c2", "-i0.2", "-W2", "192.0.2.2")
    t.on("A", "ping", "-6", "-c2", "-i0.2", "-W2", "-I",
         prefix("a", 0) + "a", prefix("b", 0) + "b")
    t.on("A", "ping", "-6", "-c2", "-i0.2", "-W2", "fe80::1%a0")
    sock = t.udp("A")
    index = t.show("A", "link", "show", "dev", "a0")[0]["ifindex"]
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    sock.sendto(b"x", ("ff15::7", 7000))
    packets = capture.stop()
    t.check("traffic", len(packets) >= 5)
    t.none("nonces", [p for p in packets if p.nonces])
    t.none("extension headers but MLD's", [
        p for p in packets if len(p.chain) > 1 and p.kind != wire.MLD2])


@case("6740-9.1-1")
def one_way_nonces(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    theirs = set()
    ours = set()
    for i in range(60):
        flow = wire.Flow(x, (prefix("b", 0),
                             0xb0b1000000000000 + random.getrandbits(40)),
                         (prefix("a", 0), NID_A), os.urandom(12), sport=i)
        reply = t.require("reply", flow.ping())
        ours.add(reply.nonce)
        theirs.add(flow.nonce)
    t.equal("all of ours differ", 60, len(ours))
    t.check("from theirs too", not ours & theirs)


# --- RFC 6742 and 6748: what concerns module and tool ---------------------

@case("6742-2.1-2")
@peering(1, 2)
def lower_first(t: Test, p: Peering):
    t.ilnp("A", "correspondent", "change", NID_B, "l64", l64("b", 0),
           "preference", "10", "l64", l64("b", 1), "preference", "20")
    t.equal("10 before 20", {l64("b", 0)},
            {p.a_sends().pair[1] for _ in range(6)})


@case("6742-2.1.2-1")
@case("6742-2.3.2-1")
@case("6742-2.4.2-1")
def decimal(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    for bad in ("0x10", "1e1", "-1", "+1", "", "65536"):
        done = t.ilnp("A", "nid", "add", N2, "preference", bad, check=False)
        t.check(f"{bad!r} refused", done.returncode)
    t.ilnp("A", "nid", "add", N2, "preference", "010")
    (nid,) = [n for n in t.show("A", "ilnp", "nid") if n["nid"] == N2]
    t.equal("decimal", 10, nid["preference"])


@case("6742-2.1.2-2")
@case("6742-2.3.2-2")
def groups(t: Test):
    t.topo("peer", 1)
    need_module()
    t.ilnp("A", "nid", "add", "2aa:ff:fe11:2233")
    t.equal("four digits, leading zeros kept", "02aa:00ff:fe11:2233",
            next(n["nid"] for n in t.show("A", "ilnp", "nid")
                 if n["origin"] == "static"))
    t.ilnp("A", "l64", "add", "2001:db8:0:1", "dev", "a0")
    t.equal("an L64 in the DNS's form is taken", ["2001:db8:0:1::/64"],
            [x["l64"] for x in t.show("A", "ilnp", "l64")])


@case("6742-2.1.2-3")
@case("6742-2.3.2-3")
def not_compressed(t: Test):
    t.topo("peer", 1)
    need_module()
    t.ilnp("A", "nid", "add", "4000:0:0:1")
    t.equal("in full", "4000:0000:0000:0001",
            next(n["nid"] for n in t.show("A", "ilnp", "nid")
                 if n["origin"] == "static"))
    for bad in ("::1", "4000::1"):
        t.check(f"{bad} refused", t.ilnp("A", "nid", "add", bad,
                                         check=False).returncode)


@case("6742-3.1-2")
def any_with_any(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 2)
    x = t.peer()
    for nid in (NID_B, "b0b1:3333:3333:3333"):
        for i in range(2):
            flow = wire.Flow(x, (prefix("b", i), nid),
                             (prefix("a", 0), NID_A), os.urandom(12),
                             sport=100 + i)
            t.check(f"{nid} at L64 {i}", flow.ping())
            t.ilnp("A", "session", "flush")


@case("6748-2.1-1")
@case("6748-2.2-1")
def ula(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    done = t.ilnp("A", "l64", "add", "fd00:1:2:3::/64", "dev", "a0",
                  check=False)
    t.check("policy off: refused", done.returncode)
    t.ilnp("A", "set", "ula", "on")
    t.ilnp("A", "l64", "add", "fd00:1:2:3::/64", "dev", "a0", "via",
           "fe80::1")
    x = t.peer()
    sock = t.udp("A")
    for _ in range(6):
        sock.sendto(b"x", (address("b", 0), 9))
    t.equal("not to a peer without one", {l64("a", 0)}, {
        p.pair[0] for p in x.gather(lambda p: p.proto == wire.UDP)})
    t.ilnp("A", "correspondent", "add", "b0b1:4444:4444:4444", "l64",
           "fd00:9:9:9::/64")
    target = wire.text(wire.ilv("fd00:9:9:9::", "b0b1:4444:4444:4444"))
    t.eventually("to one that has one", 5, lambda: t.udp("A").sendto(
        b"x", (target, 9)) and x.wait(lambda p: p.nonces and p.pair == (
            "fd00:1:2:3::/64", "fd00:9:9:9::/64"), 0.3))


@case("6748-3.2-1")
@peering()
def from_elsewhere(t: Test, p: Peering):
    """A border router speaks for its host, with the session's nonce."""
    p.send_lu([(prefix("b", 1), 10, 600)], src_l64="2001:db8:ee::")
    t.require("accepted", p.wait_ack())
    t.equal("applied", {l64("b", 1)}, p.set_of())


if __name__ == "__main__":
    suite.main()
