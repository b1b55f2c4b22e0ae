# SPDX-License-Identifier: MIT
KERNEL_SRCS += $(addprefix kernel/tty/, ldisc.c tty.c tty_ioctl.c)
HOST_TESTS += ldisc
HOST_TEST_ldisc := kernel/tty/ldisc_test.c kernel/tty/ldisc.c
