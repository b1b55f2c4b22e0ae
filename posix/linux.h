// SPDX-License-Identifier: MIT
/*
 * posix: Linux's system calls in user space, over the runtime.
 *
 * linux_syscall(n, a..f) is the one entry: it jumps by table.c to the function
 * of call n, which answers from the shared pages or makes Mitos' own calls, and
 * returns the result or -errno (-4095..-1).  No C library, no thread-local
 * storage and no lock of the C library's is used, so that the same object also
 * serves unmodified Linux programs one day.
 *
 * PX1  Layouts of structures and numbers are Linux's x86-64.  Open modes are
 *      ros/fs.h's bits (our <fcntl.h> has them); files.c maps mode 0 to O_READ.
 * PX2  Vcore context is set up when a program first wants a signal handler or
 *      waits on several things (vcore_lib_init()); until then a blocking call
 *      simply sleeps in the kernel.
 * PX3  No call of the thread's is in flight while one of its signal handlers
 *      runs, so a handler may leave by longjmp() (signals.c).
 * PX4  A call that a signal ended with -EINTR is made again if all handlers
 *      that ran meanwhile had SA_RESTART: ros_call_restart().
 */
#pragma once

#include <parlib/syscall.h>
#include <ros/fs.h>
#include <ros/time.h>

#define LX(name)                                                               \
	long lx_##name(__attribute__((unused)) long n,                         \
		       __attribute__((unused)) long a,                         \
		       __attribute__((unused)) long b,                         \
		       __attribute__((unused)) long c,                         \
		       __attribute__((unused)) long d,                         \
		       __attribute__((unused)) long e,                         \
		       __attribute__((unused)) long f)

typedef long (*lx_fn)(long n, long a, long b, long c, long d, long e, long f);

long linux_syscall(long n, long a, long b, long c, long d, long e, long f);
/* The same at a cancellation point. */
long linux_syscall_cp(long n, long a, long b, long c, long d, long e, long f);

#define CALL(nr, name) LX(name);
#include "calls.h"
#undef CALL

/* A path argument: pointer and length. */
#define PATH(p) (p), path_len(p)
static inline size_t path_len(long p)
{
	return p ? strlen((const char *)p) : 0;
}

/* How many signal handlers have run in this process (signals.c). */
extern uint32_t sig_nr_handled;

/* Notes once per number that a call is missing; -ENOSYS. */
long lx_missing(long n);
/* One line to the kernel's log. */
void posix_log(const char *text);

static inline int64_t self_pid(void)
{
	return procinfo()->pid;
}

#define NSEC_PER_SEC 1000000000L
#define AT_FDCWD     ROS_AT_FDCWD

static inline struct ros_timespec ns_to_timespec(uint64_t ns)
{
	return (struct ros_timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}

struct lx_timeval {
	int64_t tv_sec, tv_usec;
};

/* A fork's child, in order (process.c). */
void signals_fork_child(void);
void wait_fork_child(void);
void itimer_fork_child(void);
