KERNEL_SRCS += $(addprefix kernel/mm/, \
	frame.c buddy.c frame_cache.c page.c fault_inject.c \
	slab.c magazine.c poison.c kmalloc.c kmap.c)
