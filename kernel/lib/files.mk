# SPDX-License-Identifier: MIT
KERNEL_SRCS += $(addprefix kernel/lib/, mem.c string.c strext.c printf.c \
	stack_protector.c bitmap.c idpool.c hash.c rbtree.c radix.c)

# Loops in the functions themselves must not become calls to them.
%kernel/lib/mem.c.o %kernel/lib/string.c.o: \
	KFLAGS += -fno-tree-loop-distribute-patterns

HOST_TESTS += string bitmap hash list radix rbtree
HOST_TEST_string := kernel/lib/string_test.c
HOST_TEST_bitmap := kernel/lib/bitmap_test.c
HOST_TEST_hash := kernel/lib/hash_test.c
HOST_TEST_list := kernel/lib/list_test.c
HOST_TEST_radix := kernel/lib/radix_test.c
HOST_TEST_rbtree := kernel/lib/rbtree_test.c

TSAN_TESTS += list radix
TSAN_TEST_list := kernel/lib/list_test.c
TSAN_TEST_radix := kernel/lib/radix_test.c
