# SPDX-License-Identifier: MIT
"""What the launcher's tests share: a fake world, and running ./mitos in it."""

import os
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
MITOS = os.path.join(TOP, "mitos")
FAKE_QEMU = os.path.join(HERE, "fake_qemu.py")


class World:
    """A directory with an agent for this host, images, and a run directory."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="launcher-test-")
        self.tmp = os.path.join(self.path, "tmp")
        os.mkdir(self.tmp)
        agent = os.path.join(self.path, "agent")
        subprocess.run([os.environ.get("HOSTCC", "cc"), "-std=gnu11", "-O1",
                        "-g", "-Wall", "-Wextra", "-Wno-unused-parameter",
                        "-Werror", "-fsanitize=address,undefined",
                        "-I", os.path.join(TOP, "abi"),
                        os.path.join(TOP, "cmd", "agent.c"), "-o", agent],
                       check=True)
        kernel = self.file("mitos.elf", b"\x7fELF" + bytes(1000))
        boot = self.file("boot.cpio", b"070701" + bytes(1000))
        self.record = os.path.join(self.path, "record")
        self.env = dict(os.environ, MITOS_QEMU=FAKE_QEMU, MITOS_KERNEL=kernel,
                        MITOS_BOOT=boot, MITOS_ACCEL="tcg",
                        MITOS_RUN=os.path.join(self.path, "run"),
                        FAKE_AGENT=agent, FAKE_RECORD=self.record,
                        TMPDIR=self.tmp, ASAN_OPTIONS="detect_leaks=0")

    def file(self, name, data):
        path = os.path.join(self.path, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def remove(self):
        shutil.rmtree(self.path)


class Case(unittest.TestCase):
    """A test that runs ./mitos, and checks that nothing is left behind."""

    world = None

    @classmethod
    def setUpClass(cls):
        cls.world = World()

    @classmethod
    def tearDownClass(cls):
        cls.world.remove()

    def tearDown(self):
        self.assertEqual(os.listdir(self.world.tmp), [])
        run = self.world.env["MITOS_RUN"]
        left = os.listdir(run) if os.path.isdir(run) else []
        self.assertEqual(set(left) - {"lock", "console.log"}, set())

    def start(self, *args, env=None, **kwargs):
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(
            [MITOS, *args], stdout=kwargs.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE, env={**self.world.env, **(env or {})},
            **kwargs)

    def mitos(self, *args, stdin=b"", env=None, limit=60):
        """Returns (status, stdout, stderr)."""
        process = self.start(*args, env=env, stdin=subprocess.PIPE)
        try:
            out, err = process.communicate(stdin, timeout=limit)
        finally:
            process.kill()
        return process.returncode, out, err

    def run_quiet(self, *command, stdin=b"", append="", env=None, extra=()):
        return self.mitos("run", "--quiet", "--append", append, *extra, "--",
                          *command, stdin=stdin, env=env)

    def qemu_record(self):
        """(QEMU's pid, its arguments) of the last run."""
        with open(self.world.record, encoding="utf-8") as file:
            lines = file.read().split("\n")
        return int(lines[0]), lines[1:]
