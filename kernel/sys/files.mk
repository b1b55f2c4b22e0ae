KERNEL_SRCS += $(addprefix kernel/sys/, dispatch.c table.c path.c sys_io.c \
	sys_file.c sys_dir.c sys_attr.c sys_mem.c sys_proc.c sys_sig.c \
	sys_id.c sys_time.c sys_event.c sys_misc.c \
	spawn.c spawn_actions.c sys_futex.c)
