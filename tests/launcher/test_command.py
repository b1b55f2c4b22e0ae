# SPDX-License-Identifier: MIT
"""Sessions with a command: the agent runs natively behind a fake QEMU."""

import os
import random
import signal
import subprocess
import time
import unittest

from harness import Case


class Exactness(Case):
    def test_output_and_status(self):
        self.assertEqual(self.run_quiet("echo", "a  b", ""),
                         (0, b"a  b \n", b""))

    def test_exit_codes(self):
        for code in (0, 1, 3, 255):
            self.assertEqual(self.run_quiet("sh", "-c", f"exit {code}"),
                             (code, b"", b""))

    def test_a_binary_mebibyte_through_cat(self):
        data = random.Random(1).randbytes(1 << 20)
        status, out, err = self.run_quiet("cat", stdin=data)
        self.assertEqual((status, err), (0, b""))
        self.assertTrue(out == data)

    def test_stdout_and_stderr_are_apart(self):
        self.assertEqual(
            self.run_quiet("sh", "-c", "printf out; printf err >&2"),
            (0, b"out", b"err"))

    def test_huge_output(self):
        status, out, err = self.run_quiet(
            "sh", "-c", "head -c 8000000 /dev/zero; "
            "head -c 300000 /dev/zero >&2; exit 9")
        self.assertEqual((status, len(out), len(err)), (9, 8000000, 300000))

    def test_output_that_a_descendant_keeps_open(self):
        begin = time.monotonic()
        status, out, _ = self.run_quiet("sh", "-c", "sleep 20 & echo done")
        self.assertEqual((status, out), (0, b"done\n"))
        self.assertLess(time.monotonic() - begin, 10)

    def test_input_that_nobody_reads(self):
        self.assertEqual(self.run_quiet("true", stdin=bytes(1 << 20))[0], 0)
        self.assertEqual(self.run_quiet("head", "-c", "3",
                                        stdin=b"abc" * 100000),
                         (0, b"abc", b""))

    def test_a_command_that_closes_its_outputs(self):
        self.assertEqual(
            self.run_quiet("sh", "-c", "exec >&- 2>&-; sleep 1; exit 4"),
            (4, b"", b""))

    def test_a_command_killed_by_a_signal(self):
        for name in ("KILL", "SEGV", "TERM"):
            number = getattr(signal, "SIG" + name)
            self.assertEqual(self.run_quiet("sh", "-c", f"kill -{name} $$")[0],
                             128 + number)

    def test_not_found_and_not_executable(self):
        self.assertEqual(self.run_quiet("no-such-thing"),
                         (127, b"", b"mitos: no-such-thing: not found\n"))
        status, out, err = self.run_quiet("/etc")
        self.assertEqual((status, out), (126, b""))
        self.assertIn(b"/etc", err)

    def test_arguments_of_any_kind(self):
        args = ["", " ", "a\nb", "$x '\"", "\u00e9", "x" * 50000]
        status, out, _ = self.run_quiet("printf", "%s\\0", *args)
        self.assertEqual(status, 0)
        self.assertEqual(out.split(b"\0")[:-1], [a.encode() for a in args])

    def test_closed_standard_input(self):
        process = self.start("run", "--quiet", "--", "cat",
                             preexec_fn=lambda: os.close(0), stdin=None)
        self.assertEqual(process.communicate(timeout=60), (b"", b""))
        self.assertEqual(process.returncode, 0)

    def test_term_reaches_the_command(self):
        self.assertEqual(
            self.run_quiet("sh", "-c", "echo $TERM", env={"TERM": "xyz"}),
            (0, b"xyz\n", b""))


