#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Raw IPv6 and ILNPv6 packets, independent of module and tool.

Builds, decodes and judges packets octet by octet (RFC 8200, 6743, 6744),
captures what leaves an interface, and plays a scripted ILNP host: class Peer,
which answers Neighbour Discovery for a router and everything behind it and
leaves all else to the caller. Standard library only. As a command it works
on captures:

  wire.py capture --out FILE DEV...   until SIGTERM; says "ready"
  wire.py show FILE                   a JSON object per packet
  wire.py pairs FILE [FILTER]         packets per ordered L64 pair, JSON
  wire.py verify FILE --mode MODE [FILTER]
                                      every checksum is right in that mode
  wire.py nonce FILE [--len N] [FILTER]
                                      one option each, in the given form
FILTER: --proto tcp|udp|icmp6, --port N, --src PREFIX, --dst PREFIX
"""
from __future__ import annotations

import argparse
import json
import select
import signal
import socket
import struct
import sys
import threading
import time
from dataclasses import dataclass, field

ETH_P_ALL = 3
ETH_P_IPV6 = 0x86dd
SOL_PACKET = 263
PACKET_AUXDATA = 8
PACKET_OUTGOING = 4
TP_STATUS_CSUMNOTREADY = 8

HOPOPTS, ROUTING, FRAGMENT, DSTOPTS, NONEXT = 0, 43, 44, 60, 59
TCP, UDP, ICMP6 = 6, 17, 58
EXTENSIONS = (HOPOPTS, ROUTING, FRAGMENT, DSTOPTS)
PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP6: "icmp6"}

OPT_PAD1, OPT_PADN, OPT_CALIPSO, OPT_NONCE = 0, 1, 7, 0x8b

UNREACHABLE, TOO_BIG, TIME_EXCEEDED, PARAM_PROBLEM = 1, 2, 3, 4
ECHO_REQUEST, ECHO_REPLY = 128, 129
RS, RA, NS, NA, MLD2 = 133, 134, 135, 136, 143
LOCATOR_UPDATE = 156
LU_ADV, LU_ACK = 1, 2

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

ETHER = struct.Struct("!6s6sH")


# --- addresses ------------------------------------------------------------

def addr(text: str | bytes) -> bytes:
    """An address as 16 octets."""
    if isinstance(text, bytes):
        return text
    return socket.inet_pton(socket.AF_INET6, text)


def text(address: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6, address)


def half(value: str | int | bytes) -> bytes:
    """A NID (h:h:h:h) or an L64 (prefix:: or h:h:h:h) as 8 octets."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, int):
        return value.to_bytes(8, "big")
    value = value.split("/")[0]
    if "::" in value:
        return addr(value)[:8]
    return struct.pack("!4H", *(int(h, 16) for h in value.split(":")))


def ilv(l64: str | int | bytes, nid: str | int | bytes) -> bytes:
    return half(l64) + half(nid)


def l64_text(octets: bytes) -> str:
    return text(octets[:8] + bytes(8)) + "/64"


def nid_text(octets: bytes) -> str:
    return ":".join(f"{h:x}" for h in struct.unpack("!4H", octets[-8:]))


# --- checksums ------------------------------------------------------------

def ones_sum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def pseudo(src: bytes, dst: bytes, length: int, proto: int,
           mode: str = "ipv6") -> bytes:
    """The pseudo-header; mode nid counts both L64s as zero."""
    if mode == "nid":
        src, dst = bytes(8) + src[8:], bytes(8) + dst[8:]
    elif mode != "ipv6":
        raise ValueError(mode)
    return src + dst + struct.pack("!I3xB", length, proto)


def checksum(src: bytes, dst: bytes, proto: int, segment: bytes,
             mode: str = "ipv6") -> int:
    """The field's value for a segment whose field is zero."""
    value = 0xffff - ones_sum(
        pseudo(src, dst, len(segment), proto, mode) + segment)
    return 0xffff if value == 0 and proto == UDP else value


def checksum_right(src: bytes, dst: bytes, proto: int, segment: bytes,
                   mode: str = "ipv6") -> bool:
    return ones_sum(pseudo(src, dst, len(segment), proto, mode)
                    + segment) == 0xffff


CHECK_OFFSET = {TCP: 16, UDP: 6, ICMP6: 2}


def summed(src: bytes, dst: bytes, proto: int, segment: bytes,
           mode: str = "ipv6") -> bytes:
    """The segment with its checksum filled in."""
    at = CHECK_OFFSET[proto]
    segment = segment[:at] + b"\0\0" + segment[at + 2:]
    value = checksum(src, dst, proto, segment, mode)
    return segment[:at] + struct.pack("!H", value) + segment[at + 2:]


