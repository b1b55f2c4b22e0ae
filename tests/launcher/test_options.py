# SPDX-License-Identifier: MIT
"""User errors in one sentence, QEMU's command line, and the boot image."""

import os
import subprocess
import sys
import unittest

from harness import TOP, Case

MKBOOT = sys.executable, os.path.join(TOP, "tools", "mkboot.py")


class Sentences(Case):
    def refused(self, *args, word, env=None):
        status, out, err = self.mitos("run", *args, env=env)
        self.assertEqual((status, out), (2, b""), args)
        self.assertEqual(err.count(b"\n"), 1, err)
        self.assertTrue(err.startswith(b"mitos: "), err)
        self.assertIn(word.encode(), err)

    def test_numbers(self):
        for args in (["--smp", "0"], ["--smp", "256"], ["--smp", "x"],
                     ["--mem", "x"], ["--mem", "1"], ["--timeout", "0"],
                     ["--timeout", "-1"], ["--timeout", "soon"], ["--smp"]):
            self.refused(*args, word=args[0])

    def test_options(self):
        self.refused("--what", word="--what")
        self.refused("ls", word="after --")
        self.refused("--", word="no command")
        self.refused("--machine", "pdp11", word="q35")
        self.refused("--accel", "xen", word="tcg")
        self.refused("--icount", "--accel", "kvm", word="--icount")
        self.refused("--monitor", "--", "ls", word="--monitor")
        for name in ("--share", "--forward", "--disk"):
            self.refused(name, "x", word="not there yet")

    def test_missing_things(self):
        self.refused(word="not installed", env={"MITOS_QEMU": "no-qemu"})
        self.refused(word="too old", env={"FAKE_VERSION": "6.1.0"})
        self.refused(word="kernel", env={"MITOS_KERNEL": "/none"})
        self.refused(word="ELF", env={"MITOS_KERNEL": "/etc/passwd"})
        self.refused(word="boot archive", env={"MITOS_BOOT": "/none"})
        self.refused("--add", "/none", word="/none")
        self.refused(word="run directory", env={"MITOS_RUN": "/proc/x"})
        self.refused("--", "x" * 99999, "y" * 99999, word="128 KiB")

    def test_memory_too_small_for_the_image(self):
        boot = os.path.join(self.world.path, "big.cpio")
        with open(boot, "wb") as file:
            file.write(b"070701")
            file.truncate(100 << 20)
        self.refused("--mem", "64", word="--mem 117", env={"MITOS_BOOT": boot})

    def test_help(self):
        for args in (["help"], ["run", "--help"], ["--help"], []):
            status, out, err = self.mitos(*args)
            self.assertEqual((status, err), (0, b""))
            self.assertIn(b"usage: ./mitos run", out)


class Arguments(Case):
    def args(self, *options):
        self.assertEqual(self.mitos("run", "--quiet", *options, "--",
                                    "true")[0], 0)
        return " ".join(self.qemu_record()[1])

    def test_the_usual_line(self):
        line = self.args("--smp", "8", "--mem", "2G", "--append", "a=b c")
        for part in ("-M q35", "-accel tcg,thread=multi", "-rtc base=utc",
                     "-cpu max,vendor=GenuineIntel", "-m 2097152K", "-smp 8",
                     "-nodefaults -display none -no-reboot",
                     "isa-debug-exit,iobase=0xf4,iosize=4",
                     "-append agent=1 a=b c"):
            self.assertIn(part, line)

    def test_icount(self):
        line = self.args("--icount")
        for part in ("-accel tcg,thread=single", "-icount shift=0,sleep=off",
                     "-rtc base=2024-01-01,clock=vm", "-smp 1",
                     "-cpu qemu64,+fsgsbase,+smep,+smap"):
            self.assertIn(part, line)

    def test_microvm_gets_a_second_port(self):
        line = self.args("--machine", "microvm", "--cpu", "qemu64")
        self.assertIn("isa-serial,index=1,chardev=com2", line)
        self.assertIn("-cpu qemu64", line)


