# SPDX-License-Identifier: MIT
"""Frames, credits and Ctrl-], without any process."""

import re
import struct
import unittest

from harness import TOP

from launcher import channel as ch
from launcher.terminal import EscapeFilter


def c_constants():
    """The numbers that abi/ros/launch.h gives to its names."""
    with open(f"{TOP}/abi/ros/launch.h", encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r"\bLAUNCH_(\w+)(?: =|[ \t])[ \t]*(0x\w+|\d+)\b", text)
    return {name: int(value, 0) for name, value in found}


class Frames(unittest.TestCase):
    def test_constants_agree_with_the_header(self):
        header = c_constants()
        for name in ("VERSION MAGIC HEADER MAX_PAYLOAD HELLO EXEC DATA EOF "
                     "SHUT CREDIT SIGNAL RESIZE EXIT ERROR BYE "
                     "EXEC_NO_STDIN").split():
            self.assertEqual(header[name], getattr(ch, name), name)

    def test_round_trip_in_any_pieces(self):
        frames = [(ch.DATA, 1, b"abc"), (ch.DATA, 2, bytes(4096)),
                  (ch.SHUT, 0, b"")]
        wire = b"junk\0\xff" + ch.PREAMBLE + b"".join(
            ch.encode(*frame) for frame in frames)
        for size in (1, 3, 7, 5000):
            reader = ch.FrameReader()
            got = []
            for at in range(0, len(wire), size):
                got += reader.feed(wire[at:at + size])
            self.assertEqual(got, frames)

    def test_a_lost_byte_is_noticed(self):
        wire = ch.encode(ch.DATA, 1, b"abcdef") + ch.encode(ch.DATA, 1, b"x")
        for gone in range(len(wire) - 1):
            reader = ch.FrameReader()
            reader.feed(ch.PREAMBLE)
            with self.assertRaises(ch.ChannelError):
                got = reader.feed(wire[:gone] + wire[gone + 1:])
                # A byte missing from the last frame leaves it incomplete.
                if len(got) < 2:
                    reader.feed(ch.encode(ch.DATA, 2, b"y" * 100))
                    raise ch.ChannelError("incomplete")

    def test_a_fixed_frame_of_a_wrong_length_is_refused(self):
        reader = ch.FrameReader()
        reader.feed(ch.PREAMBLE)
        with self.assertRaises(ch.ChannelError):
            reader.feed(ch.encode(ch.CREDIT, 0, b"abc"))


class Credits(unittest.TestCase):
    def test_the_exec_block_stays_within_the_credit(self):
        out = ch.Outgoing()
        out.block = ch.encode_exec(["a" * 10000], {"TERM": "dumb"})
        whole, sent = out.block, b""
        while out.block:
            out.credit += 100
            wire = out.exec_frames()
            self.assertLessEqual(len(wire), 100 + ch.HEADER)
            reader = ch.FrameReader()
            for _, _, part in reader.feed(ch.PREAMBLE + wire):
                sent += part
        self.assertEqual(sent, whole)
        self.assertEqual(struct.unpack_from("<I", whole)[0], len(whole))

    def test_a_long_command_line_is_refused(self):
        with self.assertRaises(ch.ChannelError):
            ch.encode_exec(["x" * ch.MAX_EXEC], {})

    def test_credit_comes_back_for_what_was_written(self):
        out = ch.Incoming(1)
        self.assertTrue(out.credit_frame())
        out.take(bytes(20000))
        self.assertEqual(out.credit_frame(), b"")
        out.wrote(20000)
        frame = out.credit_frame()
        self.assertEqual(struct.unpack("<I", frame[ch.HEADER:])[0],
                         20000 + ch.HEADER)


class Escape(unittest.TestCase):
    def test_twice_leaves_and_once_passes(self):
        keys = EscapeFilter()
        self.assertEqual(keys.feed(b"ab\x1d"), (b"ab", False))
        self.assertEqual(keys.feed(b"c"), (b"\x1dc", False))
        self.assertEqual(keys.feed(b"d\x1d"), (b"d", False))
        self.assertEqual(keys.feed(b"\x1dzzz"), (b"", True))


if __name__ == "__main__":
    unittest.main()
