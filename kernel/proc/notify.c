// SPDX-License-Identifier: MIT
/*
 * Notification: telling a vcore that there is, or may be, a message.
 *
 * The hand-shakes between a sender and a process that leaves or comes to a
 * core. Each side stores first and then looks; all four accesses are
 * sequentially consistent, so that at least one of the two sees the other's
 * store.
 *
 *   row 1   sender                          core that loads the process
 *           notif_pending = 1               state = RUNNING_S (run.c)
 *           look at state:                  look at notif_pending:
 *             RUNNING_S: kick its core        set: deliver (notif_deliver)
 *
 *   row 2   sender (WAKEUP)                 process that goes to sleep
 *           notif_pending = 1               state = WAITING (yield.c, call.c)
 *           look at state:                  look at notif_pending:
 *             WAITING: make it runnable       set: runnable again at once
 *
 *   row 4   sender                          pop of a user context (runtime)
 *           notif_pending = 1               notif_disabled = 0
 *           look at notif_disabled:         look at notif_pending:
 *             0: kick its core                set: SYS_vc_entry
 *
 * Row 3 is the consumer's: it clears notif_pending before it drains, the sender
 * posts before it sets it (evq.c); and row 9 (need_resched against its
 * clearing) is in core_user.c: cleared first, then everything is looked at.
 */
#include <proc/proc_priv.h>

#include <core/trace.h>

static bool notif_masked(const struct preempt_data *v)
{
	return __atomic_load_n(&v->notif_disabled, __ATOMIC_SEQ_CST) ||
	       user_word(v->flags) & VC_SCP_NOVCCTX;
}

bool notif_due(struct proc *p)
{
	const struct preempt_data *v = p->vcpd0;

	return __atomic_load_n(&v->notif_pending, __ATOMIC_SEQ_CST) &&
	       !notif_masked(v);
}

void vcore_notify(struct proc *p, uint32_t vcoreid)
{
	struct preempt_data *v = proc_vcpd(p, vcoreid);

	if (!v)
		return;
	__atomic_store_n(&v->notif_pending, 1, __ATOMIC_SEQ_CST);
	if (notif_masked(v))
		return;
	/* A core that it has left since is kicked for nothing: harmless. */
	if (__atomic_load_n(&p->state, __ATOMIC_SEQ_CST) == PROC_RUNNING_S)
		core_kick(user_word(p->core));
	trace(TR_NOTIFY, p->pid, vcoreid);
}

void vcore_enter(struct proc *p)
{
	__atomic_store_n(&p->vcpd0->notif_pending, 1, __ATOMIC_SEQ_CST);
	this_cpu(need_resched) = 1;
}

/*
 * The running uthread's context goes to its slot, and a fresh vcore context
 * takes its place; the FPU stays in the registers for the runtime to save.  The
 * user may change all of the VCPD at any moment: what it breaks is its own.
 */
void notif_deliver(struct proc *p)
{
	struct preempt_data *v = p->vcpd0;
	struct user_context fresh;

	if (likely(!notif_due(p)))
		return;
	__atomic_store_n(&v->notif_disabled, 1, __ATOMIC_SEQ_CST);
	user_frame_save(&v->uthread_ctx);
	user_context_init(&fresh, user_word(v->vcore_entry),
			  user_word(v->vcore_stack) & ~15UL);
	fresh.rbx = 0; /* V5: the vcoreid */
	fresh.fsbase = user_word(v->vcore_tls_desc);
	user_frame_load(&fresh);
	trace(TR_NOTIFY, p->pid, fresh.rip);
}
