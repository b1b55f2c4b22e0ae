# SPDX-License-Identifier: MIT
"""The files of one run, and their removal.

Each run has a directory build/run/PID with its log and a note for `monitor`,
and a private temporary directory with the socket and the boot image.  A lock
on PID/lock says that the run lives; whoever comes later removes both
directories of a run whose launcher was killed.  At the end the log becomes
build/run/console.log.
"""

import fcntl
import json
import os
import shutil
import tempfile

from .errors import UserError

PREFIX = "mitos-"
SOCKET_PATH_MAX = 100           # sun_path has 108 bytes
TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def run_root():
    return os.environ.get("MITOS_RUN") or os.path.join(TOP, "build", "run")


class RunDir:
    def __init__(self):
        self.root = run_root()
        self.path = os.path.join(self.root, str(os.getpid()))
        self.log = os.path.join(self.path, "console.log")
        self.qemu_log = os.path.join(self.path, "qemu.log")
        self.temporary = None
        self.lock = None

    def __enter__(self):
        try:
            os.makedirs(self.root, exist_ok=True)
            # One at a time: a directory without a locked lock is a dead one.
            with open(os.path.join(self.root, "lock"), "w",
                      encoding="ascii") as door:
                fcntl.flock(door, fcntl.LOCK_EX)
                remove_dead_runs(self.root)
                self.make_directory()
            self.temporary = make_temporary()
            self.note()
        except OSError as err:
            self.remove()
            raise UserError("cannot prepare the run directory "
                            f"{self.path}: {err.strerror}") from err
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *exc):
        self.remove()

    def make_directory(self):
        shutil.rmtree(self.path, ignore_errors=True)
        os.mkdir(self.path)
        self.lock = open(os.path.join(self.path, "lock"), "w",
                         encoding="ascii")
        fcntl.flock(self.lock, fcntl.LOCK_EX)

    def note(self, **facts):
        """Writes down what `monitor` and later runs need to know."""
        facts["temporary"] = self.temporary
        name = os.path.join(self.path, "run.json")
        with open(name + ".new", "w", encoding="utf-8") as file:
            json.dump(facts, file)
        os.rename(name + ".new", name)

    def remove(self):
        if self.temporary:
            shutil.rmtree(self.temporary, ignore_errors=True)
        try:
            if os.path.exists(self.log):
                os.rename(self.log, os.path.join(self.root, "console.log"))
        except OSError:
            pass                # a log that cannot be kept is no failure
        shutil.rmtree(self.path, ignore_errors=True)
        if self.lock:
            self.lock.close()


def make_temporary():
    path = tempfile.mkdtemp(prefix=PREFIX)
    if len(path) > SOCKET_PATH_MAX - 20:
        os.rmdir(path)
        path = tempfile.mkdtemp(prefix=PREFIX, dir="/tmp")
    return path


def read_note(path):
    try:
        with open(os.path.join(path, "run.json"), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def is_alive(path):
    """Whether the launcher of the run at `path` still holds its lock."""
    try:
        with open(os.path.join(path, "lock"), "r+", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def all_runs(root):
    """The run directories, the newest first."""
    try:
        names = [name for name in os.listdir(root) if name.isdigit()]
    except OSError:
        return []
    paths = [os.path.join(root, name) for name in names]

    def started(path):
        try:
            return os.stat(path).st_ctime_ns
        except OSError:
            return 0
    return sorted(paths, key=started, reverse=True)


def remove_dead_runs(root):
    for path in all_runs(root):
        if is_alive(path):
            continue
        temporary = read_note(path).get("temporary") or ""
        if os.path.basename(temporary).startswith(PREFIX):
            shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(path, ignore_errors=True)
