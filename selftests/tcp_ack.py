# SPDX-License-Identifier: GPL-2.0-only
"""ACKs of connections over several paths: see tcp_ack.sh."""
import socket
import struct

import wire
from lib import Suite, Test

suite = Suite()
SIZE = 100      # octets of a segment that the scripted host sends
COUNT = 80      # of them, every second of which comes first
MSS_SACK = b"\2\4\5\x78\4\2"


def timestamp(value: int, echo: int) -> bytes:
    return b"\1\1\x08\x0a" + struct.pack("!II", value, echo)


def options(pkt: wire.Pkt) -> dict[int, bytes]:
    """Kind and contents of its TCP options."""
    raw, found = pkt.l4[20:(pkt.l4[12] >> 4) * 4], {}
    while raw and raw[0]:
        if raw[0] == 1:
            raw = raw[1:]
            continue
        found[raw[0]] = raw[2:raw[1]]
        raw = raw[raw[1]:]
    return found


class Connection:
    """What the scripted host says over one; sequence numbers count from the
    first octet of either end's data."""

    def __init__(self, flow: wire.Flow, opened: wire.Pkt):
        self.flow, self.time = flow, 1000
        self.echo = struct.unpack("!II", options(opened)[8])[0]
        self.theirs = opened.seq + 1

    def segment(self, at: int, acked: int = 0) -> bytes:
        tcp = wire.tcp(self.flow.sport, self.flow.dport, self.flow.seq + at,
                       self.theirs + acked, wire.ACK, bytes(SIZE),
                       options=timestamp(self.time, self.echo))
        return self.flow.build(wire.TCP, tcp)

    def ack(self, octets: int, *blocks: tuple[int, int], age: int = 0) -> None:
        said = b"".join(struct.pack("!II", self.theirs + a, self.theirs + b)
                        for a, b in blocks)
        if said:
            said = b"\1\1\5" + bytes([len(said) + 2]) + said
        self.flow.send_tcp(wire.ACK, ack=self.theirs + octets,
                           tcp_options=timestamp(self.time - age, self.echo)
                           + said)

    def told(self, pkt: wire.Pkt) -> list[tuple[int, int]]:
        """The SACK blocks of a packet of theirs."""
        words = [word - self.flow.seq for word, in struct.iter_unpack(
            "!I", options(pkt).get(5, b""))]
        return list(zip(words[::2], words[1::2]))

    def answers(self) -> list[wire.Pkt]:
        return self.flow.peer.gather(
            lambda p: self.flow.ours(p) and p.proto == wire.TCP, 0.05)


def two_paths(t: Test) -> wire.Peer:
    t.topo("peer", 2)
    t.ilnp_up(2, 2)
    return t.peer(2)


def to_us(t: Test) -> tuple[Connection, socket.socket]:
    """The scripted host connects to A."""
    x = two_paths(t)
    listener = t.listen("A", port=5000)
    flow = t.flow(x)
    flow.send_tcp(wire.SYN, ack=0,
                  tcp_options=MSS_SACK + timestamp(1000, 0))
    reply = t.require("SYN-ACK", flow.wait_tcp(flags=wire.SYN | wire.ACK))
    flow.seq += 1
    conn = Connection(flow, reply)
    conn.ack(0)
    return conn, t.accept(listener)


@suite.case("every run of segments is told of")
def runs(t: Test):
    conn, sock = to_us(t)
    wanted = [(i * SIZE, (i + 1) * SIZE) for i in range(1, COUNT, 2)]
    packets = [conn.segment(a) for a, _ in wanted]
    # As fast as can be; an ACK has room for three blocks.
    for packet in packets:
        conn.flow.peer.send(packet)
    acks = conn.answers()
    t.equal("told of", wanted, sorted({
        block for ack in acks for block in conn.told(ack)}))
    t.within("ACKs", 4, len(wanted) - 1, len(acks))
    # The stack does not remember most of those that the others join.
    for i in [*range(2, COUNT, 2), 0]:
        conn.flow.peer.send(conn.segment(i * SIZE))
        acks += conn.answers()
    t.none("told to have come twice", [
        blocks for blocks in map(conn.told, acks)
        if len(blocks) > 1 and blocks[1][0] <= blocks[0][0]
        and blocks[0][1] <= blocks[1][1]])
    t.equal("all has come", COUNT * SIZE, len(sock.recv(1 << 16)))


@suite.case("what came twice is told of")
def twice(t: Test):
    conn, _ = to_us(t)
    for i in range(1, 12, 2):
        conn.flow.peer.send(conn.segment(i * SIZE))
    conn.answers()
    conn.flow.peer.send(conn.segment(5 * SIZE))
    acks = conn.answers()
    t.equal("first two blocks", [[(5 * SIZE, 6 * SIZE)] * 2],
            [conn.told(ack)[:2] for ack in acks])


def from_us(t: Test, amount: int) -> tuple[Connection, socket.socket,
                                           dict[int, int]]:
    """A connects to the scripted host and sends: sizes of its segments by
    sequence number."""
    x = two_paths(t)
    t.ilnp("A", "set", "tcp", "on")
    sock, syn = t.dial(x)
    flow = t.flow(x, sport=syn.dport, dport=syn.sport)
    flow.send_tcp(wire.SYN | wire.ACK, ack=syn.seq + 1,
                  tcp_options=MSS_SACK + timestamp(1000, struct.unpack(
                      "!II", options(syn)[8])[0]))
    flow.seq += 1
    conn = Connection(flow, syn)
    t.require("ACK", flow.wait_tcp())
    sock.setblocking(True)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 10 * amount)
    sock.sendall(bytes(amount))
    return conn, sock, {p.seq: len(p.payload) for p in conn.answers()
                        if p.payload}


@suite.case("what came twice is told of once while data leaves")
def twice_once(t: Test):
    """All segments that are made of one packet would tell of it."""
    conn, _sock, sent = from_us(t, 60000)
    conn.flow.peer.send(conn.segment(0))
    conn.answers()
    # The second copy opens the window.
    conn.flow.peer.send(conn.segment(0, 4 * sent[conn.theirs]))
    got = conn.answers()
    t.equal("data goes on", True, any(p.payload for p in got))
    t.equal("octets beside what came twice", [0],
            [len(p.payload) for p in got if conn.told(p)])


@suite.case("late ACKs")
def late(t: Test):
    """The blocks of an ACK that was overtaken are below what is acknowledged
    by then, which is no sign that anything came twice."""
    conn, _sock, sent = from_us(t, 10000)
    t.equal("octets sent", 10000, sum(sent.values()))
    size = sent[conn.theirs]

    def sacked() -> int:
        text = t.on("A", "ss", "-Htin", "dport", "=", "6000").stdout
        words = [w for w in text.split() if w.startswith("sacked:")]
        return int(words[0][7:]) if words else 0

    def block(i: int) -> tuple[int, int]:
        return i * size, (i + 1) * size

    def dsacks() -> int:
        now = t.nstat("A")
        return now["TcpExtTCPDSACKRecv"] + now["TcpExtTCPDSACKOfoRecv"]

    before = dsacks()
    conn.time += 100
    conn.ack(3 * size)
    conn.ack(size, block(2), block(4), age=10)
    t.eventually("its news", 2, lambda: sacked() == 1)
    t.equal("nothing came twice", 0, dsacks() - before)
    conn.ack(size, block(0), block(5), age=10)
    t.eventually("news beside what came twice", 2, lambda: sacked() == 2)
    t.equal("that came twice", 1, dsacks() - before)


if __name__ == "__main__":
    suite.main()
