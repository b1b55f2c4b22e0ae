// SPDX-License-Identifier: MIT
/* Sleeping and waking of a whole process: proc_yield_s() against proc_wakeup().
 * The interleaving is drawn in proc/notify.c, row 2. */
#include <proc/proc_priv.h>

/* The message that would be missed is here already: back to the caller. */
static bool yield_fails(struct proc *p)
{
	struct preempt_data *v = p->vcpd0;

	if (!user_word(v->notif_pending))
		return false;
	/* Without a vcore context nobody else would ever clear it. */
	if (user_word(v->flags) & VC_SCP_NOVCCTX)
		__atomic_store_n(&v->notif_pending, 0, __ATOMIC_SEQ_CST);
	return true;
}

static void yield_locked(struct proc *p, bool being_nice)
{
	if (p->state != PROC_RUNNING_S || p->stop_wanted || p->nr_holds)
		return; /* on its way to user mode it is dealt with */
	if (!being_nice && yield_fails(p)) {
		this_cpu(need_resched) = 1;
		return;
	}
	owner_leave_locked(p);
	if (being_nice) {
		make_runnable_locked(p);
		return;
	}
	__atomic_store_n(&p->state, PROC_WAITING, __ATOMIC_SEQ_CST);
	if (yield_fails(p))
		make_runnable_locked(p);
}

void proc_yield_s(struct proc *p, bool being_nice)
{
	if (this_cpu(owner) != p)
		return; /* its call has blocked before: it runs already */
	scoped_spin(&p->lock)
		yield_locked(p, being_nice);
}

/* In a "wait here" call only what can be delivered at once is worth waking. */
static void wakeup_locked(struct proc *p)
{
	if (p->nr_holds || (p->nr_wait_calls && !notif_due(p)))
		return;
	if (p->state == PROC_WAITING)
		make_runnable_locked(p);
	else if (p->state == PROC_STOPPED)
		p->stop_runnable = true;
}

void proc_wakeup(struct proc *p)
{
	enum proc_state s;

	/* Set, then look. */
	__atomic_store_n(&p->vcpd0->notif_pending, 1, __ATOMIC_SEQ_CST);
	s = __atomic_load_n(&p->state, __ATOMIC_SEQ_CST);
	if (s != PROC_WAITING && s != PROC_STOPPED)
		return;
	scoped_spin(&p->lock)
		wakeup_locked(p);
}
