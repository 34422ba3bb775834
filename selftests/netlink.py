# SPDX-License-Identifier: GPL-2.0-only
"""The generic netlink interface: see netlink.sh."""
import errno
import os
import struct
import traceback

import wire
from ilnp6_client import (Client, F_CREATE, F_EXCL, F_REPLACE, NetlinkError,
                          nla)
from lib import NID_A, NID_B, Suite, Test, address, l64, need_module, prefix

suite = Suite()


def client(t: Test, host: str = "A") -> Client:
    need_module()
    with t.inside(host):
        return t.keep(Client())


def ifindex(t: Test, dev: str, host: str = "A") -> int:
    return t.show(host, "link", "show", "dev", dev)[0]["ifindex"]


def up(t: Test) -> Client:
    t.topo("direct", 2, 2)
    t.ilnp_up(2, 2)
    return client(t)


# --- agreement ------------------------------------------------------------

def tool_keys(rows: list[dict]) -> list[dict]:
    """The tool's JSON in the spec's names."""
    return [{k.replace("_", "-"): v for k, v in row.items()} for row in rows]


def steady(t: Test, read, show) -> tuple:
    """What the client reads and the tool shows of one same state: probes and
    timers run on, so the client reads before and after the tool."""
    for _ in range(20):
        before, shown = read(), show()
        if read() == before:
            return before, shown
    t.fail("the state never stood still")
    return before, shown


def agree(t: Test, what: str, read, show, keys: tuple) -> None:
    def of(rows):
        return sorted(str([row.get(k) for k in keys]) for row in rows)
    seen, shown = steady(t, lambda: of(read()), show)
    t.equal(f"{what}: client and tool", seen, of(tool_keys(shown)))
    t.check(f"{what}: something is there", seen)


@suite.case("dumps agree with the tool")
def dumps(t: Test):
    c = up(t)
    near, far = t.pair("A", "B", address("b", 0))
    for _ in range(8):
        near.sendall(b"x")
        far.recv(1)
        far.sendall(b"y")
        near.recv(1)
    t.on("A", "ping", "-6", "-c4", "-i0.1", "-W2", address("b", 0))
    for what, message, keys in (
            ("nid", "nid-get", ("nid", "preference", "origin", "state")),
            ("l64", "l64-get",
             ("l64", "via", "preference", "state", "origin")),
            ("session", "session-get",
             ("local-nid", "remote-nid", "local-l64", "remote-l64", "state")),
            ("path", "path-get",
             ("local-nid", "remote-nid", "local-l64", "remote-l64", "via",
              "preference", "state", "tx-packets", "tx-bytes", "rx-packets",
              "rx-bytes")),
            ("correspondent", "corr-get",
             ("nid", "mode", "checksum", "origin"))):
        agree(t, what, lambda m=message: c.dump(m),
              lambda w=what: t.show("A", "ilnp", w, "show"), keys)
    t.equal("L64s of the correspondent", [
        (x["l64"], x["preference"], x["state"])
        for x in c.dump("corr-get")[0]["locator"]], [
        (x["l64"], x["preference"], x["state"]) for x in t.show(
            "A", "ilnp", "correspondent", "show")[0]["l64s"]])
    t.equal("dev", [ifindex(t, f"a{i}") for i in range(2)],
            sorted(x["ifindex"] for x in c.dump("dev-get")))
    stats, shown = steady(t, lambda: c.do("stats-get")[0]["stats"],
                          lambda: t.stats("A"))
    t.equal("counters by name", stats, shown)
    t.equal("counters known to the spec", set(c.spec.sets["stats"]),
            set(stats))


