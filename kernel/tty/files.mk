# SPDX-License-Identifier: MIT
KERNEL_SRCS += $(addprefix kernel/tty/, ldisc.c tty.c tty_ioctl.c)
