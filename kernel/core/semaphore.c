// SPDX-License-Identifier: MIT
/* Semaphores: sem_up() hands the unit to the first waiter, so that nobody who
 * comes later can take it.  Rules: core/wait.h */
#include <core/wait.h>

#include <core/wait_priv.h>
#include <lib/assert.h>
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

static int down(struct semaphore *s, uint64_t usec, bool abortable)
{
	struct waiter w;
	uint64_t flags;
	int err;

	flags = spin_lock_irq(&s->q.lock);
	if (take_locked(s)) {
		spin_unlock_irq(&s->q.lock, flags);
		return 0;
	}
	err = waiter_begin(&w, &s->q, usec, abortable);
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
	might_sleep();
	return down(s, WAIT_FOREVER, true);
}

int sem_down_timeout(struct semaphore *s, uint64_t usec)
{
	might_sleep();
	return down(s, usec, true);
}

void sem_down_uninterruptible(struct semaphore *s)
{
	int err;

	might_sleep();
	err = down(s, WAIT_FOREVER, false);
	assert(!err);
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
