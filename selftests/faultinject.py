# SPDX-License-Identifier: GPL-2.0-only
"""Failing allocations: see faultinject.sh."""
import os

from ilnp6_client import Client, F_REPLACE
from lib import (NID_A, NID_B, Skipped, Suite, Test, address, need_module,
                 prefix)

DEBUGFS = "/sys/kernel/debug"
NTH = "/proc/thread-self/fail-nth"
MOST = 400      # more allocations than any command of ours makes

suite = Suite()


def put(path: str, value) -> None:
    with open(path, "w") as file:
        file.write(str(value))


def need_injection() -> None:
    if not os.path.exists(NTH):
        raise Skipped("this kernel injects no faults")
    for kind in ("failslab", "fail_page_alloc", "fail_usercopy"):
        if os.path.isdir(f"{DEBUGFS}/{kind}"):
            # Reports would look like faults in the kernel's log.
            put(f"{DEBUGFS}/{kind}/verbose", 0)
    for kind in ("failslab", "fail_page_alloc"):
        put(f"{DEBUGFS}/{kind}/ignore-gfp-wait", "N")


class Nth:
    """The nth allocation of this thread fails; .hit says whether it came."""

    def __init__(self, n: int):
        self.n = n
        self.hit = False
        # Held open: opening it allocates.
        self.fd = os.open(NTH, os.O_RDWR)

    def __enter__(self):
        os.write(self.fd, b"%d" % self.n)
        return self

    def __exit__(self, kind, error, trace):
        try:
            self.hit = int(os.pread(self.fd, 16, 0)) == 0
        except OSError:     # the fault hit this very read
            self.hit = False
        try:
            os.write(self.fd, b"0")
        except OSError:     # or this write: the fault is spent then, too
            pass
        os.close(self.fd)
        return kind is not None and issubclass(kind, OSError)


def stable(client: Client) -> dict:
    """What configuration made, without what time changes."""
    def strip(value):
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items()
                    if k not in ("state", "lifetime", "idle")}
        if isinstance(value, list):
            return [strip(v) for v in value]
        return value
    return strip(client.everything())


def commands(index: int):
    """(name, do, undo) of each command that changes something."""
    locators = [{"l64": prefix("b", i)} for i in range(3)]
    nid = dict(nid="1:2:3:4")
    l64 = dict(l64=prefix("a", 1), ifindex=index)
    corr = dict(nid="5:6:7:8")
    base = dict(nid=NID_B)
    return [
        ("nid-new", lambda c: c.add("nid-new", **nid),
         lambda c: c.do("nid-del", **nid)),
        ("nid-del", lambda c: c.do("nid-del", nid=NID_A),
         lambda c: c.add("nid-new", nid=NID_A)),
        ("l64-new", lambda c: c.add("l64-new", **l64),
         lambda c: c.do("l64-del", **l64)),
        ("corr-new", lambda c: c.add("corr-new", locator=locators, **corr),
         lambda c: c.do("corr-del", **corr)),
        ("corr-new replace", lambda c: c.do(
            "corr-new", F_REPLACE, locator=locators, **base),
         lambda c: c.do("corr-new", F_REPLACE, locator=locators[:1], **base)),
        ("config-set", lambda c: c.do("config-set", checksum="nid"),
         lambda c: c.do("config-set", checksum="ipv6")),
    ]


@suite.case("each allocation of each command")
def each(t: Test):
    need_module()
    need_injection()
    t.topo("direct", 2, 1)
    with t.inside("A"):
        injured, watcher = t.keep(Client()), t.keep(Client())
    index = t.show("A", "link", "show", "dev", "a1")[0]["ifindex"]
    watcher.add("nid-new", nid=NID_A)
    watcher.add("corr-new", nid=NID_B, locator=[{"l64": prefix("b", 0)}])
    for name, do, undo in commands(index):
        before = stable(watcher)
        do(watcher)
        after = stable(watcher)
        undo(watcher)
        t.equal(f"{name}: undone", before, stable(watcher))
        done = 0
        for n in range(1, MOST):
            with Nth(n) as fault:
                do(injured)
            with t.inside("A"):
                injured.close()
                injured = t.keep(Client())
            now = stable(watcher)
            if now == after:
                done += 1
                undo(watcher)
            elif now != before:
                t.fail(f"{name}: half done when allocation {n} fails")
                t.note(f"before {before}")
                t.note(f"now    {now}")
                break
            if not fault.hit:
                t.check(f"{name}: done when nothing fails", now == after)
                break
        else:
            t.fail(f"{name}: no end after {MOST} allocations")
        t.note(f"{name}: {n - 1} allocations failed in turn, {done - 1} "
               "without consequence")


@suite.case("first contact")
def contact(t: Test):
    """Atomic allocations called from the module fail by chance."""
    need_module()
    need_injection()
    with open("/proc/modules") as file:
        (line,) = [x.split() for x in file if x.startswith("ilnp6 ")]
    start, size = int(line[5], 16), int(line[1])
    slab = f"{DEBUGFS}/failslab"
    put(f"{slab}/ignore-gfp-wait", "Y")
    put(f"{slab}/require-start", hex(start))
    put(f"{slab}/require-end", hex(start + size))
    put(f"{slab}/stacktrace-depth", 32)
    put(f"{slab}/interval", 1)
    t.topo("direct", 2, 2)
    t.ilnp_up(2, 2, "learn")
    try:
        for chance in (100, 50, 20):
            put(f"{slab}/times", -1)
            put(f"{slab}/probability", chance)
            for _ in range(10):
                t.ilnp("A", "session", "flush")
                t.ilnp("B", "session", "flush")
                t.on("A", "ping", "-6", "-c2", "-i0.05", "-W1",
                     address("b", 0), check=False)
    finally:
        put(f"{slab}/probability", 0)
        put(f"{slab}/require-start", 0)
        put(f"{slab}/require-end", "0xffffffffffffffff")
    t.eventually("contact when memory is back", 20, lambda: t.on(
        "A", "ping", "-6", "-c1", "-W1", address("b", 0),
        check=False).returncode == 0)


if __name__ == "__main__":
    suite.main()