@suite.case("what one writes the other shows")
def writes(t: Test):
    t.topo("direct", 1, 1)
    c = client(t)
    c.add("nid-new", nid=NID_A, preference=7)
    c.add("l64-new", l64=prefix("a", 0), ifindex=ifindex(t, "a0"),
          via="fe80::1", preference=8, lifetime=5000)
    c.add("corr-new", nid=NID_B, checksum="nid", nonce_len=4,
          nonce_habit="echo", require_nonce="rfc", locator=[
              {"l64": prefix("b", 0), "preference": 1, "lifetime": 700},
              {"l64": prefix("b", 1)}])
    (nid,) = [n for n in t.show("A", "ilnp", "nid") if n["nid"] == NID_A]
    t.equal("NID", (7, "static"), (nid["preference"], nid["origin"]))
    (shown,) = t.show("A", "ilnp", "l64")
    t.equal("L64", (l64("a", 0), "a0", "fe80::1", 8, "static"),
            tuple(shown[k] for k in ("l64", "dev", "via", "preference",
                                     "origin")))
    t.within("its lifetime", 4900, 5000, shown["lifetime"])
    (known,) = t.show("A", "ilnp", "correspondent")
    t.equal("correspondent", (NID_B, "nid", "static"),
            (known["nid"], known["checksum"], known["origin"]))
    t.equal("its L64s", [l64("b", 0), l64("b", 1)],
            [x["l64"] for x in known["l64s"]])
    t.within("lifetime of one", 690, 700, known["l64s"][0]["lifetime"])
    t.check("none of the other", "lifetime" not in known["l64s"][1])
    c.do("corr-new", F_REPLACE, nid=NID_B, checksum="ipv6")
    (after,) = c.dump("corr-get")
    t.equal("a change keeps what is absent", ("ipv6", 4, "echo", "rfc", 2),
            (after["checksum"], after["nonce-len"], after["nonce-habit"],
             after["require-nonce"], len(after["locator"])))
    c.do("config-set", checksum="nid", nonce_len=4, learn=0, ula=1,
         tcp=1)
    (config,) = c.do("config-get")
    t.equal("config", ("nid", 4, 0, 1, 1), (config["checksum"],
            config["nonce-len"], config["learn"], config["ula"],
            config["tcp"]))


@suite.case("dumps filter")
def filters(t: Test):
    t.topo("direct", 2, 1)
    c = client(t)
    for i in range(2):
        c.add("l64-new", l64=prefix("a", i), ifindex=ifindex(t, f"a{i}"))
    t.equal("L64s of one interface", [l64("a", 1)], [
        x["l64"] for x in c.dump("l64-get", ifindex=ifindex(t, "a1"))])
    for i in range(1, 4):
        c.add("corr-new", nid=f"{i}:0:0:1",
              locator=[{"l64": prefix("b", i)}])
    t.equal("one correspondent", ["2:0:0:1"], [
        x["nid"] for x in c.dump("corr-get", nid="2:0:0:1")])
    t.equal("nobody", [], c.dump("corr-get", nid="9:9:9:9"))
    c.do("corr-flush", nid="2:0:0:1")
    t.equal("flush of one", 2, len(c.dump("corr-get")))
    c.do("corr-flush")
    t.equal("flush of all", 0, len(c.dump("corr-get")))


@suite.case("dump of many")
def many(t: Test):
    t.topo("direct", 1, 1)
    c = client(t)
    locators = [{"l64": f"2001:db8:{i:x}::"} for i in range(1, 9)]
    names = {f"{i:x}:0:0:1" for i in range(0x100, 0x100 + 500)}
    for name in names:
        c.add("corr-new", nid=name, locator=locators)
    rows = c.dump("corr-get")
    t.equal("each once", sorted(names), sorted(r["nid"] for r in rows))
    t.check("with all L64s", all(len(r["locator"]) == 8 for r in rows))
    t.check("not interrupted", not c.interrupted)
    most = [{"l64": f"2001:db8:{i:x}::"} for i in range(1, 256)]
    c.add("corr-new", nid="1:1:1:1", locator=most)
    (row,) = c.dump("corr-get", nid="1:1:1:1")
    t.equal("255 L64s", 255, len(row["locator"]))


# --- refusals -------------------------------------------------------------

