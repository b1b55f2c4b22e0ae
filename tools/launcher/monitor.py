# SPDX-License-Identifier: MIT
"""`./mitos monitor`: a terminal on the monitor of the newest running guest."""

import os
import signal
import socket
import sys
import time

from . import rundir
from .errors import UserError
from .terminal import Passage, RawTerminal

QUIET_SECONDS = 1.0             # silence that ends a piped session


def connect():
    for path in rundir.all_runs(rundir.run_root()):
        address = rundir.read_note(path).get("monitor")
        if not address or not rundir.is_alive(path):
            continue
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(address)
            sock.setblocking(False)
            return sock
        except OSError:
            sock.close()
    raise UserError("no guest is running that a monitor could connect to")


def run(signals):
    with connect() as sock:
        is_tty = os.isatty(0)
        if is_tty:
            print("mitos: the kernel's monitor; Ctrl-] twice leaves",
                  file=sys.stderr)
        passage = Passage(sock, is_tty)
        passage.held = False
        signals.raising = False
        with RawTerminal():
            return loop(passage, signals)


def loop(passage, signals):
    silent_since = time.monotonic()
    while not (passage.left or passage.closed):
        for signum in signals.take():
            if signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                return 128 + signum
        passage.spoke = False
        passage.turn(signals.fd, QUIET_SECONDS / 4)
        if passage.spoke or passage.input_open or passage.to_guest \
                or passage.to_us:
            silent_since = time.monotonic()
        elif time.monotonic() - silent_since > QUIET_SECONDS:
            break
    passage.flush_output()
    return 0
