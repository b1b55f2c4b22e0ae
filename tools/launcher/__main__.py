# SPDX-License-Identifier: MIT
"""Entry of ./mitos: python3 tools/launcher ARGS."""

import os
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)    # until cli.main takes over
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def occupy_low_fds():
    """Descriptors that the caller closed must not become our sockets."""
    closed = []
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            closed.append(fd)
    return closed


CLOSED = occupy_low_fds()

from launcher import cli  # noqa: E402  (the path had to be set first)

sys.exit(cli.main(sys.argv[1:], CLOSED))
