# SPDX-License-Identifier: MIT
"""The command line of `./mitos run`: parsing and checking."""

import argparse
import os
import re

from .errors import UserError

USAGE = """\
usage: ./mitos run [OPTIONS] [-- COMMAND [ARG ...]]
       ./mitos monitor
       ./mitos help

Boots Mitos in QEMU.  Without COMMAND the terminal becomes the guest's; leave
with `exit`, `poweroff`, or Ctrl-] twice.  With COMMAND it is run in the guest:
its standard input, output and error are passed exactly, and its exit status
becomes ours.  `monitor` connects to the kernel's monitor of the guest that was
started last.

  --smp N               cores of the guest (4; 1 with --icount)
  --mem M               its memory in MiB, or with a suffix: 512M, 2G (1024)
  --add DIR             lay DIR's tree over the root file system; repeatable
  --append 'ARGS'       further kernel arguments
  --timeout SECONDS     kill the guest after so long and exit with 124
  --icount              let the time stamp counter count instructions, so that
                        figures repeat from run to run
  --quiet               no lines of our own; errors are still reported
  --machine NAME        QEMU machine: q35 (default), pc or microvm
  --cpu MODEL           QEMU CPU model
  --accel auto|tcg|kvm  emulation (tcg) unless told otherwise; auto takes KVM
                        when the CPU has vmx or svm and a trial succeeds
  --monitor             without COMMAND: the terminal shows the kernel's log
                        and monitor instead of the shell
  --share DIR, --forward HOST:GUEST, --disk FILE
                        are not there yet

Exit status: the command's (128+N if signal N killed it); 0 when an interactive
guest powered off; 2 for a mistake on the command line or a missing file;
124 after the time limit; 125 when the guest did not come up, panicked or broke
off.  The kernel's log is kept in build/run/console.log.

Environment: MITOS_KERNEL, MITOS_BOOT and MITOS_RUN name another kernel image,
base boot archive and run directory; MITOS_QEMU another QEMU; MITOS_ACCEL the
default of --accel.
"""

MACHINES = ("q35", "pc", "microvm")
ACCELERATORS = ("auto", "tcg", "kvm")
MAX_SMP = 255
MIN_MEM = 32 << 20
NOT_YET = {
    "share": "sharing a host directory with the guest",
    "forward": "forwarding ports to the guest",
    "disk": "attaching a disk to the guest",
}
SUFFIXES = {"": 1 << 20, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class Parser(argparse.ArgumentParser):
    def error(self, message):
        stray = re.match(r"unrecognized arguments: (.*)", message)
        if stray and not stray.group(1).startswith("-"):
            message = (f"'{stray.group(1)}' is no option; the guest's command "
                       "comes after --")
        elif stray:
            message = f"there is no option {stray.group(1).split()[0]}"
        message = re.sub(r"^argument ", "", message)
        raise UserError(f"{message} (./mitos help lists the options)")


def parse_run(args):
    """Returns the checked options of a run; `command` is None or a list."""
    args, command = split_command(args)
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--smp")
    parser.add_argument("--mem", default="1024")
    parser.add_argument("--add", action="append", default=[])
    parser.add_argument("--append", action="append", default=[])
    parser.add_argument("--timeout")
    parser.add_argument("--icount", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--machine", default="q35")
    parser.add_argument("--cpu")
    parser.add_argument("--accel")
    parser.add_argument("--monitor", action="store_true")
    for name in NOT_YET:
        parser.add_argument(f"--{name}")
    options = parser.parse_args(args)
    options.command = command
    check(options)
    return options


def split_command(args):
    if "--" not in args:
        return args, None
    at = args.index("--")
    return args[:at], args[at + 1:]


def check(options):
    for name, what in NOT_YET.items():
        if getattr(options, name) is not None:
            raise UserError(f"--{name}: {what} is not there yet")
    if options.command is not None:
        check_command(options)
    smp = options.smp or ("1" if options.icount else "4")
    options.smp = whole_number("--smp", smp, 1, MAX_SMP)
    options.mem = memory_size(options.mem)
    options.timeout = seconds(options.timeout)
    options.append = " ".join(options.append)
    if "\n" in options.append or "\0" in options.append:
        raise UserError("--append: kernel arguments are one line")
    choice("--machine", options.machine, MACHINES)
    from_env = os.environ.get("MITOS_ACCEL")
    choice("--accel" if options.accel else "MITOS_ACCEL",
           options.accel or from_env or "tcg", ACCELERATORS)
    if options.icount:
        if options.accel in ("auto", "kvm"):
            raise UserError(f"--icount needs emulation, not --accel "
                            f"{options.accel}")
        options.accel = "tcg"
    options.accel = options.accel or from_env or "tcg"
    if options.cpu is not None and not re.match(r"[\w.,=+-]+$", options.cpu):
        raise UserError(f"--cpu: '{options.cpu}' is not a CPU model")
    for name in options.add:
        if not os.path.isdir(name):
            raise UserError(f"--add: {name} is not a directory")


def check_command(options):
    if not options.command:
        raise UserError("no command after --")
    if not options.command[0]:
        raise UserError("the command after -- is empty")
    if options.monitor:
        raise UserError("--monitor and a command exclude each other")


def whole_number(option, text, least, most):
    if not re.match(r"[0-9]{1,9}$", text) or not least <= int(text) <= most:
        raise UserError(f"{option} wants a number from {least} to {most}, "
                        f"not '{text}'")
    return int(text)


def memory_size(text):
    match = re.match(r"([0-9]{1,9})([kmgKMG]?)[iI]?[bB]?$", text)
    if not match:
        raise UserError(f"--mem wants a size such as 512M or 2G, not '{text}'")
    size = int(match.group(1)) * SUFFIXES[match.group(2).lower()]
    if size < MIN_MEM:
        raise UserError(f"--mem {text} is too little: the guest needs at "
                        f"least {MIN_MEM >> 20} MiB")
    return size


def seconds(text):
    if text is None:
        return None
    if not re.match(r"([0-9]{1,8}(\.[0-9]*)?|\.[0-9]+)$", text) \
            or not float(text):
        raise UserError("--timeout wants a number of seconds above 0, "
                        f"not '{text}'")
    return float(text)


def choice(option, value, allowed):
    if value not in allowed:
        raise UserError(f"{option} wants {', '.join(allowed[:-1])} or "
                        f"{allowed[-1]}, not '{value}'")
