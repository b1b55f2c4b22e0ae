// SPDX-License-Identifier: MIT
/*
 * Where a runnable process waits, and what a core runs next.
 *
 * SC2, the hand-shake between a core that goes idle and one that queues:
 *
 *     core                                enqueuer
 *     idle bit = 1                        queue p somewhere (rq_add)
 *     look at the queues once more        look for an idle core:
 *                                           clear its bit, kick it
 *
 * Both steps on both sides are sequentially consistent.  Whoever clears a
 * core's bit (the enqueuer, or the core itself) is alone in that, so two
 * enqueuers kick two cores.
 */
#include <sched/sched.h>

#include <lib/assert.h>
#include <lib/bitmap.h>
#include <mm/slab.h>
#include <proc/proc.h>
#include <sched/sched_priv.h>

static unsigned long *idle; /* [a] cores that halt, or are about to */

/* An idle core that is now ours to give work to, `near` first; or nr_cores. */
static unsigned int idle_claim(unsigned int near)
{
	size_t c;

	if (bit_test(idle, near) && bit_clear_atomic(idle, near))
		return near;
	for (c = bitmap_next_set(idle, nr_cores, 0); c < nr_cores;
	     c = bitmap_next_set(idle, nr_cores, c + 1))
		if (bit_clear_atomic(idle, c))
			return c;
	return nr_cores;
}

/* This core will look at its queue before long, and has nobody else. */
static bool this_core_free(void)
{
	return !this_cpu(owner) && !rq_len(core_id());
}

static void sched_enqueue(struct proc *p)
{
	unsigned int here = core_id(), core = p->core, other;

	if (this_core_free()) {
		rq_add(here, p);
		slice_want(here); /* what runs here may go on for long */
		return;
	}
	core = idle_claim(core);
	if (core < nr_cores) {
		rq_add(core, p);
		core_kick(core);
		return;
	}
	core = rq_len(p->core) < rq_len(here) ? p->core : here;
	rq_add(core, p);
	/* SC2: pairs with sched_pick(); rq_add() ends in a locked operation. */
	other = idle_claim(core);
	if (other < nr_cores)
		core_kick(other);
	else
		slice_want(core);
}

void sched_share(unsigned int core)
{
	unsigned int other = idle_claim(core);

	if (other < nr_cores)
		core_kick(other);
}

static void sched_dequeue(struct proc *p)
{
	rq_remove(p);
}

static struct proc *find_work(unsigned int here)
{
	struct proc *p = rq_take(here);
	unsigned int from;

	while (!p && (from = rq_longest(here)) < nr_cores)
		p = rq_take(from);
	return p;
}

/* Interrupts are off from the last look to the halt. */
static struct proc *sched_pick(void)
{
	unsigned int here = core_id();
	struct proc *p;

	if (unlikely(bit_test(idle, here)))
		bit_clear_atomic(idle, here);
	p = find_work(here);
	if (p)
		return p;
	bit_set_atomic(idle, here);
	p = find_work(here);
	if (p)
		bit_clear_atomic(idle, here);
	return p;
}

static const struct sched_ops ops = {
	.enqueue = sched_enqueue,
	.dequeue = sched_dequeue,
	.pick = sched_pick,
	.slice_over = slice_over,
};

void sched_init(void)
{
	idle = kzalloc(BITMAP_LONGS(nr_cores) * sizeof(*idle), MM_WAIT);
	if (!idle)
		panic("no memory for the scheduler");
	runqueues_init();
	__atomic_store_n(&sched_ops, &ops, __ATOMIC_RELEASE);
}

unsigned int sched_queued(unsigned int core)
{
	return rq_len(core);
}

bool sched_core_idle(unsigned int core)
{
	return bit_test(idle, core);
}
