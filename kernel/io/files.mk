KERNEL_SRCS += $(addprefix kernel/io/, uio.c tap.c queue.c)
ifeq ($(KTEST),1)
KERNEL_SRCS += kernel/test/kt_io.c
endif

IO_TEST := $(addprefix kernel/io/, queue_test.c queue.c uio.c tap.c)
HOST_TESTS += queue
HOST_TEST_queue := $(IO_TEST)
TSAN_TESTS += queue
TSAN_TEST_queue := $(IO_TEST)
