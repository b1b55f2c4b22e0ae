// SPDX-License-Identifier: MIT
/*
 * System calls from user space.
 *
 * sys_call() returns the result or -errno, and waits for it: a single-threaded
 * process in the kernel ("wait here"), else by blocking the thread.  A call that
 * a signal aborted returns -EINTR; who wants it restarted asks posix/.
 */
#pragma once

#include <parlib/arch.h>
#include <ros/errno.h>

struct event_queue;

long sys_call(uint32_t num, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
	      uint64_t a4, uint64_t a5);

/* ros_call(SYS_x, up to six arguments): integers of any type, and pointers. */
#define ros_call(n, ...)                                                       \
	ros_call_padded(n __VA_OPT__(, ) __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define ros_call_padded(n, a, b, c, d, e, f, ...)                              \
	sys_call(n, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c),               \
		 (uint64_t)(d), (uint64_t)(e), (uint64_t)(f))

/* Fills the struct and traps; the caller then waits, registers or looks. */
void syscall_async(struct syscall *sysc, uint32_t num, uint64_t a0,
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
