# SPDX-License-Identifier: MIT
"""The subcommands of ./mitos, and what becomes of errors."""

import os
import sys
from contextlib import ExitStack

from . import bootimage, monitor, options as opts, qemu, terminal
from .command import CommandSession, exec_block
from .errors import EXIT_USER, Interrupted, UserError
from .guest import Guest, say
from .rundir import RunDir
from .signals import Signals


def main(args, closed_fds=()):
    status = EXIT_USER
    try:
        with Signals() as signals:
            status = dispatch(args, signals, closed_fds)
    except UserError as err:
        say(err)
        status = EXIT_USER
    except Interrupted as err:
        status = 128 + err.signum
    except BrokenPipeError:
        status = 1
    flush()
    return status


def flush():
    """Nobody may be reading any more; that is no reason for a traceback."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def dispatch(args, signals, closed_fds):
    what = args[0] if args else "help"
    ours = args[:args.index("--")] if "--" in args else args
    if what in ("help", "--help", "-h") or "--help" in ours or "-h" in ours:
        print(opts.USAGE, end="")
        return 0
    if what == "run":
        return run(opts.parse_run(args[1:]), signals, closed_fds)
    if what == "monitor":
        if args[1:]:
            raise UserError("monitor takes no arguments")
        return monitor.run(signals)
    raise UserError(f"there is no subcommand {what}: it is run, monitor or "
                    "help")


def run(options, signals, closed_fds):
    """Checks everything that can be checked, then boots."""
    no_stdin = 0 in closed_fds
    block = None
    if options.command is not None:
        block = exec_block(options.command, no_stdin)
    program = qemu.find()
    kernel = bootimage.kernel_image()
    image = bootimage.BootImage(options.add)
    image.check_memory(kernel, options.mem)
    accel = qemu.choose_accel(program, options.accel)
    with ExitStack() as stack:
        # Whatever ends us from here on, removal itself is not interrupted.
        stack.callback(setattr, signals, "raising", False)
        rundir = stack.enter_context(RunDir())
        image.check_space(rundir.temporary)
        boot = image.make(rundir.temporary)
        guest = stack.enter_context(Guest(rundir))
        announce(options, kernel, accel, image)
        guest.start(program, options, accel, (kernel, boot),
                    kernel_arguments(options))
        if block is None:
            session = terminal.TerminalSession(options, guest, signals)
        else:
            session = CommandSession(options, guest, signals, block, no_stdin)
        status = session.run()
        if not options.quiet:
            say(f"exit status {status} after {guest.age():.1f} s")
        return status


def kernel_arguments(options):
    if options.command is None:
        args = terminal.kernel_arguments()
    else:
        args = "agent=1"
    return f"{args} {options.append}".strip()


def announce(options, kernel, accel, image):
    if options.quiet:
        return
    if image.tree:
        for path in image.tree.skipped:
            say(f"left out {path}: neither file, directory nor link")
    cores = "1 core" if options.smp == 1 else f"{options.smp} cores"
    how = "TCG, counting instructions" if options.icount else accel.upper()
    line = (f"{os.path.relpath(kernel)} on {options.machine}, {cores}, "
            f"{options.mem >> 20} MiB, {how}")
    if options.command is None and os.isatty(0):
        line += "; Ctrl-] twice leaves"
    say(line)
