# SPDX-License-Identifier: GPL-2.0-only
"""Every kind of socket: see sockets.sh."""
import errno
import os
import socket
import struct
import time

import wire
from flows import says, up
from lib import Skipped, Suite, Test, address, prefix

suite = Suite()
HERE, THERE = address("a", 0), address("b", 0)
MSG_FASTOPEN = 0x20000000
TCP_MD5SIG = 14
UDP_SEGMENT, UDP_GRO = 103, 104
IPPROTO_UDPLITE = 136


def with_nonce(t: Test) -> None:
    """What A sent went with nonce, but for what it sent plain on purpose."""
    t.check("with nonce", t.stat("A", "tx-packets") > 0)
    t.equal("without nonce", 0, t.stat("A", "tx-flow-plain"))


# --- TCP ------------------------------------------------------------------

@suite.case("SYN cookies", 2)
@suite.case("no SYN cookies", 0)
def cookies(t: Test, mode: int):
    up(t)
    t.sysctl("B", f"net.ipv4.tcp_syncookies={mode}")
    near, far = t.pair("A", "B", THERE)
    says(t, near, far, b"cookies")
    data = os.urandom(200000)
    near.sendall(data)
    near.shutdown(1)
    got = b"".join(iter(lambda: far.recv(1 << 16), b""))
    t.check("data", got == data)
    t.equal("cookies sent", mode > 0,
            t.nstat("B")["TcpExtSyncookiesSent"] > 0)
    with_nonce(t)


@suite.case("Fast Open")
def fast_open(t: Test):
    up(t)
    for host in "AB":
        t.sysctl(host, "net.ipv4.tcp_fastopen=3")
    listener = t.listen("B", port=5000)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
    for i in range(2):
        near = t.socket("A", socket.SOCK_STREAM)
        near.setblocking(True)
        near.sendto(b"early %d" % i, MSG_FASTOPEN, (THERE, 5000))
        far = t.accept(listener)
        t.equal("data", b"early %d" % i, far.recv(100))
        says(t, near, far, b"later")
    t.equal("data came with the second SYN", 1,
            t.nstat("B")["TcpExtTCPFastOpenPassive"])
    with_nonce(t)


@suite.case("keepalive")
def keepalive(t: Test):
    up(t)
    near, far = t.pair("A", "B", THERE)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    near.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 2)
    near.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2)
    near.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2)
    time.sleep(60)
    t.check("probed", t.nstat("A")["TcpExtTCPKeepAlive"] >= 10)
    says(t, near, far, b"still there")


@suite.case("reset")
def reset(t: Test):
    up(t)
    near, far = t.pair("A", "B", THERE)
    says(t, near, far, b"before")
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    near.close()
    try:
        far.recv(10)
        t.fail("no reset")
    except ConnectionResetError:
        t.check("reset", True)


@suite.case("ports of TIME_WAIT are used again")
def time_wait(t: Test):
    up(t)
    t.sysctl("A", "net.ipv4.tcp_tw_reuse=1")
    listener = t.listen("B", port=5000)
    for i in range(4):
        near = t.connect("A", (THERE, 5000), (HERE, 4000))
        far = t.accept(listener)
        says(t, near, far, b"time %d" % i, 2)
        near.close()
        t.equal("end", b"", far.recv(10))
        far.close()
        time.sleep(2)
    with_nonce(t)


@suite.case("both open at once")
def simultaneous(t: Test):
    up(t)
    socks = []
    # Each SYN is on its way when the other is sent.
    for i in range(2):
        t.on("R", "tc", "qdisc", "add", "dev", f"rb{i}", "root", "netem",
             "delay", "200ms")
        t.on("R", "tc", "qdisc", "add", "dev", f"ra{i}", "root", "netem",
             "delay", "200ms")
    # Neighbours are known and sessions proven.
    says(t, *t.pair("A", "B", THERE), b"first", 4)
    for host, own, other in (("A", HERE, THERE), ("B", THERE, HERE)):
        sock = t.socket(host, socket.SOCK_STREAM)
        sock.bind((own, 4000))
        sock.setblocking(False)
        t.equal(f"{host} connects", errno.EINPROGRESS,
                sock.connect_ex((other, 4000)))
        socks.append(sock)
    for sock in socks:
        sock.settimeout(20)
        t.require("connected", t.poll(10, lambda s=sock: s.getsockopt(
            socket.IPPROTO_TCP, socket.TCP_INFO, 1) == b"\1"))
    says(t, *socks, b"both", 2)


@suite.case("MD5 signatures")
def md5(t: Test):
    up(t)

    def key(sock: socket.socket, peer: str) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, struct.pack(
            "=HHI16s104xBBHI80s", socket.AF_INET6, 0, 0, wire.addr(peer),
            0, 0, 3, 0, b"key".ljust(80, b"\0")))
    listener = t.listen("B", port=5000)
    key(listener, HERE)
    near = t.socket("A", socket.SOCK_STREAM)
    near.bind((HERE, 0))
    key(near, THERE)
    near.connect((THERE, 5000))
    says(t, near, t.accept(listener), b"signed")
    t.equal("bad signatures", 0, sum(
        t.nstat(h)[f"TcpExtTCPMD5{why}"] for h in "AB"
        for why in ("NotFound", "Unexpected", "Failure")))
    with_nonce(t)


