# SPDX-License-Identifier: MIT
"""Finding QEMU, choosing an accelerator, and QEMU's command line."""

import os
import re
import shutil
import subprocess
import tempfile

from .errors import UserError

PROGRAM = "qemu-system-x86_64"
OLDEST = (7, 2)
ASK_SECONDS = 30

DEBUG_EXIT = "isa-debug-exit,iobase=0xf4,iosize=4"
STATUS_POWER_OFF = 33           # the kernel wrote 0x10 to the debug port
STATUS_PANIC = 3                # the kernel wrote 1

CPU = {"tcg": "max,vendor=GenuineIntel", "kvm": "host"}
# Few features, so that string instructions count as what they are.
CPU_ICOUNT = "qemu64,+fsgsbase,+smep,+smap"


def find():
    """Returns the path of a QEMU that is new enough."""
    wanted = os.environ.get("MITOS_QEMU") or PROGRAM
    path = shutil.which(wanted)
    if not path:
        raise UserError(f"{wanted} is not installed "
                        "(Debian: apt install qemu-system-x86)")
    try:
        answer = subprocess.run([path, "--version"], capture_output=True,
                                text=True, stdin=subprocess.DEVNULL,
                                timeout=ASK_SECONDS, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as err:
        raise UserError(f"{path} cannot be started: {err}") from err
    match = re.search(r"version (\d+)\.(\d+)", answer)
    if not match:
        raise UserError(f"{path} does not say its version: is it QEMU?")
    version = int(match.group(1)), int(match.group(2))
    if version < OLDEST:
        raise UserError("QEMU %d.%d is too old: %d.%d or later is needed"
                        % (version + OLDEST))
    return path


def choose_accel(qemu, wish):
    """Turns auto, tcg or kvm into tcg or kvm."""
    if wish == "tcg":
        return "tcg"
    why_not = kvm_obstacle(qemu)
    if not why_not:
        return "kvm"
    if wish == "kvm":
        raise UserError(f"KVM cannot be used: {why_not}")
    return "tcg"


def kvm_obstacle(qemu):
    """Why KVM is no good here, or None."""
    if not os.path.exists("/dev/kvm"):
        return "there is no /dev/kvm"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "/dev/kvm may not be opened by this user"
    if not cpu_flags() & {"vmx", "svm"}:
        return "the processor has neither vmx nor svm"
    if not trial(qemu, "kvm"):
        return "a trial guest did not run"
    return None


def cpu_flags():
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            match = re.search(r"^flags\s*:(.*)$", file.read(), re.M)
    except OSError:
        return set()
    return set(match.group(1).split()) if match else set()


def trial(qemu, accel, seconds=5):
    """Whether a boot sector that powers off does so in time."""
    # mov dx, 0xf4; mov al, 0x10; out dx, al; hlt
    sector = b"\xba\xf4\x00\xb0\x10\xee\xf4".ljust(510, b"\0") + b"\x55\xaa"
    with tempfile.NamedTemporaryFile(prefix="mitos-", suffix=".img") as disk:
        disk.write(sector)
        disk.flush()
        args = [qemu, "-M", "pc", "-accel", accel, "-nodefaults", "-display",
                "none", "-no-reboot", "-device", DEBUG_EXIT, "-drive",
                f"file={quote(disk.name)},format=raw,if=ide,readonly=off"]
        try:
            done = subprocess.run(args, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL,
                                  timeout=seconds, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == STATUS_POWER_OFF


def quote(path):
    """A comma in an option's value is written twice."""
    return path.replace(",", ",,")


def socket_chardev(name, fd=None, path=None, log=None):
    value = f"socket,id={name}"
    if fd is not None:
        value += f",fd={fd}"
    else:
        value += f",path={quote(path)},server=on,wait=off"
    if log:
        value += f",logfile={quote(log)},logappend=off"
    return ["-chardev", value]


def command_line(qemu, options, accel, images, kernel_args, serial):
    """QEMU's arguments; serial: the chardev arguments of com1 and com2."""
    kernel, boot = images
    args = [qemu, "-M", options.machine]
    if options.icount:
        args += ["-accel", "tcg,thread=single",
                 "-icount", "shift=0,sleep=off",
                 "-rtc", "base=2024-01-01,clock=vm"]
    elif accel == "kvm":
        args += ["-accel", "kvm", "-rtc", "base=utc"]
    else:
        args += ["-accel", "tcg,thread=multi", "-rtc", "base=utc"]
    cpu = options.cpu or (CPU_ICOUNT if options.icount else CPU[accel])
    args += ["-cpu", cpu, "-m", f"{options.mem >> 10}K",
             "-smp", str(options.smp), "-nodefaults", "-display", "none",
             "-no-reboot", "-device", DEBUG_EXIT]
    args += serial
    if options.machine == "microvm":    # its only built-in port is the first
        args += ["-serial", "chardev:com1",
                 "-device", "isa-serial,index=1,chardev=com2"]
    else:
        args += ["-serial", "chardev:com1", "-serial", "chardev:com2"]
    return args + ["-kernel", kernel, "-initrd", boot, "-append", kernel_args]
