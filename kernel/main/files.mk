KERNEL_SRCS += $(addprefix kernel/main/, kernel_main.c init_table.c start.c \
	trap.c oom.c proc_parts.c init_proc.c)
