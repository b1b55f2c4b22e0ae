// SPDX-License-Identifier: MIT
/*
 * A single-core process comes to a core and leaves it.
 *
 * Integer registers and FS base are copied between user_frame and p->ctx.  The
 * FPU is always saved when a process leaves, so that any core may take it, but
 * loaded only if another's has been in the registers since: the kernel uses
 * none of them.
 */
#include <proc/proc_priv.h>

#include <arch/cpu.h>
#include <core/trace.h>
#include <lib/string.h>
#include <vm/vm.h>

DEFINE_PERCPU(struct proc *, owner);
/* Whose FPU state is in the registers, if its fpu_core is this core too. */
DEFINE_PERCPU_STATIC(struct proc *, fpu_owner);

DEFINE_PERCPU(struct core_time, core_user_time);

const struct sched_ops *sched_ops;

void make_runnable_locked(struct proc *p)
{
	p->state = PROC_RUNNABLE_S;
	sched_ops->enqueue(p);
}

static void fpu_load(struct proc *p)
{
	unsigned int core = core_id();

	if (this_cpu(fpu_owner) == p && p->fpu_core == core)
		return;
	fpu_restore(p->fpu);
	this_cpu(fpu_owner) = p;
	p->fpu_core = core;
}

/*
 * RUNNABLE_S -> RUNNING_S.  The caller holds p by RCU alone: by now it may have
 * been stopped, killed, even queued again elsewhere.
 */
static bool claim(struct proc *p)
{
	guard_spin(&p->lock);

	if (p->state != PROC_RUNNABLE_S)
		return false;
	if (!list_empty(&p->run_link))
		sched_ops->dequeue(p);
	p->core = core_id();
	p->sig_intr = false;
	p->slice_start = read_tsc();
	/* Then notif_pending is looked at: row 1, proc/notify.c */
	__atomic_store_n(&p->state, PROC_RUNNING_S, __ATOMIC_SEQ_CST);
	return true;
}

void proc_load(struct proc *p)
{
	if (!claim(p))
		return;
	this_cpu(owner) = p;
	core_time_begin(this_cpu_ptr(core_user_time), p->slice_start);
	user_frame_load(&p->ctx);
	arch_set_user_gs(proc_vcpd_user(0));
	fpu_load(p);
	notif_deliver(p);
	if (unlikely(!this_cpu(sampling)))
		usage_sample_begin();
	atomic_store_explicit(&p->nr_switches,
			      atomic_load_explicit(&p->nr_switches,
						   memory_order_relaxed) + 1,
			      memory_order_relaxed);
	trace(TR_RUN, p->pid, p->ctx.rip);
}

void owner_leave_locked(struct proc *p)
{
	uint64_t ticks = atomic_load_explicit(&p->user_ticks,
					      memory_order_relaxed);
	uint64_t now;

	assert(this_cpu(owner) == p);
	user_frame_save(&p->ctx);
	fpu_save(p->fpu);
	this_cpu(owner) = NULL;
	now = read_tsc();
	core_time_end(this_cpu_ptr(core_user_time), now);
	atomic_store_explicit(&p->user_ticks, ticks + now - p->slice_start,
			      memory_order_relaxed);
}

/* Leaves for the state that a stop or a hold asks for. */
static void leave_held_locked(struct proc *p)
{
	owner_leave_locked(p);
	if (p->stop_wanted) {
		p->stop_wanted = false;
		p->stop_runnable = !p->nr_holds;
		p->state = PROC_STOPPED;
	} else {
		p->state = PROC_WAITING;
	}
}

enum settled { GO_ON, LEFT, LEFT_DEAD, LEFT_HELD };

static enum settled settle_locked(struct proc *p)
{
	if (unlikely(p->state != PROC_RUNNING_S)) {
		owner_leave_locked(p);
		return LEFT_DEAD;
	}
	if (unlikely(p->stop_wanted || p->nr_holds)) {
		leave_held_locked(p);
		return LEFT_HELD;
	}
	if (sched_ops->slice_over(p)) {
		owner_leave_locked(p);
		make_runnable_locked(p);
		return LEFT;
	}
	p->sig_intr = false;
	return GO_ON;
}

bool owner_settle(struct proc *p)
{
	enum settled s;

	scoped_spin(&p->lock)
		s = settle_locked(p);
	if (likely(s == GO_ON)) {
		notif_deliver(p);
		return true;
	}
	if (s != LEFT)
		waitq_wake(&p->drain_waitq, ~0u);
	if (s == LEFT_DEAD)
		proc_active_put(p); /* P3: its life's, left to us */
	return false;
}

/* The calling kthread's process: on this core still, or parked with its call.
 * */
void context_copy_to(struct proc *p, struct proc *child)
{
	if (this_cpu(owner) == p) {
		user_frame_save(&child->ctx);
		fpu_save(child->fpu);
		return;
	}
	scoped_spin(&p->lock) {
		child->ctx = p->ctx;
		memcpy(child->fpu, p->fpu, fpu_size());
	}
}
