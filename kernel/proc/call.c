// SPDX-License-Identifier: MIT
/*
 * Calls that have blocked: p's list of kthreads, and "wait here".
 *
 * proc_call_blocked() runs between the kthread's leaving its stack and the
 * first moment at which it can be resumed.  Switching processes over a pipe
 * goes through here twice a byte: nothing is done that need not be.
 */
#include <proc/proc_priv.h>

#include <vm/vm.h>

void call_enlist(struct proc *p, struct kthread *k)
{
	atomic_fetch_add_explicit(&p->active, 1, memory_order_relaxed);
	scoped_spin_irq(&p->kth_lock) {
		list_add_tail(&p->kthreads, &k->proc_link);
		atomic_store_explicit(&p->nr_kthreads, p->nr_kthreads + 1,
				      memory_order_relaxed);
	}
}

void call_delist(struct proc *p, struct kthread *k)
{
	uint32_t left;

	scoped_spin_irq(&p->kth_lock) {
		list_del(&k->proc_link);
		left = p->nr_kthreads - 1;
		/* Pairs with exec's look in its sleep. */
		atomic_store_explicit(&p->nr_kthreads, left,
				      memory_order_release);
	}
	if (left == 1 && !waitq_empty(&p->drain_waitq))
		waitq_wake(&p->drain_waitq, ~0u);
}

/*
 * The owner sleeps in its call.  State first, then notif_pending: row 2 of
 * proc/notify.c.  An early end is only for what can be delivered now.
 */
static void park_locked(struct proc *p)
{
	owner_leave_locked(p);
	if (p->stop_wanted) {
		p->stop_wanted = false;
		p->stop_runnable = false;
		p->state = PROC_STOPPED;
		return;
	}
	__atomic_store_n(&p->state, PROC_WAITING, __ATOMIC_SEQ_CST);
	if (!p->nr_holds && notif_due(p))
		make_runnable_locked(p);
}

/* How the call is to be aborted at once, or 0. */
static uint32_t wait_here_locked(struct proc *p, struct kthread *k)
{
	uint32_t abort = 0;

	if (unlikely(p->state == PROC_DYING))
		abort = KTH_ABORT_DYING;
	else if (unlikely(p->alone))
		abort = KTH_ABORT_SYSC;
	if (!(k->sc_flags & (SC_WAIT | KSC_HOLD)) || p->is_mcp)
		return abort;
	k->sc_flags |= KSC_COUNTED;
	p->nr_wait_calls++;
	if (k->sc_flags & KSC_HOLD)
		p->nr_holds++;
	else if (p->sig_intr)
		abort |= KTH_ABORT_SYSC;
	if (p->state == PROC_RUNNING_S && this_cpu(owner) == p)
		park_locked(p);
	return abort;
}

void proc_call_blocked(struct kthread *k)
{
	struct proc *p = k->proc;
	uint32_t abort;

	call_enlist(p, k);
	scoped_spin(&p->lock)
		abort = wait_here_locked(p, k);
	if (likely(!abort))
		return;
	kthread_abort(k, abort);
	waitq_wake(&p->drain_waitq, ~0u); /* p may have left its core */
}

static void wait_done_locked(struct proc *p, struct kthread *k)
{
	if (k->sc_flags & KSC_HOLD)
		p->nr_holds--;
	if (--p->nr_wait_calls)
		return;
	if (p->state == PROC_WAITING)
		make_runnable_locked(p);
	else if (p->state == PROC_STOPPED)
		p->stop_runnable = true;
}

void proc_call_done(struct kthread *k)
{
	struct proc *p = k->proc;

	if (k->sc_flags & KSC_COUNTED)
		scoped_spin(&p->lock)
			wait_done_locked(p, k);
	call_delist(p, k);
	k->sc_flags &= ~(KSC_COUNTED | KSC_HOLD);
	k->proc = NULL;
	k->as = NULL;
	proc_active_put(p);
}

int calls_abort(struct proc *p, uint32_t why,
		bool (*match)(struct kthread *k, uintptr_t arg), uintptr_t arg)
{
	int n = 0;

	scoped_spin_irq(&p->kth_lock)
		list_for_each(l, &p->kthreads) {
			struct kthread *k =
				list_entry(l, struct kthread, proc_link);

			if (match && !match(k, arg))
				continue;
			kthread_abort(k, why);
			n++;
		}
	return n;
}

static bool match_usysc(struct kthread *k, uintptr_t usysc)
{
	return (uintptr_t)k->usysc == usysc;
}

int proc_abort_call(struct proc *p, struct syscall *usysc)
{
	return calls_abort(p, KTH_ABORT_SYSC, match_usysc, (uintptr_t)usysc);
}

static bool match_fd(struct kthread *k, uintptr_t fd)
{
	return k->sc_fd == (int)fd && k != cur_kthread_get();
}

int proc_abort_fd(struct proc *p, int fd)
{
	return calls_abort(p, KTH_ABORT_SYSC, match_fd, fd);
}

void proc_active_get(struct proc *p)
{
	uint32_t old = atomic_fetch_add_explicit(&p->active, 1,
						 memory_order_relaxed);

	assert(old > 0);
}

bool proc_active_tryget(struct proc *p)
{
	uint32_t v = atomic_load_explicit(&p->active, memory_order_relaxed);

	do {
		if (!v)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&p->active, &v, v + 1, memory_order_acquire,
		memory_order_relaxed));
	return true;
}
