// SPDX-License-Identifier: MIT
/*
 * Out of memory: memory is overcommitted, so a fault may find none.  The
 * largest process then gives its own, never the first one.
 *
 * One victim at a time: while the last one is still going, others wait for what
 * it leaves.  One that does not go, since what it waits for is held by somebody
 * who waits for memory, is passed over after a while.
 * Lock: oom_lock (mutex), over choice and kill, not over the wait.
 */
#include <main/main.h>

#include <arch/machine.h>
#include <core/wait.h>
#include <dev/dev.h>
#include <lib/log.h>
#include <mm/frame.h>
#include <mm/slab.h>
#include <ns/fd.h>
#include <proc/proc.h>
#include <proc/time.h>
#include <ros/errno.h>
#include <vm/vm.h>

#define WAIT_USEC   2000
#define PATIENCE_NS 300000000UL /* with a victim that does not go */
#define INIT_PID    1
#define KSTACK_COST (KSTACK_PAGES + 1)

#define LOG_BURST     10 /* lines; then one a second */
#define LOG_PERIOD_NS 1000000000UL

static struct mutex oom_lock;
/* [oom_lock] */
static int last_victim;
static uint64_t victim_since;
static uint64_t log_next;
static unsigned int log_room = LOG_BURST, log_missed;

void oom_init(void)
{
	mutex_init(&oom_lock);
}

/* Counted, or NULL: it is gone. */
static struct aspace *aspace_of(struct proc *p)
{
	struct aspace *as;

	guard_spin(&p->lock);
	as = p->as;
	if (as)
		aspace_get(as);
	return as;
}

/* What lies in its pipes, in pages: each has two ends. */
static uint64_t pipes_of(struct proc *p)
{
	uint64_t bytes = 0;
	struct chan *c;

	if (!proc_active_tryget(p))
		return 0;
	for (int fd = -1; (fd = fd_next(p, fd + 1)) >= 0;) {
		if (fd_get(p, fd, &c))
			continue;
		bytes += pipe_bytes(c) / 2;
		chan_put(c);
	}
	proc_active_put(p);
	return bytes / PGSIZE;
}

/* What it would leave, in pages; 0: not to be chosen. */
static uint64_t size_of(struct proc *p)
{
	uint64_t n = atomic_load_explicit(&p->nr_kthreads,
					  memory_order_relaxed) * KSTACK_COST;
	struct aspace *as;

	if (p->pid == INIT_PID || proc_is_dying(p))
		return 0;
	as = aspace_of(p);
	if (!as)
		return 0;
	n += aspace_rss(as) + aspace_tables(as) + pipes_of(p);
	aspace_put(as);
	return n;
}

/* With a reference; NULL if there is nobody but init. */
static struct proc *choose(uint64_t *size)
{
	struct proc *best = NULL, *p;
	uint64_t n;
	int pid = 1;

	*size = 0;
	while ((p = proc_next(pid))) {
		pid = p->pid + 1;
		n = size_of(p);
		if (n <= *size) {
			proc_put(p);
			continue;
		}
		if (best)
			proc_put(best);
		best = p;
		*size = n;
	}
	return best;
}

static bool still_going(void)
{
	struct proc *p = last_victim ? proc_lookup(last_victim) : NULL;
	bool going = p && p->state == PROC_DYING;

	if (p)
		proc_put(p);
	return going && time_mono_ns() - victim_since < PATIENCE_NS;
}

/* A line a victim; but who forks faster than it is killed does not fill the
 * log. */
static void tell(struct proc *victim, uint64_t pages)
{
	uint64_t now = time_mono_ns();

	if (now >= log_next) {
		log_room = MIN(log_room + 1 + (now - log_next) / LOG_PERIOD_NS,
			       (uint64_t)LOG_BURST);
		log_next = now + LOG_PERIOD_NS;
	}
	if (!log_room) {
		log_missed++;
		return;
	}
	log_room--;
	if (log_missed)
		log("out of memory: %u more were killed", log_missed);
	log_missed = 0;
	log("out of memory: process %d (%s) is killed, it has %lu KiB",
	    victim->pid, victim->name, pages * (PGSIZE / 1024));
}

/* True if there is a victim, new or old.  oom_lock is held. */
static bool kill_one_locked(void)
{
	struct proc *victim;
	uint64_t pages;

	if (still_going())
		return true;
	victim = choose(&pages);
	if (!victim)
		return false;
	last_victim = victim->pid;
	victim_since = time_mono_ns();
	tell(victim, pages);
	proc_kill(victim, ROS_W_SIGNAL(ROS_SIGKILL));
	proc_put(victim);
	return true;
}

static bool kill_one(void)
{
	guard_mutex(&oom_lock);

	return kill_one_locked();
}

void oom_no_stacks(void)
{
	slab_reclaim();
	if (!mutex_trylock(&oom_lock))
		return; /* somebody is at it */
	kill_one_locked();
	mutex_unlock(&oom_lock);
}

/* Somebody has given up some in the meantime. */
static bool is_enough(void)
{
	struct frame *f = frame_alloc(MM_USER);

	if (f)
		frame_put(f);
	return f;
}

int oom_make_room(struct proc *p)
{
	slab_reclaim();
	if (is_enough())
		return 0;
	if (p && proc_is_dying(p))
		return -EINTR;
	/* Without init there is no system: it waits for better times. */
	if (!kill_one() && !(p && p->pid == INIT_PID))
		return fail(ENOMEM, "no memory, and nobody to take it from");
	if (p && proc_is_dying(p))
		return -EINTR;
	/* An abort of the call does not make memory either. */
	if (kthread_usleep(WAIT_USEC) == -EINTR)
		return -EINTR;
	return 0;
}
