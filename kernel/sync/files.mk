# SPDX-License-Identifier: MIT
KERNEL_SRCS += $(addprefix kernel/sync/, spinlock.c \
	$(if $(filter 1,$(LOCKDEP)),lockdep.c lockdep_graph.c))
