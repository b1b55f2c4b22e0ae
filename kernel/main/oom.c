// SPDX-License-Identifier: MIT
/*
 * Out of memory: memory is overcommitted, so a fault may find none.  The
 * largest resident process then gives its own, never the first one.
 *
 * One victim at a time: while the last one is still going, others wait for what
 * it leaves.  Lock: oom_lock (mutex), over choice and kill, not over the wait.
 */
#include <main/main.h>

#include <core/wait.h>
#include <lib/log.h>
#include <mm/frame.h>
#include <mm/slab.h>
#include <proc/proc.h>
#include <ros/errno.h>
#include <vm/vm.h>

#define WAIT_USEC 2000
#define INIT_PID  1

static struct mutex oom_lock;
static int last_victim;

void oom_init(void)
{
	mutex_init(&oom_lock);
}

/* What it would leave, in pages; 0: not to be chosen. */
static uint64_t size_of(struct proc *p)
{
	if (p->pid == INIT_PID || !p->as)
		return 0;
	switch (p->state) {
	case PROC_DYING:
	case PROC_ZOMBIE:
		return 0;
	default:
		return aspace_rss(p->as);
	}
}

/* With a reference; NULL if there is nobody but init. */
static struct proc *choose(void)
{
	struct proc *best = NULL, *p;
	uint64_t most = 0, n;
	int pid = 1;

	while ((p = proc_next(pid))) {
		pid = p->pid + 1;
		n = size_of(p);
		if (n <= most) {
			proc_put(p);
			continue;
		}
		if (best)
			proc_put(best);
		best = p;
		most = n;
	}
	return best;
}

static bool still_going(int pid)
{
	struct proc *p = pid ? proc_lookup(pid) : NULL;
	bool going = p && p->state == PROC_DYING;

	if (p)
		proc_put(p);
	return going;
}

/* True if there is a victim, new or old. */
static bool kill_one(void)
{
	struct proc *victim;

	guard_mutex(&oom_lock);
	if (still_going(last_victim))
		return true;
	victim = choose();
	if (!victim)
		return false;
	last_victim = victim->pid;
	log("out of memory: process %d (%s) is killed, %lu KiB resident",
	    victim->pid, victim->name,
	    aspace_rss(victim->as) * (PGSIZE / 1024));
	proc_kill(victim, ROS_W_SIGNAL(ROS_SIGKILL));
	proc_put(victim);
	return true;
}

int oom_make_room(struct proc *p)
{
	slab_reclaim();
	if (p && proc_is_dying(p))
		return -EINTR;
	if (!kill_one())
		return fail(ENOMEM, "no memory, and nobody to take it from");
	if (p && proc_is_dying(p))
		return -EINTR;
	/* An abort of the call does not make memory either. */
	if (kthread_usleep(WAIT_USEC) == -EINTR)
		return -EINTR;
	return 0;
}
