# SPDX-License-Identifier: MIT
"""From the guests' lines to rows, a table and an exit status."""

import collections
import os
import re
import statistics

Row = collections.namedtuple("Row", "name linux mitos floor goal due verdict")

RAM_KIB = 1 << 20
# What QEMU's firmware executes on q35 before it enters a kernel.
FIRMWARE_TSC = 15_800_000
NATIVE = ("native_null_call", "native_null_batch_64")
MACHINE = ("boot", "idle_memory_kib", "kernel_image_bytes")
# Rows that a test of another name prints, or is compared with.
PRINTED_BY = {"munmap_page": "page_fault_4k",
              "threads_10k_create": "threads_10k",
              "native_null_call": "syscall_getppid"}


def read_floors(path):
    floors = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                name, floor, goal, due = words
                floors[name] = float(floor), float(goal), due
    return floors


def test_names(folder):
    """All that osbench can do."""
    with open(os.path.join(folder, "main.c"), encoding="utf-8") as file:
        return re.findall(r'{ "(\w+)", t_', file.read())


def tests_for(wanted, floors):
    """Which programs to run, with which tests."""
    names = wanted or list(floors)
    osbench = [] if wanted else ["loop"]
    for name in names:
        name = PRINTED_BY.get(name, name)
        if name not in NATIVE + MACHINE and name not in osbench:
            osbench.append(name)
    return {"osbench": osbench, "native": any(n in NATIVE for n in names)}


def figures(lines, system):
    """Medians by row; what was skipped or failed is there as text."""
    seen, got = collections.defaultdict(list), {}
    for words in (line.split() for line in lines):
        if len(words) < 3:
            continue
        kind, name, *rest = words
        if kind == "BENCH":
            seen[name].append(float(rest[1]))
        elif kind in ("SKIP", "FAIL"):
            got[name] = " ".join([kind.lower()] + rest)
        elif kind == "INFO" and name == "idle_mem_free":
            got["idle_memory_kib"] = RAM_KIB - float(rest[0])
        elif kind == "INFO" and name == "first_program":
            got["boot"] = float(rest[0]) - FIRMWARE_TSC
        elif kind == "INFO" and name == "boot":
            got["boot"] = float(rest[0])
        elif kind == "INFO" and name == "image":
            got["kernel_image_bytes"] = float(rest[0])
    for name, values in seen.items():
        got[name] = statistics.median(values)
    for name, test in PRINTED_BY.items():
        if isinstance(got.get(test), str):
            got.setdefault(name, got[test])
    if system == "linux" and "syscall_getppid" in got:
        got["native_null_call"] = got["syscall_getppid"]
    return got


def judge(value, floor, goal, due):
    if not isinstance(value, float):
        return ("missing" if due == "now" else "not yet")
    if value <= goal:
        return "goal"
    if value <= floor:
        return "floor"
    return "OVER" if due == "now" else "over, later"


def rows(floors, linux, mitos, wanted):
    found = []
    for name, (floor, goal, due) in floors.items():
        if wanted and name not in wanted:
            continue
        value = mitos.get(name)
        found.append(Row(name, linux.get(name), value, floor, goal, due,
                         judge(value, floor, goal, due)))
    for name in wanted:
        if name not in floors and name in mitos:
            found.append(Row(name, linux.get(name), mitos[name], None, None,
                             "later", "no floor"))
    return found


def number(value):
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def ratio(row):
    """How many times less than Linux; None if one is missing."""
    if isinstance(row.linux, float) and isinstance(row.mitos, float):
        return row.linux / row.mitos
    return None


def table(found):
    lines = [("row", "Linux", "Mitos", "times less", "floor", "goal", "")]
    for row in found:
        less = ratio(row)
        lines.append((row.name, number(row.linux), number(row.mitos),
                      f"{less:.2f}" if less else "-", number(row.floor),
                      number(row.goal), row.verdict))
    width = [max(len(line[i]) for line in lines) for i in range(7)]
    return "\n".join("  ".join(
        [line[0].ljust(width[0])] +
        [line[i].rjust(width[i]) for i in range(1, 6)] + [line[6]]).rstrip()
        for line in lines)


def verdict(found):
    bad = [r.name for r in found if r.verdict in ("OVER", "missing")]
    due = sum(r.due == "now" for r in found)
    if bad:
        print(f"{len(bad)} of {due} floors do not hold: {' '.join(bad)}")
        return 1
    print(f"all {due} floors hold")
    return 0
