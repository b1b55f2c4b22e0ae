# SPDX-License-Identifier: MIT
KERNEL_SRCS += $(addprefix kernel/dev/, \
	flat.c random.c dev_cons.c dev_mem.c dev_version.c dev_tmpfs.c dev_pipe.c \
	dev_alarm.c user_alarm.c)
