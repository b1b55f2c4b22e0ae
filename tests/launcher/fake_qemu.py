#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stands in for QEMU in the launcher's tests.

Takes QEMU's arguments, and runs the agent natively on a pseudo terminal that
it connects with the second serial port's socket.  A word fake=... among the
kernel arguments chooses what this "guest" does: agent (the default), panic,
late-panic, hung-panic, silent, die, reset, refuse, lossy, stuck, shell.
"""

import os
import pty
import re
import select
import socket
import subprocess
import sys
import time
import tty

FIFO = 4096     # bytes moved at a time
LOG = b"Mitos\r\nsomething about cores\r\n"
PANIC = b"PANIC: the fake guest fell over\r\n  at fake+0x10\r\n"


def argument(name):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else ""


def chardev(name):
    for i, word in enumerate(sys.argv):
        if word == "-chardev" and f",id={name}" in sys.argv[i + 1]:
            fields = sys.argv[i + 1].replace(",,", "\1").split(",")
            return {key: value.replace("\1", ",") for key, _, value in
                    (field.partition("=") for field in fields)}
    sys.exit(f"no chardev {name}")


def log(text):
    com1 = chardev("com1")
    with open(com1["logfile"], "ab") as file:
        file.write(text)
    if "fd" in com1:
        os.write(int(com1["fd"]), text)


def serve_monitor():
    """One client of the first port, which gets its bytes back, doubled."""
    com1 = chardev("com1")
    if "path" not in com1:
        return None
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(com1["path"])
    listener.listen()
    return listener


def start(command, env=None):
    """Returns (process, master fd) of a command on a pseudo terminal."""
    master, slave = pty.openpty()
    tty_name = os.ttyname(slave)
    if command[0] == "AGENT":
        tty.setraw(slave)
        command = [os.environ["FAKE_AGENT"], tty_name]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=env)
    else:
        process = subprocess.Popen(
            ["setsid", "-c", *command], stdin=slave, stdout=slave,
            stderr=slave, env=env)
    return process, master, slave


def pump(link, process, master, slave, lossy=False):
    """Until the process has ended and all of its bytes are through."""
    monitor = serve_monitor()
    clients = []
    total = 0
    while True:
        fds = [link, master, *clients] + ([monitor] if monitor else [])
        ready, _, _ = select.select(fds, [], [], 0.02)
        if link in ready:
            data = link.recv(FIFO)
            if not data:
                process.kill()
                return
            while data:
                data = data[os.write(master, data):]
        if master in ready:
            data = os.read(master, FIFO)
            total += len(data)
            if lossy and total > 100000:
                lossy, data = False, data[1:]
            link.sendall(data)
        if monitor in ready:
            clients.append(monitor.accept()[0])
        for client in list(clients):
            if client in ready:
                data = client.recv(FIFO)
                if data:
                    client.sendall(data + data)
                else:
                    clients.remove(client)
        if not ready and process.poll() is not None:
            os.close(slave)
            return


def main():
    if "--version" in sys.argv:
        print("QEMU emulator version " +
              os.environ.get("FAKE_VERSION", "7.2.22 (fake)"))
        return 0
    record = os.environ.get("FAKE_RECORD")
    if record:
        with open(record, "w", encoding="utf-8") as file:
            file.write("\n".join([str(os.getpid()), *sys.argv[1:]]))
    args = argument("-append")
    match = re.search(r"\bfake=([\w-]+)", args)
    act = match.group(1) if match else \
        "agent" if "agent=1" in args else "shell"
    if act == "refuse":
        print("qemu-system-x86_64: unable to find CPU model", file=sys.stderr)
        return 1
    link = socket.socket(fileno=int(chardev("com2")["fd"]))
    if os.environ.get("FAKE_BOOT"):
        time.sleep(float(os.environ["FAKE_BOOT"]))
    log(LOG)
    if act == "panic":
        log(PANIC)
        return 3
    if act == "die":
        return 7
    if act == "reset":
        with open(argument("-D"), "w", encoding="ascii") as file:
            file.write("CPU Reset (CPU 0)\nTriple fault\n")
        return 0
    if act == "silent":
        time.sleep(1000)
    if act == "shell":
        env = dict(os.environ, PS1="fake$ ", TERM="dumb")
        pump(link, *start(["sh", "-i"], env))
        return 33
    link.sendall(b"noise from the firmware\0\xff\xa9")
    pump(link, *start(["AGENT"]), lossy=act == "lossy")
    if act == "late-panic":
        log(PANIC)
        return 3
    if act == "hung-panic":
        log(PANIC)
        time.sleep(1000)
    if act == "stuck":
        time.sleep(1000)
    return 33


if __name__ == "__main__":
    sys.exit(main())
