// SPDX-License-Identifier: MIT
/* Clocks, from the time page, and sleeping. */
#include "linux.h"

#include <parlib/timing.h>
#include <ros/proc.h>

#include "signals.h"
#include "wait.h"

#define CLOCK_REALTIME		0
#define CLOCK_MONOTONIC		1
#define CLOCK_PROCESS_CPUTIME	2
#define CLOCK_THREAD_CPUTIME	3
#define CLOCK_MONOTONIC_RAW	4
#define CLOCK_REALTIME_COARSE	5
#define CLOCK_MONOTONIC_COARSE	6
#define CLOCK_BOOTTIME		7

#define TIMER_ABSTIME 1

static bool clock_is_wall(long clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

static bool clock_is_mono(long clock)
{
	return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
	       clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME;
}

static long cpu_time(struct ros_timespec *ts)
{
	struct ros_rusage ru;
	long ret = ros_call(SYS_rusage, 0, &ru);
	int64_t ns = ru.utime.tv_nsec + ru.stime.tv_nsec;

	if (ret)
		return ret;
	ts->tv_sec = ru.utime.tv_sec + ru.stime.tv_sec + ns / NSEC_PER_SEC;
	ts->tv_nsec = ns % NSEC_PER_SEC;
	return 0;
}

static __attribute__((noinline)) long other_clock(int clock,
						  struct ros_timespec *ts)
{
	if (clock_is_wall(clock))
		*ts = ns_to_timespec(time_wall_ns());
	else if (clock_is_mono(clock))
		*ts = ns_to_timespec(time_mono_ns());
	else if (clock == CLOCK_PROCESS_CPUTIME ||
		 clock == CLOCK_THREAD_CPUTIME)
		return cpu_time(ts);
	else
		return -EINVAL;
	return 0;
}

LX(clock_gettime)
{
	struct ros_timespec *ts = (struct ros_timespec *)b;
	unsigned int clock = a;

	if (unlikely(clock > CLOCK_MONOTONIC))
		return other_clock(clock, ts);
	*ts = ns_to_timespec(timepage_read(clock == CLOCK_REALTIME));
	return 0;
}

LX(clock_getres)
{
	struct ros_timespec *ts = (struct ros_timespec *)b;

	if ((unsigned int)a > CLOCK_BOOTTIME)
		return -EINVAL;
	if (ts)
		*ts = (struct ros_timespec){ 0, 1 };
	return 0;
}

LX(clock_settime)
{
	return a == CLOCK_REALTIME ? ros_call(SYS_set_time, b) : -EINVAL;
}

LX(gettimeofday)
{
	struct lx_timeval *tv = (struct lx_timeval *)a;
	uint64_t ns = time_wall_ns();

	if (tv) {
		tv->tv_sec = ns / NSEC_PER_SEC;
		tv->tv_usec = ns % NSEC_PER_SEC / 1000;
	}
	return 0;
}

LX(settimeofday)
{
	const struct lx_timeval *tv = (const struct lx_timeval *)a;
	struct ros_timespec ts;

	if (!tv) /* the time zone alone: it is the user's affair */
		return 0;
	if (tv->tv_usec < 0 || tv->tv_usec >= 1000000)
		return -EINVAL;
	ts = (struct ros_timespec){ tv->tv_sec, tv->tv_usec * 1000 };
	return ros_call(SYS_set_time, &ts);
}

LX(time)
{
	int64_t now = time_wall_ns() / NSEC_PER_SEC;

	if (a)
		*(int64_t *)a = now;
	return now;
}

/*
 * Sleeps until the monotonic time has come.  -EINTR after a handler, with
 * SA_RESTART or not; an abort without one goes on sleeping.
 */
static long sleep_until(uint64_t deadline_ns)
{
	uint32_t before = sig_nr_handled;
	uint64_t now;
	long ret;

	for (;;) {
		now = time_mono_ns();
		if (now >= deadline_ns)
			return 0;
		ret = ros_call(SYS_block, (deadline_ns - now + 999) / 1000);
		if (ret != -EINTR)
			return ret;
		if (sig_nr_handled != before)
			return -EINTR;
	}
}

static long sleep_for(const struct ros_timespec *want,
		      struct ros_timespec *rest)
{
	uint64_t deadline, ns, now;
	long ret;

	if (timespec_ns(want, &ns))
		return -EINVAL;
	deadline = deadline_in(ns);
	ret = sleep_until(deadline);
	if (ret == -EINTR && rest) {
		now = time_mono_ns();
		*rest = ns_to_timespec(now < deadline ? deadline - now : 0);
	}
	return ret;
}

LX(nanosleep)
{
	return sleep_for((const struct ros_timespec *)a,
			 (struct ros_timespec *)b);
}

/* On the wall clock: looked at again after each sleep, in case it was set. */
static long sleep_until_wall(uint64_t wall_ns)
{
	uint64_t now;
	long ret;

	while ((now = time_wall_ns()) < wall_ns) {
		ret = sleep_until(deadline_in(wall_ns - now));
		if (ret)
			return ret;
	}
	return 0;
}

LX(clock_nanosleep)
{
	const struct ros_timespec *ts = (const struct ros_timespec *)c;
	int clock = a;
	uint64_t ns;

	if (!clock_is_wall(clock) && !clock_is_mono(clock))
		return -EINVAL;
	if (!(b & TIMER_ABSTIME))
		return sleep_for(ts, (struct ros_timespec *)d);
	if (timespec_ns(ts, &ns))
		return -EINVAL;
	return clock_is_wall(clock) ? sleep_until_wall(ns) : sleep_until(ns);
}
