# SPDX-License-Identifier: MIT
"""Host signals, turned into things that a poll loop can read.

While `raising` is true, as it is until a session's loop runs, the signals that
end us raise Interrupted, so that what was made so far is removed.  A session
sets it to false and reads `fd` and take() instead.
"""

import os
import signal

from .errors import Interrupted

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
OTHERS = (signal.SIGCHLD, signal.SIGWINCH)
IGNORED = (signal.SIGTTIN, signal.SIGTTOU)


class Signals:
    def __init__(self):
        self.raising = True
        self.arrived = []
        self.saved = {}
        self.fd, self.write_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self):
        signal.set_wakeup_fd(self.write_fd, warn_on_full_buffer=False)
        for signum in ENDING + OTHERS:
            self.saved[signum] = signal.signal(signum, self._on_signal)
        for signum in IGNORED:
            self.saved[signum] = signal.signal(signum, signal.SIG_IGN)
        return self

    def __exit__(self, *exc):
        for signum, handler in self.saved.items():
            signal.signal(signum, handler)
        signal.set_wakeup_fd(-1)
        os.close(self.fd)
        os.close(self.write_fd)

    def _on_signal(self, signum, _frame):
        if signum in ENDING and self.raising:
            self.raising = False        # the clean-up is not interrupted
            raise Interrupted(signum)
        self.arrived.append(signum)

    def take(self):
        """The signals that arrived since the last call."""
        try:
            os.read(self.fd, 4096)
        except BlockingIOError:
            pass
        arrived, self.arrived = self.arrived, []
        return arrived