# --- building -------------------------------------------------------------

def ipv6(src, dst, nexthdr: int, payload: bytes, hlim: int = 64,
         tclass: int = 0, flow: int = 0, plen: int | None = None) -> bytes:
    return struct.pack("!IHBB", 6 << 28 | tclass << 20 | flow,
                       len(payload) if plen is None else plen,
                       nexthdr, hlim) + addr(src) + addr(dst) + payload


def option(kind: int, data: bytes, length: int | None = None) -> bytes:
    return bytes([kind, len(data) if length is None else length]) + data


def nonce_option(nonce: bytes) -> bytes:
    return option(OPT_NONCE, nonce)


def options_header(nexthdr: int, options: bytes,
                   length: int | None = None) -> bytes:
    """A hop-by-hop or destination options header, padded to 8 octets."""
    pad = -(len(options) + 2) % 8
    if pad == 1:
        options += b"\0"
    elif pad:
        options += option(OPT_PADN, bytes(pad - 2))
    if length is None:
        length = (len(options) + 2) // 8 - 1
    return bytes([nexthdr, length]) + options


def fragment_header(nexthdr: int, offset: int, more: bool,
                    ident: int) -> bytes:
    return struct.pack("!BBHI", nexthdr, 0, offset | more, ident)


def routing_header(nexthdr: int, kind: int = 4, segleft: int = 0,
                   data: bytes = bytes(20)) -> bytes:
    body = bytes([kind, segleft]) + data
    body += bytes(-(len(body) + 2) % 8)
    return bytes([nexthdr, (len(body) + 2) // 8 - 1]) + body


def tcp(sport: int, dport: int, seq: int, ack: int, flags: int,
        payload: bytes = b"", window: int = 65535,
        options: bytes = b"") -> bytes:
    options += bytes(-len(options) % 4)
    return struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff,
                       ack & 0xffffffff, (5 + len(options) // 4) << 4, flags,
                       window, 0, 0) + options + payload


def udp(sport: int, dport: int, payload: bytes = b"") -> bytes:
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def icmp6(kind: int, code: int, body: bytes) -> bytes:
    return struct.pack("!BBH", kind, code, 0) + body


def echo(ident: int, seq: int, data: bytes = b"", reply: bool = False,
         ) -> bytes:
    return icmp6(ECHO_REPLY if reply else ECHO_REQUEST, 0,
                 struct.pack("!HH", ident, seq) + data)


def locator_update(locators, operation: int = LU_ADV, count: int | None = None,
                   reserved: int = 0, code: int = 0,
                   trailer: bytes = b"") -> bytes:
    """Locators: (L64, preference, lifetime) each; RFC 6743 section 2."""
    body = struct.pack("!BBH", len(locators) if count is None else count,
                       operation, reserved)
    for l64, preference, lifetime in locators:
        body += half(l64) + struct.pack("!HH", preference, lifetime)
    return icmp6(LOCATOR_UPDATE, code, body + trailer)


def prefix_information(prefix, length: int = 64, flags: int = 0xc0,
                       valid: int = 86400, preferred: int = 14400) -> bytes:
    """A Router Advertisement's option; flags 0x80 on-link, 0x40 A."""
    return struct.pack("!BBBBIII", 3, 4, length, flags, valid, preferred,
                       0) + addr(prefix)


def router_advertisement(mac: bytes, prefixes: list[bytes],
                         lifetime: int = 1800) -> bytes:
    """As sent from fe80::1 to all nodes (RFC 4861 section 4.2)."""
    segment = icmp6(RA, 0, struct.pack("!BBHII", 64, 0, lifetime, 0, 0)
                    + b"".join(prefixes) + b"\1\1" + mac)
    return packet("fe80::1", "ff02::1", ICMP6, segment, hlim=255)


def packet(src, dst, proto: int, segment: bytes, nonce: bytes | None = None,
           mode: str = "ipv6", options: bytes | None = None,
           hlim: int = 64, correct: bool = True) -> bytes:
    """An IPv6 packet around a segment, its checksum in the given mode
    (ICMPv6: always the ordinary one unless correct is False), with a nonce
    or with other options in a destination options header."""
    src, dst = addr(src), addr(dst)
    if correct:
        segment = summed(src, dst, proto, segment,
                         "ipv6" if proto == ICMP6 else mode)
    if options is None and nonce is not None:
        options = nonce_option(nonce)
    if options is None:
        return ipv6(src, dst, proto, segment, hlim)
    return ipv6(src, dst, DSTOPTS, options_header(proto, options) + segment,
                hlim)


def fragments(whole: bytes, size: int, ident: int, keep: int = 40,
              ) -> list[bytes]:
    """Cut an IPv6 packet into fragments of at most size octets of payload
    each; keep: octets before the Fragment header (40, or more if extension
    headers shall stand before it, in every fragment)."""
    head, body = whole[:keep], whole[keep:]
    at = 6 if keep == 40 else 40   # next-header octet that is replaced
    nexthdr = head[at]
    out = []
    size -= size % 8
    for start in range(0, len(body), size):
        part = body[start:start + size]
        more = start + size < len(body)
        new = bytearray(head)
        new[at] = FRAGMENT
        new[4:6] = struct.pack("!H", keep - 40 + 8 + len(part))
        out.append(bytes(new) + fragment_header(nexthdr, start, more, ident)
                   + part)
    return out


# --- decoding -------------------------------------------------------------

@dataclass
class Pkt:
    """A decoded IPv6 packet; what could not be decoded stays at its
    default. malformed says why the header chain ended early."""
    raw: bytes
    dev: str = ""
    time: float = 0.0
    partial: bool = False       # checksum left to a device
    ether: bytes = b""
    src: bytes = b""
    dst: bytes = b""
    hlim: int = 0
    plen: int = 0
    chain: list = field(default_factory=list)    # header types in order
    starts: list = field(default_factory=list)   # their offsets
    options: list = field(default_factory=list)  # (kind, data, offset)
    nonces: list = field(default_factory=list)   # (octets, offset)
    frag: tuple | None = None                    # offset, more, ident
    nonce_before_frag: bool = False
    proto: int = -1
    l4: bytes = b""
    l4_offset: int = 0
    sport: int = 0
    dport: int = 0
    seq: int = 0
    ack: int = 0
    flags: int = 0
    window: int = 0
    kind: int = -1
    code: int = -1
    payload: bytes = b""
    malformed: str = ""

    @property
    def nonce(self) -> bytes | None:
        return self.nonces[0][0] if self.nonces else None

    @property
    def pair(self) -> tuple[str, str]:
        return l64_text(self.src), l64_text(self.dst)

    @property
    def nids(self) -> tuple[str, str]:
        return nid_text(self.src), nid_text(self.dst)

    @property
    def first(self) -> bool:
        """Holds the transport header."""
        return self.frag is None or self.frag[0] == 0

    def checksum_right(self, mode: str) -> bool:
        if self.proto == UDP and self.l4[6:8] == b"\0\0":
            return False
        return checksum_right(self.src, self.dst, self.proto, self.l4,
                              "ipv6" if self.proto == ICMP6 else mode)

    @property
    def quoted(self) -> Pkt:
        """The packet an ICMPv6 error or echo speaks of."""
        return decode(self.l4[8:])

    @property
    def pointer(self) -> int:
        """The 32-bit word of a Parameter Problem or Packet Too Big."""
        return struct.unpack("!I", self.l4[4:8])[0]

    @property
    def locators(self) -> list[tuple[str, int, int]]:
        out = []
        for at in range(8, len(self.l4) - 11, 12):
            preference, lifetime = struct.unpack("!HH",
                                                 self.l4[at + 8:at + 12])
            out.append((l64_text(self.l4[at:at + 8]), preference, lifetime))
        return out

    def brief(self) -> dict:
        out = {"src": text(self.src), "dst": text(self.dst),
               "len": len(self.raw), "chain": self.chain}
        if self.dev:
            out["dev"] = self.dev
        if self.nonces:
            out["nonce"] = [n.hex() for n, _ in self.nonces]
        if self.frag:
            out["frag"] = {"offset": self.frag[0], "more": self.frag[1],
                           "id": self.frag[2]}
        if self.proto in (TCP, UDP):
            out |= {"sport": self.sport, "dport": self.dport}
        if self.proto == TCP:
            out |= {"flags": self.flags, "seq": self.seq, "ack": self.ack}
        if self.proto == ICMP6:
            out |= {"type": self.kind, "code": self.code}
        if self.proto >= 0:
            out["payload"] = len(self.payload)
        if self.malformed:
            out["malformed"] = self.malformed
        if self.time:
            out["time"] = round(self.time, 6)
        return out

    def __str__(self) -> str:
        return json.dumps(self.brief())


def decode_options(pkt: Pkt, header: bytes, base: int) -> str:
    """Options of one header into pkt; a reason if they are malformed."""
    at = 2
    while at < len(header):
        kind = header[at]
        if kind == OPT_PAD1:
            at += 1
            continue
        if at + 2 > len(header) or at + 2 + header[at + 1] > len(header):
            return "option beyond header"
        data = header[at + 2:at + 2 + header[at + 1]]
        pkt.options.append((kind, data, base + at))
        if kind == OPT_NONCE:
            pkt.nonces.append((data, base + at))
            pkt.nonce_before_frag = pkt.frag is None
        at += 2 + len(data)
    return ""


def decode_chain(pkt: Pkt, nexthdr: int, end: int) -> tuple[int, int] | None:
    """Walk extension headers: (upper protocol, its offset)."""
    raw, at = pkt.raw, 40
    while nexthdr in EXTENSIONS:
        pkt.chain.append(nexthdr)
        pkt.starts.append(at)
        if at + 8 > end:
            pkt.malformed = "extension header beyond packet"
            return None
        if nexthdr == FRAGMENT:
            off, ident = struct.unpack("!HI", raw[at + 2:at + 8])
            pkt.frag = off & 0xfff8, bool(off & 1), ident
            nexthdr = raw[at]
            at += 8
            if pkt.frag[0]:
                break
            continue
        length = 8 * (raw[at + 1] + 1)
        if at + length > end:
            pkt.malformed = "extension header beyond packet"
            return None
        if nexthdr != ROUTING:
            pkt.malformed = decode_options(pkt, raw[at:at + length], at)
            if pkt.malformed:
                return None
        nexthdr = raw[at]
        at += length
    return nexthdr, at


def decode_upper(pkt: Pkt) -> None:
    l4 = pkt.l4
    if pkt.proto == TCP and len(l4) >= 20:
        (pkt.sport, pkt.dport, pkt.seq, pkt.ack, offset, pkt.flags,
         pkt.window) = struct.unpack("!HHIIBBH", l4[:16])
        pkt.payload = l4[(offset >> 4) * 4:]
    elif pkt.proto == UDP and len(l4) >= 8:
        pkt.sport, pkt.dport = struct.unpack("!HH", l4[:4])
        pkt.payload = l4[8:]
    elif pkt.proto == ICMP6 and len(l4) >= 4:
        pkt.kind, pkt.code = l4[0], l4[1]
        pkt.payload = l4[8:]


def decode(raw: bytes, **more) -> Pkt:
    """Never raises on any octets; truncated quotes give what there is."""
    pkt = Pkt(raw=raw, **more)
    if len(raw) < 40 or raw[0] >> 4 != 6:
        pkt.malformed = "not IPv6"
        return pkt
    pkt.plen, nexthdr, pkt.hlim = struct.unpack("!HBB", raw[4:8])
    pkt.src, pkt.dst = raw[8:24], raw[24:40]
    end = min(len(raw), 40 + pkt.plen)
    upper = decode_chain(pkt, nexthdr, end)
    if upper is None:
        return pkt
    pkt.proto, pkt.l4_offset = upper
    pkt.chain.append(pkt.proto)
    pkt.l4 = raw[pkt.l4_offset:end]
    if pkt.frag is None or pkt.frag[0] == 0:
        decode_upper(pkt)
    else:
        pkt.payload = pkt.l4
    return pkt


def reassemble(parts: list[Pkt]) -> Pkt | None:
    """The datagram behind fragments of one identification. Addresses and
    headers before the Fragment header are the first fragment's."""
    parts = sorted(parts, key=lambda p: p.frag[0])
    if not parts or parts[0].frag[0] or parts[-1].frag[1]:
        return None
    body, first = b"", parts[0]
    for part in parts:
        start = fragment_header_at(part) + 8
        if part.frag[0] > len(body):
            return None
        body = body[:part.frag[0]] + part.raw[start:40 + part.plen]
    at = fragment_header_at(first)
    head = bytearray(first.raw[:at])
    head[previous_nexthdr(first)] = first.raw[at]
    head[4:6] = struct.pack("!H", min(len(head) - 40 + len(body), 65535))
    return decode(bytes(head) + body, time=first.time, dev=first.dev)


def fragment_header_at(pkt: Pkt) -> int:
    at, nexthdr = 40, pkt.raw[6]
    while nexthdr != FRAGMENT:
        nexthdr, at = pkt.raw[at], at + 8 * (pkt.raw[at + 1] + 1)
    return at


def previous_nexthdr(pkt: Pkt) -> int:
    """Where the next-header octet that names the Fragment header stands."""
    at, where = 40, 6
    while pkt.raw[where] != FRAGMENT:
        where, at = at, at + 8 * (pkt.raw[at + 1] + 1)
    return where


# --- captures -------------------------------------------------------------

def packet_socket(dev: str) -> socket.socket:
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                         socket.htons(ETH_P_ALL))
    sock.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)   # SO_RCVBUFFORCE
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    sock.bind((dev, ETH_P_ALL))
    return sock


