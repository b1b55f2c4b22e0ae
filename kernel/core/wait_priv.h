// SPDX-License-Identifier: MIT
/*
 * Private to core: one sleep, in steps.
 *
 *	flags = spin_lock_irq(&q->lock);
 *	err = waiter_begin(&w, q, usec, true);	 an error: not at all
 *	waiter_add_locked(&w);
 *	spin_unlock_irq(&q->lock, flags);
 *	err = waiter_block(&w);		who took it off says why
 *	waiter_end(&w);			after begin, also if that failed
 */
#pragma once

#include <core/alarm.h>
#include <core/kthread.h>
#include <core/wait.h>

struct waiter {
	struct kthread *k;
	struct waitq *q;
	bool abortable, timed;
	bool fired; /* [q->lock] the time is over */
	struct alarm alarm;
};

int waiter_begin(struct waiter *w, struct waitq *q, uint64_t usec,
		 bool abortable);
int waiter_check_locked(const struct waiter *w); /* before another sleep */
static inline void waiter_add_locked(struct waiter *w)
{
	list_add_tail(&w->q->waiters, &w->k->link);
}
static inline int waiter_block(struct waiter *w)
{
	kthread_block();
	return w->k->wake_result;
}
void waiter_end(struct waiter *w);

/* W1: takes k off its queue for this reason; who calls this wakes it then. */
static inline void waitq_take_off_locked(struct kthread *k, int result)
{
	list_del(&k->link);
	k->wake_result = result;
}

/* The first waiter, taken off; NULL: none. */
static inline struct kthread *waitq_take_first_locked(struct waitq *q)
{
	struct kthread *k = list_first(&q->waiters, struct kthread, link);

	if (k)
		waitq_take_off_locked(k, 0);
	return k;
}
