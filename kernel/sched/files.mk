KERNEL_SRCS += $(addprefix kernel/sched/, runqueue.c sched.c slice.c)
