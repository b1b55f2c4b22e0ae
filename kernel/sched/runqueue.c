// SPDX-License-Identifier: MIT
/*
 * Run queues, one a core, and a word that says which of them are not empty, so
 * that a core in search of work looks at no queue in vain.
 */
#include <sched/sched_priv.h>

#include <lib/assert.h>
#include <lib/bitmap.h>
#include <mm/slab.h>
#include <proc/proc.h>

DEFINE_PERCPU(struct runqueue, runqueue);

static unsigned long *busy; /* [a] cores whose queue is not empty */

void runqueues_init(void)
{
	busy = kzalloc(BITMAP_LONGS(nr_cores) * sizeof(*busy), MM_WAIT);
	if (!busy)
		panic("no memory for the run queues");
	for (unsigned int i = 0; i < nr_cores; i++) {
		struct runqueue *rq = &per_cpu(runqueue, i);

		spin_init(&rq->lock);
		list_init(&rq->procs);
		slice_init(i);
	}
}

static void nr_set_locked(unsigned int core, struct runqueue *rq, uint32_t nr)
{
	atomic_store_explicit(&rq->nr, nr, memory_order_relaxed);
	if (nr == 0)
		bit_clear_atomic(busy, core);
	else if (!bit_test(busy, core))
		bit_set_atomic(busy, core);
}

void rq_add(unsigned int core, struct proc *p)
{
	struct runqueue *rq = &per_cpu(runqueue, core);

	p->core = core;
	scoped_spin(&rq->lock) {
		list_add_tail(&rq->procs, &p->run_link);
		nr_set_locked(core, rq, rq->nr + 1);
	}
}

/* p->lock is held, so that p is not queued anew; it may be taken, though. */
void rq_remove(struct proc *p)
{
	struct runqueue *rq = &per_cpu(runqueue, p->core);

	scoped_spin(&rq->lock)
		if (!list_empty(&p->run_link)) {
			list_del(&p->run_link);
			nr_set_locked(p->core, rq, rq->nr - 1);
		}
}

struct proc *rq_take(unsigned int core)
{
	struct runqueue *rq = &per_cpu(runqueue, core);
	struct proc *p;

	if (!rq_len(core))
		return NULL;
	guard_spin(&rq->lock);
	p = list_first(&rq->procs, struct proc, run_link);
	if (p) {
		list_del(&p->run_link);
		nr_set_locked(core, rq, rq->nr - 1);
	}
	return p;
}

unsigned int rq_longest(unsigned int self)
{
	unsigned int best = nr_cores;
	uint32_t most = 0;

	for (size_t c = bitmap_next_set(busy, nr_cores, 0); c < nr_cores;
	     c = bitmap_next_set(busy, nr_cores, c + 1))
		if (c != self && rq_len(c) > most) {
			most = rq_len(c);
			best = c;
		}
	return best;
}
