# SPDX-License-Identifier: GPL-2.0-only
"""ICMPv6 errors back to bound I-LVs: see icmp.sh."""
import json
import os
import socket
import struct
import threading

import wire
from lib import NID_A, NID_B, Skipped, Suite, Test, address, tool

suite = Suite()
IPV6_RECVERR, IPV6_MTU, IPV6_MTU_DISCOVER = 25, 24, 23
PMTUDISC_DO = 2


@suite.case("port unreachable to a connected socket")
def port_unreachable(t: Test):
    t.topo("direct", 2, 2)
    t.ilnp_up(2, 2)
    t.sysctl("B", "net.ipv6.icmp.ratelimit=0")
    client = t.udp("A")
    client.connect((address("b", 0), 9999))
    for _ in range(8):      # each path in turn
        client.send(b"x")
        try:
            client.recv(10)
            t.check("refused", False)
        except ConnectionRefusedError:
            t.check("refused", True)
    t.check("counted", t.stat("A", "icmp-translated") >= 8)


@suite.case("its error queue has bound addresses")
def error_queue(t: Test):
    t.topo("direct", 2, 1)
    t.ilnp_up(2, 1)
    t.sysctl("B", "net.ipv6.icmp.ratelimit=0")
    client = t.udp("A", address("a", 0))
    client.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
    for _ in range(4):
        client.sendto(b"hello", (address("b", 0), 9999))
        error = t.require("an error", t.poll(3, queued, client))
        t.equal("about what was sent, from ICMPv6",
                (address("b", 0), 9999, 3), error)


def queued(sock: socket.socket) -> tuple | None:
    """Original destination and origin of an error waiting at a socket."""
    try:
        _, aux, _, where = sock.recvmsg(
            2000, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
    except OSError:
        return None
    for level, kind, data in aux:
        if level == socket.IPPROTO_IPV6 and kind == IPV6_RECVERR:
            return (*where[:2], data[4])
    return None


@suite.case("packet too big: TCP goes on")
def too_big_tcp(t: Test):
    t.topo("routed", 2, 1)
    t.ilnp_up(2, 1)
    near, far = t.pair("A", "B", address("b", 0))
    t.ip("C", "link", "set", "ca1", "mtu", "1400")
    t.ip("Ra1", "link", "set", "core", "mtu", "1400")
    data = os.urandom(200_000)
    near.settimeout(60)
    far.settimeout(60)
    sender = threading.Thread(target=near.sendall, args=(data,))
    sender.start()
    got = b""
    while len(got) < len(data):
        part = far.recv(65536)
        if not part:
            break
        got += part
    sender.join()
    t.check("all arrived", got == data)
    counts = t.pairs("C")
    t.check("both paths carry", counts["a0_b0"] > 10 and
            counts["a1_b0"] > 10, counts)


@suite.case("packet too big: the socket learns")
def too_big_udp(t: Test):
    t.topo("routed", 1, 1)
    t.ilnp_up(1, 1)
    t.ip("C", "link", "set", "ca0", "mtu", "1400")
    t.ip("Ra0", "link", "set", "core", "mtu", "1400")
    server, client = t.udp("B", port=7000), t.udp("A")
    client.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DO)
    client.connect((address("b", 0), 7000))

    def mtu() -> int:
        return client.getsockopt(socket.IPPROTO_IPV6, IPV6_MTU)
    t.check("MTU before leaves room for the option", mtu() <= 1500)
    client.send(bytes(1420))
    t.eventually("MTU falls", 5, lambda: mtu() < 1400)
    t.equal("to what fits beside the option", 1400 - 16, mtu())
    size = mtu() - 48
    t.eventually("what the socket's MTU allows arrives", 5,
                 lambda: sent(client, server, size))
    try:
        client.send(bytes(size + 1))
        t.check("one octet more is refused", False)
    except OSError as why:
        t.check(f"one octet more is refused ({why})", True)


def sent(client: socket.socket, server: socket.socket, size: int) -> bool:
    try:
        client.send(bytes(size))
        server.settimeout(1)
        return len(server.recv(2000)) == size
    except OSError:
        return False


