// SPDX-License-Identifier: MIT
/* Condition variables.  The waiter is on the queue before it lets go of the
 * mutex, so no signal given under the mutex is lost.  Rules: core/wait.h */
#include <core/wait.h>

#include <core/wait_priv.h>

int condvar_wait_timeout(struct condvar *c, struct mutex *m, uint64_t usec)
{
	struct waiter w;
	uint64_t flags;
	int err;

	might_sleep();
	flags = spin_lock_irq(&c->q.lock);
	err = waiter_begin(&w, &c->q, usec, true);
	if (!err)
		waiter_add_locked(&w);
	spin_unlock_irq(&c->q.lock, flags);
	if (!err) {
		mutex_unlock(m);
		err = waiter_block(&w);
	}
	waiter_end(&w);
	if (!mutex_is_mine(m))
		mutex_lock(m);
	return err;
}

int condvar_wait(struct condvar *c, struct mutex *m)
{
	return condvar_wait_timeout(c, m, WAIT_FOREVER);
}

void condvar_signal(struct condvar *c)
{
	waitq_wake(&c->q, 1);
}

void condvar_broadcast(struct condvar *c)
{
	waitq_wake(&c->q, ~0u);
}
