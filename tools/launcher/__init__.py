# SPDX-License-Identifier: MIT
"""The launcher: boots Mitos in QEMU, for people and for scripts.

cli        the subcommands, and what becomes of errors
options    the command line: parsing and checking
errors     the exceptions that end in one sentence
signals    host signals as things that a poll loop reads
rundir     the files of one run, and their removal
bootimage  base boot archive plus --add
qemu       finding QEMU, choosing an accelerator, its command line
guest      the running QEMU process: its log, its end, what its end means
channel    frames and credits of the second serial port (abi/ros/launch.h)
command    a session with a COMMAND: frames
terminal   a session without one: a terminal
monitor    a terminal on the kernel's monitor of a running guest
"""