@suite.case("traceroute6", ())
@suite.case("traceroute6 with ICMPv6", ("-I",))
@suite.case("traceroute6 with TCP", ("-T", "-p", "5000"))
def traceroute(t: Test, how: tuple):
    t.topo("routed", 2, 1)
    for ns in ("Ra0", "Ra1", "C", "Rb0", "B"):
        t.sysctl(ns, "net.ipv6.icmp.ratelimit=0")
    t.ilnp_up(2, 1)
    t.listen("B", port=5000)
    done = t.on("A", "traceroute", "-6", "-n", "-q", "2", "-w", "2", "-m",
                "6", *how, address("b", 0))
    lines = [line.split() for line in done.stdout.splitlines()[1:]]
    t.require("hops", lines, done.stdout)
    t.equal("four hops", 4, len(lines))
    t.equal("the last is B", address("b", 0), lines[-1][1])
    t.none("hops that do not answer",
           [line for line in lines if "*" in line[1:]])


@suite.case("mtr")
def mtr(t: Test):
    if not tool("mtr"):
        raise Skipped("no mtr")
    t.topo("routed", 2, 1)
    for ns in ("Ra0", "Ra1", "C", "Rb0", "B"):
        t.sysctl(ns, "net.ipv6.icmp.ratelimit=0")
    t.ilnp_up(2, 1)
    hubs = json.loads(t.on("A", "mtr", "-6", "-n", "-j", "-c", "6", "-i",
                           "0.3", address("b", 0)).stdout)["report"]["hubs"]
    t.equal("four hops", 4, len(hubs))
    t.equal("the last is B", address("b", 0), hubs[-1]["host"])
    t.none("hops that lose", [h for h in hubs if h["Loss%"]])


def quote(flow: wire.Flow, proto: int, segment: bytes) -> bytes:
    """A packet of A as it was on the wire."""
    return wire.packet(wire.ilv(flow.dst_l64, NID_A),
                       wire.ilv(flow.src_l64, NID_B), proto, segment,
                       nonce=wire.half("1:2:3:4") + b"abcd")


@suite.case("forged errors of the peer change nothing")
def forged(t: Test):
    """From a correspondent without its nonce (RFC 6744 section 7)."""
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow, conn = t.opened(x)
    last = [p for p in x.log if flow.ours(p)][-1]
    src, dst = wire.ilv(flow.src_l64, NID_B), wire.ilv(flow.dst_l64, NID_A)
    for nonce in (None, bytes(12)):
        for kind, code, word in ((wire.UNREACHABLE, 4, 0),
                                 (wire.TOO_BIG, 0, 1280),
                                 (wire.PARAM_PROBLEM, 2, 42)):
            with t.dropped("A", 1, "icmp-forged"):
                x.send(wire.packet(src, dst, wire.ICMP6, wire.icmp6(
                    kind, code, struct.pack("!I", word) + last.raw),
                    nonce=nonce))
    flow.push(b"still")
    t.equal("TCP goes on", b"still", conn.recv(10))
    conn.sendall(bytes(4000))
    sizes = [len(p.raw) for p in x.gather(flow.ours)]
    t.check("segments as long as before", max(sizes) > 1400, sizes)
    t.check("with nonce", all(p.nonce for p in x.log if flow.ours(p)))


@suite.case("an error about somebody else's packet changes nothing")
def foreign_quote(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow, conn = t.opened(x)
    invented = quote(flow, wire.TCP, wire.tcp(
        flow.dport, flow.sport, 12345, 1, wire.ACK))
    router = wire.addr("2001:db8:ffff::1")
    for raw in (invented, invented[:60], invented[:48], invented[:40]):
        x.send(wire.packet(router, wire.ilv(flow.dst_l64, NID_A),
                           wire.ICMP6, wire.icmp6(wire.UNREACHABLE, 4,
                                                  bytes(4) + raw)))
    flow.push(b"still")
    t.equal("TCP goes on", b"still", conn.recv(10))


@suite.case("B's error is ILNP too")
def endpoint_error(t: Test):
    """RFC 6744 section 6: errors of endpoints carry the nonce."""
    t.topo("direct", 2, 1)
    t.ilnp_up(2, 1)
    t.sysctl("B", "net.ipv6.icmp.ratelimit=0")
    near, far = t.pair("A", "B", address("b", 0))
    near.sendall(b"x")
    t.require("session", far.recv(1))
    capture = t.capture("R")
    client = t.udp("A")
    client.connect((address("b", 0), 9999))
    for _ in range(4):
        client.send(b"x")
        try:
            client.recv(1)
        except ConnectionRefusedError:
            pass
    errors = [p for p in capture.stop() if p.kind == wire.UNREACHABLE]
    t.equal("errors", 4, len(errors))
    t.none("each with a nonce", wire.nonce_faults(errors))
    t.equal("over both paths", 2, len({p.pair for p in errors}))


if __name__ == "__main__":
    suite.main()