def receive(sock: socket.socket) -> tuple[bytes, bool, int]:
    """One frame, whether its checksum is unfinished, its packet type."""
    frame, aux, _, where = sock.recvmsg(1 << 17, 256)
    partial = False
    for level, kind, data in aux:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            partial = bool(struct.unpack("I", data[:4])[0]
                           & TP_STATUS_CSUMNOTREADY)
    return frame, partial, where[2]


class Capture:
    """What leaves (or reaches) some interfaces, in a thread. Opened in the
    network namespace of the caller. Keeps IPv6 packets only."""

    def __init__(self, devs: list[str], outgoing: bool = True):
        self.packets: list[Pkt] = []
        self.outgoing = outgoing
        self.socks = {packet_socket(dev): dev for dev in devs}
        self.wake, self.waker = socket.socketpair()
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def take(self, sock: socket.socket) -> None:
        frame, partial, kind = receive(sock)
        if (kind == PACKET_OUTGOING) != self.outgoing:
            return
        if frame[12:14] == b"\x86\xdd":
            self.packets.append(decode(
                frame[14:], dev=self.socks[sock], time=time.time(),
                partial=partial, ether=frame[:14]))

    def loop(self) -> None:
        socks = list(self.socks)
        while True:
            ready, _, _ = select.select([*socks, self.wake], [], [])
            for sock in ready:
                if sock is not self.wake:
                    self.take(sock)
            if ready == [self.wake]:
                return      # nothing left to read when asked to stop

    def stop(self) -> list[Pkt]:
        """All packets so far; also counts what the kernel had to drop."""
        if self.thread.is_alive():
            self.waker.send(b"x")
            self.thread.join()
        self.lost = 0
        for sock in self.socks:
            if sock.fileno() >= 0:
                self.lost += struct.unpack("II", sock.getsockopt(
                    SOL_PACKET, 6, 8))[1]              # PACKET_STATISTICS
                sock.close()
        return self.packets


