# SPDX-License-Identifier: GPL-2.0-only
"""RFC 6743, case by case: see rfc6743.sh."""
from peer import (Client, NID_A, NID_B, Peering, Suite, Test, l64,
                  os, peering, prefix, wire)

suite = Suite()
B0, B1, B2, B3 = (prefix("b", i) for i in range(4))
BOTH = [(B0, 10, 600), (B1, 10, 600)]


def case(row: str, *args):
    return suite.case(row, *args)


def change(t: Test, preference: int = 10, lifetime: str = "600") -> None:
    """A's own set changes: one more L64."""
    t.ilnp("A", "l64", "add", "2001:db8:aa::/64", "dev", "a0", "via",
           "fe80::1", "preference", str(preference), "lifetime", lifetime)


@case("6743-1.2-1")
def only_in_sessions(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    plain = t.flow(x, nonce=None)
    t.listen("A", port=5000)
    t.require("plain connection", plain.open())
    change(t)
    t.none("Locator Updates", x.gather(
        lambda p: p.kind == wire.LOCATOR_UPDATE, 3))


@case("6743-2-1")
@peering()
def type_and_code(t: Test, p: Peering):
    p.send_lu(BOTH)
    ack = t.require("ack", p.wait_ack())
    t.equal("ack's first octets", b"\x9c\x00", ack.l4[:2])
    change(t)
    update = t.require("adv", p.wait_lu(wire.LU_ADV))
    t.equal("adv's first octets", b"\x9c\x00", update.l4[:2])
    for code in (1, 2, 255):
        p.ignored(f"code {code}", "lu-code", code=code,
                  locators=[(B3, 10, 600)])


@case("6743-2-2")
@peering()
def checksum(t: Test, p: Peering):
    p.send_lu(BOTH)
    ack = t.require("ack", p.wait_ack())
    t.check("ack's checksum", ack.checksum_right("ipv6"))
    bad = bytearray(wire.locator_update([(B3, 10, 600)]))
    bad[2:4] = b"\x12\x34"
    with t.dropped("A", 1, "lu-csum"):
        p.tcp.send(wire.ICMP6, bytes(bad), correct=False)
    t.none("nothing answered", p.x.gather(
        lambda q: q.kind == wire.LOCATOR_UPDATE
        and q.l4[5] == wire.LU_ACK))
    t.check("set", l64("b", 3) not in p.set_of())


@case("6743-2-3")
@peering()
def none_at_all(t: Test, p: Peering):
    p.ignored("N=0", "lu-zero", locators=[])
    t.ilnp("A", "l64", "del", l64("a", 0), "dev", "a0")
    t.none("with no L64 left no adv", p.x.gather(
        lambda q: q.kind == wire.LOCATOR_UPDATE, 2))


@case("6743-2-4")
@peering()
def entries(t: Test, p: Peering):
    change(t, preference=0x1234, lifetime=str(0x0102))
    update = t.require("adv", p.wait_lu(wire.LU_ADV))
    found = {e[0]: e[1:] for e in update.locators}
    t.equal("length", 8 + 12 * update.l4[4], len(update.l4))
    t.equal("preference", 0x1234, found["2001:db8:aa::/64"][0])
    t.within("lifetime", 0xf0, 0x0102, found["2001:db8:aa::/64"][1])
    for what, trailer in (("one octet more", b"x"),
                          ("one entry more", bytes(12))):
        p.ignored(what, "lu-length", trailer=trailer,
                  locators=[(B3, 10, 600)])
    p.ignored("one entry less", "lu-length", count=2,
              locators=[(B3, 10, 600)])


@case("6743-2-5")
@peering()
def preference(t: Test, p: Peering):
    for best, other in ((0, 1), (1, 0)):
        p.send_lu([(prefix("b", best), 10, 600),
                   (prefix("b", other), 20, 600)])
        t.require("ack", p.wait_ack())
        for _ in range(6):
            sent = p.a_sends()
            t.equal("only the better one", l64("b", best), sent.pair[1])


@case("6743-2-6")
@peering()
def lifetime(t: Test, p: Peering):
    p.send_lu([(B0, 10, 600), (B1, 10, 2)])
    t.require("ack", p.wait_ack())

    def states() -> dict:
        return {e["l64"]: e["state"] for c in t.show(
            "A", "ilnp", "correspondent") for e in c["l64s"]}
    t.check("valid at first", states()[l64("b", 1)] in ("valid", "active"))
    t.eventually("not after its lifetime", 6, lambda: states().get(
        l64("b", 1)) in ("aged", "expired", None))
    for _ in range(4):
        t.equal("and is not used", l64("b", 0), p.a_sends().pair[1])
    change(t, lifetime="700000")
    update = t.require("adv", p.wait_lu(wire.LU_ADV))
    found = {e[0]: e[2] for e in update.locators}
    t.equal("clamped", 65535, found["2001:db8:aa::/64"])


@case("6743-2-7")
@case("6743-E5911")
@peering()
def operation(t: Test, p: Peering):
    for number in (0, 3, 255):
        p.ignored(f"operation {number}", "lu-operation", operation=number,
                  locators=[(B3, 10, 600)])
    p.send_lu(BOTH)
    ack = t.require("ack", p.wait_ack())
    t.equal("we send 2", 2, ack.l4[5])
    change(t)
    t.require("and 1", p.wait_lu(1))


@case("6743-2-8")
@peering()
def reserved_sent(t: Test, p: Peering):
    change(t)
    update = t.require("adv", p.wait_lu(wire.LU_ADV))
    t.equal("RESERVED", b"\0\0", update.l4[6:8])


@case("6743-2-9")
@peering()
def reserved_received(t: Test, p: Peering):
    p.send_lu(BOTH, reserved=0xffff)
    t.require("acked", p.wait_ack())
    t.equal("applied", {l64("b", 0), l64("b", 1)}, p.set_of())


@case("6743-2-10")
@peering(2, 1)
def removed_is_missing(t: Test, p: Peering):
    t.ilnp("A", "l64", "del", l64("a", 1), "dev", "a1")
    update = t.require("adv", p.wait_lu(wire.LU_ADV))
    t.equal("only what is left", [l64("a", 0)],
            [e[0] for e in update.locators])
    t.none("none with lifetime 0",
           [e for e in update.locators if e[2] == 0])


@case("6743-2-11")
def to_each(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    nids = ["b0b1:1111:1111:1111", "b0b1:2222:2222:2222"]
    for nid in nids:
        t.ilnp("A", "correspondent", "add", nid, "l64", l64("b", 1))
    t.ilnp("A", "correspondent", "add", "b0b1:9999:9999:9999", "l64",
           l64("b", 1))
    x = t.peer()
    listener = t.listen("A", port=5000)
    for i, nid in enumerate([NID_B, *nids]):
        flow = wire.Flow(x, (B1 if i else B0, nid),
                         (prefix("a", 0), NID_A), os.urandom(12),
                         sport=4000 + i)
        t.require("session", flow.open())
        conn = t.accept(listener)
        flow.push(b"x")
        conn.recv(1)
        conn.sendall(b"y")
        t.require("proven", flow.pull())
    change(t)
    got = {p.nids[1] for p in x.gather(
        lambda p: p.kind == wire.LOCATOR_UPDATE, 3)}
    t.equal("each session's peer, nobody else", {NID_B, *nids}, got)


@case("6743-2-12")
@peering()
def acknowledged(t: Test, p: Peering):
    for turn in range(2):
        p.send_lu(BOTH, src_l64=prefix("b", turn))
        ack = t.require(f"ack {turn}", p.wait_ack())
        t.equal("to the I-LV it came from", wire.ilv(prefix("b", turn),
                                                     NID_B), ack.dst)
        t.none("with A's nonce", wire.nonce_faults([ack], 12))
        t.equal("the session's", p.a_nonce, ack.nonce)


@case("6743-2-13")
@peering()
def ack_body(t: Test, p: Peering):
    locators = [(B0, 10, 600), (B1, 0x1234, 0x4321), ("fe80::", 1, 1),
                (B1, 9, 9)]
    p.send_lu(locators, reserved=0xbeef)
    ack = t.require("ack", p.wait_ack())
    sent = wire.locator_update(locators, reserved=0xbeef)
    t.equal("body", sent[4:5] + b"\2" + sent[6:], ack.l4[4:])


@case("6743-2-14")
@peering()
def no_identifier_option(t: Test, p: Peering):
    p.send_lu(BOTH)
    t.require("acked without any such option", p.wait_ack())


@case("6743-2-15")
@peering()
def has_nonce(t: Test, p: Peering):
    change(t)
    update = t.require("adv", p.wait_lu(wire.LU_ADV))
    t.none("one option", wire.nonce_faults([update], 12))
    t.equal("of the session", p.a_nonce, update.nonce)


@case("6743-3-1")
@peering()
def no_effect_on_transport(t: Test, p: Peering):
    names = p.conn.getsockname(), p.conn.getpeername()
    p.conn.sendall(b"before")
    t.require("before", p.tcp.pull())
    p.send_lu([(B1, 10, 600)])
    t.require("ack", p.wait_ack())
    p.conn.sendall(b"after")
    segment = t.require("after", p.tcp.pull())
    t.equal("to the new L64", l64("b", 1), segment.pair[1])
    t.equal("same names", names, (p.conn.getsockname(),
                                  p.conn.getpeername()))
    info = t.on("A", "ss", "-Htin", "sport", "=", ":5000").stdout
    t.check("no retransmission", "retrans" not in info, info)


@case("6743-4-1")
def mode_per_session(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    t.ilnp("A", "correspondent", "flush")
    t.ilnp("A", "set", "learn", "off")
    x = t.peer()
    listener = t.listen("A", port=5000)
    plain = t.flow(x, nonce=None)
    t.require("plain connection", plain.open())
    conn = t.accept(listener)
    t.ilnp("A", "correspondent", "add", NID_B, "l64", l64("b", 0))
    other = t.flow(x, sport=4001)
    t.require("ILNP connection", other.open())
    second = t.accept(listener)
    for _ in range(3):
        conn.sendall(b"plain")
        t.equal("plain goes on", [],
                t.require("segment", plain.pull()).nonces)
        plain.push(b"plain")
        t.equal("both ways", b"plain", conn.recv(9))
        second.sendall(b"ilnp")
        t.check("ILNP beside it",
                t.require("segment", other.pull()).nonces)


@case("6743-4-2")
def all_of_them(t: Test):
    for count in (1, 4, 16, 101):
        t.topo("peer", 1)
        t.ilnp_up(1, 1)
        p = Peering.__new__(Peering)
        p.t, p.x = t, t.peer()
        p.tcp, p.conn = t.opened(p.x)
        t.ilnp("A", "correspondent", "show")
        for i in range(1, count):
            t.ilnp("A", "l64", "add", f"2001:db8:{i + 0x1000:x}::/64",
                   "dev", "a0", "via", "fe80::1")
        if count == 1:
            t.ilnp("A", "l64", "change", l64("a", 0), "dev", "a0",
                   "preference", "11")
        wanted = {e["l64"] for e in t.show("A", "ilnp", "l64")}
        seen: set = set()
        update = None
        for _ in range(200):
            update = p.wait_lu(wire.LU_ADV, 15)
            if update is None:
                break
            p.acknowledge(update)
            seen = {e[0] for e in update.locators}
            if seen == wanted:
                break
        t.equal(f"{count}: the set", wanted, seen)
        p.x.close()
        p.conn.close()
        t.topo("delete")


@case("6743-4-3")
@peering()
def replaced(t: Test, p: Peering):
    p.send_lu([(B1, 10, 600)])
    t.require("ack", p.wait_ack())
    t.equal("the set", {l64("b", 1)}, p.set_of())
    for _ in range(4):
        t.equal("nothing to the old one", l64("b", 1), p.a_sends().pair[1])
    p.tcp.push(b"from the old")
    t.equal("still taken", b"from the old", p.conn.recv(99))
    p.send_lu([(B0, 10, 600)])
    t.require("ack", p.wait_ack())
    t.equal("it may move back", {l64("b", 0)}, p.set_of())


@case("6743-4-4")
@peering()
def many_received(t: Test, p: Peering):
    for count in (101, 255):
        locators = [(f"2001:db8:{i + 0x2000:x}::", 10, 600)
                    for i in range(count)]
        whole = p.tcp.build(wire.ICMP6, wire.locator_update(locators))
        parts = [whole] if len(whole) <= 1500 else wire.fragments(
            whole, 1232, count, 56)
        for raw in parts:
            p.x.send(raw)
        got: list = []
        while True:
            pkt = p.x.wait(lambda q: p.tcp.to_us(q) and (
                q.kind == wire.LOCATOR_UPDATE or q.frag), 3)
            if pkt is None:
                break
            got.append(pkt)
            whole_ack = [d for d in wire.datagrams(got)
                         if d.kind == wire.LOCATOR_UPDATE]
            if whole_ack:
                t.equal(f"{count}: whole body acked", count,
                        len(whole_ack[0].locators))
                break
        else:
            continue
        t.check(f"{count}: acked", got)
        t.check(f"{count}: applied up to the limit",
                len(p.set_of()) in range(min(count, 64), count + 1),
                len(p.set_of()))
    p.lives()


@case("6743-5-1")
def not_in_use(t: Test):
    t.topo("peer", 1, 0, "plain")
    x = t.peer()
    raw = wire.packet(wire.ilv(B0, NID_B), prefix("a", 0) + "a", wire.ICMP6,
                      wire.locator_update(BOTH))
    x.send(raw)
    t.none("without ILNP", x.gather(lambda p: True))
    t.ilnp_up(1, 1)
    t.ilnp("A", "correspondent", "flush")
    x.send(raw)
    t.none("without session", x.gather(lambda p: True))
    t.equal("no state", [], t.show("A", "ilnp", "correspondent"))


@case("6743-6-1")
@peering()
def nonce_first(t: Test, p: Peering):
    bad = bytearray(wire.locator_update(BOTH))
    bad[2:4] = b"\x12\x34"
    with t.dropped("A", 1, "lu-nonce", "rx-nonce-wrong"):
        p.tcp.send(wire.ICMP6, bytes(bad), correct=False, nonce=bytes(12))


@case("6743-6-2", None)
@case("6743-6-2, wrong", bytes(12))
def forgery(t: Test, nonce: bytes | None):
    p = Peering(t)
    p.ignored("forgery", "lu-nonce", nonce=nonce,
              locators=[(B3, 10, 600)])
    p.lives()


@case("6743-6-3")
@peering()
def logged(t: Test, p: Peering):
    with t.inside("A"):
        client = t.keep(Client())
    client.monitor()
    p.send_lu(BOTH, nonce=None)
    while True:
        seen = t.require("event", client.event(3))
        if seen["event"] == "nonce-bad":
            break
    t.equal("keys", (NID_B, NID_A, 58, wire.LOCATOR_UPDATE),
            tuple(seen.get(k) for k in ("remote-nid", "local-nid", "proto",
                                        "icmp-type")))


@case("6743-6-4")
@peering()
def fuzz(t: Test, p: Peering):
    """N against length, with the right nonce; the log is the judge."""
    state = 1
    for i in range(4000):
        state = state * 1103515245 + 12345 & 0x7fffffff
        count, real = state >> 8 & 255, state >> 16 & 31
        message = wire.locator_update(
            [(0x20010db800000000 + j + i, 10, 600) for j in range(real)],
            count=count, operation=(state >> 24 & 3),
            trailer=bytes(state >> 21 & 7))
        p.tcp.send(wire.ICMP6, message)
        if i % 64 == 63:
            p.x.gather(lambda q: True, 0)
    p.x.gather(lambda q: True)
    p.send_lu([(B0, 10, 600)])
    p.lives()


# --- what our own sending does with acknowledgements ----------------------

@suite.case("retransmission stops with the ack")
@peering(2, 1)
def retransmits(t: Test, p: Peering):
    t.ilnp("A", "l64", "del", l64("a", 1), "dev", "a1")
    first = t.require("adv", p.wait_lu(wire.LU_ADV))
    again = t.require("again", p.wait_lu(wire.LU_ADV, 10))
    t.equal("same set", first.locators, again.locators)
    p.acknowledge(again)
    p.x.gather(lambda q: True)
    t.none("silence after the ack", p.x.gather(
        lambda q: q.kind == wire.LOCATOR_UPDATE, 4))
    t.equal("counted", 2, t.stat("A", "lu-rx-ack"))


@suite.case("an ack of something else does not stop it")
@peering(2, 1)
def stray_ack(t: Test, p: Peering):
    t.ilnp("A", "l64", "del", l64("a", 1), "dev", "a1")
    t.require("adv", p.wait_lu(wire.LU_ADV))
    with t.dropped("A", 1, "lu-ack-stray"):
        p.send_lu([(B3, 10, 600)], operation=wire.LU_ACK)
    t.require("goes on", p.wait_lu(wire.LU_ADV, 10))


@suite.case("unusable entries are skipped")
@peering()
def unusable(t: Test, p: Peering):
    p.send_lu([(B0, 10, 600), ("fe80::", 10, 600), ("ff0e::", 10, 600),
               ("::", 10, 600), ("fc00::", 10, 600), (B0, 10, 600)])
    t.require("acked", p.wait_ack())
    t.equal("only the good one", {l64("b", 0)}, p.set_of())
    with t.dropped("A", 1, "lu-unusable"):
        p.send_lu([("fe80::", 10, 600), ("ff0e::", 10, 600)])
    t.equal("none usable: unchanged", {l64("b", 0)}, p.set_of())


if __name__ == "__main__":
    suite.main()
