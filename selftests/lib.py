# SPDX-License-Identifier: GPL-2.0-only
"""What every test in Python shares: the counterpart of lib.sh.

KTAP, fresh namespaces per subtest (topo.sh makes them), sockets inside
namespaces, waiting by polling, checks that explain themselves.

    suite = Suite(__doc__)

    @suite.case("name")
    def _(t):
        t.topo("peer", 1)
        t.equal("what", wanted, seen)

    suite.main()

A case fails by a failed check, by any exception, or by checking nothing.
"""
from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback

import wire

HERE = os.path.dirname(os.path.abspath(__file__))
CLONE_NEWNET = 0x40000000
KSFT_SKIP = 4
VIRTUAL = os.environ.get("CLOCK") == "virtual"

NID_A = "a0a1:a2a3:a4a5:a6a7"
NID_B = "b0b1:b2b3:b4b5:b6b7"

libc = ctypes.CDLL(None, use_errno=True)


def prefix(side: str, i: int) -> str:
    """The L64 of host a or b in its prefix i, as topo.sh numbers them."""
    return f"2001:db8:{side}{i}::"


def l64(side: str, i: int) -> str:
    return prefix(side, i) + "/64"


def address(side: str, i: int) -> str:
    return wire.text(wire.ilv(prefix(side, i),
                              NID_A if side == "a" else NID_B))


def namespaces() -> list[str]:
    """Names of those that `ip netns` made; none: it has made no folder."""
    with contextlib.suppress(FileNotFoundError):
        return os.listdir("/run/netns")
    return []


class Failed(Exception):
    """A check that makes going on pointless."""


class Skipped(Exception):
    """This kernel or machine cannot do it."""


def _setns(fd: int) -> None:
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def namespace(name: str):
    """Sockets made inside belong to that network namespace."""
    with open("/proc/thread-self/ns/net", "rb") as home, \
            open(f"/run/netns/{name}", "rb") as there:
        _setns(there.fileno())
        try:
            yield
        finally:
            _setns(home.fileno())


def run(argv: list[str], check: bool = True,
        **more) -> subprocess.CompletedProcess:
    # A virtual clock may jump while a program is read from disk.
    timeout = None if VIRTUAL else 120
    done = subprocess.run(argv, capture_output=True, text=True,
                          timeout=timeout, **more)
    if check and done.returncode:
        raise Failed(f"{' '.join(argv)}: status {done.returncode}: "
                     f"{done.stderr.strip() or done.stdout.strip()}")
    return done