def pcap_write(name: str, packets: list[Pkt]) -> None:
    """Classic pcap, Ethernet, microseconds."""
    with open(name, "wb") as out:
        out.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 1 << 18, 1))
        for pkt in packets:
            frame = (pkt.ether or ETHER.pack(bytes(6), bytes(6), ETH_P_IPV6)
                     ) + pkt.raw
            out.write(struct.pack("=IIII", int(pkt.time),
                                  int(pkt.time % 1 * 1e6), len(frame),
                                  len(frame)) + frame)


def pcap_read(name: str) -> list[Pkt]:
    with open(name, "rb") as src:
        data = src.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"
                                ) else ">"
    link, at, out = struct.unpack(order + "I", data[20:24])[0], 24, []
    if link != 1:
        raise ValueError(f"{name}: link type {link}")
    while at + 16 <= len(data):
        sec, frac, kept, _ = struct.unpack(order + "IIII", data[at:at + 16])
        frame = data[at + 16:at + 16 + kept]
        at += 16 + kept
        if frame[12:14] == b"\x86\xdd":
            out.append(decode(frame[14:], ether=frame[:14],
                              time=sec + frac / 1e6))
    return out


# --- judgements -----------------------------------------------------------

def datagrams(packets: list[Pkt]) -> list[Pkt]:
    """The packets with fragments put together; incomplete ones left out."""
    out, parts = [], {}
    for pkt in packets:
        if pkt.frag is None:
            out.append(pkt)
            continue
        key = pkt.src[8:], pkt.dst[8:], pkt.frag[2]
        parts.setdefault(key, []).append(pkt)
        whole = reassemble(parts[key])
        if whole is not None:
            del parts[key]
            out.append(whole)
    return out


