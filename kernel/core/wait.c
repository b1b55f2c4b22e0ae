// SPDX-License-Identifier: MIT
/*
 * Wait queues, and what is one under another name: rendez, plain sleeps.
 * Rules: core/wait.h
 *
 * An abort must find the queue that a kthread sleeps on, while the sleeper may
 * leave it and the queue's memory go.  k->abortable names the queue; an aborter
 * pins it by setting PINNED in the same word, and the sleeper does not return
 * before the pin is gone.  No abort is missed:
 *
 *     sleeper                              aborter
 *     abortable = q                        aborted |= why
 *     reads aborted: does not sleep        reads abortable: pins q, locks it,
 *     locks q, reads aborted, is added     takes the sleeper off if it is on
 *
 * The first step of each is a locked instruction, so one sees the other's.
 */
#include <core/wait.h>

#include <arch/cpu.h>
#include <core/core_priv.h>
#include <core/wait_priv.h>
#include <ros/errno.h>

#define PINNED 1UL

void waitq_init_class(struct waitq *q, struct lock_class *cls)
{
	spin_init_class(&q->lock.raw, cls);
	list_init(&q->waiters);
}

int waitq_sleep(struct waitq *q, bool (*cond)(void *), void *arg,
		uint64_t usec)
{
	struct waiter w;
	bool begun = false;
	uint64_t flags;
	int err = 0;

	might_sleep();
	flags = spin_lock_irq(&q->lock);
	while (!cond(arg)) {
		if (!err)
			err = begun ? waiter_check_locked(&w) :
				      waiter_begin(&w, q, usec, true);
		begun = true;
		if (err)
			goto out;
		waiter_add_locked(&w);
		spin_unlock_irq(&q->lock, flags);
		err = waiter_block(&w);
		flags = spin_lock_irq(&q->lock);
	}
	err = 0;
out:
	spin_unlock_irq(&q->lock, flags);
	if (begun)
		waiter_end(&w);
	return err;
}

void waitq_sleep_uninterruptible(struct waitq *q, bool (*cond)(void *),
				 void *arg)
{
	struct kthread *k = cur_kthread_get();
	uint64_t flags;

	might_sleep();
	flags = spin_lock_irq(&q->lock);
	while (!cond(arg)) {
		list_add_tail(&q->waiters, &k->link);
		spin_unlock_irq(&q->lock, flags);
		kthread_block();
		flags = spin_lock_irq(&q->lock);
	}
	spin_unlock_irq(&q->lock, flags);
}

/* Those taken off are chained by their resume messages, idle until the wake,
 * and woken with the lock let go: q may be gone by then. */
unsigned int waitq_wake(struct waitq *q, unsigned int max)
{
	struct mpsc_node *first = NULL, **tail = &first, *next;
	unsigned int nr = 0;
	struct kthread *k;

	scoped_spin_irq(&q->lock) {
		for (; nr < max; nr++) {
			k = waitq_take_first_locked(q);
			if (!k)
				break;
			*tail = &k->resume.node;
			tail = &k->resume.node.next;
			*tail = NULL;
		}
	}
	for (; first; first = next) {
		next = first->next;
		kthread_wake(container_of(first, struct kthread, resume.node));
	}
	return nr;
}

int rendez_sleep(struct rendez *r, bool (*cond)(void *), void *arg)
{
	return waitq_sleep(&r->q, cond, arg, WAIT_FOREVER);
}

int rendez_sleep_timeout(struct rendez *r, bool (*cond)(void *), void *arg,
			 uint64_t usec)
{
	return waitq_sleep(&r->q, cond, arg, usec);
}

void rendez_wakeup(struct rendez *r)
{
	waitq_wake(&r->q, ~0u);
}

static bool never(void *arg)
{
	return false;
}

int kthread_usleep(uint64_t usec)
{
	struct waitq q;
	int err;

	waitq_init(&q);
	err = waitq_sleep(&q, never, NULL, usec);
	return err == -ETIMEDOUT ? 0 : err;
}

#ifndef HOST
DEFINE_PERCPU(uint32_t, relax_wanted);

#define RELAX_LONG_USEC 5000

int kthread_relax_now(void)
{
	uint32_t why = this_cpu(relax_wanted);

	this_cpu(relax_wanted) = 0;
	return kthread_usleep(why & RELAX_LONG ? RELAX_LONG_USEC : 1);
}
#endif

static void timeout_alarm(struct alarm *a)
{
	struct waiter *w = container_of(a, struct waiter, alarm);
	struct kthread *k = w->k;
	bool wake;

	scoped_spin_irq(&w->q->lock) {
		w->fired = true;
		wake = !list_empty(&k->link);
		if (wake)
			waitq_take_off_locked(k, -ETIMEDOUT);
	}
	if (wake)
		kthread_wake(k);
}

int waiter_check_locked(const struct waiter *w)
{
	/* The abort outlasts a timeout: it is told first. */
	if (w->abortable && atomic_load_explicit(&w->k->aborted,
						 memory_order_relaxed))
		return -EINTR;
	return w->fired ? -ETIMEDOUT : 0;
}

int waiter_begin(struct waiter *w, struct waitq *q, uint64_t usec,
		 bool abortable)
{
	int err;

	w->k = cur_kthread_get();
	w->q = q;
	w->abortable = abortable;
	w->timed = false;
	w->fired = usec == 0;
	if (abortable)
		atomic_exchange_explicit(&w->k->abortable, (uintptr_t)q,
					 memory_order_seq_cst);
	err = waiter_check_locked(w);
	if (err || usec == WAIT_FOREVER)
		return err;
	w->timed = true;
	alarm_init(&w->alarm, timeout_alarm, NULL);
	alarm_set_usec(&w->alarm, usec);
	return 0;
}

void waiter_end(struct waiter *w)
{
	uintptr_t v = (uintptr_t)w->q;

	if (w->timed)
		alarm_unset(&w->alarm);
	if (!w->abortable)
		return;
	/* Acquires: pairs with the aborter's unpinning. */
	while (!atomic_compare_exchange_weak_explicit(
		&w->k->abortable, &v, 0, memory_order_acquire,
		memory_order_relaxed)) {
		v = (uintptr_t)w->q;
		cpu_relax();
	}
}

/* Takes k off its queue; true if it was on one. */
static bool abort_sleep(struct kthread *k)
{
	uintptr_t v = atomic_load_explicit(&k->abortable,
					   memory_order_seq_cst);
	struct waitq *q = (struct waitq *)v;
	bool wake;

	/* If another aborter has it pinned, that one does the work. */
	if (!v || (v & PINNED) ||
	    !atomic_compare_exchange_strong_explicit(
		    &k->abortable, &v, v | PINNED, memory_order_acq_rel,
		    memory_order_relaxed))
		return false;
	scoped_spin_irq(&q->lock) {
		wake = !list_empty(&k->link);
		if (wake)
			waitq_take_off_locked(k, -EINTR);
	}
	/* Releases q; pairs with waiter_end(). */
	atomic_store_explicit(&k->abortable, (uintptr_t)q,
			      memory_order_release);
	return wake;
}

void kthread_abort(struct kthread *k, uint32_t why)
{
	uint64_t fl;

	atomic_fetch_or_explicit(&k->aborted, why, memory_order_seq_cst);
	/* An interrupt would keep the sleeper waiting for the pin. */
	fl = irq_save();
	if (abort_sleep(k))
		kthread_wake(k);
	irq_restore(fl);
}
