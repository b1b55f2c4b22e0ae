# SPDX-License-Identifier: MIT
"""The running QEMU process: its start, its log, its end, and what that means.

QEMU's end   33 or 0   the kernel powered off (debug port 0x10, or ACPI)
             3         the kernel panicked (debug port 1); its log has a line
                       that begins with PANIC:
             others    QEMU refused its arguments, crashed or was killed
"""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time

from . import qemu
from .errors import EXIT_GUEST, UserError

PR_SET_PDEATHSIG = 1
SO_SNDBUFFORCE = 32             # Linux's; Python has no name for it
SEND_BUFFER = 64 << 20          # a byte on its own takes nearly a KiB of it
TAIL_LINES = 30
LOG_READ_MAX = 1 << 20          # of a long log, its end
WATCH_SECONDS = 0.5
PANIC_GRACE = 5                 # seconds from PANIC: to QEMU's end
END_GRACE = 10                  # from the channel's end to QEMU's

PANIC_LINE = re.compile(rb"^(?:\[[^\]\n]*\] ?)?PANIC:", re.M)


def die_with_launcher():
    """Returns what the child runs before QEMU: even SIGKILL leaves nothing."""
    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None
    launcher = os.getpid()

    def in_child():
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != launcher:
            os._exit(1)
    return in_child


def enlarge(sock):
    """QEMU's serial port writes byte by byte, and drops one that did not go
    after some tries: there had better be room."""
    for option in (SO_SNDBUFFORCE, socket.SO_SNDBUF):
        try:
            sock.setsockopt(socket.SOL_SOCKET, option, SEND_BUFFER)
            return
        except OSError:
            pass                # the first is for root alone


class Guest:
    def __init__(self, rundir):
        self.rundir = rundir
        self.process = None
        self.channel = None     # our end of the second serial port
        self.monitor = None     # of the first one, if this run shows it
        self.started = None
        self.killed = False
        self.panic_seen = None
        self.log_at = 0
        self.last_watch = 0.0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.kill()
        for sock in (self.channel, self.monitor):
            if sock:
                sock.close()

    def start(self, program, options, accel, images, kernel_args):
        self.channel, com2 = socket.socketpair()
        enlarge(com2)
        far_ends = [com2]
        if options.monitor:
            self.monitor, com1 = socket.socketpair()
            far_ends.append(com1)
            serial = qemu.socket_chardev("com1", fd=com1.fileno(),
                                         log=self.rundir.log)
        else:
            path = os.path.join(self.rundir.temporary, "monitor")
            serial = qemu.socket_chardev("com1", path=path,
                                         log=self.rundir.log)
            self.rundir.note(monitor=path)
        serial += qemu.socket_chardev("com2", fd=com2.fileno())
        args = qemu.command_line(program, options, accel, images, kernel_args,
                                 serial)
        args += ["-d", "cpu_reset", "-D", self.rundir.qemu_log]
        errors = os.path.join(self.rundir.path, "qemu.err")
        try:
            with open(errors, "wb") as err:
                self.process = subprocess.Popen(
                    args, stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                    pass_fds=[sock.fileno() for sock in far_ends],
                    start_new_session=True, preexec_fn=die_with_launcher())
        except OSError as err:
            raise UserError(f"{program} cannot be started: {err.strerror}"
                            ) from err
        finally:
            for sock in far_ends:
                sock.close()
        self.started = time.monotonic()
        self.channel.setblocking(False)
        if self.monitor:
            self.monitor.setblocking(False)

    def age(self):
        return time.monotonic() - self.started

    def kill(self):
        if self.process and self.process.poll() is None:
            self.killed = True
            self.process.kill()
            self.process.wait()

    def wait(self, seconds=END_GRACE):
        """Gives QEMU so long to end by itself; returns its status."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        return self.process.returncode

    def watch(self):
        """Called often; kills a guest that panicked and then did not end."""
        now = time.monotonic()
        if now - self.last_watch < WATCH_SECONDS:
            return
        self.last_watch = now
        if self.panic_seen is None:
            if PANIC_LINE.search(self._new_log()):
                self.panic_seen = now
        elif now - self.panic_seen > PANIC_GRACE:
            self.kill()

    def heard(self):
        """The guest still speaks, so a PANIC: in its log has not ended it."""
        if self.panic_seen is not None:
            self.panic_seen = time.monotonic()

    def _new_log(self):
        """What was added to the log, from the start of its last line on."""
        try:
            with open(self.rundir.log, "rb") as file:
                file.seek(self.log_at)
                text = file.read(LOG_READ_MAX)
        except OSError:
            return b""
        self.log_at += text.rfind(b"\n") + 1
        return text

    def log_end(self):
        return read_end(self.rundir.log)

    def panic_text(self):
        """From the first PANIC: line to the end of the log, or None."""
        text = self.log_end()
        found = PANIC_LINE.search(text)
        return text[found.start():] if found else None

    def panicked(self):
        status = self.process.returncode
        if status == qemu.STATUS_PANIC:
            return True
        return self.killed and self.panic_seen is not None

    def powered_off(self):
        return self.process.returncode in (0, qemu.STATUS_POWER_OFF) \
            and not self.triple_fault()

    def triple_fault(self):
        return b"Triple fault" in read_end(self.rundir.qemu_log)

    def check_refusal(self):
        """QEMU that ends before the guest says a word has something to say."""
        complaint = read_end(os.path.join(self.rundir.path, "qemu.err"))
        if self.process.returncode != 1 or not complaint.strip() \
                or self.log_end():
            return
        lines = [line for line in complaint.decode("utf-8", "replace")
                 .splitlines() if "warning:" not in line]
        if lines:
            text = re.sub(r"^\S*qemu\S*: ", "", lines[0])
            raise UserError(f"QEMU refused to start: {text}")

    def explain(self, what):
        """Says on stderr how the guest failed; returns the exit status."""
        if self.panicked():
            text = self.panic_text() or self._tail()
            say("the guest panicked")
        else:
            text = self._tail()
            say(what)
        sys.stderr.flush()
        os.write(2, printable(text))
        return EXIT_GUEST

    def how_it_ended(self):
        status = self.process.returncode
        if self.triple_fault():
            return "the guest's processor gave up (triple fault)"
        if status in (0, qemu.STATUS_POWER_OFF):
            return "the guest powered off too early"
        if status < 0:
            return f"QEMU was killed by signal {-status}"
        return f"QEMU ended with status {status}"

    def _tail(self):
        lines = self.log_end().splitlines()[-TAIL_LINES:]
        return b"".join(line + b"\n" for line in lines)


def read_end(path):
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LOG_READ_MAX))
            return file.read()
    except OSError:
        return b""


def printable(text):
    """Log text for a terminal: no carriage returns, no control characters."""
    text = bytes(c for c in text if c in (9, 10) or 32 <= c < 127 or c > 127)
    return text if not text or text.endswith(b"\n") else text + b"\n"


def say(sentence):
    print(f"mitos: {sentence}", file=sys.stderr)
