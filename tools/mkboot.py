#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds boot archives: deterministic "newc" cpio with page-aligned file data.

    mkboot.py OUT [--root DIR]... [--manifest FILE]... [--keep-times]

Entries are sorted by path, owned by root, and carry one fixed time unless
--keep-times is given.  The data of every regular file of ALIGN_FROM bytes or
more starts at a multiple of PAGE in the archive, so that the kernel can use it
in place: the name field is padded with NULs, which namesize counts and every
cpio reader takes for the end of the name.  An archive is padded to a multiple
of PAGE, so that another one can be appended to it; of two entries with one
path the later one counts.

A manifest has a line for each entry; '#' starts a comment:

    dir  /dev 0755
    file /bin/busybox build/busybox/busybox 0755
    link /bin/sh busybox
"""

import argparse
import os
import stat
import sys

PAGE = 4096
ALIGN_FROM = 512
HEADER = 110
FIXED_TIME = 1704067200         # 2024-01-01, the clock's start under --icount
COPY_BYTES = 1 << 20


class BootError(Exception):
    """Something the caller can put right; its text is one sentence."""


class Entry:
    """One file, directory or symbolic link of the archive."""

    def __init__(self, path, mode, mtime, source=None, data=b""):
        self.path = path        # without the leading slash
        self.mode = mode
        self.mtime = mtime
        self.source = source    # host file that has the contents, or None
        self.data = data        # the contents otherwise
        self.size = os.stat(source).st_size if source else len(data)

    def is_dir(self):
        return stat.S_ISDIR(self.mode)


class Tree:
    """What goes into one archive, by path; later additions win."""

    def __init__(self, keep_times=False):
        self.entries = {}
        self.skipped = []       # special files: an archive has no room
        self.keep_times = keep_times

    def _time(self, st):
        if not self.keep_times:
            return int(os.environ.get("SOURCE_DATE_EPOCH", FIXED_TIME))
        return min(max(int(st.st_mtime), 0), 0xffffffff) if st else FIXED_TIME

    def _add(self, entry):
        parent = os.path.dirname(entry.path)
        if parent and parent not in self.entries:
            self.add_dir(parent, 0o755)
        if parent and not self.entries[parent].is_dir():
            raise BootError(f"/{entry.path} lies below /{parent}, "
                            "which is not a directory")
        old = self.entries.get(entry.path)
        if old and old.is_dir() and not entry.is_dir():
            below = entry.path + "/"
            if any(path.startswith(below) for path in self.entries):
                raise BootError(f"/{entry.path} replaces a directory "
                                "that is not empty")
        self.entries[entry.path] = entry

    def add_dir(self, path, perm, st=None):
        path = clean_path(path)
        if path:
            self._add(Entry(path, stat.S_IFDIR | perm, self._time(st)))

    def add_file(self, path, source, perm=None):
        try:
            st = os.stat(source)
        except OSError as err:
            raise BootError(f"cannot read {source}: {err.strerror}") from err
        if not stat.S_ISREG(st.st_mode):
            raise BootError(f"{source} is not a regular file")
        if st.st_size >= 1 << 32:
            raise BootError(f"{source} is too large for the archive (4 GiB)")
        if perm is None:
            perm = stat.S_IMODE(st.st_mode)
        self._add(Entry(clean_path(path), stat.S_IFREG | perm, self._time(st),
                        source=source))

    def add_link(self, path, target, st=None):
        self._add(Entry(clean_path(path), stat.S_IFLNK | 0o777, self._time(st),
                        data=os.fsencode(target)))

    def add_root(self, top):
        """Lays the tree below the host directory `top` over this one."""
        if not os.path.isdir(top):
            raise BootError(f"{top} is not a directory")
        self._add_below(top, "")

    def _add_below(self, host_dir, path):
        try:
            with os.scandir(host_dir) as found:
                items = sorted(found, key=lambda item: item.name)
            for item in items:
                self._add_item(item, os.path.join(path, item.name))
        except OSError as err:
            raise BootError(f"cannot read {err.filename}: "
                            f"{err.strerror}") from err

    def _add_item(self, item, path):
        st = item.stat(follow_symlinks=False)
        if stat.S_ISLNK(st.st_mode):
            self.add_link(path, os.readlink(item.path), st)
        elif stat.S_ISDIR(st.st_mode):
            self.add_dir(path, stat.S_IMODE(st.st_mode), st)
            self._add_below(item.path, path)
        elif stat.S_ISREG(st.st_mode):
            if not os.access(item.path, os.R_OK):
                raise BootError(f"cannot read {item.path}: Permission denied")
            self.add_file(path, item.path)
        else:
            self.skipped.append(item.path)

    def add_manifest(self, name):
        try:
            with open(name, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except OSError as err:
            raise BootError(f"cannot read {name}: {err.strerror}") from err
        for number, line in enumerate(lines, 1):
            words = line.split("#", 1)[0].split()
            if words and not self._add_words(words):
                raise BootError(f"{name}, line {number}: expected 'dir PATH "
                                "MODE', 'file PATH SOURCE MODE' or 'link PATH "
                                f"TARGET', not '{line.strip()}'")

    def _add_words(self, words):
        try:
            if words[0] == "dir" and len(words) == 3:
                self.add_dir(words[1], int(words[2], 8))
            elif words[0] == "file" and len(words) == 4:
                self.add_file(words[1], words[2], int(words[3], 8))
            elif words[0] == "link" and len(words) == 3:
                self.add_link(words[1], words[2])
            else:
                return False
        except ValueError:
            return False
        return True

    def size_bound(self):
        """At most so many bytes does write() produce."""
        return sum(entry.size + 2 * PAGE + HEADER + len(entry.path)
                   for entry in self.entries.values()) + 2 * PAGE

    def write(self, out):
        """Writes the archive to a binary file that stands at a page's start."""
        at = 0
        ordered = sorted(self.entries.values(),
                         key=lambda entry: entry.path.split("/"))
        for inode, entry in enumerate(ordered, 1):
            at = write_entry(out, at, inode, entry)
        at = write_entry(out, at, 0, Entry("TRAILER!!!", 0, 0))
        out.write(bytes(-at % PAGE))
        return at + -at % PAGE


