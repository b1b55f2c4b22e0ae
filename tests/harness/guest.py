# SPDX-License-Identifier: MIT
"""What the tests share that run a guest: starting one by ./mitos, and its log.

Each guest gets a run directory of its own below build/tests/run, so that its
log can be found and nothing of one test reaches another.
"""

import os
import shutil
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
MITOS = os.path.join(TOP, "mitos")

# What a healthy kernel never says.
COMPLAINTS = ("PANIC", "lockdep:", "WARNING", "does not answer")


def environment(run):
    """The kernel with all checks on, and the image, of this build."""
    return {
        "MITOS_KERNEL": os.path.join(BUILD, "checked", "mitos.elf"),
        "MITOS_BOOT": os.path.join(BUILD, "boot.cpio"),
        "MITOS_ACCEL": "tcg",
        **os.environ,
        "MITOS_RUN": run,
    }


class Result:
    def __init__(self, status, out, err, log):
        self.status, self.out, self.err, self.log = status, out, err, log

    def complaints(self):
        return [line for line in self.log.splitlines()
                if any(word in line for word in COMPLAINTS)]

    def __str__(self):
        return (f"status {self.status}\n--- stdout\n{text(self.out)}"
                f"\n--- stderr\n{text(self.err)}\n--- log (its end)\n"
                + "\n".join(self.log.splitlines()[-60:]))


def text(data):
    return data[-20000:].decode(errors="backslashreplace")


class Guest:
    """One run of ./mitos; its files go when the block is left."""

    def __init__(self, *args):
        self.args = args
        self.run = None
        self.process = None

    def __enter__(self):
        parent = os.path.join(BUILD, "tests", "run")
        os.makedirs(parent, exist_ok=True)
        self.run = tempfile.mkdtemp(dir=parent)
        return self

    def __exit__(self, *exc):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.run, ignore_errors=True)

    def environment(self):
        return environment(self.run)

    def start(self, **kwargs):
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        kwargs.setdefault("stdout", subprocess.PIPE)
        kwargs.setdefault("stderr", subprocess.PIPE)
        self.process = subprocess.Popen([MITOS, *self.args],
                                        env=self.environment(), **kwargs)
        return self.process

    def log(self):
        try:
            with open(os.path.join(self.run, "console.log"),
                      errors="replace") as file:
                return file.read().replace("\r", "")
        except OSError:
            return ""


def run(*command, stdin=b"", options=(), seconds=120):
    """Runs a command in a guest; its Result."""
    with Guest("run", "--quiet", "--timeout", str(seconds), *options, "--",
               *command) as guest:
        process = guest.start(stdin=subprocess.PIPE)
        out, err = process.communicate(stdin, timeout=seconds + 30)
        return Result(process.returncode, out, err, guest.log())
