# SPDX-License-Identifier: GPL-2.0-only
"""Set-ups and checks that conformance cases share."""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                ".."))

import wire                                             # noqa: E402
from ilnp6_client import Client                         # noqa: E402
from lib import (NID_A, NID_B, Suite, Test, address,    # noqa: E402
                 l64, need_module, prefix, run)

__all__ = ["Peering", "Client", "NID_A", "NID_B", "Suite", "Test",
           "address", "l64", "prefix", "wire", "os", "struct", "peering",
           "flow_packets", "need_module", "run"]


class Peering:
    """Host A with a proven session to the scripted host: a TCP connection
    and a UDP flow in it."""

    def __init__(self, t: Test, n: int = 1, m: int = 1, *options: str,
                 **flow):
        t.topo("peer", n)
        t.ilnp_up(n, m, *options)
        self.t, self.x = t, t.peer(n)
        self.tcp, self.conn = t.opened(self.x, **flow)
        self.nonce = self.tcp.nonce
        self.server = t.udp("A", address("a", 0), 7000)
        self.server.connect((address("b", 0), 4001))
        self.udp = t.flow(self.x, **{**flow, "nonce": self.nonce,
                                     "sport": 4001, "dport": 7000})
        for _ in range(3):
            self.udp.send_udp(b"ask")
            t.require("UDP of the session", self.server.recv(9) == b"ask")
            self.server.send(b"answer")
            t.require("its answer", self.udp.wait_udp())
        if n > 1:   # the peer knows one L64 from packets: it is told of all
            self.acknowledge(t.require("first update",
                                       self.wait_lu(wire.LU_ADV, 10)))

    @property
    def a_nonce(self) -> bytes:
        """What A sends."""
        return next(p.nonce for p in reversed(self.x.log)
                    if self.tcp.to_us(p) and p.nonce)

    def lives(self, what: str = "the session goes on") -> None:
        """Both flows, towards A, whatever has happened."""
        self.tcp.push(b"alive")
        self.t.equal(f"{what}: TCP", b"alive", self.conn.recv(99))
        self.udp.send_udp(b"alive")
        self.t.equal(f"{what}: UDP", b"alive", self.server.recv(99))

    def to_a(self, proto: int, segment: bytes, **more) -> bytes:
        return self.tcp.build(proto, segment, **more)

    def a_sends(self) -> wire.Pkt:
        """A packet of A's, as it leaves."""
        self.server.send(b"probe")
        return self.t.require("A sends", self.udp.wait_udp())

    def set_of(self) -> set[str]:
        """L64s A has for the scripted host."""
        return {e["l64"] for c in self.t.show("A", "ilnp", "correspondent")
                if c["nid"] == NID_B and c["origin"] == "static"
                for e in c["l64s"]}

    # Locator Updates

    def send_lu(self, locators, **more) -> None:
        """An advertisement; words of wire.locator_update and of
        wire.packet."""
        message = {k: more.pop(k) for k in ("operation", "count", "reserved",
                                            "code", "trailer") if k in more}
        self.tcp.send(wire.ICMP6, wire.locator_update(locators, **message),
                      **more)

    def wait_lu(self, operation: int, timeout: float = 3.0,
                ) -> wire.Pkt | None:
        return self.x.wait(lambda p: p.kind == wire.LOCATOR_UPDATE
                           and p.l4[5] == operation, timeout)

    def wait_ack(self, timeout: float = 3.0) -> wire.Pkt | None:
        return self.wait_lu(wire.LU_ACK, timeout)

    def acknowledge(self, update: wire.Pkt) -> None:
        """As RFC 6743 wants it: the body with operation 2."""
        self.tcp.send(wire.ICMP6, wire.icmp6(
            wire.LOCATOR_UPDATE, 0,
            update.l4[4:5] + b"\2" + update.l4[6:]))

    def ignored(self, what: str, counter: str | None = None,
                **change) -> None:
        """An advertisement that must have no effect at all."""
        before = self.set_of()
        locators = change.pop("locators", [(prefix("b", 1), 10, 600)])
        if counter:
            with self.t.dropped("A", 1, counter):
                self.send_lu(locators, **change)
        else:
            self.send_lu(locators, **change)
        self.t.none(f"{what}: nothing is answered",
                    self.x.gather(lambda p: p.kind == wire.LOCATOR_UPDATE
                                  and p.l4[5] == wire.LU_ACK))
        self.t.equal(f"{what}: the set", before, self.set_of())


def peering(n: int = 1, m: int = 1, *options: str, **flow):
    """A case's function takes a Peering."""
    def wrap(func):
        def body(t: Test, *args):
            func(t, Peering(t, n, m, *options, **flow), *args)
        return body
    return wrap


def flow_packets(packets: list, *protos: int) -> list:
    """Packets between the two NIDs, without Neighbour Discovery."""
    return [p for p in packets if set(p.nids) == {NID_A, NID_B}
            and (not protos or p.proto in protos)
            and not (p.proto == 58 and 130 <= p.kind <= 143)]