def clean_path(path):
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BootError(f"the path {path} has '..' in it")
    return "/".join(parts)


def write_entry(out, at, inode, entry):
    """Writes one entry at offset `at` of the archive; returns the next one."""
    name = os.fsencode(entry.path) + b"\0"
    if entry.source and entry.size >= ALIGN_FROM:
        name += bytes(-(at + HEADER + len(name)) % PAGE)
    links = 2 if entry.is_dir() else 1
    fields = (inode, entry.mode, 0, 0, links, entry.mtime, entry.size,
              0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    head += bytes(-(at + len(head)) % 4)
    out.write(head)
    if entry.source:
        copy_exactly(out, entry)
    else:
        out.write(entry.data)
    at += len(head) + entry.size
    out.write(bytes(-at % 4))
    return at + -at % 4


def copy_exactly(out, entry):
    """A file that changes meanwhile must not shift what follows it."""
    left = entry.size
    with open(entry.source, "rb") as file:
        while left:
            data = file.read(min(left, COPY_BYTES))
            if not data:
                raise BootError(f"{entry.source} shrank while it was read")
            out.write(data)
            left -= len(data)


def write_archive(path, tree):
    """Writes to a temporary name first, so that `path` is always whole."""
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "wb") as out:
            size = tree.write(out)
        os.replace(temporary, path)
    except OSError as err:
        raise BootError(f"cannot write {path}: {err.strerror}") from err
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
    return size


def main(argv):
    parser = argparse.ArgumentParser(
        prog="mkboot.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="OUT")
    parser.add_argument("--root", metavar="DIR", action="append", default=[])
    parser.add_argument("--manifest", metavar="FILE", action="append",
                        default=[])
    parser.add_argument("--keep-times", action="store_true")
    options = parser.parse_args(argv)
    tree = Tree(options.keep_times)
    try:
        for root in options.root:
            tree.add_root(root)
        for manifest in options.manifest:
            tree.add_manifest(manifest)
        write_archive(options.out, tree)
    except BootError as err:
        print(f"mkboot: {err}", file=sys.stderr)
        return 1
    for path in tree.skipped:
        print(f"mkboot: left out {path}: neither file, directory nor link",
              file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
