# SPDX-License-Identifier: MIT
"""Frames and credits of the second serial port: abi/ros/launch.h in Python."""

import struct

VERSION = 1
MAGIC = 0xa9
HEADER = 6
MAX_PAYLOAD = 4096
MAX_EXEC = 128 * 1024
PREAMBLE = b"\0\xffMITOS\n"

HELLO, EXEC, DATA, EOF, SHUT, CREDIT = 1, 2, 3, 4, 5, 6
SIGNAL, RESIZE, EXIT, ERROR, BYE = 7, 8, 9, 10, 11

EXEC_NO_STDIN = 1
WINDOW = 65536          # the credit that we give for each of channels 1 and 2

HELLO_FORMAT = struct.Struct("<HHI")
EXEC_FORMAT = struct.Struct("<IIHHI")
EXIT_FORMAT = struct.Struct("<IIQQ")
# What a fixed payload is long; DATA, EXEC and ERROR vary.
LENGTHS = {HELLO: 8, CREDIT: 4, SHUT: 0, EXIT: 24}


class ChannelError(Exception):
    """The byte stream is not what the protocol promises; a sentence."""


def encode(kind, channel=0, payload=b""):
    low, high = len(payload) & 0xff, len(payload) >> 8
    check = 0xff ^ MAGIC ^ kind ^ channel ^ low ^ high
    return bytes((MAGIC, kind, channel, check, low, high)) + payload


def encode_exec(argv, env, cwd="", no_stdin=False):
    """The EXEC block; the sender cuts it into frames."""
    strings = [cwd, *argv, *(f"{name}={env[name]}" for name in env)]
    blob = b"".join(encode_string(text) for text in strings)
    flags = EXEC_NO_STDIN if no_stdin else 0
    total = EXEC_FORMAT.size + len(blob)
    if total > MAX_EXEC or len(argv) > 0xffff:
        raise ChannelError("the command line is longer than "
                           f"{MAX_EXEC // 1024} KiB")
    return EXEC_FORMAT.pack(total, flags, len(argv), len(env), 0) + blob


def encode_string(text):
    return text.encode("utf-8", "surrogateescape") + b"\0"


class FrameReader:
    """Cuts the agent's bytes into frames (rules L1 and L2)."""

    def __init__(self):
        self.buffer = bytearray()
        self.in_step = False

    def feed(self, data):
        """Returns the frames that are complete now: (type, channel, bytes)."""
        self.buffer += data
        if not self.in_step and not self._find_preamble():
            return []
        frames = []
        at = 0
        while len(self.buffer) - at >= HEADER:
            kind, channel, length = self._header(at)
            if len(self.buffer) - at < HEADER + length:
                break
            start = at + HEADER
            frames.append((kind, channel,
                           bytes(self.buffer[start:start + length])))
            at = start + length
        del self.buffer[:at]
        return frames

    def _find_preamble(self):
        at = self.buffer.find(PREAMBLE)
        if at < 0:
            del self.buffer[:max(0, len(self.buffer) - len(PREAMBLE) + 1)]
            return False
        del self.buffer[:at + len(PREAMBLE)]
        self.in_step = True
        return True

    def _header(self, at):
        magic, kind, channel, check, low, high = self.buffer[at:at + HEADER]
        length = low | high << 8
        if magic != MAGIC or length > MAX_PAYLOAD or channel > 2 \
                or magic ^ kind ^ channel ^ check ^ low ^ high != 0xff:
            raise ChannelError("bytes were lost on the way from the guest")
        if length != LENGTHS.get(kind, length):
            raise ChannelError("the guest sent a frame of a wrong length")
        return kind, channel, length


class Outgoing:
    """Our side of channel 0: the EXEC block, then standard input (rule L3)."""

    def __init__(self):
        self.credit = 0
        self.block = b""
        self.nr_bytes = 0

    def room(self):
        """Bytes of payload that one frame may have now."""
        return max(0, min(self.credit - HEADER, MAX_PAYLOAD))

    def exec_frames(self):
        """As many frames of the EXEC block as the credit allows."""
        frames = b""
        while self.block and self.room():
            part = self.block[:self.room()]
            self.block = self.block[len(part):]
            frames += self._frame(EXEC, part)
        return frames

    def data_frame(self, data):
        self.nr_bytes += len(data)
        return self._frame(DATA, data)

    def eof_frame(self):
        return encode(EOF, 0, struct.pack("<Q", self.nr_bytes))

    def _frame(self, kind, payload):
        self.credit -= HEADER + len(payload)
        return encode(kind, 0, payload)


class Incoming:
    """Our side of channel 1 or 2: what came, and the credit owed for it."""

    def __init__(self, channel):
        self.channel = channel
        self.pending = bytearray()      # not yet written to its place
        self.nr_bytes = 0
        self.owed = WINDOW

    def take(self, data):
        self.nr_bytes += len(data)
        self.owed += HEADER
        self.pending += data

    def wrote(self, length):
        del self.pending[:length]
        self.owed += length

    def credit_frame(self):
        """The credit to give back, or nothing while it is too little."""
        if self.owed < WINDOW // 4:
            return b""
        frame = encode(CREDIT, self.channel, struct.pack("<I", self.owed))
        self.owed = 0
        return frame
