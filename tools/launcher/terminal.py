# SPDX-License-Identifier: MIT
"""A session without a COMMAND: our terminal becomes the guest's.

Bytes pass unchanged in both directions, so line editing, signals from keys and
everything else is the guest's tty's business.  Ctrl-] twice leaves.
"""

import os
import re
import select
import shutil
import signal
import sys
import termios
import tty

from .errors import EXIT_GUEST, EXIT_TIMEOUT
from .guest import say

ESCAPE = 0x1d                   # Ctrl-]
END_OF_INPUT = b"\x04"          # Ctrl-D
HOLD_SECONDS = 20               # input waits for the guest's first output
SILENCE_SECONDS = 60
TURN_SECONDS = 0.5
BUFFER_MAX = 65536


class RawTerminal:
    """Standard input in raw mode, if it is a terminal, and back again."""

    def __init__(self):
        self.saved = None

    def __enter__(self):
        if os.isatty(0):
            self.saved = termios.tcgetattr(0)
            tty.setraw(0, termios.TCSADRAIN)
        return self

    def __exit__(self, *exc):
        if self.saved:
            termios.tcsetattr(0, termios.TCSADRAIN, self.saved)


class EscapeFilter:
    """Finds Ctrl-] Ctrl-] in what is typed."""

    def __init__(self):
        self.held = False

    def feed(self, data):
        """Returns (bytes to pass on, whether to leave)."""
        passed = bytearray()
        for byte in data:
            if byte == ESCAPE and self.held:
                return bytes(passed), True
            if self.held:
                passed.append(ESCAPE)
            self.held = byte == ESCAPE
            if not self.held:
                passed.append(byte)
        return bytes(passed), False


class Passage:
    """Standard input to a socket, the socket to standard output."""

    def __init__(self, sock, is_tty, end_of_input=b""):
        self.sock = sock
        self.end_mark = end_of_input    # what a script's end is sent as
        self.escape = EscapeFilter() if is_tty else None
        self.to_guest = bytearray()
        self.to_us = bytearray()
        self.input_open = True
        self.held = True                # until the guest has said something
        self.left = False
        self.closed = False
        self.last = b"\n"
        self.spoke = False

    def turn(self, extra_fd, seconds):
        poll = select.poll()
        events = 0
        if len(self.to_us) < BUFFER_MAX:
            events |= select.POLLIN
        if self.to_guest and not self.held:
            events |= select.POLLOUT
        poll.register(self.sock, events)
        poll.register(extra_fd, select.POLLIN)
        if self.input_open and len(self.to_guest) < BUFFER_MAX:
            poll.register(0, select.POLLIN)
        if self.to_us:
            poll.register(1, select.POLLOUT)
        for fd, ready in poll.poll(seconds * 1000):
            if fd == 0:
                self._read_input()
            elif fd == 1:
                self._write_output()
            elif fd == self.sock.fileno():
                if ready & select.POLLOUT:
                    self._write_socket()
                if ready & ~select.POLLOUT:
                    self._read_socket()

    def _read_input(self):
        try:
            data = os.read(0, 4096)
        except OSError:
            data = b""
        if not data:
            self.input_open = False
            if not self.escape:
                if self.end_mark and self.last != b"\n":
                    self.to_guest += b"\n"      # else it ends only the line
                self.to_guest += self.end_mark
            return
        if self.escape:
            data, self.left = self.escape.feed(data)
        self.to_guest += data
        self.last = data[-1:] or self.last

    def _read_socket(self):
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return
        self.spoke = True
        self.held = False
        self.to_us += data

    def _write_socket(self):
        try:
            sent = self.sock.send(self.to_guest)
            del self.to_guest[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self.to_guest.clear()

    def flush_output(self, seconds=TURN_SECONDS):
        """After the end: what is left, as long as our output takes it."""
        while self.to_us and select.select([], [1], [], seconds)[1]:
            self._write_output()

    def _write_output(self):
        try:
            written = os.write(1, self.to_us[:512])
            del self.to_us[:written]
        except OSError:                 # nobody looks any more
            self.to_us.clear()
            self.left = True


class TerminalSession:
    def __init__(self, options, guest, signals):
        self.options = options
        self.guest = guest
        self.signals = signals
        self.is_tty = os.isatty(0)
        if options.monitor:
            self.passage = Passage(guest.monitor, self.is_tty)
        else:
            self.passage = Passage(guest.channel, self.is_tty, END_OF_INPUT)
        self.complained = False

    def run(self):
        self.signals.raising = False
        with RawTerminal():
            status = self._loop()
        if status is not None:
            self.guest.kill()
            return status
        return self._verdict()

    def _loop(self):
        """Returns an exit status, or None when the guest ended by itself."""
        passage = self.passage
        while not passage.closed or passage.to_us:
            if passage.left:
                return 0
            for signum in self.signals.take():
                if signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP,
                              signal.SIGQUIT):
                    return 128 + signum
            age = self.guest.age()
            if self.options.timeout and age > self.options.timeout:
                return EXIT_TIMEOUT
            if age > HOLD_SECONDS:
                passage.held = False
            if age > SILENCE_SECONDS and not passage.spoke \
                    and not self._silence():
                return EXIT_GUEST
            self.guest.watch()
            if passage.closed:
                passage.flush_output()
            else:
                passage.turn(self.signals.fd, TURN_SECONDS)
                if self.options.monitor:
                    drain(self.guest.channel)
        return None

    def _silence(self):
        """A person may wait on; a script gets an answer."""
        if not self.complained:
            self.complained = True
            print(f"mitos: the guest has said nothing for {SILENCE_SECONDS} "
                  f"s; its kernel's log is {self.guest.rundir.log}\r",
                  file=sys.stderr)
        return self.is_tty

    def _verdict(self):
        self.guest.wait()
        if self.guest.powered_off() and not self.guest.killed:
            return 0
        if not self.passage.spoke:
            self.guest.check_refusal()
        return self.guest.explain("the guest broke off: "
                                  + self.guest.how_it_ended())


def drain(sock):
    try:
        sock.recv(65536)
    except OSError:
        pass


def kernel_arguments():
    """What the guest's tty learns of ours."""
    args = "console=tty"
    term = os.environ.get("TERM", "")
    if re.match(r"[A-Za-z0-9._+-]+$", term):
        args += f" term={term}"
    if os.isatty(1):
        size = shutil.get_terminal_size()
        args += f" rows={size.lines} cols={size.columns}"
    return args