def refusals(c: Client, dev: int) -> list[tuple]:
    """(what, command, flags, attributes, errno)"""
    a = {n: x.number for n, x in c.spec.sets["ilnp6"].items()}
    add, change = F_CREATE | F_EXCL, F_REPLACE
    enc = c.codec.encode
    nid, l, corr = "1:2:3:4", "2001:db8:9::", {"nid": "5:6:7:8"}
    loc = {"locator": [{"l64": l}]}
    out = []

    def bad(what, command, values, code=errno.EINVAL, flags=add):
        data = values if isinstance(values, bytes) else enc(values)
        out.append((what, command, flags, data, code))
    bad("NID missing", "nid-new", {})
    bad("NID too short", "nid-new", {"nid": b"1234567"})
    bad("NID zero", "nid-new", {"nid": bytes(8)})
    for reserved in ("200:5eff:fe00:0", "200:5eff:feff:ffff",
                     "fdff:ffff:ffff:ff80", "ffff:ffff:ffff:ffff"):
        bad(f"reserved NID {reserved}", "nid-new", {"nid": reserved})
    bad("NID there already", "nid-new", {"nid": NID_A}, errno.EEXIST)
    bad("NID not there", "nid-del", {"nid": nid}, errno.ENOENT, 0)
    bad("NID missing on del", "nid-del", {}, flags=0)
    bad("attribute not of the command", "nid-new",
        {"nid": nid, "ifindex": dev})
    bad("unknown attribute", "nid-new", {"nid": nid, 200: b"1234"})
    bad("attribute 0", "nid-new", enc({"nid": nid}) + nla(0, b"1234"))
    bad("length beyond the message", "nid-new",
        nla(a["nid"], bytes(8), length=200))
    bad("trailing octets", "nid-new", enc({"nid": nid}) + b"abc")

    bad("L64 missing", "l64-new", {"ifindex": dev})
    bad("interface missing", "l64-new", {"l64": l})
    bad("no such interface", "l64-new", {"l64": l, "ifindex": 9999},
        errno.ENODEV)
    for wrong in ("fe80::", "ff02::", "::", "4000::", "fc00::"):
        bad(f"L64 {wrong}", "l64-new", {"l64": wrong, "ifindex": dev})
    bad("via too short", "l64-new",
        {"l64": l, "ifindex": dev, "via": bytes(4)}, errno.ERANGE)
    bad("via multicast", "l64-new",
        {"l64": l, "ifindex": dev, "via": "ff02::1"})
    bad("preference of 4 octets", "l64-new",
        {"l64": l, "ifindex": dev, "preference": bytes(4)})
    bad("drain 2", "l64-new", {"l64": l, "ifindex": dev, "drain": 2},
        errno.ERANGE)
    bad("L64 there already", "l64-new",
        {"l64": prefix("a", 0), "ifindex": dev}, errno.EEXIST)
    bad("L64 change of nothing", "l64-new", {"l64": l, "ifindex": dev},
        errno.ENOENT, change)
    bad("L64 not there", "l64-del", {"l64": l, "ifindex": dev},
        errno.ENOENT, 0)

    bad("correspondent's NID missing", "corr-new", loc)
    bad("correspondent's L64 missing", "corr-new",
        {**corr, "locator": [{"preference": 1}]})
    bad("no locator", "corr-new", corr)
    bad("locator empty", "corr-new", {**corr, "locator": b""})
    bad("locator no nest", "corr-new", {**corr, "locator": b"1234567"})
    bad("the same L64 twice", "corr-new",
        {**corr, "locator": [{"l64": l}, {"l64": l}]})
    bad("link-local locator", "corr-new",
        {**corr, "locator": [{"l64": "fe80::"}]})
    bad("256 locators", "corr-new", {**corr, "locator": [
        {"l64": f"2001:db8:{i:x}::"} for i in range(1, 257)]})
    for name, value in (("checksum", 3), ("nonce-len", 5),
                        ("nonce-len", 16), ("nonce-habit", 2),
                        ("require-nonce", 2), ("origin", 99)):
        bad(f"{name} {value}", "corr-new", {**corr, **loc, name: value},
            None)
    bad("our own NID", "corr-new", {"nid": NID_A, **loc})
    bad("reserved NID as correspondent", "corr-new",
        {"nid": bytes(8), **loc})
    bad("correspondent there already", "corr-new", {"nid": NID_B, **loc},
        errno.EEXIST)
    bad("change of nobody", "corr-new", {**corr, **loc}, errno.ENOENT,
        change)
    bad("nobody to delete", "corr-del", corr, errno.ENOENT, 0)

    for name, value in (("checksum", 0), ("checksum", 9),
                        ("nonce-len", 0), ("nonce-len", 8), ("learn", 2),
                        ("ula", 2), ("tcp", 2)):
        bad(f"config {name} {value}", "config-set", {name: value}, None, 0)
    bad("unknown scheduler", "config-set", {"scheduler": "nonesuch"}, None,
        0)
    bad("scheduler name too long", "config-set",
        {"scheduler": "x" * 40}, None, 0)
    bad("interface not attached", "dev-del", {"ifindex": dev},
        errno.ENOENT, 0)
    bad("no interface to attach", "dev-new", {"ifindex": 9999},
        errno.ENODEV)
    return out