class BootImage(Case):
    """mkboot.py, read back by the system's cpio."""

    def tree(self):
        top = os.path.join(self.world.path, "tree")
        if not os.path.isdir(top):
            os.makedirs(os.path.join(top, "bin"))
            self.put(os.path.join(top, "bin", "prog"), b"p" * 10000, 0o755)
            self.put(os.path.join(top, "small"), b"s", 0o600)
            self.put(os.path.join(top, "empty"), b"", 0o644)
            os.symlink("prog", os.path.join(top, "bin", "link"))
            os.utime(os.path.join(top, "small"), (1e9, 1e9))
        return top

    def put(self, path, data, mode):
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, mode)

    def mkboot(self, *args):
        out = os.path.join(self.world.path, "out.cpio")
        subprocess.run([*MKBOOT, out, *args], check=True)
        with open(out, "rb") as file:
            return file.read()

    def unpack(self, data):
        where = os.path.join(self.world.path, "unpacked")
        subprocess.run(["rm", "-rf", where], check=True)
        os.mkdir(where)
        subprocess.run(["cpio", "-idm", "--quiet", "--no-absolute-filenames"],
                       input=data, cwd=where, check=True)
        return where

    def test_round_trip_and_alignment(self):
        data = self.mkboot("--root", self.tree())
        self.assertEqual(len(data) % 4096, 0)
        self.assertEqual(data.find(b"p" * 10000) % 4096, 0)
        where = self.unpack(data)
        subprocess.run(["diff", "-r", self.tree(), where], check=True)
        self.assertEqual(os.readlink(f"{where}/bin/link"), "prog")
        self.assertEqual(os.stat(f"{where}/small").st_mode & 0o777, 0o600)

    def test_deterministic(self):
        first = self.mkboot("--root", self.tree())
        os.utime(os.path.join(self.tree(), "bin"))
        self.assertTrue(self.mkboot("--root", self.tree()) == first)

    def test_kept_times(self):
        where = self.unpack(self.mkboot("--keep-times", "--root", self.tree()))
        self.assertEqual(os.stat(f"{where}/small").st_mtime, 1e9)

    def test_manifest(self):
        manifest = os.path.join(self.world.path, "manifest")
        with open(manifest, "w", encoding="utf-8") as file:
            file.write("# devices come from the kernel\ndir /dev 0755\n"
                       f"file /bin/x/prog {self.tree()}/bin/prog 0711\n"
                       "link /bin/sh x/prog\n")
        where = self.unpack(self.mkboot("--manifest", manifest))
        self.assertEqual(os.stat(f"{where}/bin/sh").st_mode & 0o777, 0o711)
        self.assertTrue(os.path.isdir(f"{where}/dev"))

    def test_bad_manifests(self):
        manifest = os.path.join(self.world.path, "bad")
        for line in ("dir /dev", "file /x /none 0644", "node /dev/x c 1 2",
                     "dir /a/../b 0755", "dir /x 09z"):
            with open(manifest, "w", encoding="utf-8") as file:
                file.write(line + "\n")
            done = subprocess.run(
                [*MKBOOT, os.path.join(self.world.path, "never"),
                 "--manifest", manifest], capture_output=True, check=False)
            self.assertEqual(done.returncode, 1, line)
            self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)

    def test_add(self):
        base = self.mkboot("--root", self.tree())
        boot = self.world.file("base.cpio", base)
        copy = os.path.join(self.world.path, "copy.cpio")
        qemu = self.world.file("qemu", (
            '#!/bin/sh\nfor a; do [ "$last" = -initrd ] && '
            f'cp "$a" {copy}; last=$a; done\n'
            f'exec {self.world.env["MITOS_QEMU"]} "$@"\n').encode())
        os.chmod(qemu, 0o755)
        more = os.path.join(self.world.path, "more")
        os.mkdir(more)
        os.mkfifo(os.path.join(more, "fifo"))
        self.put(os.path.join(more, "added"), b"a" * 5000, 0o640)
        status, _, err = self.mitos("run", "--add", more, "--", "true",
                                    env={"MITOS_QEMU": qemu,
                                         "MITOS_BOOT": boot})
        self.assertEqual(status, 0)
        self.assertIn(b"left out", err)
        with open(copy, "rb") as file:
            data = file.read()
        self.assertTrue(data.startswith(base))
        self.assertEqual(data.find(b"a" * 5000) % 4096, 0)
        where = self.unpack(data[len(base):])
        self.assertEqual(os.listdir(where), ["added"])


if __name__ == "__main__":
    unittest.main()