# --- UDP ------------------------------------------------------------------

@suite.case("packet information")
def pktinfo(t: Test):
    up(t)
    server = t.udp("B", port=7000)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    for i in range(2):
        client = t.udp("A")
        to = (address("b", i), 7000)
        for n in range(4):
            client.sendto(b"which", to)
            data, anc, _, source = server.recvmsg(100, 100)
            info = next(d for level, kind, d in anc
                        if kind == socket.IPV6_PKTINFO)
            t.equal(f"one of B's addresses, {i}.{n}", wire.addr(to[0])[8:],
                    info[8:16])
            server.sendmsg([data], [(socket.IPPROTO_IPV6,
                                     socket.IPV6_PKTINFO, info)], 0, source)
            t.equal("answer from it", to, client.recvfrom(100)[1][:2])


@suite.case("corked, empty and large")
def corked(t: Test):
    up(t)
    server = t.udp("B", port=7000)
    client = t.udp("A")
    client.connect((THERE, 7000))
    for i in range(4):
        client.send(b"one ", socket.MSG_MORE)
        client.send(b"two ", socket.MSG_MORE)
        client.send(b"three")
        t.equal("corked", b"one two three", server.recv(100))
        client.send(b"")
        t.equal("empty", b"", server.recv(100))
        big = os.urandom(20000 + i)
        client.send(big)
        t.check("large", server.recv(1 << 16) == big)
    with_nonce(t)


@suite.case("shared ports")
def reuseport(t: Test):
    up(t)
    servers = []
    for _ in range(3):
        server = t.socket("B", socket.SOCK_DGRAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("::", 7000))
        server.setblocking(False)
        servers.append(server)
    heard = set()
    for i in range(16):
        client = t.udp("A")
        client.connect((THERE, 7000))
        for n in range(6):
            client.send(b"%d" % i)
        time.sleep(0.2)
        got = [0, 0, 0]
        for k, server in enumerate(servers):
            try:
                while server.recv(100):
                    got[k] += 1
            except BlockingIOError:
                pass
        t.equal(f"flow {i} stays with one", [0, 0, 6], sorted(got))
        heard.add(got.index(6))
    t.check("flows are shared", len(heard) > 1, heard)


@suite.case("GSO and GRO")
def segments(t: Test):
    up(t)
    server = t.udp("B", port=7000)
    server.setsockopt(socket.SOL_UDP, UDP_GRO, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    client = t.udp("A")
    client.connect((THERE, 7000))
    client.setsockopt(socket.SOL_UDP, UDP_SEGMENT, 1200)
    for _ in range(6):
        data = os.urandom(12000 - 7)
        client.send(data)
        got = b""
        while len(got) < len(data):
            got += server.recv(1 << 16)
        t.check("all segments, in order", got == data)
    sent = sum(p["tx_packets"] for p in t.show("A", "ilnp", "path"))
    t.within("packets on the wire", 60, 64, sent)
    with_nonce(t)


# --- others ---------------------------------------------------------------

@suite.case("ping sockets")
def ping(t: Test):
    up(t)
    t.sysctl("A", "net.ipv4.ping_group_range=0 2147483647")
    sock = t.socket("A", socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6)
    sock.connect((THERE, 0))
    for i in range(6):
        sock.send(struct.pack("!BBHHH", 128, 0, 0, 0, i) + b"data")
        t.equal("answer", struct.pack("!H", i) + b"data", sock.recv(99)[6:])
    with_nonce(t)


@suite.case("raw sockets")
def raw(t: Test):
    up(t)
    near, far = (t.socket(h, socket.SOCK_RAW, 253) for h in "AB")
    near.connect((THERE, 0))
    for i in range(6):
        near.send(b"raw %d" % i)
        data, source = far.recvfrom(100)
        t.equal("arrives", (b"raw %d" % i, HERE), (data, source[0]))


@suite.case("raw sockets that speak TCP")
def raw_tcp(t: Test):
    """Those of traceroute -T: no TCP connection is behind them."""
    up(t)
    for host in "AB":
        t.ilnp(host, "set", "tcp", "on")
    near, far = (t.socket(h, socket.SOCK_RAW, socket.IPPROTO_TCP)
                 for h in "AB")
    near.connect((THERE, 0))
    near.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, 16)
    for flags in (0x02, 0x10, 0x12, 0x18) * 4:
        segment = struct.pack("!HHIIBBHHH", 7, 9, 1, 1, 0x50, flags, 99, 0,
                              0) + b"raw"
        near.send(segment)
        data, source = far.recvfrom(100)
        t.equal("arrives", (segment[:16], HERE), (data[:16], source[0]))
    near.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, -1)
    near.send(b"no TCP header")
    t.on("A", "ping", "-6", "-c2", "-i0.1", THERE)


@suite.case("destination options of the application",
            socket.IPV6_DSTOPTS, socket.IPV6_RECVDSTOPTS)
