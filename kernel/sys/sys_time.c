// SPDX-License-Identifier: MIT
/* Sleeping, and time that was used. */
#include <sys/sys_priv.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/wait.h>
#include <proc/time.h>

#define NSEC_PER_SEC 1000000000L

int timespec_usec(const struct ros_timespec *ts, uint64_t *usec)
{
	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= NSEC_PER_SEC)
		return fail(EINVAL, "a time of %ld s and %ld ns", ts->tv_sec,
			    ts->tv_nsec);
	/* More than a thousand years are for ever. */
	if (ts->tv_sec >= WAIT_FOREVER / 2000000 / 1000)
		*usec = WAIT_FOREVER - 1;
	else
		*usec = ts->tv_sec * 1000000UL + (ts->tv_nsec + 999) / 1000;
	return 0;
}

SYS_FN(block)
{
	return kthread_usleep(u->a[0]);
}

static struct ros_timespec ns_to_timespec(uint64_t ns)
{
	return (struct ros_timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}

SYS_FN(nanosleep)
{
	struct ros_timespec ts;
	uint64_t usec, start = read_tsc(), slept, want;
	int64_t ret;

	if (copy_from_user(&ts, (const void *)u->a[0], sizeof(ts)))
		return fail_addr(u->a[0]);
	ret = timespec_usec(&ts, &usec);
	if (ret)
		return ret;
	ret = kthread_usleep(usec);
	if (ret == -EINTR && u->a[1]) {
		want = usec * 1000;
		slept = tsc_to_ns(read_tsc() - start);
		ts = ns_to_timespec(slept < want ? want - slept : 0);
		if (copy_to_user((void *)u->a[1], &ts, sizeof(ts)))
			return fail_addr(u->a[1]);
	}
	return ret;
}

#define RUSAGE_SELF	0
#define RUSAGE_CHILDREN -1
#define RUSAGE_THREAD	1

SYS_FN(rusage)
{
	struct ros_rusage ru = { 0 };
	int who = u->a[0];

	if (who == RUSAGE_CHILDREN)
		proc_child_usage(p, &ru);
	else if (who == RUSAGE_SELF || who == RUSAGE_THREAD)
		proc_usage(p, &ru);
	else
		return fail(EINVAL, "usage of %d", who);
	if (copy_to_user((void *)u->a[1], &ru, sizeof(ru)))
		return fail_addr(u->a[1]);
	return 0;
}

SYS_FN(set_time)
{
	struct ros_timespec ts;

	if (!cred_is_root(p->cred))
		return fail(EPERM, "setting the time is for root");
	if (copy_from_user(&ts, (const void *)u->a[0], sizeof(ts)))
		return fail_addr(u->a[0]);
	if (ts.tv_sec < 0 || ts.tv_sec > INT64_MAX / NSEC_PER_SEC - 1 ||
	    ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
		return fail(EINVAL, "a time of %ld s and %ld ns", ts.tv_sec,
			    ts.tv_nsec);
	time_set_wall(ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec);
	return 0;
}