def checksum_faults(packets: list[Pkt], mode: str) -> list[str]:
    """Packets whose checksum is not right in a mode: ipv6, nid, either."""
    modes = ("ipv6", "nid") if mode == "either" else (mode,)
    faults = []
    for pkt in datagrams(packets):
        if pkt.proto not in CHECK_OFFSET:
            continue
        if pkt.partial:
            faults.append(f"unfinished checksum: {pkt}")
        elif not any(pkt.checksum_right(m) for m in modes):
            faults.append(f"checksum not right in mode {mode}: {pkt}")
    return faults


def nonce_faults(packets: list[Pkt], length: int | None = None) -> list[str]:
    """Packets without exactly one nonce in its own header, exactly as
    nh 00 8b 04 n4 or nh 01 8b 0c n12."""
    faults = []
    for pkt in packets:
        if pkt.malformed:
            faults.append(f"malformed: {pkt}")
            continue
        if len(pkt.nonces) != 1:
            faults.append(f"{len(pkt.nonces)} nonces: {pkt}")
            continue
        nonce, at = pkt.nonces[0]
        wanted = {4: b"\x00\x8b\x04", 12: b"\x01\x8b\x0c"}.get(len(nonce))
        if (wanted is None or pkt.raw[at - 1:at + 2] != wanted
                or at - 2 not in pkt.starts):
            faults.append(f"layout {pkt.raw[at - 2:at + 14].hex()}: {pkt}")
        elif length is not None and len(nonce) != length:
            faults.append(f"nonce of {len(nonce)} octets: {pkt}")
        elif pkt.l4_offset % 8:
            faults.append(f"payload at {pkt.l4_offset}: {pkt}")
    return faults


