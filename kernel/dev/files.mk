# SPDX-License-Identifier: MIT
KERNEL_SRCS += $(addprefix kernel/dev/, \
	flat.c hostname.c random.c dev_cons.c dev_mem.c dev_version.c \
	dev_tmpfs.c dev_pipe.c dev_alarm.c user_alarm.c \
	dev_proc.c dev_proc_cpu.c dev_proc_file.c dev_proc_link.c \
	dev_proc_machine.c dev_proc_mem.c dev_proc_ns.c dev_proc_pid.c \
	dev_proc_table.c dev_proc_text.c)
