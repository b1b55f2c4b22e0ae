// SPDX-License-Identifier: MIT
/*
 * clock_gettime() itself, for a libc.a that was built without musl's: clocks
 * are asked so often that even the way through linux_syscall() counts.  An
 * object of its own, so that a libc.a that has one keeps it.
 */
#include "linux.h"

#include <parlib/timing.h>

#define CLOCK_REALTIME	  0
#define CLOCK_MONOTONIC	  1
#define LX_CLOCK_GETTIME  228

long __syscall_ret(unsigned long ret); /* musl's: sets errno */

static __attribute__((noinline)) int by_call(long clock, long ts)
{
	return __syscall_ret(
		linux_syscall(LX_CLOCK_GETTIME, clock, ts, 0, 0, 0, 0));
}

__attribute__((visibility("default"))) int
__clock_gettime(int clock, struct ros_timespec *ts)
{
	if (unlikely((unsigned int)clock > CLOCK_MONOTONIC))
		return by_call(clock, (long)ts);
	*ts = ns_to_timespec(timepage_read(clock == CLOCK_REALTIME));
	return 0;
}

__attribute__((weak, visibility("default"), alias("__clock_gettime"))) int
clock_gettime(int clock, struct ros_timespec *ts);
