KERNEL_SRCS += $(addprefix kernel/mm/, \
	frame.c buddy.c frame_cache.c page.c fault_inject.c \
	slab.c magazine.c poison.c kmalloc.c kmap.c)
ifeq ($(KTEST),1)
KERNEL_SRCS += kernel/test/kt_mm.c
endif

HOST_TESTS += buddy slab
HOST_TEST_buddy := $(addprefix kernel/mm/, buddy_test.c buddy.c frame_cache.c)
HOST_TEST_slab := $(addprefix kernel/mm/, \
	slab_test.c slab.c magazine.c poison.c kmalloc.c)
TSAN_TESTS += buddy slab
TSAN_TEST_buddy := $(HOST_TEST_buddy)
TSAN_TEST_slab := $(HOST_TEST_slab)
