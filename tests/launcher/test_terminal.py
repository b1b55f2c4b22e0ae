# SPDX-License-Identifier: MIT
"""Sessions without a command, on a pipe and on a terminal; the monitor."""

import os
import pty
import select
import subprocess
import termios
import time
import unittest

from harness import MITOS, Case


class Pipe(Case):
    def test_a_script_on_standard_input(self):
        status, out, err = self.mitos("run", "--quiet",
                                      stdin=b"echo $((6*7))\n")
        self.assertEqual((status, err), (0, b""))
        self.assertIn(b"42", out)

    def test_a_script_without_a_last_newline(self):
        status, out, _ = self.mitos("run", "--quiet", stdin=b"echo $((6*7))")
        self.assertEqual(status, 0)
        self.assertIn(b"42", out)

    def test_no_input_ends_the_shell(self):
        self.assertEqual(self.mitos("run", "--quiet")[0], 0)
        args = " ".join(self.qemu_record()[1])
        self.assertIn("console=tty", args)

    def test_panic(self):
        status, out, err = self.mitos("run", "--append", "fake=panic")
        self.assertEqual((status, out), (125, b""))
        self.assertIn(b"PANIC: the fake", err)

    def test_triple_fault(self):
        status, _, err = self.mitos("run", "--append", "fake=reset")
        self.assertEqual(status, 125)
        self.assertIn(b"triple fault", err)

    def test_the_log_instead_of_a_shell(self):
        status, out, err = self.mitos("run", "--quiet", "--monitor",
                                      "--append", "fake=panic")
        self.assertEqual(status, 125)
        self.assertIn(b"something about cores\r\nPANIC:", out)
        self.assertIn(b"PANIC:", err)

    def test_timeout(self):
        self.assertEqual(self.mitos("run", "--quiet", "--timeout", "1",
                                    stdin=b"sleep 100\n")[0], 124)


class Terminal(Case):
    def setUp(self):
        self.master, self.slave = pty.openpty()

    def tearDown(self):
        os.close(self.master)
        os.close(self.slave)
        super().tearDown()

    def launch(self, *args):
        return subprocess.Popen(
            [MITOS, *args], stdin=self.slave,
            stdout=self.slave, stderr=self.slave,
            env={**self.world.env, "TERM": "vt100"})

    def expect(self, text, seconds=20):
        got = b""
        limit = time.monotonic() + seconds
        while text not in got and time.monotonic() < limit:
            if select.select([self.master], [], [], 0.1)[0]:
                got += os.read(self.master, 4096)
        self.assertIn(text, got)
        return got

    def type(self, keys):
        os.write(self.master, keys)

    def test_a_shell_and_its_exit(self):
        before = termios.tcgetattr(self.slave)
        process = self.launch("run")
        self.assertIn(b"Ctrl-] twice", self.expect(b"fake$ "))
        self.type(b"echo a\x1db | tr '\\035' =\r")
        self.expect(b"a=b")
        self.type(b"exit\r")
        self.expect(b"exit status 0")
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(termios.tcgetattr(self.slave), before)
        args = " ".join(self.qemu_record()[1])
        self.assertIn("term=vt100", args)
        self.assertIn("rows=", args)

    def test_ctrl_right_bracket_twice(self):
        process = self.launch("run", "--quiet")
        self.expect(b"fake$ ")
        self.type(b"\x1d\x1d")
        self.assertEqual(process.wait(20), 0)

    def test_monitor(self):
        process = self.launch("run", "--quiet")
        self.expect(b"fake$ ")
        self.assertEqual(self.mitos("monitor", stdin=b"help\n"),
                         (0, b"help\nhelp\n", b""))
        self.type(b"exit\r")
        self.assertEqual(process.wait(20), 0)

    def test_no_monitor(self):
        status, _, err = self.mitos("monitor")
        self.assertEqual(status, 2)
        self.assertIn(b"no guest", err)


if __name__ == "__main__":
    unittest.main()
