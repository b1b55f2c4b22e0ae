// SPDX-License-Identifier: MIT
/*
 * x86-64: the vcore's own words, the system call trap, the shared pages.
 *
 * GS base is the address of the running vcore's VCPD (ros/vcpd.h), set by the
 * kernel at every vcore start.  Its first 512 bytes are the runtime's; a read
 * of one of them is a single instruction and so cannot go stale when the thread
 * is moved to another vcore.  FS base belongs to the thread (the C library's
 * TLS).
 */
#pragma once

/* Byte offsets of the runtime's words; shared with assembly. */
#define VCORE_IN_CONTEXT      0	 /* 1: vcore context, the scheduler's own */
#define VCORE_CURRENT_UTHREAD 8	 /* the thread that this vcore runs, or 0 */

/* The parts of struct preempt_data that assembly touches; checked below. */
#define VCPD_SELF	    512
#define VCPD_VCOREID	    520
#define VCPD_NOTIF_DISABLED 532
#define VCPD_NOTIF_PENDING  536
#define VCPD_VCORE_STACK    552

/* struct user_context */
#define CTX_R15	   0
#define CTX_R14	   8
#define CTX_R13	   16
#define CTX_R12	   24
#define CTX_RBP	   80
#define CTX_RBX	   88
#define CTX_VECTOR 120 /* a software context keeps its MXCSR here */
#define CTX_ERROR  128 /* ... and its x87 control word here */
#define CTX_RIP	   136
#define CTX_CS	   144
#define CTX_RFLAGS 152
#define CTX_RFLAGS 152
#define CTX_RSP	   160
#define CTX_SS	   168
#define CTX_FSBASE 176
#define CTX_TYPE   184

#ifndef __ASSEMBLY__

#include <parlib/common.h>
#include <ros/procinfo.h>
#include <ros/syscall.h>
#include <ros/vcpd.h>

ROS_ASSERT_OFFSET(struct preempt_data, self, VCPD_SELF);
ROS_ASSERT_OFFSET(struct preempt_data, vcoreid, VCPD_VCOREID);
ROS_ASSERT_OFFSET(struct preempt_data, notif_disabled, VCPD_NOTIF_DISABLED);
ROS_ASSERT_OFFSET(struct preempt_data, notif_pending, VCPD_NOTIF_PENDING);
ROS_ASSERT_OFFSET(struct preempt_data, vcore_stack, VCPD_VCORE_STACK);
ROS_ASSERT_OFFSET(struct user_context, rbp, CTX_RBP);
ROS_ASSERT_OFFSET(struct user_context, rbx, CTX_RBX);
ROS_ASSERT_OFFSET(struct user_context, vector, CTX_VECTOR);
ROS_ASSERT_OFFSET(struct user_context, rip, CTX_RIP);
ROS_ASSERT_OFFSET(struct user_context, rflags, CTX_RFLAGS);
ROS_ASSERT_OFFSET(struct user_context, rflags, CTX_RFLAGS);
ROS_ASSERT_OFFSET(struct user_context, rsp, CTX_RSP);
ROS_ASSERT_OFFSET(struct user_context, fsbase, CTX_FSBASE);
ROS_ASSERT_OFFSET(struct user_context, type, CTX_TYPE);

#define gs_read64(off)                                                         \
	({                                                                     \
		uint64_t v_;                                                   \
		asm volatile("movq %%gs:%c1, %0" : "=r"(v_) : "i"(off));       \
		v_;                                                            \
	})
#define gs_read32(off)                                                         \
	({                                                                     \
		uint32_t v_;                                                   \
		asm volatile("movl %%gs:%c1, %0" : "=r"(v_) : "i"(off));       \
		v_;                                                            \
	})
#define gs_write64(off, val)                                                   \
	asm volatile("movq %0, %%gs:%c1"                                       \
		     :                                                         \
		     : "r"((uint64_t)(val)), "i"(off)                          \
		     : "memory")

static inline struct preempt_data *vcpd_mine(void)
{
	return (struct preempt_data *)gs_read64(VCPD_SELF);
}

/* The header page: the one fixed address. */
static inline const struct procinfo *procinfo(void)
{
	return (const struct procinfo *)ROS_SHARED_BASE;
}

static inline struct procdata *procdata(void)
{
	return (struct procdata *)procinfo()->procdata;
}

static inline struct preempt_data *vcpd_of(uint32_t vcoreid)
{
	return (struct preempt_data *)(procinfo()->vcpd_base +
				       (uint64_t)vcoreid *
					       procinfo()->vcpd_stride);
}

/* How many entries the kernel took, or -errno: see ros/syscall.h. */
static inline long ros_trap(struct syscall *sysc, unsigned long count)
{
	long ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "a"(ROS_SYSCALL_MAGIC), "D"(sysc), "S"(count)
		     : "rcx", "r11", "memory");
	return ret;
}

static inline uint64_t read_tsc(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static inline uint64_t read_fsbase(void)
{
	uint64_t v;

	asm volatile("rdfsbase %0" : "=r"(v));
	return v;
}

static inline void write_fsbase(uint64_t v)
{
	asm volatile("wrfsbase %0" : : "r"(v) : "memory");
}

#endif /* __ASSEMBLY__ */
