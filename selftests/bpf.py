# SPDX-License-Identifier: GPL-2.0-only
"""Packets for bpf.sh: bpf.py ready | bpf.py run PINS FOLDER.

Builds packets octet by octet, has bpftool run the pinned programs on them
(BPF_PROG_TEST_RUN, in this network namespace) and compares what comes out.
"""
from __future__ import annotations

import ipaddress
import json
import os
import re
import socket
import struct
import subprocess
import sys

A = "2001:db8:a::a"
B0, B1 = "2001:db8:b0::b", "2001:db8:b1::b"
NEXT = 0xffffffff
UDP = 17
faults = []


def raw(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def ones(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def udp(src: str, dst: str, sport: int, dport: int, data: bytes) -> bytes:
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
    pseudo = raw(src) + raw(dst) + struct.pack("!IxxxB", len(head + data), UDP)
    check = 0xffff & ~ones(pseudo + head + data) or 0xffff
    return head[:6] + struct.pack("!H", check) + data


def packet(src: str, dst: str, payload: bytes, nonce: bytes = b"") -> bytes:
    option = nonce and struct.pack("!BBBB", UDP, len(nonce) // 8, 0x8b,
                                   len(nonce)) + nonce
    head = struct.pack("!IHBB", 6 << 28, len(option + payload),
                       60 if option else UDP, 64)
    return (bytes(12) + b"\x86\xdd" + head + raw(src) + raw(dst) + option +
            payload)


def run(pins: str, folder: str, program: str, data: bytes):
    """The program's verdict and the packet it leaves."""
    names = [os.path.join(folder, n) for n in ("in", "out")]
    with open(names[0], "wb") as file:
        file.write(data)
    if os.path.exists(names[1]):
        os.unlink(names[1])
    text = subprocess.run(
        ["bpftool", "prog", "run", "pinned", f"{pins}/{program}", "data_in",
         names[0], "data_out", names[1]], check=True, capture_output=True,
        text=True).stdout
    found = re.search(r"Return value: (\d+)", text)
    with open(names[1], "rb") as file:
        return int(found.group(1)), file.read()


def equal(what: str, wanted, seen):
    if wanted != seen:
        faults.append(what)
        show = [x.hex() if isinstance(x, bytes) else x for x in (wanted, seen)]
        print(f"# FAIL: {what}\n#   wanted {show[0]}\n#   seen   {show[1]}")


def tool(*words: str):
    return json.loads(subprocess.run(
        ["ip", "-j", "ilnp", *words], check=True, capture_output=True,
        text=True).stdout or "[]")


def session():
    """Makes one by sending, and reads our nonce off the interface."""
    ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86dd))
    ear.bind(("ilnpdummy", 0))
    ear.settimeout(5)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.bind((A, 4000))
        s.sendto(b"hello", (B0, 5000))
    # Nobody answers for the next hop: what is sent is seen by tool only.
    ear.close()
    return tool("session", "show")


def test_egress(pins: str, folder: str):
    nonce = bytes(4)
    data = b"payload!"
    seen = set()
    for n in range(8):
        sent = packet(A, B0, udp(A, B0, 4000, 5000, data), nonce)
        verdict, out = run(pins, folder, "ilnp6_egress", sent)
        to = str(ipaddress.ip_address(out[38:54]))
        seen.add(to)
        if to in (B0, B1):
            equal(f"egress to {to}: all but L64s and sum as it was",
                  packet(A, to, udp(A, to, 4000, 5000, data), nonce), out)
        equal("egress verdict is one of ours", True, verdict in (NEXT, 7))
    equal("egress uses both L64s", {B0, B1}, seen)
    for what, other in (
            ("plain", packet(A, B0, udp(A, B0, 4000, 5000, data))),
            ("other NID", packet(A, "2001:db8:b0::c", udp(
                A, "2001:db8:b0::c", 1, 2, data), nonce)),
            ("other option", packet(A, B0, udp(A, B0, 1, 2, data),
                                    nonce).replace(b"\x8b", b"\x1e", 1)),
            ("IPv4", bytes(12) + b"\x08\x00" + bytes(60))):
        verdict, out = run(pins, folder, "ilnp6_egress", other)
        equal(f"egress leaves alone: {what}", (NEXT, other), (verdict, out))


def test_ingress(pins: str, folder: str):
    good, bad = b"\x12\x34\x56\x78", b"\x12\x34\x56\x79"
    data = b"an answer"[:8]
    # The answer to what we sent makes its nonce the session's.
    for src in (B1, B0, B1):
        came = packet(src, A, udp(src, A, 5000, 4000, data), good)
        verdict, out = run(pins, folder, "ilnp6_ingress", came)
        equal(f"ingress from {src}: bound pair, no option",
              (NEXT, packet(B0, A, udp(B0, A, 5000, 4000, data))),
              (verdict, out))
    for what, other in (
            ("cut short", packet(B0, A, b"", good)[:60]),
            ("other NID", packet("2001:db8:b0::c", A, udp(
                "2001:db8:b0::c", A, 1, 2, data), good)),
            ("two nonces", packet(B0, A, struct.pack(
                "!BBBB", UDP, 0, 0x8b, 4) + good + udp(B0, A, 1, 2, data),
                good).replace(b"\x11\x00\x8b", b"\x3c\x00\x8b", 1))):
        verdict, out = run(pins, folder, "ilnp6_ingress", other)
        equal(f"ingress leaves alone: {what}", (NEXT, other), (verdict, out))
    # Proven now: sent and answered twice. Another nonce is another's.
    for _ in range(3):
        session()
        run(pins, folder, "ilnp6_ingress",
            packet(B0, A, udp(B0, A, 5000, 4000, data), good))
    other = packet(B0, A, udp(B0, A, 5000, 4000, data), bad)
    verdict, out = run(pins, folder, "ilnp6_ingress", other)
    equal("ingress leaves alone: wrong nonce", (NEXT, other), (verdict, out))


def main() -> int:
    if sys.argv[1] == "ready":
        return 0 if [n for n in tool("nid", "show")
                     if n["state"] == "ready"] and tool("l64", "show") else 1
    equal("one session", 1, len(session()))
    test_egress(*sys.argv[2:4])
    test_ingress(*sys.argv[2:4])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