def pair_counts(packets: list[Pkt]) -> dict[tuple[str, str], int]:
    out: dict[tuple[str, str], int] = {}
    for pkt in packets:
        out[pkt.pair] = out.get(pkt.pair, 0) + 1
    return out


# --- a scripted host ------------------------------------------------------

class Peer:
    """The other end of one or more links, made in its own namespace.

    Answers a Neighbour Solicitation for every address in routers, so a
    kernel host sends everything here; hands out all other packets. Sends
    from whatever source it is told. The kernel's IPv6 must be off here."""

    def __init__(self, devs: list[str], routers=("fe80::1",), on_link=()):
        self.devs = devs
        self.answers = {addr(a) for a in (*routers, *on_link)}
        self.defended: set[bytes] = set()   # ours first, says DAD
        self.socks, self.mac, self.host_mac = {}, {}, {}
        for dev in devs:
            sock = packet_socket(dev)
            self.socks[sock] = dev
            self.mac[dev] = sock.getsockname()[4]
        self.by_dev = {dev: sock for sock, dev in self.socks.items()}
        self.advertised: dict[str, tuple] = {}
        self.log: list[Pkt] = []

    def close(self) -> None:
        for sock in self.socks:
            sock.close()

    def learn(self, dev: str, mac: bytes) -> None:
        """Where packets for the host go; otherwise taken from what it
        sends."""
        self.host_mac[dev] = mac

    def send(self, raw: bytes, dev: str | None = None,
             mac: bytes | None = None) -> None:
        dev = dev or self.devs[0]
        mac = mac or self.host_mac.get(dev)
        if raw[24] == 0xff:
            mac = b"\x33\x33" + raw[36:40]
        if mac is None:
            raise RuntimeError(f"no link address known on {dev}")
        self.by_dev[dev].send(ETHER.pack(mac, self.mac[dev], ETH_P_IPV6)
                              + raw)

    def advertise(self, pkt: Pkt, dev: str) -> None:
        target = pkt.l4[8:24]
        if not any(pkt.src):        # somebody's duplicate address detection
            if target in self.defended:
                self.defend(target, dev)
            return
        if target not in self.answers:
            return
        body = struct.pack("!I", 0xe0000000) + target + b"\2\1" \
            + self.mac[dev]
        segment = summed(target, pkt.src, ICMP6, icmp6(NA, 0, body))
        self.send(ipv6(target, pkt.src, ICMP6, segment, hlim=255), dev,
                  pkt.ether[6:12])

    def defend(self, target: bytes, dev: str) -> None:
        body = struct.pack("!I", 0x20000000) + target + b"\2\1" \
            + self.mac[dev]
        self.send(packet(target, "ff02::1", ICMP6, icmp6(NA, 0, body),
                         hlim=255), dev)

    def advertise_router(self, prefixes: list[bytes], dev: str | None = None,
                         lifetime: int = 1800) -> None:
        """Now, and as the answer to each solicitation from there."""
        dev = dev or self.devs[0]
        self.advertised[dev] = prefixes, lifetime
        self.send(router_advertisement(self.mac[dev], prefixes, lifetime),
                  dev)

    def reject_option(self, pkt: Pkt) -> None:
        """As a host that does not know the nonce option."""
        self.send(packet(pkt.dst, pkt.src, ICMP6, icmp6(
            PARAM_PROBLEM, 2, struct.pack("!I", 42) + pkt.raw)))

    def take(self, sock: socket.socket) -> Pkt | None:
        frame, partial, kind = receive(sock)
        dev = self.socks[sock]
        if kind == PACKET_OUTGOING or frame[12:14] != b"\x86\xdd":
            return None
        pkt = decode(frame[14:], dev=dev, time=time.time(), partial=partial,
                     ether=frame[:14])
        self.host_mac.setdefault(dev, frame[6:12])
        self.log.append(pkt)
        if pkt.proto == ICMP6 and pkt.kind == NS:
            self.advertise(pkt, dev)
            return None
        if pkt.proto == ICMP6 and pkt.kind == RS and dev in self.advertised:
            self.advertise_router(self.advertised[dev][0], dev,
                                  self.advertised[dev][1])
        if pkt.proto == ICMP6 and pkt.kind in (RS, RA, NA, MLD2):
            return None
        return pkt

    def receive(self, timeout: float) -> Pkt | None:
        """The next packet that is not Neighbour Discovery or MLD."""
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            ready, _, _ = select.select(list(self.socks), [], [],
                                        max(left, 0))
            for sock in ready:
                pkt = self.take(sock)
                if pkt is not None:
                    return pkt
            if not ready and left <= 0:
                return None

    def wait(self, wanted, timeout: float = 5.0) -> Pkt | None:
        """The next packet for which wanted(packet) holds; others are
        dropped (but logged)."""
        end = time.monotonic() + timeout
        while True:
            pkt = self.receive(end - time.monotonic())
            if pkt is None or wanted(pkt):
                return pkt

    def gather(self, wanted, quiet: float = 0.3) -> list[Pkt]:
        """All packets for which wanted holds until none came for a time."""
        out = []
        while True:
            pkt = self.receive(quiet)
            if pkt is None:
                return out
            if wanted(pkt):
                out.append(pkt)


