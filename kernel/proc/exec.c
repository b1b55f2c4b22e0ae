// SPDX-License-Identifier: MIT
/* exec's half of a process: alone at last, and then somebody else. */
#include <proc/proc_priv.h>

#include <lib/string.h>
#include <ros/errno.h>
#include <vm/vm.h>

/* Nothing else keeps p once its context has left the core: the call stands on
 * its own from here on, as if it had blocked; sys ends it with
 * proc_call_done(). */
static void detach_call(struct proc *p, struct kthread *k)
{
	if (k->sc_flags & KSC_BLOCKED)
		return;
	k->sc_flags |= KSC_BLOCKED;
	call_enlist(p, k);
}

/* The user context comes to rest; it may have to be fetched from a core. */
static void hold_locked(struct proc *p, struct kthread *k)
{
	p->alone = true;
	p->nr_holds++;
	if (!(k->sc_flags & KSC_COUNTED))
		p->nr_wait_calls++;
	else if (k->sc_flags & KSC_HOLD)
		p->nr_holds--;
	k->sc_flags |= KSC_COUNTED | KSC_HOLD;
	switch (p->state) {
	case PROC_RUNNING_S:
		if (this_cpu(owner) != p) {
			core_kick(p->core);
			break;
		}
		owner_leave_locked(p);
		p->state = PROC_WAITING;
		break;
	case PROC_RUNNABLE_S:
		sched_ops->dequeue(p);
		p->state = PROC_WAITING;
		break;
	case PROC_STOPPED:
		p->stop_runnable = false;
		break;
	default:
		break;
	}
}

static void unhold_locked(struct proc *p, struct kthread *k)
{
	p->alone = false;
	p->nr_holds--;
	p->nr_wait_calls--;
	k->sc_flags &= ~(KSC_COUNTED | KSC_HOLD);
	if (p->state == PROC_WAITING)
		make_runnable_locked(p);
	else if (p->state == PROC_STOPPED)
		p->stop_runnable = true;
}

static bool is_alone(void *arg)
{
	struct proc *p = arg;

	return atomic_load_explicit(&p->nr_kthreads, memory_order_acquire) ==
		       1 &&
	       __atomic_load_n(&p->state, __ATOMIC_SEQ_CST) != PROC_RUNNING_S;
}

static bool is_other(struct kthread *k, uintptr_t self)
{
	return (uintptr_t)k != self;
}

int proc_exec_begin(struct proc *p)
{
	struct kthread *k = cur_kthread_get();

	detach_call(p, k);
	scoped_spin(&p->lock)
		hold_locked(p, k);
	calls_abort(p, KTH_ABORT_SYSC, is_other, (uintptr_t)k);
	if (waitq_sleep(&p->drain_waitq, is_alone, p, WAIT_FOREVER) &&
	    !proc_is_dying(p)) /* somebody aborted the call: too late */
		waitq_sleep_uninterruptible(&p->drain_waitq, is_alone, p);
	if (!proc_is_dying(p))
		return 0;
	scoped_spin(&p->lock)
		unhold_locked(p, k);
	return -EINTR;
}

void proc_exec_commit(struct proc *p, struct aspace *as, uintptr_t pc,
		      uintptr_t sp)
{
	struct kthread *k = cur_kthread_get();
	struct aspace *old = p->as;
	struct user_context ctx;

	signal_exec(p);
	for (unsigned int i = 0; i < nr_proc_parts; i++)
		if (proc_parts[i].exec)
			proc_parts[i].exec(p);
	shared_exec(p);
	k->as = as;
	k->usysc = NULL; /* gone with the old address space */
	aspace_load(as);
	user_context_init(&ctx, pc, sp);
	fpu_init_area(p->fpu);
	p->fpu_core = NO_CORE;
	scoped_spin(&p->lock) {
		p->as = as;
		p->exec_gen++;
		p->ctx = ctx;
		unhold_locked(p, k);
	}
	aspace_kill(old);
	aspace_put(old);
}
