KERNEL_SRCS += $(addprefix kernel/io/, uio.c tap.c queue.c)