class Flow:
    """One transport flow of a scripted host, in whatever form it is told:
    its NIDs and ports, current L64s each way, nonce sent, checksum mode.
    After a handshake seq and ack follow the connection."""

    def __init__(self, peer: Peer, local: tuple, remote: tuple,
                 nonce: bytes | None, mode: str = "ipv6", sport: int = 4000,
                 dport: int = 5000, dev: str | None = None):
        self.peer, self.nonce, self.mode, self.dev = peer, nonce, mode, dev
        self.local, self.remote = half(local[1]), half(remote[1])
        self.src_l64, self.dst_l64 = half(local[0]), half(remote[0])
        self.sport, self.dport = sport, dport
        self.seq, self.ack = 1000, 0
        self.ident, self.echo_seq = sport, 0

    def to_us(self, pkt: Pkt) -> bool:
        return pkt.src[8:] == self.remote and pkt.dst[8:] == self.local

    def ours(self, pkt: Pkt) -> bool:
        """A packet of this flow from the host."""
        return self.to_us(pkt) and pkt.first and (
            pkt.proto in (TCP, UDP) and
            (pkt.sport, pkt.dport) == (self.dport, self.sport))

    def build(self, proto: int, segment: bytes, **changes) -> bytes:
        """A packet of this flow; changes: src_l64, dst_l64, nonce, mode,
        options, correct, hlim."""
        src = half(changes.pop("src_l64", self.src_l64)) + self.local
        dst = half(changes.pop("dst_l64", self.dst_l64)) + self.remote
        changes.setdefault("nonce", self.nonce)
        changes.setdefault("mode", self.mode)
        return packet(src, dst, proto, segment, **changes)

    def send(self, proto: int, segment: bytes, **changes) -> None:
        self.peer.send(self.build(proto, segment, **changes), self.dev)

    # UDP and echo

    def send_udp(self, payload: bytes, **changes) -> None:
        self.send(UDP, udp(self.sport, self.dport, payload), **changes)

    def wait_udp(self, timeout: float = 5.0) -> Pkt | None:
        return self.peer.wait(lambda p: self.ours(p) and p.proto == UDP,
                              timeout)

    def ping(self, timeout: float = 5.0, data: bytes = b"ilnp",
             **changes) -> Pkt | None:
        """Send an echo request; the reply, if one comes."""
        self.echo_seq += 1
        seq = self.echo_seq
        self.send(ICMP6, echo(self.ident, seq, data), **changes)
        want = struct.pack("!HH", self.ident, seq)
        return self.peer.wait(lambda p: p.kind == ECHO_REPLY
                              and p.l4[4:8] == want, timeout)

    # TCP by hand

    def send_tcp(self, flags: int, payload: bytes = b"",
                 tcp_options: bytes = b"", **changes) -> None:
        seq = changes.pop("seq", self.seq)
        ack = changes.pop("ack", self.ack)
        self.send(TCP, tcp(self.sport, self.dport, seq, ack, flags, payload,
                           options=tcp_options), **changes)

    def wait_tcp(self, timeout: float = 5.0, flags: int = 0) -> Pkt | None:
        return self.peer.wait(
            lambda p: self.ours(p) and p.proto == TCP
            and p.flags & flags == flags, timeout)

    def open(self, timeout: float = 5.0, **changes) -> Pkt | None:
        """Active open; the SYN-ACK, acknowledged."""
        self.send_tcp(SYN, tcp_options=b"\2\4\5\x78", ack=0, **changes)
        reply = self.wait_tcp(timeout, SYN | ACK)
        if reply is not None:
            self.seq += 1
            self.ack = reply.seq + 1
            self.send_tcp(ACK, **changes)
        return reply

    def accept(self, syn: Pkt, **changes) -> Pkt | None:
        """Passive open for a SYN received; the host's ACK."""
        self.sport, self.dport = syn.dport, syn.sport
        self.ack = syn.seq + 1
        self.send_tcp(SYN | ACK, tcp_options=b"\2\4\5\x78", **changes)
        self.seq += 1
        return self.wait_tcp(5.0, ACK)

    def push(self, payload: bytes, **changes) -> None:
        """Send data in order."""
        self.send_tcp(ACK | PSH, payload, **changes)
        self.seq += len(payload)

    def pull(self, timeout: float = 5.0) -> Pkt | None:
        """The next segment with data in order, acknowledged."""
        pkt = self.peer.wait(lambda p: self.ours(p) and p.proto == TCP
                             and p.payload != b"" and p.seq == self.ack,
                             timeout)
        if pkt is not None:
            self.ack += len(pkt.payload)
            self.send_tcp(ACK)
        return pkt


