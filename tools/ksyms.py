#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns `nm -n` output into the kernel's symbol table (assembly on stdout).

Layout, all in .ksyms:  ksyms_count (u64), ksyms_addr (u64 each, sorted),
ksyms_name_off (u32 each), ksyms_names (zero-terminated).  With --empty: a table
without entries, for the first link.  core/ksyms.h reads it.
"""
import sys

rows = []
if "--empty" not in sys.argv:
    for line in sys.stdin:
        parts = line.split()
        if len(parts) != 3 or parts[1] not in "tTdDbBrR":
            continue
        addr = int(parts[0], 16)
        if addr < 0xFFFFFFFF80000000 or parts[2].startswith((".L", "ksyms_")):
            continue
        rows.append((addr, parts[2], parts[1]))

out = ["\t.section .ksyms, \"a\"", "\t.balign 8"]


def label(name):
    out.append("\t.globl %s\n%s:" % (name, name))


label("ksyms_count")
out.append("\t.quad %d" % len(rows))
label("ksyms_addr")
out += ["\t.quad 0x%x" % a for a, _, _ in rows]
label("ksyms_name_off")
off = 0
for _, name, _ in rows:
    out.append("\t.long %d" % off)
    off += len(name) + 1
label("ksyms_names")
out += ["\t.asciz \"%s\"" % n for _, n, _ in rows]
out.append("\t.section .note.GNU-stack, \"\"")
print("\n".join(out))
