// SPDX-License-Identifier: MIT
/* Processes: fork, wait, exit, usage. */
#include "linux.h"

#include <parlib/timing.h>

#include <ros/proc.h>
#include <ros/signal.h>

#include "signals.h"

/*
 * fork.  Signals are blocked meanwhile, so that none that the kernel sends to
 * the new child is taken for one of the parent's, whose messages the child has
 * copies of and drops.
 */
LX(fork)
{
	uint64_t mask = sig_block_all();
	long pid = ros_call(SYS_fork);

	if (pid == 0) {
		vcore_fork_child();
		signals_fork_child();
		wait_fork_child();
		itimer_fork_child();
	}
	sig_set_mask(mask);
	return pid;
}

LX(exit)
{
	for (;;)
		ros_call(SYS_proc_destroy, self_pid(), a & 0xff);
}

LX(exit_group)
{
	return lx_exit(n, a, 0, 0, 0, 0, 0);
}

/* Linux's struct rusage. */
struct lx_rusage {
	struct lx_timeval utime, stime;
	int64_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap;
	int64_t inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};
ROS_ASSERT_SIZE(struct lx_rusage, 144);

static struct lx_timeval to_timeval(struct ros_timespec ts)
{
	return (struct lx_timeval){ ts.tv_sec, ts.tv_nsec / 1000 };
}

static void to_lx_rusage(struct lx_rusage *to, const struct ros_rusage *ru)
{
	memset(to, 0, sizeof(*to));
	to->utime = to_timeval(ru->utime);
	to->stime = to_timeval(ru->stime);
	to->maxrss = ru->maxrss_kib;
	to->minflt = ru->minflt;
	to->majflt = ru->majflt;
	to->nvcsw = ru->nvcsw;
	to->nivcsw = ru->nivcsw;
}

LX(wait4)
{
	struct ros_rusage ru;
	long pid;

	pid = ros_call_restart(SYS_waitpid, (int)a, b, c, d ? &ru : NULL);
	if (pid > 0 && d)
		to_lx_rusage((struct lx_rusage *)d, &ru);
	return pid;
}

#define P_ALL	0
#define P_PID	1
#define P_PGID	2
#define WEXITED 4

#define CLD_EXITED    1
#define CLD_KILLED    2
#define CLD_STOPPED   5
#define CLD_CONTINUED 6

static void status_to_info(struct lx_siginfo *si, long pid, int status)
{
	memset(si, 0, sizeof(*si));
	if (pid <= 0)
		return;
	si->signo = ROS_SIGCHLD;
	si->pid = pid;
	if (status == ROS_W_CONTINUED) {
		si->code = CLD_CONTINUED;
		si->status = ROS_SIGCONT;
	} else if ((status & 0xff) == 0x7f) {
		si->code = CLD_STOPPED;
		si->status = status >> 8;
	} else if (status & 0x7f) {
		si->code = CLD_KILLED;
		si->status = status & 0x7f;
	} else {
		si->code = CLD_EXITED;
		si->status = status >> 8 & 0xff;
	}
}

/* waitid(which, id, info, options, rusage). */
LX(waitid)
{
	struct ros_rusage ru;
	int status = 0;
	long pid, id = (int)b;

	if (!(d & (WEXITED | ROS_WUNTRACED | ROS_WCONTINUED)))
		return -EINVAL;
	switch (a) {
	case P_ALL:
		id = -1;
		break;
	case P_PID:
		break;
	case P_PGID:
		id = -id;
		break;
	default:
		return -EINVAL;
	}
	pid = ros_call_restart(SYS_waitpid, id, &status, d & ~WEXITED,
			       e ? &ru : NULL);
	if (pid < 0)
		return pid;
	if (c)
		status_to_info((struct lx_siginfo *)c, pid, status);
	if (pid > 0 && e)
		to_lx_rusage((struct lx_rusage *)e, &ru);
	return 0;
}

LX(getrusage)
{
	struct ros_rusage ru;
	long ret = ros_call(SYS_rusage, (int)a, &ru);

	if (!ret)
		to_lx_rusage((struct lx_rusage *)b, &ru);
	return ret;
}

#define CLK_TCK 100

static int64_t clock_ticks(struct ros_timespec ts)
{
	return ts.tv_sec * CLK_TCK + ts.tv_nsec / (NSEC_PER_SEC / CLK_TCK);
}

LX(times)
{
	struct ros_rusage self, children;
	int64_t *tms = (int64_t *)a;
	long ret = ros_call(SYS_rusage, 0, &self);

	if (!ret)
		ret = ros_call(SYS_rusage, -1, &children);
	if (ret)
		return ret;
	if (tms) {
		tms[0] = clock_ticks(self.utime);
		tms[1] = clock_ticks(self.stime);
		tms[2] = clock_ticks(children.utime);
		tms[3] = clock_ticks(children.stime);
	}
	return clock_ticks(ns_to_timespec(time_mono_ns()));
}

/* Thread ids: what this library keeps of them. */
LX(set_tid_address)
{
	return self_pid();
}

/* A raw clone() that is a fork; musl's own threads come by __clone(). */
#define CLONE_SIGNAL	   0xff
#define CLONE_VFORK	   0x4000
#define CLONE_VM	   0x100
#define CLONE_PARENT_SETTID 0x100000
#define CLONE_CHILD_CLEARTID 0x200000
#define CLONE_CHILD_SETTID 0x1000000

LX(clone)
{
	const long harmless = CLONE_SIGNAL | CLONE_VFORK | CLONE_PARENT_SETTID |
			      CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID;
	long pid;

	/* On a stack of its own, or sharing memory: a thread. */
	if (b || (a & ~harmless))
		return -EAGAIN;
	pid = lx_fork(n, 0, 0, 0, 0, 0, 0);
	if (pid > 0 && (a & CLONE_PARENT_SETTID))
		*(int *)c = pid;
	if (pid == 0 && (a & CLONE_CHILD_SETTID))
		*(int *)d = self_pid();
	return pid;
}