class Test:
    """One running subtest: its namespaces, sockets, processes, verdict."""

    def __init__(self, workdir: str):
        self.tag = f"t{random.getrandbits(32):08x}-"
        self.dir = workdir
        self.checks = 0
        self.failures = 0
        self.closing: list = []
        self.env = dict(os.environ, TOPO_DIR=workdir)

    # verdict

    def note(self, text: str) -> None:
        for line in str(text).splitlines() or [""]:
            print("#", line, flush=True)

    def fail(self, text: str) -> bool:
        self.failures += 1
        self.note("FAIL: " + text)
        return False

    def check(self, what: str, held, *evidence) -> bool:
        self.checks += 1
        if held:
            return True
        self.fail(what)
        for item in evidence:
            self.note(f"  {item}")
        return False

    def require(self, what: str, held, *evidence):
        """A check without which going on makes no sense."""
        if not self.check(what, held, *evidence):
            raise Failed("")
        return held

    def equal(self, what: str, wanted, seen) -> bool:
        return self.check(f"{what}: wanted {wanted!r}, saw {seen!r}",
                          wanted == seen)

    def within(self, what: str, low, high, seen) -> bool:
        return self.check(f"{what}: wanted {low}..{high}, saw {seen!r}",
                          seen is not None and low <= seen <= high)

    def none(self, what: str, faults) -> bool:
        """No faults, of which the first few are shown."""
        faults = list(faults)
        return self.check(f"{what}: {len(faults)} faults", not faults,
                          *faults[:4])

    def poll(self, seconds: float, func, *args):
        """The first true result of func, or the last one at the deadline.
        To look costs much here, so it is done less often as time goes by."""
        begun = time.monotonic()
        while True:
            result = func(*args)
            waited = time.monotonic() - begun
            if result or waited >= seconds:
                return result
            time.sleep(min(max(0.03, waited / 50), seconds - waited))

    def eventually(self, what: str, seconds: float, func, *args) -> bool:
        return self.check(f"{what}: not within {seconds} s",
                          self.poll(seconds, func, *args))

    # namespaces

    def ns(self, host: str) -> str:
        return self.tag + host

    def topo(self, kind: str, *args) -> None:
        run(["bash", f"{HERE}/topo.sh", self.tag, kind, *map(str, args)],
            env=self.env)

    def ilnp_up(self, n: int = 1, m: int = 1, *options: str) -> None:
        need_module()
        self.topo("ilnp", n, m, *options)

    def unload(self) -> None:
        """The module goes. The programs of a namespace that is gone hold it
        a moment longer."""
        if os.path.exists("/sys/module/ilnp6"):
            self.require("modprobe -r", self.poll(20, lambda: run(
                ["modprobe", "-r", "ilnp6"], False).returncode == 0))

    def inside(self, host: str):
        return namespace(self.ns(host))

    def on(self, host: str, *argv: str, check: bool = True,
           **more) -> subprocess.CompletedProcess:
        return run(["ip", "netns", "exec", self.ns(host), *argv], check,
                   **more)

    def ip(self, host: str, *argv: str,
           check: bool = True) -> subprocess.CompletedProcess:
        return run(["ip", "-n", self.ns(host), *argv], check)

    def show(self, host: str, *argv: str):
        """JSON of an `ip` command in a host's namespace."""
        out = run(["ip", "-j", "-n", self.ns(host), *argv]).stdout
        return json.loads(out) if out.strip() else []

    def ilnp(self, host: str, *argv: str,
             check: bool = True) -> subprocess.CompletedProcess:
        return self.ip(host, "ilnp", *argv, check=check)

    def stats(self, host: str) -> dict[str, int]:
        shown = self.show(host, "ilnp", "stats")
        return shown[0] if isinstance(shown, list) else shown

    def stat(self, host: str, name: str) -> int:
        return self.stats(host)[name]

    @contextlib.contextmanager
    def counted(self, host: str, name: str, by: int, **others: int):
        """The counter rises by that much meanwhile; of the other rx-
        drop counters none does, but those named (underscores for
        hyphens)."""
        before = self.stats(host)
        yield
        self.poll(1, lambda: self.stat(host, name) - before[name] >= by)
        self.counters_moved(host, before, {name: by} | {
            k.replace("_", "-"): v for k, v in others.items()})

    @contextlib.contextmanager
    def dropped(self, host: str, by: int, *names: str):
        """Meanwhile that many packets are counted as dropped, each under
        one of these names, none under another."""
        before = self.stats(host)

        def rise() -> dict[str, int]:
            return {k: v - before[k] for k, v in self.stats(host).items()
                    if is_drop(k) and v != before[k]}
        yield
        self.poll(1, lambda: sum(rise().values()) >= by)
        seen = rise()
        self.check(f"{host}: {by} drops counted under {' or '.join(names)}:"
                   f" {seen}", set(seen) <= set(names)
                   and sum(seen.values()) == by)

    def counters_moved(self, host: str, before: dict, wanted: dict) -> None:
        after = self.stats(host)
        for key, value in after.items():
            rise = value - before[key]
            if key in wanted:
                self.equal(f"{host}: rise of counter {key}", wanted[key],
                           rise)
            elif is_drop(key):
                self.equal(f"{host}: rise of counter {key}", 0, rise)

    def sysctl(self, host: str, *settings: str) -> None:
        self.on(host, "sysctl", "-qw", *settings)

    def nstat(self, host: str) -> dict[str, int]:
        """The kernel's own counters in a host's namespace."""
        lines = self.on(host, "nstat", "-asz").stdout.splitlines()[1:]
        return {name: int(n) for name, n, *_ in map(str.split, lines)}

    # sockets and processes

    def keep(self, thing):
        """Closed or killed when the case ends."""
        self.closing.append(thing)
        return thing

    def socket(self, host: str, kind: int, proto: int = 0,
               family: int = socket.AF_INET6) -> socket.socket:
        with self.inside(host):
            sock = socket.socket(family, kind, proto)
        sock.settimeout(5)
        return self.keep(sock)

    def udp(self, host: str, bind: str = "::", port: int = 0,
            ) -> socket.socket:
        sock = self.socket(host, socket.SOCK_DGRAM)
        sock.bind((bind, port))
        return sock

    def listen(self, host: str, bind: str = "::", port: int = 0,
               ) -> socket.socket:
        sock = self.socket(host, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((bind, port))
        sock.listen(16)
        return sock

    def connect(self, host: str, to: tuple, source: tuple | None = None,
                timeout: float = 10) -> socket.socket:
        sock = self.socket(host, socket.SOCK_STREAM)
        sock.settimeout(timeout)
        if source:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(source)
        sock.connect(to)
        return sock

    def dial(self, peer: wire.Peer, port: int = 6000,
             ) -> tuple[socket.socket, wire.Pkt]:
        """A begins to connect to the scripted host: its socket, which does
        not block, and the SYN."""
        sock = self.socket("A", socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.connect_ex((address("b", 0), port))
        return sock, self.require("SYN", peer.wait(
            lambda p: p.flags == wire.SYN and p.dport == port))

    def accept(self, listener: socket.socket) -> socket.socket:
        conn, _ = listener.accept()
        conn.settimeout(10)
        return self.keep(conn)

    def pair(self, client: str, server: str, to: str, port: int = 5000,
             bind: str = "::") -> tuple[socket.socket, socket.socket]:
        """An established TCP connection: client's and server's socket."""
        listener = self.listen(server, bind, port)
        near = self.connect(client, (to, port))
        return near, self.accept(listener)

    def capture(self, host: str, devs: list[str] | None = None,
                **more) -> wire.Capture:
        """What leaves these interfaces of a router, by default all."""
        if devs is None:
            devs = [link["ifname"] for link in self.show(
                host, "link", "show", "up") if link["ifname"] != "lo"]
        with self.inside(host):
            capture = wire.Capture(devs, **more)
        self.closing.append(capture)
        return capture

    def peer(self, n: int = 1, **more) -> wire.Peer:
        """The scripted host behind topology peer."""
        with self.inside("X"):
            peer = wire.Peer([f"x{i}" for i in range(n)], **more)
        for i in range(n):
            peer.learn(f"x{i}", self.mac("A", f"a{i}"))
        return self.keep(peer)

    def flow(self, peer: wire.Peer, **more) -> wire.Flow:
        """A flow of the scripted host, which is A's correspondent B."""
        more.setdefault("nonce", os.urandom(12))
        return wire.Flow(peer, (prefix("b", 0), NID_B),
                         (prefix("a", 0), NID_A), **more)

    def opened(self, peer: wire.Peer, **more,
               ) -> tuple[wire.Flow, socket.socket]:
        """A TCP connection of the scripted host to A, with data both ways:
        its session is beyond doubt."""
        listener = self.listen("A", port=more.get("dport", 5000))
        flow = self.flow(peer, **more)
        self.require("TCP opens", flow.open())
        conn = self.accept(listener)
        listener.close()
        flow.push(b"to A")
        self.require("data to A", conn.recv(100) == b"to A")
        conn.sendall(b"from A")
        segment = flow.pull()
        self.require("data from A",
                     segment and segment.payload == b"from A")
        return flow, conn

    def silent(self, sock: socket.socket, seconds: float = 0.3) -> bool:
        """Nothing arrives at the socket."""
        sock.settimeout(seconds)
        try:
            return not self.check("nothing arrives", False, sock.recv(100))
        except TimeoutError:
            return self.check("nothing arrives", True)
        finally:
            sock.settimeout(5)

    def mac(self, host: str, dev: str) -> bytes:
        link = self.show(host, "link", "show", "dev", dev)[0]
        return bytes.fromhex(link["address"].replace(":", ""))

    def spawn(self, host: str, *argv: str, **more) -> subprocess.Popen:
        return self.keep(subprocess.Popen(
            ["ip", "netns", "exec", self.ns(host), *argv],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, **more))

    def listening(self, host: str, proto: str, port: int) -> bool:
        return bool(self.on(host, "ss", "-Hnl", f"--{proto}",
                            f"sport = :{port}").stdout)

    # judgement that every case gets

    def bad_sources(self) -> None:
        """Routers dropped nothing for a source of another provider."""
        for name in namespaces():
            if not name.startswith(self.tag + "R"):
                continue
            done = run(["ip", "netns", "exec", name, "nft", "-j", "list",
                        "counter", "ip6", "ingress", "bad_source"], False)
            if done.returncode:
                continue
            for item in json.loads(done.stdout)["nftables"]:
                seen = item.get("counter", {}).get("packets", 0)
                if seen:
                    self.fail(f"{name} dropped {seen} packets with a "
                              "foreign source")

    def pairs(self, host: str = "R") -> dict[str, int]:
        """Packets per ordered pair of prefixes, counted by a router."""
        out = self.on(host, "nft", "-j", "list", "counters", "table",
                      "ip6", "pairs").stdout
        return {item["counter"]["name"]: item["counter"]["packets"]
                for item in json.loads(out)["nftables"] if "counter" in item}

    def diagnose(self) -> None:
        for host in "AB":
            if not os.path.exists(f"/run/netns/{self.ns(host)}"):
                continue
            if not os.path.exists("/sys/module/ilnp6"):
                continue
            with contextlib.suppress(Exception):
                moved = {k: v for k, v in self.stats(host).items() if v}
                self.note(f"{host} counters: {json.dumps(moved)}")

    def close(self) -> None:
        for thing in reversed(self.closing):
            with contextlib.suppress(Exception):
                if isinstance(thing, subprocess.Popen):
                    thing.kill()
                    thing.wait(5)
                elif isinstance(thing, wire.Capture):
                    thing.stop()
                else:
                    thing.close()
        if os.environ.get("KEEP") and self.failures:
            self.note(f"kept: namespaces {self.tag}*")
            return
        run(["bash", f"{HERE}/topo.sh", self.tag, "delete"], check=False,
            env=self.env)


def is_drop(name: str) -> bool:
    """Counters of the netlink spec that count something refused."""
    return name.startswith(("rx-nonce-", "rx-trunc", "rx-multi", "rx-not-",
                            "rx-tentative", "rx-l64", "rx-csum", "lu-nonce",
                            "lu-csum", "lu-code", "lu-zero", "lu-length",
                            "lu-operation", "lu-unusable", "lu-ack-stray",
                            "icmp-forged"))


def need_module() -> None:
    """In a guest a missing module is a failure, elsewhere a skip."""
    if os.path.exists("/sys/module/ilnp6"):
        return
    if run(["modprobe", "ilnp6"], False).returncode == 0:
        return
    if os.environ.get("ILNP_GUEST"):
        raise Failed("ilnp6 does not load")
    raise Skipped(f"no ilnp6 for {os.uname().release}")


class Suite:
    def __init__(self) -> None:
        self.cases: list[tuple] = []

    def case(self, name: str, *args):
        """Register a function as a subtest; again with other arguments
        for another. One run of it does for all its names in a row."""
        def register(func):
            self.cases.append((name, func, args))
            return func
        return register

    def one(self, func, args) -> str | None:
        """None if it passed, else the directive or an empty string."""
        with tempfile.TemporaryDirectory(prefix="ilnp-test.") as workdir:
            t = Test(workdir)
            try:
                func(t, *args)
                t.bad_sources()
                if not t.checks:
                    t.fail("nothing was checked")
            except Skipped as why:
                return f"SKIP {why}"
            except Failed as why:
                t.failures += 1
                if str(why):
                    t.note(f"FAIL: {why}")
            except Exception:   # whatever it is, this case failed
                t.failures += 1
                t.note(traceback.format_exc())
            finally:
                if t.failures:
                    t.diagnose()
                t.close()
            return "" if t.failures else None

    def main(self, names: list[str] | None = None) -> None:
        names = sys.argv[1:] if names is None else names
        cases = [c for c in self.cases if not names or c[0] in names]
        print("TAP version 13")
        print(f"1..{len(cases)}", flush=True)
        bad = skipped = 0
        last = outcome = None
        if VIRTUAL:
            run(["bash", f"{HERE}/topo.sh", "w-", "warm"], check=False)
        for number, (name, *call) in enumerate(cases, 1):
            if call != last:
                outcome = self.one(*call)
                last = call
            if outcome is None:
                print(f"ok {number} {name}", flush=True)
            elif outcome:
                skipped += 1
                print(f"ok {number} {name} # {outcome}", flush=True)
            else:
                bad += 1
                print(f"not ok {number} {name}", flush=True)
        print(f"# Totals: pass:{len(cases) - bad - skipped} fail:{bad} "
              f"skip:{skipped}")
        if bad or not cases:
            sys.exit(1)
        sys.exit(KSFT_SKIP if skipped == len(cases) else 0)


def tool(name: str) -> bool:
    return shutil.which(name) is not None
