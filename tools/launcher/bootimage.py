# SPDX-License-Identifier: MIT
"""Kernel image and boot archive: finding them, and adding --add's trees."""

import os
import shutil

import mkboot

from .errors import UserError
from .rundir import TOP

# What a guest needs beside its images; less than that cannot even start.
SPARE_MEMORY = 16 << 20


def kernel_image():
    path = os.environ.get("MITOS_KERNEL") or \
        os.path.join(TOP, "build", "mitos.elf")
    head = read_head(path, "kernel image")
    if head != b"\x7fELF":
        raise UserError(f"{path} is not a kernel image (no ELF file)")
    return path


def base_archive():
    path = os.environ.get("MITOS_BOOT") or \
        os.path.join(TOP, "build", "boot.cpio")
    head = read_head(path, "boot archive")
    if head != b"0707":
        raise UserError(f"{path} is not a boot archive (no cpio file)")
    return path


def read_head(path, what):
    try:
        with open(path, "rb") as file:
            return file.read(4)
    except FileNotFoundError:
        raise UserError(f"there is no {what} at {path}: run `make` first"
                        ) from None
    except OSError as err:
        raise UserError(f"cannot read the {what} {path}: {err.strerror}"
                        ) from err


class BootImage:
    """The plan of a boot image; make() carries it out."""

    def __init__(self, add):
        self.base = base_archive()
        self.size = os.stat(self.base).st_size
        self.tree = None
        if not add:
            return
        self.tree = mkboot.Tree(keep_times=True)
        try:
            for name in add:
                self.tree.add_root(name)
        except mkboot.BootError as err:
            raise UserError(f"--add: {err}") from err
        self.size += self.tree.size_bound()

    def check_memory(self, kernel, mem):
        need = os.stat(kernel).st_size + self.size + SPARE_MEMORY
        if need > mem:
            raise UserError(
                f"the boot image of {self.size >> 20} MiB does not fit into "
                f"a guest with {mem >> 20} MiB of memory: give it at least "
                f"--mem {(need >> 20) + 1}")

    def check_space(self, where):
        if self.tree and shutil.disk_usage(where).free < self.size:
            raise UserError(f"there is no space for a boot image of "
                            f"{(self.size >> 20) + 1} MiB in {where}")

    def make(self, where):
        """Returns the path of the archive for QEMU."""
        if not self.tree:
            return self.base
        path = os.path.join(where, "boot.cpio")
        try:
            with open(path, "wb") as out, open(self.base, "rb") as base:
                shutil.copyfileobj(base, out, 1 << 20)
                out.write(bytes(-out.tell() % mkboot.PAGE))
                self.tree.write(out)
        except mkboot.BootError as err:
            raise UserError(f"--add: {err}") from err
        except OSError as err:
            raise UserError(f"cannot write the boot image {path}: "
                            f"{err.strerror}") from err
        return path
