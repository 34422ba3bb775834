#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A second client of the ilnp6 generic netlink family.

Shares no code with `ip ilnp`: sockets and struct only. Numbers come from
Documentation/netlink/specs/ilnp6.yaml, read by a small parser of its own, so
that tool, header and spec are checked against each other by use. Can send
malformed attributes and shows what the kernel says about them.

  ilnp6_client.py nid-get                 dumps as JSON
  ilnp6_client.py nid-new nid=1:2:3:4     a request; extack on failure
  ilnp6_client.py monitor N               the next N events as JSON
"""
from __future__ import annotations

import json
import os
import re
import select
import socket
import struct
import sys
import time
from dataclasses import dataclass

AF_NETLINK, NETLINK_GENERIC, SOL_NETLINK = 16, 16, 270
NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 1, 10, 11
NETLINK_GET_STRICT_CHK = 12

NLMSG_ERROR, NLMSG_DONE = 2, 3
F_REQUEST, F_MULTI, F_ACK, F_DUMP_INTR = 1, 2, 4, 0x10
F_ROOT, F_MATCH, F_DUMP = 0x100, 0x200, 0x300
F_REPLACE, F_EXCL, F_CREATE = 0x100, 0x200, 0x400
F_CAPPED, F_ACK_TLVS = 0x100, 0x200
NLA_NESTED, NLA_BYTEORDER, NLA_TYPE = 0x8000, 0x4000, 0x3fff

GENL_ID_CTRL, CTRL_GETFAMILY = 0x10, 3
CTRL_FAMILY_ID, CTRL_FAMILY_NAME, CTRL_MCAST_GROUPS = 1, 2, 7
CTRL_MCAST_NAME, CTRL_MCAST_ID = 1, 2

EXTACK_MSG, EXTACK_OFFS, EXTACK_COOKIE, EXTACK_POLICY = 1, 2, 3, 4
EXTACK_MISS_TYPE, EXTACK_MISS_NEST = 5, 6

HERE = os.path.dirname(os.path.abspath(__file__))
SPEC = os.path.join(HERE, "../Documentation/netlink/specs/ilnp6.yaml")


class NetlinkError(OSError):
    """A refused request: errno, message, offset of the attribute, type of a
    missing one."""

    def __init__(self, code: int, extack: dict):
        self.msg = extack.get("msg", "")
        self.offset = extack.get("offset")
        self.missing = extack.get("missing")
        self.explained = bool(self.msg or self.missing is not None
                              or self.offset is not None)
        super().__init__(code, f"{os.strerror(code)}: {self.msg}"
                         f" (offset {self.offset}, missing {self.missing})")


# --- the spec -------------------------------------------------------------

def unquote(value: str) -> str:
    return value.strip().strip("\"'")


def parse_yaml(text: str):
    """As much YAML as specs use: mappings, lists, flow lists, folded text.
    One value per line, two-space or deeper indentation."""
    lines = []
    for raw in text.splitlines():
        if raw.strip() and not raw.lstrip().startswith("#") \
                and raw.strip() != "---":
            lines.append((len(raw) - len(raw.lstrip()), raw.strip()))
    value, rest = _block(lines, 0)
    if rest != len(lines):
        raise ValueError(f"cannot read {lines[rest]}")
    return value


def _scalar(text: str):
    if text.startswith("["):
        inner = text.strip("[]").strip()
        return [unquote(w) for w in inner.split(",")] if inner else []
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?\d+|0x[0-9a-f]+", text):
        return int(text, 0)
    return unquote(text)


def _block(lines: list, at: int):
    """The block that begins at a line: (value, line after it)."""
    indent = lines[at][0]
    if lines[at][1].startswith("-"):
        return _list(lines, at, indent)
    out = {}
    while at < len(lines) and lines[at][0] == indent \
            and not lines[at][1].startswith("-"):
        key, _, rest = lines[at][1].partition(":")
        rest = rest.strip()
        at += 1
        if rest in (">-", "|", ">", "|-"):
            words = []
            while at < len(lines) and lines[at][0] > indent:
                words.append(lines[at][1])
                at += 1
            out[key] = " ".join(words)
        elif rest:
            out[key] = _scalar(rest)
        elif at < len(lines) and (lines[at][0] > indent or (
                lines[at][0] == indent and lines[at][1].startswith("-"))):
            out[key], at = _block(lines, at)
        else:
            out[key] = None
    return out, at


def _list(lines: list, at: int, indent: int):
    out = []
    while at < len(lines) and lines[at][0] == indent \
            and lines[at][1].startswith("-"):
        text = lines[at][1][1:].strip()
        if text and ":" not in text:
            out.append(_scalar(text))
            at += 1
            continue
        if text:    # "- key: value", the mapping goes on below
            lines[at] = (indent + 2, text)
            value, at = _block(lines, at)
        else:
            value, at = _block(lines, at + 1)
        out.append(value)
    return out, at


@dataclass
class Attr:
    name: str
    number: int
    kind: str
    enum: str = ""
    big: bool = False
    multi: bool = False
    nested: str = ""


class Spec:
    """Commands, attributes and enums by name and number."""

    def __init__(self, path: str = SPEC):
        with open(path, encoding="utf-8") as src:
            self.tree = parse_yaml(src.read())
        self.name = self.tree["name"]
        self.version = self.tree["version"]
        self.enums = {d["name"]: self.enum(d)
                      for d in self.tree["definitions"]
                      if d["type"] == "enum"}
        self.sets = {s["name"]: self.attribute_set(s)
                     for s in self.tree["attribute-sets"]}
        self.commands, self.operations = {}, {}
        number = 0
        for operation in self.tree["operations"]["list"]:
            number = operation.get("value", number + 1)
            self.commands[operation["name"]] = number
            self.operations[operation["name"]] = operation

    @staticmethod
    def enum(definition: dict) -> dict[int, str]:
        out, number = {}, definition.get("value-start", 0)
        for entry in definition["entries"]:
            if isinstance(entry, dict):
                number = entry.get("value", number)
                entry = entry["name"]
            out[number] = entry
            number += 1
        return out

    @staticmethod
    def attribute_set(definition: dict) -> dict[str, Attr]:
        out, number = {}, 0
        for a in definition["attributes"]:
            number = a.get("value", number + 1)
            out[a["name"]] = Attr(
                a["name"], number, a["type"], a.get("enum", ""),
                a.get("byte-order") == "big-endian",
                bool(a.get("multi-attr")), a.get("nested-attributes", ""))
        return out

    def flags(self, command: str) -> list[str]:
        return self.operations[command].get("flags", [])

    def request_attributes(self, command: str) -> list[str]:
        operation = self.operations[command]
        for mode in ("do", "dump"):
            inner = operation.get(mode) or {}
            if "request" in inner:
                return inner["request"]["attributes"]
        return []


# --- attributes -----------------------------------------------------------

NUMBERS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q"}


def nla(number: int, data: bytes, nested: bool = False,
        length: int | None = None) -> bytes:
    if length is None:
        length = 4 + len(data)
    return struct.pack("=HH", length, number | NLA_NESTED * nested) + data \
        + bytes(-len(data) % 4)


def attributes(data: bytes):
    """(number, payload) of each attribute in a buffer."""
    at = 0
    while at + 4 <= len(data):
        length, number = struct.unpack("=HH", data[at:at + 4])
        if length < 4:
            return
        yield number & NLA_TYPE, data[at + 4:at + length]
        at += (length + 3) & ~3


def eight(value) -> bytes:
    """A NID or L64 in text as 8 octets."""
    if isinstance(value, bytes):
        return value
    value = str(value).split("/")[0]
    if "::" in value:
        return socket.inet_pton(socket.AF_INET6, value)[:8]
    words = [int(w, 16) for w in re.split("[:+-]", value)]
    return struct.pack("!4H", *words)


class Codec:
    def __init__(self, spec: Spec):
        self.spec = spec

    def encode(self, values: dict, name: str = "ilnp6") -> bytes:
        """Attributes by name; bytes go out as they are; a list for a
        repeated one; keys that are numbers are sent as such."""
        out = b""
        for key, value in values.items():
            for one in value if isinstance(value, list) else [value]:
                out += self.one(key, one, name)
        return out

    def one(self, key, value, name: str) -> bytes:
        if isinstance(key, int):
            return nla(key, value)
        attr = self.spec.sets[name][key]
        if isinstance(value, dict):
            return nla(attr.number, self.encode(value, attr.nested), True)
        if isinstance(value, bytes):
            return nla(attr.number, value)
        if attr.kind in NUMBERS and attr.big:
            return nla(attr.number, eight(value))
        if attr.kind in NUMBERS:
            if attr.enum and not isinstance(value, int):
                value = {v: k for k, v
                         in self.spec.enums[attr.enum].items()}[value]
            return nla(attr.number, struct.pack(
                "=" + NUMBERS[attr.kind], int(value)))
        if attr.kind == "binary":
            return nla(attr.number,
                       socket.inet_pton(socket.AF_INET6, value))
        return nla(attr.number, value.encode() + b"\0")

    def decode(self, data: bytes, name: str = "ilnp6") -> dict:
        known = {a.number: a for a in self.spec.sets[name].values()}
        out: dict = {}
        for number, payload in attributes(data):
            if number == 0 and not payload:
                continue    # padding
            attr = known.get(number)
            if attr is None:
                raise ValueError(f"attribute {number} is not in the spec")
            if attr.kind == "pad":
                continue
            value = self.value(attr, payload)
            if attr.multi:
                out.setdefault(attr.name, []).append(value)
            elif attr.name in out:
                raise ValueError(f"attribute {attr.name} twice")
            else:
                out[attr.name] = value
        return out

    def value(self, attr: Attr, payload: bytes):
        if attr.kind == "nest":
            return self.decode(payload, attr.nested)
        if attr.kind == "string":
            return payload.rstrip(b"\0").decode()
        if attr.kind == "binary":
            return socket.inet_ntop(socket.AF_INET6, payload)
        size = struct.calcsize(NUMBERS[attr.kind])
        if len(payload) != size:
            raise ValueError(f"{attr.name} has {len(payload)} octets")
        if attr.big:
            if "l64" in attr.name:
                return socket.inet_ntop(socket.AF_INET6,
                                        payload + bytes(8)) + "/64"
            return ":".join(f"{w:x}" for w
                            in struct.unpack("!4H", payload))
        number = struct.unpack("=" + NUMBERS[attr.kind], payload)[0]
        if attr.enum:
            return self.spec.enums[attr.enum].get(number, number)
        return number


# --- the socket -----------------------------------------------------------

def parse_extack(data: bytes) -> dict:
    out: dict = {}
    for number, payload in attributes(data):
        if number == EXTACK_MSG:
            out["msg"] = payload.rstrip(b"\0").decode()
        elif number == EXTACK_OFFS:
            out["offset"] = struct.unpack("=I", payload)[0]
        elif number == EXTACK_MISS_TYPE:
            out["missing"] = struct.unpack("=I", payload)[0]
    return out


class Client:
    """One socket in the network namespace of its creation."""

    def __init__(self, spec: Spec | None = None):
        self.spec = spec or Spec()
        self.codec = Codec(self.spec)
        self.sock = socket.socket(AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_GENERIC)
        for option in (NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK):
            self.sock.setsockopt(SOL_NETLINK, option, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind((0, 0))
        self.sequence = int(time.time()) & 0xffff
        self.interrupted = False
        self.family, self.groups = self.resolve()

    def close(self) -> None:
        self.sock.close()

    def send(self, family: int, command: int, flags: int, data: bytes,
             version: int = 1) -> int:
        self.sequence += 1
        self.sock.send(struct.pack(
            "=IHHIIBBH", 20 + len(data), family, flags | F_REQUEST,
            self.sequence, 0, command, version, 0) + data)
        return self.sequence

    def messages(self, sequence: int):
        """(type, flags, body) of what answers a request."""
        while True:
            ready, _, _ = select.select([self.sock], [], [], 30)
            if not ready:
                raise TimeoutError("no answer from the kernel")
            data = self.sock.recv(1 << 20)
            at = 0
            while at < len(data):
                length, kind, flags, seq, _ = struct.unpack(
                    "=IHHII", data[at:at + 16])
                if seq == sequence:
                    yield kind, flags, data[at + 16:at + length]
                at += (length + 3) & ~3

    def exchange(self, family: int, command: int, flags: int,
                 data: bytes) -> list[bytes]:
        """Bodies of the answers; NetlinkError if refused."""
        sequence = self.send(family, command, flags, data)
        out = []
        for kind, flagged, body in self.messages(sequence):
            if flagged & F_DUMP_INTR:
                self.interrupted = True
            if kind == NLMSG_ERROR:
                self.error(flagged, body)
                return out
            if kind == NLMSG_DONE:
                code = -struct.unpack("=i", body[:4])[0]
                if code:
                    raise NetlinkError(code, parse_extack(body[4:])
                                       if flagged & F_ACK_TLVS else {})
                return out
            out.append(body[4:])
        return out

    @staticmethod
    def error(flags: int, body: bytes) -> None:
        code = -struct.unpack("=i", body[:4])[0]
        if not code:
            return
        extack = {}
        if flags & F_ACK_TLVS:
            at = 20
            if not flags & F_CAPPED:
                at = 4 + struct.unpack("=I", body[4:8])[0]
            extack = parse_extack(body[(at + 3) & ~3:])
        raise NetlinkError(code, extack)

    def resolve(self) -> tuple[int, dict[str, int]]:
        name = self.spec.name.encode() + b"\0"
        (body,) = self.exchange(GENL_ID_CTRL, CTRL_GETFAMILY, F_ACK,
                                nla(CTRL_FAMILY_NAME, name))
        family, groups = 0, {}
        for number, payload in attributes(body):
            if number == CTRL_FAMILY_ID:
                family = struct.unpack("=H", payload)[0]
            elif number == CTRL_MCAST_GROUPS:
                for _, group in attributes(payload):
                    inner = dict(attributes(group))
                    groups[inner[CTRL_MCAST_NAME].rstrip(b"\0").decode()] = \
                        struct.unpack("=I", inner[CTRL_MCAST_ID])[0]
        return family, groups

    def raw(self, command: str, data: bytes, flags: int = 0) -> list[dict]:
        """A request with attributes already made, well formed or not."""
        return [self.codec.decode(body) for body in self.exchange(
            self.family, self.spec.commands[command], flags | F_ACK, data)]

    def do(self, command: str, flags: int = 0, **values) -> list[dict]:
        """A request; attribute names with underscores for hyphens."""
        return self.raw(command, self.codec.encode(
            {k.replace("_", "-"): v for k, v in values.items()}), flags)

    def add(self, command: str, **values) -> list[dict]:
        return self.do(command, F_CREATE | F_EXCL, **values)

    def dump(self, command: str, **values) -> list[dict]:
        return self.do(command, F_DUMP, **values)

    def monitor(self) -> None:
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
                             self.groups["monitor"])

    def event(self, timeout: float) -> dict | None:
        """The next notification."""
        ready, _, _ = select.select([self.sock], [], [], timeout)
        if not ready:
            return None
        data = self.sock.recv(1 << 20)
        return self.codec.decode(data[20:struct.unpack("=I", data[:4])[0]])

    def everything(self) -> dict:
        """All that configuration can change, for comparing."""
        out: dict = {"config": self.do("config-get")}
        for what in ("nid", "l64", "corr", "dev"):
            out[what] = sorted(self.dump(f"{what}-get"),
                               key=lambda x: json.dumps(x, sort_keys=True))
        return out


def main(argv: list[str]) -> int:
    if not argv:
        print(__doc__)
        return 2
    client = Client()
    if argv[0] == "monitor":
        client.monitor()
        for _ in range(int(argv[1])):
            print(json.dumps(client.event(3600)), flush=True)
        return 0
    values: dict = {}
    for word in argv[1:]:
        key, _, value = word.partition("=")
        if key == "locator":
            values.setdefault(key, []).append({"l64": value})
        else:
            values[key] = int(value) if value.isdigit() else value
    is_dump = "dump" in client.spec.operations[argv[0]]
    flags = F_DUMP if is_dump else F_CREATE | F_EXCL if argv[0].endswith(
        "-new") else 0
    try:
        print(json.dumps(client.raw(argv[0], client.codec.encode(values),
                                    flags), indent=1))
    except NetlinkError as why:
        print(why, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
