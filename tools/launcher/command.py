# SPDX-License-Identifier: MIT
"""A session with a COMMAND: one poll loop between our streams and the agent.

Nothing here waits anywhere but in poll(): the link is read at all times (rule
L4 of abi/ros/launch.h), our standard output is written only in pieces that it
has room for, and standard input is read only within the agent's credit.
"""

import errno
import os
import select
import shutil
import signal
import stat
import struct
import time

from . import channel as ch
from .errors import EXIT_GUEST, EXIT_TIMEOUT, UserError
from .guest import END_GRACE, say

HELLO_SECONDS = 60
HELLO_SECONDS_ICOUNT = 300
TURN_SECONDS = 0.5
# A pipe that polls as writable takes this much without waiting.
PIECE = 4096
PIECE_TTY = 512
FORWARDED = (signal.SIGINT, signal.SIGQUIT)


class CommandSession:
    def __init__(self, options, guest, signals, block, no_stdin):
        self.options = options
        self.guest = guest
        self.signals = signals
        self.link = guest.channel
        self.link_out = bytearray()
        self.reader = ch.FrameReader()
        self.input = ch.Outgoing()
        self.input.block = block
        self.outputs = {1: ch.Incoming(1), 2: ch.Incoming(2)}
        self.shut = set()               # channels that we take no more of
        self.stdin_open = not no_stdin
        self.greeted = False
        self.exit = None                # the command's status, once it is known
        self.exit_time = None
        self.failure = None             # a sentence: the session broke off
        self.lost_output = False
        self.interrupts = 0
        self.hello_limit = HELLO_SECONDS_ICOUNT if options.icount \
            else HELLO_SECONDS

    def run(self):
        """Runs the session to its end and returns our exit status."""
        self.signals.raising = False
        while True:
            status = self._limits()
            if status is None:
                status = self._take_signals()
            if status is not None:
                self.guest.kill()
                return status
            if not self._turn():
                break
        return self._verdict()

    # ---- limits, signals and the end ----

    def _limits(self):
        age = self.guest.age()
        if self.options.timeout and age > self.options.timeout:
            if not self.options.quiet:
                say(f"no end after {self.options.timeout:g} s: "
                    "the guest was killed")
            return EXIT_TIMEOUT
        if not self.greeted and age > self.hello_limit:
            self.guest.kill()
            return self.guest.explain(
                f"the guest did not come up within {self.hello_limit} s")
        if self.exit is not None and \
                time.monotonic() - self.exit_time > END_GRACE and \
                not any(out.pending for out in self.outputs.values()):
            self.guest.kill()           # it has told us all we asked for
        self.guest.watch()
        return None

    def _take_signals(self):
        for signum in self.signals.take():
            if signum == signal.SIGWINCH:
                self._resize()
            elif signum in FORWARDED:
                self.interrupts += 1
                if self.interrupts > 1 or not self.greeted \
                        or self.input.block:
                    return 128 + signum
                self._send(ch.encode(ch.SIGNAL, 0, bytes((signum,))))
            elif signum in (signal.SIGTERM, signal.SIGHUP):
                return 128 + signum
        return None

    def _resize(self):
        if self.greeted:
            size = shutil.get_terminal_size()
            self._send(ch.encode(ch.RESIZE, 0, struct.pack(
                "<HH", size.lines & 0xffff, size.columns & 0xffff)))

    def _verdict(self):
        self.guest.wait()
        if self.guest.panicked():
            return self.guest.explain("")
        if self.failure:
            return self.guest.explain(self.failure)
        if self.exit is None:
            if not self.greeted:
                self.guest.check_refusal()
            return self.guest.explain("the guest ended before the command: "
                                      + self.guest.how_it_ended())
        return EXIT_GUEST if self.lost_output else self.exit

    # ---- one turn of the loop ----

    def _turn(self):
        """Waits for something and does it; false when the link is closed."""
        poll = select.poll()
        link_events = select.POLLIN
        if self.link_out:
            link_events |= select.POLLOUT
        poll.register(self.link, link_events)
        poll.register(self.signals.fd, select.POLLIN)
        if self._wants_stdin():
            poll.register(0, select.POLLIN)
        for fd, out in self.outputs.items():
            if out.pending:
                poll.register(fd, select.POLLOUT)
        for fd, events in poll.poll(TURN_SECONDS * 1000):
            if fd == self.link.fileno():
                if events & ~select.POLLOUT and not self._read_link():
                    return self._link_closed()
                self._flush_link()
            elif fd == 0:
                self._read_stdin()
            elif fd in self.outputs:
                self._write_output(fd)
        if self.failure:
            self.guest.kill()
            return False
        return True

    def _wants_stdin(self):
        return self.stdin_open and self.greeted and not self.input.block \
            and self.exit is None and self.input.room() > 0 \
            and not self.link_out

    def _link_closed(self):
        """QEMU is gone: what the command wrote still goes to its place."""
        for fd, out in self.outputs.items():
            while out.pending:
                if self._take_signals() is not None or self._out_of_time():
                    return False
                poll = select.poll()
                poll.register(fd, select.POLLOUT)
                if poll.poll(TURN_SECONDS * 1000):
                    self._write_output(fd)
        return False

    def _out_of_time(self):
        return self.options.timeout and \
            self.guest.age() > self.options.timeout

    # ---- the link ----

    def _send(self, data):
        self.link_out += data
        self._flush_link()

    def _flush_link(self):
        try:
            while self.link_out:
                sent = self.link.send(self.link_out)
                del self.link_out[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self.link_out.clear()       # reading will tell that QEMU is gone

    def _read_link(self):
        try:
            data = self.link.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        try:
            for frame in self.reader.feed(data):
                self.guest.heard()
                self._take_frame(*frame)
        except ch.ChannelError as err:
            self.failure = self.failure or str(err)
        return True

    def _take_frame(self, kind, channel, payload):
        if kind == ch.HELLO:
            self._take_hello(payload)
        elif kind == ch.DATA and channel in self.outputs:
            self._take_output(channel, payload)
        elif kind == ch.CREDIT:
            self.input.credit += struct.unpack("<I", payload)[0]
            self._send(self.input.exec_frames())
        elif kind == ch.SHUT:
            self.stdin_open = False
        elif kind == ch.EXIT:
            self._take_exit(payload)
        elif kind == ch.ERROR:
            self._send(ch.encode(ch.BYE))
            raise ch.ChannelError("the guest's agent gave up: "
                                  + payload.decode("utf-8", "replace"))
        else:
            raise ch.ChannelError(f"the guest sent a frame of unknown type "
                                  f"{kind}")

    def _take_hello(self, payload):
        version, _, credit = ch.HELLO_FORMAT.unpack(payload)
        if version != ch.VERSION:
            raise ch.ChannelError(
                f"the guest's agent speaks version {version} of the channel, "
                f"the launcher {ch.VERSION}")
        if self.greeted:
            raise ch.ChannelError("the guest's agent was started twice")
        self.greeted = True
        self.input.credit = credit
        for out in self.outputs.values():
            self._send(out.credit_frame())
        self._send(self.input.exec_frames())

    def _take_output(self, fd, payload):
        out = self.outputs[fd]
        out.take(payload)
        if fd in self.shut:
            out.wrote(len(out.pending))
        self._send(out.credit_frame())

    def _take_exit(self, payload):
        signalled, code, nr_out, nr_err = ch.EXIT_FORMAT.unpack(payload)
        if (nr_out, nr_err) != (self.outputs[1].nr_bytes,
                                self.outputs[2].nr_bytes):
            raise ch.ChannelError("some of the command's output was lost on "
                                  "the way from the guest")
        self.exit = 128 + code if signalled else code & 0xff
        self.exit_time = time.monotonic()
        self._send(ch.encode(ch.BYE))

    # ---- our standard streams ----

    def _read_stdin(self):
        try:
            data = os.read(0, self.input.room())
        except OSError as err:
            if err.errno in (errno.EAGAIN, errno.EINTR):
                return
            data = b""
        if data:
            self._send(self.input.data_frame(data))
        else:
            self.stdin_open = False
            self._send(self.input.eof_frame())

    def _write_output(self, fd):
        out = self.outputs[fd]
        try:
            out.wrote(os.write(fd, out.pending[:piece(fd)]))
        except OSError as err:
            if err.errno in (errno.EAGAIN, errno.EINTR):
                return
            self._shut_output(fd, err)
        if self.exit is None:
            self._send(out.credit_frame())

    def _shut_output(self, fd, err):
        """Nobody takes what the command writes: it learns so by SIGPIPE."""
        out = self.outputs[fd]
        out.wrote(len(out.pending))
        self.shut.add(fd)
        self._send(ch.encode(ch.SHUT, fd))
        if err.errno != errno.EPIPE:
            self.lost_output = True
            if fd != 2:
                say(f"cannot write the command's output: {err.strerror}")


def exec_block(argv, no_stdin):
    """The request for the agent; made before anything starts."""
    try:
        return ch.encode_exec(argv, environment(), no_stdin=no_stdin)
    except ch.ChannelError as err:
        raise UserError(str(err)) from err


def piece(fd):
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode):
        return 1 << 20
    return PIECE_TTY if stat.S_ISCHR(mode) and os.isatty(fd) else PIECE


def environment():
    """What the command learns of our terminal."""
    env = {}
    if os.environ.get("TERM"):
        env["TERM"] = os.environ["TERM"]
    if any(os.isatty(fd) for fd in range(3)):
        size = shutil.get_terminal_size()
        env["COLUMNS"], env["LINES"] = str(size.columns), str(size.lines)
    return env
