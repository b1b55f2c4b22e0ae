#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""./mitos run with a real guest, as a script and as a person use it."""

import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "harness"))
import guest              # noqa: E402
import tap                # noqa: E402
from tap import check, equal  # noqa: E402

BOOT_SECONDS = 60


def run(*command, **kwargs):
    """A run that must leave a clean log; its result."""
    result = guest.run(*command, **kwargs)
    check(not result.complaints(), result)
    return result


def three(result):
    return result.status, result.out, result.err


def test_exit_status():
    result = run("sh", "-c", "echo hi; exit 7")
    equal(three(result), (7, b"hi\n", b""), result)


def test_input_of_a_pipe():
    result = run("sort", stdin=b"b\na\n")
    equal(three(result), (0, b"a\nb\n", b""), result)


def test_no_input():
    equal(three(run("cat")), (0, b"", b""))


def test_streams_are_apart():
    result = run("sh", "-c", "echo out; echo err >&2; echo more")
    equal(three(result), (0, b"out\nmore\n", b"err\n"), result)


def test_a_binary_megabyte():
    state, data = 1, bytearray()
    for _ in range(1 << 17):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        data += state.to_bytes(8, "little")
    data = bytes(data)
    result = run("sh", "-c", "tee /tmp/x; cmp /tmp/x /tmp/x && wc -c < /tmp/x "
                 ">&2; cat /tmp/x >&2", stdin=data, seconds=240)
    equal(result.status, 0, result.err[-200:])
    check(result.out == data, "stdout is not what stdin was")
    check(result.err == b"1048576\n" + data, "stderr is not what stdin was")


def test_arguments_are_kept():
    words = ["", "two words", "*", "'\"\\", "$HOME", "\n", "ä"]
    result = run("printf", "[%s]", *words)
    equal(result.out.decode(), "".join(f"[{w}]" for w in words), result)


def test_killed_by_a_signal():
    equal(run("sh", "-c", "kill -KILL $$").status, 128 + 9)
    equal(run("sh", "-c", "kill -SEGV $$").status, 128 + 11)


def test_command_not_found():
    result = run("no-such-command", "x")
    equal(result.status, 127, result)
    equal(result.err, b"mitos: no-such-command: not found\n")


def test_command_not_executable():
    result = run("/etc/passwd")
    equal(result.status, 126, result)
    equal(result.err.count(b"\n"), 1)


def test_timeout():
    start = time.monotonic()
    result = guest.run("sleep", "100", seconds=6)
    equal(result.status, 124, result)
    check(time.monotonic() - start < 20)
    result = guest.run("sh", "-c", "echo before; while :; do :; done",
                       seconds=6)
    equal((result.status, result.out), (124, b"before\n"), result)


def test_number_of_cores():
    for cores in ("1", "2", "8", "16"):
        result = run("nproc", options=("--smp", cores))
        equal(three(result), (0, cores.encode() + b"\n", b""), result)


def test_added_files():
    with tempfile.TemporaryDirectory() as add:
        os.makedirs(os.path.join(add, "etc", "more"))
        with open(os.path.join(add, "etc", "more", "file"), "wb") as file:
            file.write(b"\0added\xff")
        result = run("cat", "/etc/more/file", options=("--add", add))
        equal(three(result), (0, b"\0added\xff", b""), result)


def test_other_machines():
    for machine in ("pc", "microvm"):
        result = run("echo", machine, options=("--machine", machine))
        equal(three(result), (0, machine.encode() + b"\n", b""), result)


def test_counted_instructions():
    result = run("echo", "counted", options=("--icount",))
    equal(three(result), (0, b"counted\n", b""), result)


# ------------------------------------------------- a panic, by the monitor

def test_panic():
    with guest.Guest("run", "--quiet", "--timeout", "60", "--smp", "2", "--",
                     "sh", "-c", "echo up; sleep 100") as one:
        process = one.start()
        equal(process.stdout.readline(), b"up\n")
        # There is no string at 16: the kernel faults.
        subprocess.run([guest.MITOS, "monitor"], input=b"kfunc strlen 16\r",
                       env=one.environment(), stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=60, check=False)
        _, err = process.communicate(timeout=60)
        equal(process.returncode, 125, err)
        for word in (b"PANIC: page fault", b"strlen+0x", b"core 0", b"core 1"):
            check(word in err, err.decode())


