KERNEL_SRCS += $(addprefix kernel/main/, kernel_main.c init_table.c start.c)
