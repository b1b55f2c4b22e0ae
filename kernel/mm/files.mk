KERNEL_SRCS += $(addprefix kernel/mm/, \
	frame.c buddy.c frame_cache.c page.c fault_inject.c \
	slab.c magazine.c poison.c kmalloc.c kmap.c)
ifeq ($(KTEST),1)
KERNEL_SRCS += kernel/test/kt_mm.c
endif
