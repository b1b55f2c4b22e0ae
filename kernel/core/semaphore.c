// SPDX-License-Identifier: MIT
/* Semaphores: sem_up() hands the unit to the first waiter, so that nobody who
 * comes later can take it.  Rules: core/wait.h */
#include <core/wait.h>

#include <core/wait_priv.h>
#include <ros/errno.h>

static bool take_locked(struct semaphore *s)
{
	if (s->count <= 0)
		return false;
	s->count--;
	return true;
}

bool sem_trydown(struct semaphore *s)
{
	guard_spin_irq(&s->q.lock);
	return take_locked(s);
}

int sem_down_timeout(struct semaphore *s, uint64_t usec)
{
	struct waiter w;
	uint64_t flags;
	int err;

	might_sleep();
	flags = spin_lock_irq(&s->q.lock);
	if (take_locked(s)) {
		spin_unlock_irq(&s->q.lock, flags);
		return 0;
	}
	err = waiter_begin(&w, &s->q, usec, true);
	if (!err)
		waiter_add_locked(&w);
	spin_unlock_irq(&s->q.lock, flags);
	if (!err)
		err = waiter_block(&w);
	waiter_end(&w);
	return err;
}

int sem_down(struct semaphore *s)
{
	return sem_down_timeout(s, WAIT_FOREVER);
}

void sem_up(struct semaphore *s)
{
	struct kthread *k;

	scoped_spin_irq(&s->q.lock) {
		k = waitq_take_first_locked(&s->q);
		if (!k)
			s->count++;
	}
	if (k)
		kthread_wake(k);
}
