# SPDX-License-Identifier: MIT
KERNEL_SRCS += $(addprefix kernel/lib/, mem.c string.c strext.c printf.c \
	stack_protector.c bitmap.c idpool.c hash.c rbtree.c radix.c)

# Loops in the functions themselves must not become calls to them.
%kernel/lib/mem.c.o %kernel/lib/string.c.o: \
	KFLAGS += -fno-tree-loop-distribute-patterns

HOST_TESTS += rbtree
HOST_TEST_rbtree := kernel/lib/rbtree_test.c