@suite.case("hop-by-hop options of the application",
            socket.IPV6_HOPOPTS, socket.IPV6_RECVHOPOPTS)
def headers(t: Test, kind: int, received: int):
    up(t)
    server = t.udp("B", port=7000)
    server.setsockopt(socket.IPPROTO_IPV6, received, 1)
    client = t.udp("A")
    # An option that is to be skipped where it is not known
    option = struct.pack("!BB BB4s", 0, 0, 0x1e, 4, b"mine")
    client.setsockopt(socket.IPPROTO_IPV6, kind, option)
    client.connect((THERE, 7000))
    for i in range(6):
        client.send(b"%d" % i)
        data, anc, _, source = server.recvmsg(100, 200)
        t.equal("arrives", (b"%d" % i, HERE), (data, source[0]))
        t.check("with its option", any(b"mine" in d for _, _, d in anc), anc)


@suite.case("routing header of the application")
def routing(t: Test):
    """It says itself where its packets go: they stay plain IPv6."""
    up(t)
    for host in "RB":
        t.sysctl(host, *(f"net.ipv6.conf.{dev}.seg6_enabled=1" for dev in (
            "all", *(link["ifname"] for link in t.show(host, "link")))))
    server, client = t.udp("B", port=7000), t.udp("A", HERE)
    segments = [wire.addr(THERE), wire.addr(prefix("a", 0) + "1")]
    client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RTHDR, struct.pack(
        "!BBBBBBH", 0, 2 * len(segments), 4, len(segments) - 1,
        len(segments) - 1, 0, 0) + b"".join(segments))
    client.connect((THERE, 7000))
    for i in range(6):
        client.send(b"%d" % i)
        data, source = server.recvfrom(100)
        t.equal("arrives", (b"%d" % i, HERE), (data, source[0]))
    t.equal("with nonce", 0, t.stat("A", "tx-packets"))


@suite.case("no fragments wanted")
def dont_fragment(t: Test):
    up(t)
    server, client = t.udp("B", port=7000), t.udp("A")
    client.connect((THERE, 7000))
    client.send(b"first")
    server.recv(100)
    client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DONTFRAG, 1)
    fits = 1500 - 40 - 16 - 8       # beside the option

    def refused(size: int) -> bool:
        try:
            client.send(bytes(size))
        except OSError as why:
            return why.errno == errno.EMSGSIZE
        return False
    t.eventually("one octet too many is refused", 2, refused, fits + 1)
    t.eventually("what fits is not", 2, lambda: not refused(fits))
    server.settimeout(1)
    t.equal("and arrives", fits, len(server.recv(2000)))
    t.equal("in one piece", 0, t.nstat("B")["Ip6ReasmReqds"])
    with_nonce(t)


@suite.case("stateful filters")
def stateful(t: Test):
    up(t)
    for host, ports in ("A", ()), ("B", ("tcp dport 5000", "udp dport 7000")):
        t.on(host, "nft", "add table ip6 f; add counter ip6 f invalid; "
             "add chain ip6 f in { type filter hook input priority 0; "
             "policy drop; }; "
             "add rule ip6 f in ct state invalid counter name invalid drop; "
             "add rule ip6 f in ct state established,related accept; "
             "add rule ip6 f in meta l4proto ipv6-icmp accept; "
             + "; ".join(f"add rule ip6 f in {port} ct state new accept"
                         for port in ports))
    says(t, *t.pair("A", "B", THERE), b"tcp")
    server, client = t.udp("B", port=7000), t.udp("A")
    client.connect((THERE, 7000))
    for i in range(8):
        client.send(b"%d" % i)
        data, source = server.recvfrom(100)
        server.sendto(data, source)
        t.equal("answer", b"%d" % i, client.recv(100))
    for host in "AB":
        counter = t.on(host, "nft", "list", "counter", "ip6", "f", "invalid")
        t.check(f"{host}: none invalid", "packets 0" in counter.stdout,
                counter.stdout)
        for proto in "tcp", "udp":
            seen = t.on(host, "conntrack", "-L", "-f", "ipv6", "-p",
                        proto).stdout.splitlines()
            t.equal(f"{host}: {proto} flows", 1, len(seen))
            t.check("bound addresses", f"src={HERE} dst={THERE}" in seen[0],
                    seen)
    with_nonce(t)


@suite.case("UDP-Lite", socket.SOCK_DGRAM, IPPROTO_UDPLITE)
@suite.case("SCTP", socket.SOCK_STREAM, socket.IPPROTO_SCTP)
def other(t: Test, kind: int, proto: int):
    """Works, with nonce or without, but is never wrong."""
    up(t)
    try:
        far = t.socket("B", kind, proto)
    except OSError as why:
        raise Skipped(f"not in this kernel: {why}") from why
    far.bind((THERE, 7000))
    if kind == socket.SOCK_STREAM:
        far.listen(1)
    near = t.socket("A", kind, proto)
    near.connect((THERE, 7000))
    if kind == socket.SOCK_STREAM:
        far = t.accept(far)
    for i in range(6):
        near.send(b"other %d" % i)
        t.equal("arrives", b"other %d" % i, far.recv(100))


if __name__ == "__main__":
    suite.main()
