// SPDX-License-Identifier: MIT
/*
 * Waiting for one of several things.
 *
 * The time limit is a SYS_block call of its own in the kernel, cut short when
 * something else comes first.  Its struct is static: should the wait be left in
 * some odd way, the kernel still has a struct to write to, and the next wait
 * ends that call first.
 */
#include "wait.h"

#include <parlib/event.h>
#include <parlib/timing.h>

#include "linux.h"
#include "signals.h"

static struct syscall timer;
static bool timer_live; /* the kernel may have it */

static void timer_disarm(void)
{
	if (!timer_live)
		return;
	if (!syscall_done(&timer))
		sys_abort_sysc(&timer);
	syscall_wait(&timer);
	timer_live = false;
}

/* Its end wakes the thread. */
static void timer_arm(uint64_t deadline_ns)
{
	uint64_t now = time_mono_ns();

	timer_disarm();
	if (deadline_ns == WAIT_FOREVER)
		return;
	timer_live = true;
	if (deadline_ns <= now) {
		timer.flags = SC_DONE;
		return;
	}
	syscall_async(&timer, SYS_block, (deadline_ns - now + 999) / 1000);
	register_evq(&timer, sched_ops->sysc_evq(current_uthread()));
}

int wait_until(bool (*woken)(void *arg), void *arg, uint64_t deadline_ns)
{
	uint32_t seq;
	int ret;

	timer_arm(deadline_ns);
	for (;;) {
		seq = uthread_wake_seq(current_uthread());
		if (woken && woken(arg))
			ret = 1;
		else if (sig_deliverable())
			ret = -EINTR;
		else if (timer_live && syscall_done(&timer))
			ret = 0;
		else {
			uthread_block_unless_woken(seq);
			continue;
		}
		break;
	}
	timer_disarm();
	return ret;
}

/* The parent's call is not ours. */
void wait_fork_child(void)
{
	timer_live = false;
}

uint64_t deadline_in(uint64_t ns)
{
	uint64_t now = time_mono_ns();

	return ns < WAIT_FOREVER - now ? now + ns : WAIT_FOREVER;
}

int timespec_ns(const struct ros_timespec *ts, uint64_t *ns)
{
	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (ts->tv_sec >= INT64_MAX / NSEC_PER_SEC)
		*ns = INT64_MAX;
	else
		*ns = ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
	return 0;
}

int deadline_from(const struct ros_timespec *ts, uint64_t *deadline_ns)
{
	uint64_t ns;
	int err;

	if (!ts) {
		*deadline_ns = WAIT_FOREVER;
		return 0;
	}
	err = timespec_ns(ts, &ns);
	if (!err)
		*deadline_ns = deadline_in(ns);
	return err;
}