class Breaking(Case):
    def test_our_reader_goes_away(self):
        process = self.start("run", "--quiet", "--", "yes")
        process.stdout.read(10)
        process.stdout.close()
        self.assertEqual(process.wait(60), 128 + signal.SIGPIPE)
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            process = self.start("run", "--quiet", "--", "echo", "x",
                                 stdout=full)
            _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 125)
        self.assertIn(b"No space left", err)

    def test_timeout(self):
        begin = time.monotonic()
        self.assertEqual(
            self.run_quiet("sh", "-c", "echo x; sleep 100",
                           extra=("--timeout", "1.5")), (124, b"x\n", b""))
        self.assertLess(time.monotonic() - begin, 20)

    def test_timeout_while_our_output_is_blocked(self):
        process = self.start("run", "--quiet", "--timeout", "2", "--", "yes")
        self.assertEqual(process.wait(30), 124)
        process.stdout.close()
        process.stderr.close()

    def test_interrupt_goes_to_the_command(self):
        process = self.start("run", "--quiet", "--", "sh", "-c",
                             "trap 'echo caught; exit 5' INT; echo up; "
                             "while :; do sleep 0.05; done")
        self.assertEqual(process.stdout.readline(), b"up\n")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.communicate(timeout=60), (b"caught\n", b""))
        self.assertEqual(process.returncode, 5)

    def test_a_second_interrupt_kills_the_guest(self):
        process = self.start("run", "--quiet", "--", "sh", "-c",
                             "trap '' INT; echo up; sleep 100")
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.communicate(timeout=60), (b"", b""))
        self.assertEqual(process.returncode, 130)

    def test_terminated(self):
        for signum in (signal.SIGTERM, signal.SIGHUP):
            process = self.start("run", "--quiet", "--", "sh", "-c",
                                 "echo up; sleep 100")
            process.stdout.readline()
            process.send_signal(signum)
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 128 + signum)
            self.assert_gone(self.qemu_record()[0])

    def test_killed_launcher_takes_qemu_along(self):
        process = self.start("run", "--quiet", "--", "sh", "-c",
                             "echo up; sleep 100")
        process.stdout.readline()
        process.kill()
        process.communicate(timeout=60)
        self.assert_gone(self.qemu_record()[0])
        # The next run removes what the killed one left.
        self.assertEqual(self.run_quiet("true")[0], 0)

    def assert_gone(self, pid):
        for _ in range(100):
            try:
                os.kill(pid, 0)
                with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                    if file.read().rpartition(")")[2].split()[0] == "Z":
                        return
            except (ProcessLookupError, FileNotFoundError):
                return
            time.sleep(0.1)
        self.fail(f"process {pid} lives on")

    def test_concurrent_runs(self):
        runs = [self.start("run", "--quiet", "--", "sh", "-c",
                           f"sleep 0.5; echo {i}; exit {i}")
                for i in range(4)]
        for i, process in enumerate(runs):
            self.assertEqual(process.communicate(timeout=60),
                             (b"%d\n" % i, b""))
            self.assertEqual(process.returncode, i)


class Failing(Case):
    def test_panic(self):
        for act in ("panic", "late-panic", "hung-panic"):
            status, _, err = self.run_quiet("true", append=f"fake={act}")
            self.assertEqual(status, 125, act)
            self.assertIn(b"\nPANIC: the fake guest fell over\n"
                          b"  at fake+0x10\n", b"\n" + err)
            self.assertNotIn(b"cores", err)
        with open(os.path.join(self.world.env["MITOS_RUN"], "console.log"),
                  "rb") as file:
            self.assertIn(b"something about cores", file.read())

    def test_a_guest_that_dies(self):
        status, out, err = self.run_quiet("true", append="fake=die")
        self.assertEqual((status, out), (125, b""))
        self.assertIn(b"something about cores\n", err)
        self.assertIn(b"status 7", err)

    def test_triple_fault(self):
        status, _, err = self.run_quiet("true", append="fake=reset")
        self.assertEqual(status, 125)
        self.assertIn(b"triple fault", err)

    def test_a_guest_that_loses_a_byte(self):
        status, _, err = self.run_quiet("head", "-c", "500000", "/dev/zero",
                                        append="fake=lossy")
        self.assertEqual(status, 125)
        self.assertIn(b"lost", err)

    def test_timeout_before_hello(self):
        self.assertEqual(self.run_quiet("true", append="fake=silent",
                                        extra=("--timeout", "1")),
                         (124, b"", b""))

    def test_qemu_refuses(self):
        self.assertEqual(
            self.run_quiet("true", append="fake=refuse"),
            (2, b"",
             b"mitos: QEMU refused to start: unable to find CPU model\n"))

    def test_a_slow_boot(self):
        self.assertEqual(self.run_quiet("cat", stdin=b"x",
                                        env={"FAKE_BOOT": "1.5"}),
                         (0, b"x", b""))

    def test_without_quiet_one_line_at_each_end(self):
        status, out, err = self.mitos("run", "--", "echo", "x")
        self.assertEqual((status, out), (0, b"x\n"))
        lines = err.decode().splitlines()
        self.assertEqual(len(lines), 2)
        self.assertTrue(all(line.startswith("mitos: ") for line in lines))
        self.assertIn("exit status 0", lines[1])


if __name__ == "__main__":
    unittest.main()
