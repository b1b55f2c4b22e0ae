// SPDX-License-Identifier: MIT
/*
 * The scheduler of a process with one thread: thread 0 runs, or it is blocked
 * and vcore 0 waits for messages.
 */
#include <parlib/event.h>
#include <parlib/uthread.h>

#include "runtime_priv.h"

static void thread0_sched_entry(void);
static void thread0_thread_runnable(struct uthread *u);
static void thread0_thread_has_blocked(struct uthread *u, int flags);
static struct event_queue *thread0_sysc_evq(struct uthread *u);

struct uthread thread0_uth;
static bool is_blocked;
static struct event_queue *sysc_evq;

struct schedule_ops thread0_sched_ops = {
	.sched_entry = thread0_sched_entry,
	.thread_runnable = thread0_thread_runnable,
	.thread_paused = thread0_thread_runnable,
	.thread_has_blocked = thread0_thread_has_blocked,
	.sysc_evq = thread0_sysc_evq,
};

/* One thread, so a bit says enough: which call is done, it sees itself. */
static void sysc_evq_handler(struct event_queue *ev_q)
{
	struct event_msg msg;

	while (extract_one_mbox_msg(ev_q->ev_mbox, &msg))
		;
	uthread_wake(&thread0_uth);
}

static struct event_queue *thread0_sysc_evq(struct uthread *u)
{
	return sysc_evq;
}

void thread0_init(void)
{
	thread0_uth.flags = UTHREAD_IS_THREAD0;
	thread0_uth.state = UT_RUNNING;
	sysc_evq = get_eventq(EV_MBOX_BITMAP);
	runtime_assert(sysc_evq);
	sysc_evq->ev_flags = EVENT_IPI | EVENT_INDIR | EVENT_SPAM_INDIR |
			     EVENT_WAKEUP;
	sysc_evq->ev_handler = sysc_evq_handler;
}

static void thread0_sched_entry(void)
{
	if (!is_blocked)
		run_uthread(&thread0_uth);
	vcore_yield(false);
}

static void thread0_thread_runnable(struct uthread *u)
{
	is_blocked = false;
}

static void thread0_thread_has_blocked(struct uthread *u, int flags)
{
	is_blocked = true;
}
