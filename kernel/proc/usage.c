// SPDX-License-Identifier: MIT
/* What a process has used: times, faults, memory. */
#include <proc/proc_priv.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <vm/vm.h>

#define NS_PER_SEC 1000000000L

static struct ros_timespec ticks_to_ts(uint64_t ticks)
{
	uint64_t ns = tsc_to_ns(ticks);

	return (struct ros_timespec){ ns / NS_PER_SEC, ns % NS_PER_SEC };
}

static void ts_add(struct ros_timespec *a, const struct ros_timespec *b)
{
	a->tv_sec += b->tv_sec;
	a->tv_nsec += b->tv_nsec;
	if (a->tv_nsec >= NS_PER_SEC) {
		a->tv_nsec -= NS_PER_SEC;
		a->tv_sec++;
	}
}

void usage_add(struct ros_rusage *to, const struct ros_rusage *from)
{
	ts_add(&to->utime, &from->utime);
	ts_add(&to->stime, &from->stime);
	to->maxrss_kib = MAX(to->maxrss_kib, from->maxrss_kib);
	to->minflt += from->minflt;
	to->majflt += from->majflt;
	to->nvcsw += from->nvcsw;
	to->nivcsw += from->nivcsw;
}

static void usage_locked(struct proc *p, struct ros_rusage *ru)
{
	uint64_t user = atomic_load_explicit(&p->user_ticks,
					     memory_order_relaxed);

	if (p->state == PROC_RUNNING_S)
		user += read_tsc() - p->slice_start;
	*ru = (struct ros_rusage){
		.utime = ticks_to_ts(user),
		.stime = ticks_to_ts(atomic_load_explicit(
			&p->kernel_ticks, memory_order_relaxed)),
		.nvcsw = atomic_load_explicit(&p->nr_switches,
					      memory_order_relaxed),
	};
	if (!p->as)
		return;
	ru->maxrss_kib = p->as->max_rss_pages * (PGSIZE / 1024);
	ru->minflt = atomic_load_explicit(&p->as->minflt, memory_order_relaxed);
	ru->majflt = atomic_load_explicit(&p->as->majflt, memory_order_relaxed);
}

void proc_usage(struct proc *p, struct ros_rusage *ru)
{
	scoped_spin(&p->lock) {
		if (p->state == PROC_ZOMBIE)
			*ru = p->usage;
		else
			usage_locked(p, ru);
	}
}

void proc_child_usage(struct proc *p, struct ros_rusage *ru)
{
	scoped_spin(&p->family_lock)
		*ru = p->child_usage;
}