@suite.case("each bad attribute has its reason")
def reasons(t: Test):
    t.topo("direct", 1, 1)
    c = client(t)
    dev = ifindex(t, "a0")
    c.add("nid-new", nid=NID_A)
    c.add("l64-new", l64=prefix("a", 0), ifindex=dev)
    c.add("corr-new", nid=NID_B, locator=[{"l64": prefix("b", 0)}])
    t.poll(5, lambda: c.dump("nid-get")[0]["state"] == "ready")
    before = c.everything()
    said: dict[str, list[str]] = {}
    for what, command, flags, data, code in refusals(c, dev):
        try:
            c.raw(command, data, flags)
        except NetlinkError as why:
            t.check(f"{what}: a reason ({why})", why.explained)
            if code is not None:
                t.equal(f"{what}: errno ({why})", errno.errorcode[code],
                        errno.errorcode[why.errno])
            said.setdefault(f"{command}: {why.msg}", []).append(what)
        else:
            t.fail(f"{what}: was accepted")
        after = c.everything()
        if not t.equal(f"{what}: nothing changed", before, after):
            before = after
    for text, whats in said.items():
        if len(whats) > 1:
            t.note(f"same words for {whats}: {text!r}")


@suite.case("tables are bounded")
def bounded(t: Test):
    t.topo("direct", 1, 1)
    c = client(t)
    t.sysctl("A", "net.ipv6.ilnp.max_correspondents=5")
    for i in range(1, 6):
        c.add("corr-new", nid=f"{i}:0:0:1", locator=[{"l64": "2001:db8::"}])
    try:
        c.add("corr-new", nid="6:0:0:1", locator=[{"l64": "2001:db8::"}])
        t.check("the sixth is refused", False)
    except NetlinkError as why:
        t.check(f"with a reason ({why})", why.msg)
        t.check("errno", why.errno in (errno.ENOSPC, errno.ENOBUFS,
                                       errno.E2BIG))
    t.check("counted", t.stat("A", "table-full") >= 1)
    for i in range(1, 17):
        try:
            c.add("nid-new", nid=f"{i}:0:0:2")
        except NetlinkError as why:
            t.check(f"NIDs: {why}", i > 1 and why.msg)
            break


# --- events ---------------------------------------------------------------

@suite.case("each change is an event")
def events(t: Test):
    t.topo("direct", 1, 1, "dad")
    c, m = client(t), client(t)
    m.monitor()
    dev = ifindex(t, "a0")

    def expect(name: str, **keys) -> None:
        seen = []
        while True:
            event = m.event(3)
            if event is None:
                t.check(f"event {name} {keys}", False, *seen)
                return
            if event["event"] == name and all(
                    event.get(k.replace("_", "-")) == v
                    for k, v in keys.items()):
                t.check(f"event {name}", True)
                t.check(f"{name} has a time", event.get("time", 0) > 0)
                return
            seen.append(event)
    c.add("nid-new", nid=NID_A)
    expect("nid-add", nid=NID_A)
    c.add("l64-new", l64=prefix("a", 0), ifindex=dev)
    expect("l64-add", l64=l64("a", 0), ifindex=dev)
    expect("nid-change", nid=NID_A, state="ready")
    c.do("l64-new", F_REPLACE, l64=prefix("a", 0), ifindex=dev, preference=3)
    expect("l64-change", l64=l64("a", 0), preference=3)
    c.add("corr-new", nid=NID_B, locator=[{"l64": prefix("b", 0)}])
    expect("correspondent-add", nid=NID_B)
    c.do("corr-new", F_REPLACE, nid=NID_B, checksum="nid")
    expect("correspondent-change", nid=NID_B, checksum="nid")
    t.ilnp("A", "dev", "attach", "a0")
    expect("dev-attach", ifindex=dev)
    t.udp("A").sendto(b"x", (address("b", 0), 9))
    expect("session-add", local_nid=NID_A, remote_nid=NID_B)
    c.do("session-flush")
    expect("session-del", remote_nid=NID_B)
    c.do("corr-del", nid=NID_B)
    expect("correspondent-del", nid=NID_B)
    t.ilnp("A", "dev", "detach", "a0")
    expect("dev-detach", ifindex=dev)
    c.do("l64-del", l64=prefix("a", 0), ifindex=dev)
    expect("l64-del", l64=l64("a", 0))
    c.do("nid-del", nid=NID_A)
    expect("nid-del", nid=NID_A)


@suite.case("a forged packet is an event")
def forged(t: Test):
    t.topo("peer", 1)
    t.ilnp_up(1, 1)
    x = t.peer()
    flow, _ = t.opened(x)
    m = client(t)
    m.monitor()
    flow.send_tcp(wire.ACK | wire.PSH, b"forged", nonce=bytes(12))
    while True:
        event = m.event(3)
        if t.require("event", event)["event"] == "nonce-bad":
            break
    t.equal("keys", (NID_B, NID_A, l64("b", 0), l64("a", 0), 6, flow.sport,
                     flow.dport, ifindex(t, "a0")),
            tuple(event.get(k) for k in (
                "remote-nid", "local-nid", "remote-l64", "local-l64",
                "proto", "sport", "dport", "ifindex")))
    t.check("reason names a counter",
            event.get("reason") in c_stats(m), event)
    t.check("time", event.get("time", 0) > 10**18)


