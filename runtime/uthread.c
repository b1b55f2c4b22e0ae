// SPDX-License-Identifier: MIT
/* Threads: leaving one, blocking it, waking it, running it. */
#include <parlib/uthread.h>

#include <parlib/event.h>

#include "runtime_priv.h"

void (*uthread_prepare_run)(struct uthread *u);
uint32_t uthread_wait_flag = SC_WAIT;
struct schedule_ops *sched_ops = &thread0_sched_ops;

static void notifs_off(void)
{
	__atomic_store_n(&vcpd_mine()->notif_disabled, 1, __ATOMIC_SEQ_CST);
}

void uthread_yield(void (*func)(struct uthread *u, void *arg), void *arg)
{
	struct uthread *u = current_uthread();

	runtime_assert(u && !in_vcore_context());
	u->yield_func = func;
	u->yield_arg = arg;
	/* Not to be moved between reading the VCPD's address and the store. */
	u->flags |= UTHREAD_DONT_MIGRATE;
	notifs_off();
	uthread_switch(u);
}

/* On the vcore's stack.  Once func has published u it may run elsewhere. */
void uthread_left(struct uthread *u)
{
	void (*func)(struct uthread *, void *) = u->yield_func;
	void *arg = u->yield_arg;

	u->state = UT_NOT_RUNNING;
	u->flags = (u->flags & ~UTHREAD_DONT_MIGRATE) | UTHREAD_SAVED;
	gs_write64(VCORE_CURRENT_UTHREAD, 0);
	func(u, arg);
	vcore_main(0);
}

static void poll_events_yielded(struct uthread *u, void *arg)
{
	uthread_paused(u);
}

void uthread_poll_events(void)
{
	if (!current_uthread() || in_vcore_context())
		return;
	uthread_yield(poll_events_yielded, NULL);
}

/*
 * UT1, the blocking side: BLOCKED first, then the count; the waker counts
 * first, then looks for BLOCKED.  Who takes BLOCKED away makes the thread
 * runnable.
 */
static void block_yielded(struct uthread *u, void *arg)
{
	uint32_t seq = (uintptr_t)arg, was = UT_BLOCKED;

	uthread_has_blocked(u, UTH_EXT_BLK_MISC);
	__atomic_store_n(&u->state, UT_BLOCKED, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&u->wake_seq, __ATOMIC_SEQ_CST) == seq)
		return;
	if (__atomic_compare_exchange_n(&u->state, &was, UT_RUNNABLE, false,
					__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		uthread_runnable(u);
}

void uthread_block_unless_woken(uint32_t seq)
{
	struct uthread *u = current_uthread();

	if (uthread_wake_seq(u) == seq)
		uthread_yield(block_yielded, (void *)(uintptr_t)seq);
}

void uthread_wake(struct uthread *u)
{
	uint32_t was = UT_BLOCKED;

	__atomic_fetch_add(&u->wake_seq, 1, __ATOMIC_SEQ_CST);
	if (__atomic_compare_exchange_n(&u->state, &was, UT_RUNNABLE, false,
					__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		uthread_runnable(u);
}

void uthread_runnable(struct uthread *u)
{
	sched_ops->thread_runnable(u);
}

void uthread_paused(struct uthread *u)
{
	sched_ops->thread_paused(u);
}

void uthread_has_blocked(struct uthread *u, int flags)
{
	runtime_assert(sched_ops->thread_has_blocked);
	sched_ops->thread_has_blocked(u, flags);
}

void run_current_uthread(void)
{
	struct uthread *u = current_uthread();

	if (uthread_prepare_run)
		uthread_prepare_run(u);
	if (u->u_ctx.type == ROS_SW_CTX)
		pop_sw_ctx(&u->u_ctx);
	pop_hw_ctx(&u->u_ctx);
}

void run_uthread(struct uthread *u)
{
	runtime_assert(in_vcore_context());
	u->state = UT_RUNNING;
	u->flags &= ~UTHREAD_SAVED;
	gs_write64(VCORE_CURRENT_UTHREAD, u);
	run_current_uthread();
}

void uth_disable_notifs(void)
{
	struct uthread *u = current_uthread();

	if (!u || in_vcore_context())
		return;
	if (u->notif_depth++ == 0) {
		u->flags |= UTHREAD_DONT_MIGRATE;
		notifs_off();
	}
}

void uth_enable_notifs(void)
{
	struct uthread *u = current_uthread();
	struct preempt_data *v;

	if (!u || in_vcore_context() || --u->notif_depth)
		return;
	v = vcpd_mine();
	u->flags &= ~UTHREAD_DONT_MIGRATE;
	/* Enable, fence, look: as in the pop. */
	__atomic_store_n(&v->notif_disabled, 0, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&v->notif_pending, __ATOMIC_SEQ_CST))
		uthread_poll_events();
}
