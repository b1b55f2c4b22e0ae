// SPDX-License-Identifier: MIT
/*
 * Time slices.  SC3: the alarm is set only while somebody waits for a core on
 * which another process runs.  When it fires and nobody waits any more it stays
 * off; when the running process came later than the alarm was set, it is set
 * again for the rest of its slice.  A core that has no process, but a kthread
 * that goes on and on, soon has what is queued for it shared with idle ones.
 *
 *     enqueuer                          alarm (on the core)
 *     queue p                           slice_set = 0
 *     slice_set: was it 0? set the      somebody queued? slice_set again
 *       alarm
 */
#include <sched/sched_priv.h>

#include <arch/machine.h>
#include <core/wait.h>
#include <proc/proc.h>
#include <sched/sched.h>

#define SHARE_USEC 1000

static uint64_t slice_ticks, share_ticks;

static uint64_t slice_end(struct proc *p)
{
	return p->slice_start + slice_ticks;
}

bool slice_over(struct proc *p)
{
	return rq_len(core_id()) && read_tsc() >= slice_end(p);
}

/* On this core; slice_set is ours.  Over already: the next one's slice. */
static void slice_arm(struct runqueue *rq)
{
	struct proc *p = this_cpu(owner);
	uint64_t now = read_tsc();
	bool running = p && now < slice_end(p);

	alarm_set(&rq->slice, running ? slice_end(p) :
			      p	      ? now + slice_ticks :
					now + share_ticks);
}

static void slice_fired(struct alarm *a)
{
	struct runqueue *rq = this_cpu_ptr(runqueue);
	struct proc *p = this_cpu(owner);

	atomic_store(&rq->slice_set, 0);
	if (!rq_len(core_id()))
		return;
	if (p && read_tsc() >= slice_end(p))
		this_cpu(need_resched) = 1;
	if (!p || this_cpu(need_resched))
		this_cpu(relax_wanted) |= RELAX_LONG;
	sched_share(core_id());
	if (!atomic_exchange(&rq->slice_set, 1))
		slice_arm(rq);
}

static void slice_msg_handler(uintptr_t a0, uintptr_t a1, uintptr_t a2)
{
	slice_arm(this_cpu_ptr(runqueue));
}

void slice_init(unsigned int core)
{
	slice_ticks = ns_to_tsc(SCHED_SLICE_USEC * 1000UL);
	share_ticks = ns_to_tsc(SHARE_USEC * 1000UL);
	alarm_init(&per_cpu(runqueue, core).slice, slice_fired, NULL);
}

void slice_want(unsigned int core)
{
	struct runqueue *rq = &per_cpu(runqueue, core);

	if (atomic_load_explicit(&rq->slice_set, memory_order_seq_cst) ||
	    atomic_exchange(&rq->slice_set, 1))
		return;
	if (core == core_id()) {
		slice_arm(rq);
		return;
	}
	kmsg_init(&rq->slice_msg, slice_msg_handler, 0, 0, 0);
	kmsg_send(core, &rq->slice_msg, KMSG_IMMEDIATE);
}