# --- the command ----------------------------------------------------------

def selected(args: argparse.Namespace) -> list[Pkt]:
    out = []
    for pkt in pcap_read(args.file):
        if pkt.proto == ICMP6 and RS <= pkt.kind <= 137 or pkt.kind == MLD2:
            continue        # never ILNP's business
        if args.proto and PROTOCOLS.get(pkt.proto) != args.proto:
            continue
        if args.port and args.port not in (pkt.sport, pkt.dport):
            continue
        if args.src and pkt.pair[0] != l64_text(half(args.src)):
            continue
        if args.dst and pkt.pair[1] != l64_text(half(args.dst)):
            continue
        out.append(pkt)
    return out


def capture_command(args: argparse.Namespace) -> int:
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    capture = Capture(args.devs)
    print("ready", flush=True)
    done.wait()
    packets = capture.stop()
    pcap_write(args.out, packets)
    if capture.lost:
        print(f"capture lost {capture.lost} packets", file=sys.stderr)
        return 1
    return 0


def judged(faults: list[str], seen: int) -> int:
    for fault in faults[:5]:
        print(fault)
    print(f"{seen} packets, {len(faults)} faults")
    return 1 if faults or not seen else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("capture")
    verb.add_argument("--out", required=True)
    verb.add_argument("devs", nargs="+")
    for name in ("show", "pairs", "verify", "nonce"):
        verb = verbs.add_parser(name)
        verb.add_argument("file")
        verb.add_argument("--proto", choices=PROTOCOLS.values())
        verb.add_argument("--port", type=int)
        verb.add_argument("--src")
        verb.add_argument("--dst")
        if name == "verify":
            verb.add_argument("--mode", required=True,
                              choices=("ipv6", "nid", "either"))
        if name == "nonce":
            verb.add_argument("--len", type=int)
    args = parser.parse_args()
    if args.verb == "capture":
        return capture_command(args)
    packets = selected(args)
    if args.verb == "show":
        for pkt in packets:
            print(pkt)
    elif args.verb == "pairs":
        print(json.dumps({f"{a} {b}": n for (a, b), n
                          in sorted(pair_counts(packets).items())}))
    elif args.verb == "verify":
        return judged(checksum_faults(packets, args.mode), len(packets))
    else:
        return judged(nonce_faults(packets, args.len), len(packets))
    return 0


if __name__ == "__main__":
    sys.exit(main())