def c_stats(c: Client) -> dict:
    return c.spec.sets["stats"]


# --- who may --------------------------------------------------------------

def as_nobody(func) -> str:
    """What func raises in a child without rights; empty if nothing."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            func()
            os.write(write, b"-")
        except NetlinkError as why:
            os.write(write, errno.errorcode[why.errno].encode())
        except BaseException:
            os.write(write, traceback.format_exc()[-500:].encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    text = os.read(read, 600).decode()
    os.close(read)
    return "" if text == "-" else text


@suite.case("only an administrator changes")
def rights(t: Test):
    t.topo("direct", 1, 1)
    c = client(t)
    dev = ifindex(t, "a0")
    before = c.everything()

    def attempt(command: str, flags: int, values: dict):
        def body():
            with_rights_of_nobody = Client(c.spec)
            with_rights_of_nobody.do(command, flags, **values)
        return body
    with t.inside("A"):
        for command, flags, values in (
                ("config-set", 0, {"learn": 0}),
                ("nid-new", F_CREATE, {"nid": NID_A}),
                ("nid-del", 0, {"nid": NID_A}),
                ("l64-new", F_CREATE, {"l64": prefix("a", 0),
                                       "ifindex": dev}),
                ("l64-del", 0, {"l64": prefix("a", 0), "ifindex": dev}),
                ("corr-new", F_CREATE, {"nid": NID_B, "locator": [
                    {"l64": prefix("b", 0)}]}),
                ("corr-del", 0, {"nid": NID_B}),
                ("corr-flush", 0, {}), ("session-flush", 0, {}),
                ("dev-new", 0, {"ifindex": dev}),
                ("dev-del", 0, {"ifindex": dev}), ("stats-reset", 0, {})):
            t.equal(command, "EPERM",
                    as_nobody(attempt(command, flags, values)))
            t.check(f"{command}: spec says so",
                    "uns-admin-perm" in c.spec.flags(command))
        for command in ("config-get", "stats-get"):
            t.equal(f"{command} is free", "",
                    as_nobody(attempt(command, 0, {})))
        for command in ("nid-get", "l64-get", "corr-get", "path-get"):
            t.equal(f"{command} is free", "",
                    as_nobody(attempt(command, 0x300, {})))
    t.equal("nothing changed", before, c.everything())


@suite.case("namespaces are apart")
def apart(t: Test):
    t.topo("direct", 1, 1)
    a, b = client(t, "A"), client(t, "B")
    empty = b.everything()
    m = client(t, "B")
    m.monitor()
    a.add("nid-new", nid=NID_A)
    a.add("corr-new", nid=NID_B, locator=[{"l64": prefix("b", 0)}])
    a.do("config-set", checksum="nid", learn=0)
    t.equal("B sees nothing of it", empty, b.everything())
    t.check("and hears nothing of it", m.event(0.3) is None)
    t.equal("A has it", 1, len(a.dump("corr-get")))


@suite.case("raw octets are refused or understood")
def noise(t: Test):
    """No octets at all may hurt; the kernel log is the judge."""
    t.topo("direct", 1, 1)
    c = client(t)
    state = 12345
    accepted = refused = 0
    for turn in range(3000):
        data = b""
        for _ in range(state % 4):
            state = state * 1103515245 + 12345 & 0x7fffffff
            number = (state >> 8) % 45
            size = (0, 1, 2, 4, 8, 16, 7, 40)[(state >> 16) % 8]
            payload = struct.pack("I", state) * 10
            if number == 10:    # a nest of a nest of anything
                payload = nla((state >> 4) % 45, payload[:size]) * 3
                size = len(payload)
            data += nla(number, payload[:size], state >> 20 & 1,
                        state % 50 if state >> 21 & 7 == 0 else None)
        state = state * 1103515245 + 12345 & 0x7fffffff
        command = ("nid-new", "l64-new", "corr-new", "config-set",
                   "dev-del", "corr-del", "nid-get", "corr-get",
                   "path-get", "l64-get")[turn % 10]
        try:
            c.raw(command, data, (0x600, 0x100, 0x500, 0)[state >> 8 & 3]
                  if command.endswith("new") else
                  0x300 if command.endswith("get") else 0)
            accepted += 1
        except NetlinkError:
            refused += 1
    t.check(f"{accepted} accepted, {refused} refused", refused > 500)
    t.check("still answers", c.everything())


if __name__ == "__main__":
    suite.main()
