# SPDX-License-Identifier: GPL-2.0-only
"""Spec, header, tool and man page say the same: see spec.sh."""
import os
import re

from ilnp6_client import HERE, Spec
from lib import Suite, Test

suite = Suite()
TREE = os.path.dirname(HERE)


def text(*path: str) -> str:
    with open(os.path.join(TREE, *path), encoding="utf-8") as src:
        return src.read()


HEADER = text("linux", "include", "uapi", "linux", "ilnp6.h")
MAN = text("iproute2-ilnp", "ip-ilnp.8").replace("\\-", "-")


def header_enum(name: str) -> dict[str, int]:
    """Members of an enum with their values, without markers."""
    body = re.search(r"enum ilnp6_%s \{(.*?)\};" % name, HEADER, re.S)[1]
    out, value = {}, 0
    for word in re.findall(r"^\s*(\w+)(?:\s*=\s*(\w+))?,?", body, re.M):
        if word[1]:
            value = int(word[1], 0)
        if not word[0].startswith("__") and not word[0].endswith("UNSPEC"):
            out[word[0]] = value
        value += 1
    return out


def upper(prefix: str, name: str) -> str:
    return prefix + name.upper().replace("-", "_")


@suite.case("commands")
def commands(t: Test):
    spec = Spec()
    t.equal("header and spec", header_enum("cmd"), {
        upper("ILNP6_CMD_", n): v for n, v in spec.commands.items()})
    t.equal("family", re.search(
        r'#define ILNP6_GENL_NAME\s+"(\w+)"', HEADER)[1], spec.name)
    t.equal("version", int(re.search(
        r"#define ILNP6_GENL_VERSION\s+(\d+)", HEADER)[1]), spec.version)


@suite.case("attributes")
def attributes(t: Test):
    spec = Spec()
    for enum, name, prefix in (("attr", "ilnp6", "ILNP6_A_"),
                               ("stat", "stats", "ILNP6_STAT_")):
        t.equal(f"{enum}: header and spec", header_enum(enum), {
            upper(prefix, a.name): a.number
            for a in spec.sets[name].values()})


@suite.case("enums")
def enums(t: Test):
    spec = Spec()
    prefixes = {d["name"]: d["name-prefix"].upper().replace("-", "_")
                for d in spec.tree["definitions"]}
    for name, values in spec.enums.items():
        t.equal(f"{name}: header and spec",
                header_enum(name.replace("-", "_")),
                {upper(prefixes[name], n): v for v, n in values.items()})


@suite.case("attributes of commands")
def of_commands(t: Test):
    spec = Spec()
    known = set(spec.sets["ilnp6"])
    for name, operation in spec.operations.items():
        for mode in ("do", "dump", "event"):
            part = operation.get(mode) or {}
            for inner in (part, part.get("request"), part.get("reply")):
                if inner and "attributes" in inner:
                    t.equal(f"{name} {mode}: unknown attributes", set(),
                            set(inner["attributes"]) - known)
        changes = not name.endswith("-get") and name != "event"
        t.equal(f"{name}: needs rights", changes,
                "uns-admin-perm" in spec.flags(name))


@suite.case("documentation in the header")
def kernel_doc(t: Test):
    """Every member is described, none that is not there."""
    for enum in ("cmd", "attr", "state", "origin", "checksum", "mode",
                 "nonce_habit", "require_nonce", "stat"):
        doc = re.search(r"/\*\*\n \* enum ilnp6_%s -.*?\*/" % enum, HEADER,
                        re.S)
        described = set(re.findall(r"^ \* @(\w+):", doc[0], re.M))
        t.equal(f"{enum}: described", set(header_enum(enum)) - {
            "ILNP6_CMD_EVENT"} | (described & {"ILNP6_CMD_EVENT"}),
            described)


@suite.case("the man page names every counter and event")
def man(t: Test):
    spec = Spec()
    bold = set(re.findall(r"^\.(?:B|BR) ([\w-]+)", MAN, re.M))
    for counter in spec.sets["stats"]:
        t.check(f"counter {counter}", counter in bold)
    for event in spec.enums["event"].values():
        t.check(f"event {event}", event in bold)
    for state in ("tentative", "ready", "duplicate", "aged", "expired",
                  "established", "up", "down", "backup", "suspect"):
        t.check(f"state {state}", re.search(rf"\b{state}\b", MAN))


@suite.case("descriptions of counters agree")
def counters(t: Test):
    """Header, spec and man page in the same words."""
    spec = Spec()
    doc = re.search(r"/\*\*\n \* enum ilnp6_stat -.*?\*/", HEADER, re.S)[0]
    said = {m[1]: re.sub(r"\s*\n \*\s*", " ", m[2]).strip() for m in
            re.finditer(r" \* @ILNP6_STAT_(\w+): (.*?)(?=\n \* @|\n \*/)",
                        doc, re.S)}
    for attribute in next(s for s in spec.tree["attribute-sets"]
                          if s["name"] == "stats")["attributes"]:
        name = attribute["name"]
        words = attribute["doc"]
        t.equal(f"{name}: header", words,
                said.get(name.upper().replace("-", "_")))
        t.check(f"{name}: man page", f".B {name}\n{words}\n" in MAN)


@suite.case("the tool's tables")
def tool(t: Test):
    """Names in its source; what it prints is netlink.sh's business."""
    spec = Spec()
    source = text("iproute2-ilnp", "ip", "ipilnp_print.c")
    for enum in ("event", "state", "origin", "mode"):
        for name in spec.enums[enum].values():
            t.check(f"{enum} {name}", f'"{name}"' in source)
    for name in spec.sets["stats"]:
        t.check(f"counter {name}", f'"{name}"' in source)


if __name__ == "__main__":
    suite.main()
