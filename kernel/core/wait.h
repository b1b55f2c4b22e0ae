// SPDX-License-Identifier: MIT
/*
 * Waiting: the few ways in which a kthread sleeps.
 *
 * All sleeps but mutexes and rwlocks are abortable: they return -EINTR when the
 * call was aborted or the process is dying, also if that was before the sleep.
 * Timeouts are in microseconds; they return -ETIMEDOUT.  Wakers may be in any
 * context (waitq.lock is a spin_irq lock); sleepers hold no spinning lock.
 *
 * W1  A waiter is on its queue until exactly one of wake, abort or time-out has
 *     taken it off under the lock; that one wakes it.
 * W2  rendez re-evaluates the condition after every wake; a waker changes the
 *     condition first and then calls rendez_wakeup().
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef HOST
#include <arch/percpu.h>
#include <core/kmsg.h>
#endif
#include <lib/compiler.h>
#include <lib/list.h>
#include <sync/spinlock.h>

struct kthread;

struct waitq {
	struct spinlock_irq lock;
	struct list waiters GUARDED_BY(&lock); /* kthread.link, FIFO */
};

void waitq_init_class(struct waitq *q, struct lock_class *cls);
#define waitq_init(q)                                                          \
	do {                                                                   \
		static struct lock_class cls_ =                                \
			LOCK_CLASS_INIT(#q, LOCK_SPIN_IRQ);                    \
		waitq_init_class(q, &cls_);                                    \
	} while (0)

#define WAIT_FOREVER (~0UL)

/*
 * Sleeps until cond(arg) is true.  cond is called with q->lock held and with
 * interrupts off: it must not sleep or take other locks than spin_irq ones that
 * come after waitq locks.  0, -EINTR or -ETIMEDOUT.
 */
int __must_check waitq_sleep(struct waitq *q, bool (*cond)(void *), void *arg,
			     uint64_t usec);
/* As above but not abortable and without time-out. */
void waitq_sleep_uninterruptible(struct waitq *q, bool (*cond)(void *),
				 void *arg);
unsigned int waitq_wake(struct waitq *q, unsigned int max); /* how many */
static inline bool waitq_empty(const struct waitq *q)
{
	return list_empty(&q->waiters); /* a snapshot */
}

/* Plan 9's rendez: a waitq by its traditional name. */
struct rendez {
	struct waitq q;
};
#define rendez_init(r) waitq_init(&(r)->q)
int __must_check rendez_sleep(struct rendez *r, bool (*cond)(void *),
			      void *arg);
int __must_check rendez_sleep_timeout(struct rendez *r, bool (*cond)(void *),
				      void *arg, uint64_t usec);
void rendez_wakeup(struct rendez *r); /* all */

/* Counting semaphore. */
struct semaphore {
	struct waitq q;
	int count GUARDED_BY(&q.lock);
};
#define sem_init(s, n)                                                         \
	do {                                                                   \
		waitq_init(&(s)->q);                                           \
		(s)->count = (n);                                              \
	} while (0)
int __must_check sem_down(struct semaphore *s); /* abortable */
int __must_check sem_down_timeout(struct semaphore *s, uint64_t usec);
void sem_down_uninterruptible(struct semaphore *s);
bool sem_trydown(struct semaphore *s);
/* Any context.  s is not touched any more once its unit can be had: it may lie
 * on the stack of who waits for the last one. */
void sem_up(struct semaphore *s);

/* Sleeping locks: not abortable; a holder may sleep and fault. */
struct mutex {
	_Atomic uintptr_t owner; /* the kthread, and two bits: mutex.c */
	struct waitq q;
#if CONFIG_LOCKDEP
	struct lock_class *cls;
#endif
};
void mutex_init_class(struct mutex *m, struct lock_class *cls,
		      struct lock_class *qcls);
#define mutex_init(m)                                                          \
	do {                                                                   \
		static struct lock_class cls_ =                                \
			LOCK_CLASS_INIT(#m, LOCK_SLEEP);                       \
		static struct lock_class qcls_ =                               \
			LOCK_CLASS_INIT(#m ".q", LOCK_SPIN_IRQ);               \
		mutex_init_class(m, &cls_, &qcls_);                            \
	} while (0)
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_is_mine(const struct mutex *m);

/* Readers and a writer; writers are not starved.  The uncontended reader's path
 * is one atomic operation. */
struct rwlock {
	_Atomic uint32_t state; /* readers or a writer, and a bit: rwlock.c */
	struct waitq q;
#if CONFIG_LOCKDEP
	struct lock_class *cls;
#endif
};
void rwlock_init_class(struct rwlock *l, struct lock_class *cls,
		       struct lock_class *qcls);
#define rwlock_init(m)                                                         \
	do {                                                                   \
		static struct lock_class cls_ =                                \
			LOCK_CLASS_INIT(#m, LOCK_SLEEP);                       \
		static struct lock_class qcls_ =                               \
			LOCK_CLASS_INIT(#m ".q", LOCK_SPIN_IRQ);               \
		rwlock_init_class(m, &cls_, &qcls_);                           \
	} while (0)
void read_lock(struct rwlock *l);
void read_unlock(struct rwlock *l);
void write_lock(struct rwlock *l);
void write_unlock(struct rwlock *l);
bool read_trylock(struct rwlock *l);

/* Condition variable over a mutex. */
struct condvar {
	struct waitq q;
};
#define condvar_init(c) waitq_init(&(c)->q)
int __must_check condvar_wait(struct condvar *c, struct mutex *m);
int __must_check condvar_wait_timeout(struct condvar *c, struct mutex *m,
				      uint64_t usec);
void condvar_signal(struct condvar *c);
void condvar_broadcast(struct condvar *c);

/*
 * In loops whose length a user chooses: gives way to messages (kthreads that
 * were woken here), to processes that have waited for long, and to an abort.
 * 0, or -EINTR when aborted: stop.  May sleep.
 */
#ifdef HOST
static inline int __must_check kthread_relax(void)
{
	return 0;
}
#else
#define RELAX_LOOK 1 /* something came for the running process: its end? */
#define RELAX_LONG 2 /* others wait for this core */
DECLARE_PERCPU(uint32_t, relax_wanted); /* set in interrupts on this core */
int __must_check kthread_relax_now(void);

static inline int __must_check kthread_relax(void)
{
	if (likely(!this_cpu(relax_wanted) && !kmsg_pending()))
		return 0;
	return kthread_relax_now();
}
#endif

/* Aborts a kthread's present and later abortable sleeps (KTH_ABORT_* bits are
 * sticky until its call ends).  The caller keeps k from going away. */
void kthread_abort(struct kthread *k, uint32_t why);

/* Locks of this file that need an assert: guard_mutex(&m); */
struct mutex_guard {
	struct mutex *m;
};
static inline struct mutex_guard mutex_guard_enter(struct mutex *m)
{
	mutex_lock(m);
	return (struct mutex_guard){ m };
}
static inline void mutex_guard_exit(struct mutex_guard *g)
{
	mutex_unlock(g->m);
}
#define guard_mutex(mx)                                                        \
	struct mutex_guard LOCK_CAT(guard_, __LINE__)                          \
		__attribute__((cleanup(mutex_guard_exit), unused)) =           \
			mutex_guard_enter(mx)
