// SPDX-License-Identifier: MIT
/*
 * System calls from user space.
 *
 * ros_call() returns the result or -errno, and waits for it: a single-threaded
 * process in the kernel ("wait here"), else by blocking the thread.  A call
 * that was aborted returns -EINTR; ros_call_restart() makes such a call again,
 * unless somebody has counted up sys_interruptions meanwhile (the POSIX layer
 * does for each signal handler without SA_RESTART).
 */
#pragma once

#include <parlib/arch.h>
#include <ros/errno.h>

struct event_queue;

extern uint32_t sys_interruptions;

/* The kernel reads six arguments always; those a call does not have are not
 * even stored. */
long sys_call3(uint32_t num, uint64_t a0, uint64_t a1, uint64_t a2);
long sys_call6(uint32_t num, uint64_t a0, uint64_t a1, uint64_t a2,
	       uint64_t a3, uint64_t a4, uint64_t a5);
long sys_call3_restart(uint32_t num, uint64_t a0, uint64_t a1, uint64_t a2);
long sys_call6_restart(uint32_t num, uint64_t a0, uint64_t a1, uint64_t a2,
		       uint64_t a3, uint64_t a4, uint64_t a5);

/* ros_call(SYS_x, up to six arguments): integers of any type, and pointers. */
#define ros_call(...)	      ROS_CALL_PICK(, __VA_ARGS__)
#define ros_call_restart(...) ROS_CALL_PICK(_restart, __VA_ARGS__)

#define ROS_CALL_PICK(how, ...)                                                \
	ROS_CALL_PICK_(__VA_ARGS__, ROS_CALL_6, ROS_CALL_6, ROS_CALL_6,        \
		       ROS_CALL_3, ROS_CALL_3, ROS_CALL_3, ROS_CALL_3)         \
	(how, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define ROS_CALL_PICK_(n, a, b, c, d, e, f, pick, ...) pick
#define ROS_CALL_3(how, n, a, b, c, ...)                                       \
	sys_call3##how(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c))
#define ROS_CALL_6(how, n, a, b, c, d, e, f, ...)                              \
	sys_call6##how(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c),         \
		       (uint64_t)(d), (uint64_t)(e), (uint64_t)(f))

/* syscall_async(sysc, SYS_x, up to six arguments): fills the struct and traps;
 * the caller then waits, registers or looks. */
#define syscall_async(sysc, ...)                                               \
	syscall_async_padded(sysc, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define syscall_async_padded(sysc, n, a, b, c, d, e, f, ...)                   \
	syscall_submit(sysc, n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c),   \
		       (uint64_t)(d), (uint64_t)(e), (uint64_t)(f))
void syscall_submit(struct syscall *sysc, uint32_t num, uint64_t a0,
		    uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
		    uint64_t a5);
/* Blocks the thread until it is done and the kernel has let go of it. */
void syscall_wait(struct syscall *sysc);
/* Asks the kernel to cut it short; it completes with EINTR if that worked. */
bool sys_abort_sysc(struct syscall *sysc);

static inline bool syscall_done(const struct syscall *sysc)
{
	/* S2; acquire pairs with the kernel's release of DONE. */
	return (__atomic_load_n(&sysc->flags, __ATOMIC_ACQUIRE) &
		(SC_DONE | SC_K_LOCK)) == SC_DONE;
}

static inline long syscall_result(const struct syscall *sysc)
{
	if (unlikely(sysc->retval == -1 && sysc->err))
		return -sysc->err;
	return sysc->retval;
}

/* The sentence that the kernel left with this thread's last failed call. */
const char *current_errstr(void);
