// SPDX-License-Identifier: MIT
/*
 * What a process has used: times, faults, memory.
 *
 * How long a process has had a core is exact (user_ticks).  How much of that
 * was spent in the kernel is told by samples, as long as a core has processes:
 * a look at the clock at each entry and return would cost each call more than
 * it is worth.  The work of kthreads after they have blocked is sampled too.
 */
#include <proc/proc_priv.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/alarm.h>
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

#define SAMPLE_USEC 4000

DEFINE_PERCPU_STATIC(struct alarm, sample_alarm);
DEFINE_PERCPU(uint32_t, sampling);

static void count_sample(_Atomic uint32_t *samples)
{
	/* Only p's core counts for p. */
	atomic_store_explicit(samples,
			      atomic_load_explicit(samples,
						   memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

/* In the interrupt, on the core: a kthread without process means user mode. */
static void sample(struct alarm *a)
{
	struct kthread *k = cur_kthread_get();
	struct proc *p = this_cpu(owner), *q = k->proc;

	if (!p && !q) {
		this_cpu(sampling) = 0;
		return;
	}
	if (!q)
		count_sample(&p->user_samples);
	else if (q == p && !(k->sc_flags & KSC_BLOCKED))
		count_sample(&p->kernel_samples);
	else
		atomic_fetch_add_explicit(&q->kernel_ticks,
					  ns_to_tsc(SAMPLE_USEC * 1000UL),
					  memory_order_relaxed);
	alarm_set_usec(a, SAMPLE_USEC);
}

void usage_sample_begin(void)
{
	struct alarm *a = this_cpu_ptr(sample_alarm);

	this_cpu(sampling) = 1;
	alarm_init(a, sample, NULL);
	alarm_set_usec(a, SAMPLE_USEC);
}

/* Of `total` ticks on a core; neither part ever shrinks. */
static uint64_t kernel_part_locked(struct proc *p, uint64_t total)
{
	uint64_t u = atomic_load_explicit(&p->user_samples,
					  memory_order_relaxed);
	uint64_t k = atomic_load_explicit(&p->kernel_samples,
					  memory_order_relaxed);
	uint64_t part = k ? total / (u + k) * k : 0;

	part = MIN(MAX(part, p->kernel_told), total - p->user_told);
	p->kernel_told = part;
	p->user_told = total - part;
	return part;
}

static void usage_locked(struct proc *p, struct ros_rusage *ru)
{
	uint64_t total = atomic_load_explicit(&p->user_ticks,
					      memory_order_relaxed);
	uint64_t in_kernel, later;

	if (p->state == PROC_RUNNING_S)
		total += read_tsc() - p->slice_start;
	/* The clocks of two cores may differ by a little. */
	total = MAX(total, p->user_told + p->kernel_told);
	in_kernel = kernel_part_locked(p, total);
	later = atomic_load_explicit(&p->kernel_ticks, memory_order_relaxed);
	*ru = (struct ros_rusage){
		.utime = ticks_to_ts(total - in_kernel),
		.stime = ticks_to_ts(in_kernel + later),
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
