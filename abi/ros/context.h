// SPDX-License-Identifier: MIT
/*
 * User contexts, as the kernel saves and restores them (x86-64).
 *
 * The order is that of the entry path: the CPU pushes ss..rip, the entry stub
 * the rest downwards.  GS base is never part of a context: it belongs to the
 * vcore (ros/vcpd.h).  FS base belongs to the thread.
 */
#pragma once

#include <ros/common.h>

#define ROS_HW_CTX 1 /* every register: an interrupt, a fault or a trap */
#define ROS_SW_CTX 2 /* callee-saved only: made by the runtime, never by us */
#define ROS_VM_CTX 3 /* a guest's context; later */

struct user_context {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector; /* trap number, or ROS_VEC_SYSCALL */
	uint64_t error;	 /* hardware error code, 0 if none */
	uint64_t rip, cs, rflags, rsp, ss;
	uint64_t fsbase;
	uint32_t type; /* ROS_*_CTX */
	uint32_t flags;
};
ROS_ASSERT_SIZE(struct user_context, 192);
ROS_ASSERT_OFFSET(struct user_context, rip, 136);
ROS_ASSERT_OFFSET(struct user_context, fsbase, 176);

#define ROS_VEC_SYSCALL 0x100