# ------------------------------------------------- a person at a terminal

class Terminal:
    """./mitos run on a pseudo terminal."""

    def __init__(self, *options):
        self.guest = guest.Guest("run", *options)
        self.seen = b""

    def __enter__(self):
        self.guest.__enter__()
        self.master, slave = pty.openpty()
        self.process = self.guest.start(stdin=slave, stdout=slave,
                                        stderr=slave)
        os.close(slave)
        return self

    def __exit__(self, *exc):
        self.guest.__exit__(*exc)
        os.close(self.master)

    def read(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            more = os.read(self.master, 4096)
        except OSError:         # nobody has the other side any more
            more = b""
        self.seen += more
        return bool(more)

    def expect(self, text, seconds=BOOT_SECONDS):
        """Waits for text, and forgets all up to its end."""
        limit = time.monotonic() + seconds
        while text not in self.seen:
            check(time.monotonic() < limit, f"no {text!r}: {self.seen!r}")
            if not self.read(0.2) and self.process.poll() is not None:
                check(text in self.seen, f"no {text!r}: {self.seen!r}")
        self.seen = self.seen[self.seen.index(text) + len(text):]

    def type(self, text):
        os.write(self.master, text)

    def ends_with(self, status):
        limit = time.monotonic() + BOOT_SECONDS
        while self.process.poll() is None and time.monotonic() < limit:
            self.read(0.2)
        equal(self.process.poll(), status, self.seen)


def test_a_session():
    with Terminal("--quiet") as term:
        term.expect(b"# ")
        term.type(b"echo hello $((6*7))\r")
        term.expect(b"\r\nhello 42\r\n")
        term.expect(b"# ")
        term.type(b"sleep 100\r")
        time.sleep(1)
        term.type(b"\x03")
        term.expect(b"# ", 10)
        term.type(b"echo $?\r")
        term.expect(b"\r\n130\r\n", 10)
        term.type(b"cat\r")
        term.expect(b"cat\r\n", 10)
        time.sleep(1)
        term.type(b"line\r")
        term.expect(b"line\r\nline\r\n", 10)
        term.type(b"\x04")
        term.expect(b"# ", 10)
        term.type(b"exit\r")
        term.ends_with(0)


def test_power_off():
    with Terminal("--quiet") as term:
        term.expect(b"# ")
        term.type(b"poweroff\r")
        term.ends_with(0)


def test_a_script_instead_of_a_person():
    with guest.Guest("run", "--quiet", "--timeout", "60") as one:
        process = one.start(stdin=subprocess.PIPE)
        out, err = process.communicate(b"echo $((6*7))\n", timeout=80)
        equal((process.returncode, err), (0, b""))
        check(b"42" in out, out)


# ------------------------------------------------------- nothing is left

def processes_with(text):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if text.encode() in file.read():
                    found.append(pid)
        except OSError:
            pass
    return found


def left_after(end):
    """What is there after a run that `end` brings to its end."""
    with tempfile.TemporaryDirectory() as tmp:
        with guest.Guest("run", "--quiet", "--timeout", "60", "--add",
                         HERE, "--", "sh", "-c", "echo up; sleep 100") as one:
            os.environ["TMPDIR"] = tmp
            try:
                process = one.start()
            finally:
                del os.environ["TMPDIR"]
            equal(process.stdout.readline(), b"up\n")
            check(processes_with(one.run), "QEMU names the run's directory")
            end(process)
            process.wait(30)
            limit = time.monotonic() + 10
            while processes_with(one.run) and time.monotonic() < limit:
                time.sleep(0.1)
            equal(processes_with(one.run), [])
            left = os.listdir(tmp), sorted(os.listdir(one.run))
        return left


def test_nothing_is_left():
    equal(left_after(lambda p: p.send_signal(signal.SIGTERM)),
          ([], ["console.log", "lock"]))
    equal(left_after(lambda p: p.send_signal(signal.SIGINT)),
          ([], ["console.log", "lock"]))


tap.main(globals())
