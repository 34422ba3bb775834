# SPDX-License-Identifier: GPL-2.0-only
"""Peers with habits of their own: see habits.sh."""
import os
import socket

import wire
from lib import Suite, Test
from ra import elapse

suite = Suite()


def arrives(t: Test, flow: wire.Flow, conn: socket.socket,
            data: bytes) -> None:
    """Sent again, as TCP does, until it is there."""
    conn.settimeout(0.5)
    seq = flow.seq
    for _ in range(6):
        flow.seq = seq
        flow.push(data)
        try:
            t.equal("data from the peer", data, conn.recv(100))
            return
        except TimeoutError:
            continue
    t.fail("nothing arrives")


def returns(t: Test, flow: wire.Flow, conn: socket.socket,
            data: bytes) -> wire.Pkt:
    conn.sendall(data)
    segment = t.require("data to the peer", flow.pull())
    t.equal("as sent", data, segment.payload)
    return segment


@suite.case("forgets our session while it is idle")
def forgets(t: Test):
    """Linux 4.9 does after 30 s, in a living connection; several times."""
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow, conn = t.opened(x, nonce=os.urandom(4), mode="nid")
    for i in range(3):
        elapse(x, 40)
        flow.nonce = os.urandom(4)
        arrives(t, flow, conn, b"again %d" % i)
        t.require("our nonce is there", returns(
            t, flow, conn, b"answer %d" % i).nonces)


@suite.case("sends back the first four octets of ours", "")
@suite.case("sends back the first four, configured", "a=nonce echo")
def four_of_twelve(t: Test, how: str):
    t.topo("peer", 1)
    t.ilnp_up(1, 1, *([how] if how else []))
    x = t.peer()
    sock, syn = t.dial(x)
    t.require("with nonce", syn.nonces)
    flow = t.flow(x, nonce=syn.nonce[:4])
    t.require("connected", flow.accept(syn))
    sock.setblocking(True)
    arrives(t, flow, sock, b"from the peer")
    returns(t, flow, sock, b"to the peer")


@suite.case("leaves the nonce out after the first packets")
def first_only(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1, "a=require-nonce rfc")
    x = t.peer()
    flow, conn = t.opened(x)
    flow.nonce = None
    for i in range(4):
        arrives(t, flow, conn, b"bare %d" % i)
        t.require("ours has one", returns(t, flow, conn, b"%d" % i).nonces)


@suite.case("refuses a connection without nonce")
def refuses(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1, "a=require-nonce rfc")
    x = t.peer()
    sock, syn = t.dial(x)
    flow = t.flow(x, nonce=None, sport=syn.dport, dport=syn.sport)
    flow.send_tcp(wire.RST | wire.ACK, seq=0, ack=syn.seq + 1)
    t.eventually("refused", 1, lambda: sock.getsockopt(
        socket.SOL_SOCKET, socket.SO_ERROR) == 111)     # ECONNREFUSED


@suite.case("knows ILNP later")
def later(t: Test):
    """At first it rejects the option and is spoken to in plain IPv6."""
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    _, syn = t.dial(x)
    x.reject_option(syn)
    again = t.require("SYN again", x.wait(lambda p: p.flags == wire.SYN, 5))
    t.equal("plain", [], again.nonces)
    t.equal("shown", "ipv6", t.show("A", "ilnp", "correspondent")[0]["mode"])
    flow, conn = t.opened(x)
    t.require("in ILNP", returns(t, flow, conn, b"hello").nonces)
    t.equal("shown", "ilnp", t.show("A", "ilnp", "correspondent")[0]["mode"])
    _, syn = t.dial(x, 6001)
    t.require("our next connection is ILNP", syn.nonces)


if __name__ == "__main__":
    suite.main()
