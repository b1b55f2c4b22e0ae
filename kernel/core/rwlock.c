// SPDX-License-Identifier: MIT
/*
 * Read-write locks that sleep.  Rules: core/wait.h
 *
 * The state is the number of readers, or WRITER, plus QUEUED.  With QUEUED set
 * nobody enters by the fast path: newcomers stand behind those who wait, and
 * who leaves last lets in the first of the queue (a writer, or all readers up
 * to the next writer), which own the lock when they wake.  So neither kind
 * starves.
 *
 * RW1  QUEUED is set iff somebody is on the queue; it changes under q.lock.
 * RW2  With QUEUED set and nobody inside, whoever brought that about is on its
 *      way to let_in_locked().
 */
#include <core/wait.h>

#include <core/core_priv.h>
#include <core/wait_priv.h>
#include <lib/assert.h>

#define WRITER 0x40000000
#define QUEUED 0x20000000
#define INSIDE (WRITER | (QUEUED - 1))

/* kthread.wake_result while it waits: what it waits for. */
#define WANT_READ  1
#define WANT_WRITE 2

#if CONFIG_LOCKDEP
#define class_of(l) ((l)->cls)
#else
#define class_of(l) NULL
#endif
#define caller_pc() ((uintptr_t)__builtin_return_address(0))

void rwlock_init_class(struct rwlock *l, struct lock_class *cls,
		       struct lock_class *qcls)
{
	waitq_init_class(&l->q, qcls);
	atomic_store_explicit(&l->state, 0, memory_order_relaxed);
#if CONFIG_LOCKDEP
	l->cls = cls;
#endif
}

static inline bool read_fast(struct rwlock *l)
{
	uint32_t v = atomic_load_explicit(&l->state, memory_order_relaxed);

	while (likely(!(v & (WRITER | QUEUED)))) {
		if (likely(atomic_compare_exchange_weak_explicit(
			    &l->state, &v, v + 1, memory_order_acquire,
			    memory_order_relaxed)))
			return true;
	}
	return false;
}

static inline bool write_fast(struct rwlock *l)
{
	uint32_t v = 0;

	return atomic_compare_exchange_strong_explicit(
		&l->state, &v, WRITER, memory_order_acquire,
		memory_order_relaxed);
}

/*
 * The first of the queue, and readers behind a reader: as many as may be inside
 * together with who is there.  Those let in may leave again at once, and then
 * several are on their way here: each looks anew.
 */
static void let_in_locked(struct rwlock *l)
{
	struct kthread *k;

	while ((k = list_first(&l->q.waiters, struct kthread, link))) {
		bool writer = k->wake_result == WANT_WRITE;

		if (atomic_load(&l->state) & (writer ? INSIDE : WRITER))
			break;
		atomic_fetch_add(&l->state, writer ? WRITER : 1);
		waitq_take_off_locked(k, 0);
		kthread_wake(k);
	}
	if (list_empty(&l->q.waiters))
		atomic_fetch_and(&l->state, ~QUEUED);
}

static __noinline void lock_slow(struct rwlock *l, int want)
{
	struct kthread *k = cur_kthread_get();

	scoped_spin_irq(&l->q.lock) {
		uint32_t old = atomic_fetch_or(&l->state, QUEUED);

		k->wake_result = want;
		list_add_tail(&l->q.waiters, &k->link);
		/* The last one inside left before it could see QUEUED. */
		if (!(old & (INSIDE | QUEUED)))
			let_in_locked(l);
	}
	kthread_block();
}

static __noinline void unlock_slow(struct rwlock *l)
{
	guard_spin_irq(&l->q.lock);
	let_in_locked(l);
}

void read_lock(struct rwlock *l)
{
	might_sleep();
	lockdep_acquire(class_of(l), l, false, caller_pc());
	if (unlikely(!read_fast(l)))
		lock_slow(l, WANT_READ);
}

bool read_trylock(struct rwlock *l)
{
	if (!read_fast(l))
		return false;
	lockdep_acquire(class_of(l), l, true, caller_pc());
	return true;
}

void read_unlock(struct rwlock *l)
{
	uint32_t old;

	lockdep_release(l, caller_pc());
	old = atomic_fetch_sub_explicit(&l->state, 1, memory_order_release);
	assert(old & (QUEUED - 1));
	if (unlikely((old & (INSIDE | QUEUED)) == (QUEUED | 1)))
		unlock_slow(l);
}

void write_lock(struct rwlock *l)
{
	might_sleep();
	lockdep_acquire(class_of(l), l, false, caller_pc());
	if (unlikely(!write_fast(l)))
		lock_slow(l, WANT_WRITE);
}

void write_unlock(struct rwlock *l)
{
	uint32_t old;

	lockdep_release(l, caller_pc());
	old = atomic_fetch_and_explicit(&l->state, ~WRITER,
					memory_order_release);
	assert(old & WRITER);
	if (unlikely(old & QUEUED))
		unlock_slow(l);
}
