# SPDX-License-Identifier: MIT
"""What the checkers share: the tree's own files, and how findings are told."""

import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIP = ("build", ".git", "__pycache__")
SOURCES = (".c", ".h", ".S")


def own_files():
    """Every file of the tree but what is built, relative to its top."""
    try:
        out = subprocess.run(
            ["git", "-C", TOP, "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"], check=True, capture_output=True).stdout
        names = sorted(os.fsdecode(n) for n in out.split(b"\0") if n)
        return [n for n in names if os.path.isfile(os.path.join(TOP, n))]
    except (OSError, subprocess.CalledProcessError):
        return sorted(walk())


def walk():
    for folder, dirs, names in os.walk(TOP):
        dirs[:] = [d for d in dirs if d not in SKIP]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), TOP)


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as f:
        return f.read()


def finish(tool, findings, what):
    """Prints the findings and ends with 1 if there are any."""
    for line in findings:
        print(line)
    if findings:
        print(f"{tool}: {len(findings)} findings")
        sys.exit(1)
    print(f"{tool}: {what}")
