# SPDX-License-Identifier: MIT
KERNEL_SRCS += $(addprefix kernel/sync/, spinlock.c \
	$(if $(filter 1,$(LOCKDEP)),lockdep.c lockdep_graph.c))

HOST_TESTS += spinlock lockdep
HOST_TEST_spinlock := kernel/sync/spinlock_test.c
HOST_TEST_lockdep := kernel/sync/lockdep_test.c

TSAN_TESTS += spinlock lockdep
TSAN_TEST_spinlock := kernel/sync/spinlock_test.c
TSAN_TEST_lockdep := kernel/sync/lockdep_test.c
