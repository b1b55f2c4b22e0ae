# SPDX-License-Identifier: MIT
USER_LIB_SRCS += $(addprefix runtime/, alarm.c alloc.c ceq.c evbitmap.c event.c \
	evq.c evq_block.c mbox.c mem.c panic.c spinlock.c syscall.c thread0.c \
	timing.c ucq.c uthread.c vcore.c arch/x86_64/vcore_entry.S)

# The mailboxes' consumers are tested with the kernel's producers: kernel/proc.
HOST_TESTS += timing
HOST_TEST_timing := runtime/timing_test.c
$(BUILD)/host/timing: HOSTFLAGS += -I runtime/include
