// SPDX-License-Identifier: MIT
/*
 * Mutexes.  Rules: core/wait.h
 *
 * The owner word is the owning kthread or 0, plus two bits.  Taking and letting
 * go of a free one is a compare-exchange each.  With waiters, an unlock frees
 * the lock and wakes the first of them; whoever comes first takes it, for
 * handing it over would leave it unused until the woken one runs.  A waiter
 * that was woken and came too late twice sets HANDOFF: the next unlock makes it
 * the owner.
 *
 * MX1  WAITERS is set whenever somebody is on the queue; both bits change only
 *      under q.lock, as does the owner while WAITERS is set.
 */
#include <core/wait.h>

#include <arch/cpu.h>
#include <core/core_priv.h>
#include <core/wait_priv.h>
#include <lib/assert.h>

#define WAITERS 1UL
#define HANDOFF 2UL
#define BITS	(WAITERS | HANDOFF)

#define PATIENCE 2
#define SPINS	 64

#if CONFIG_LOCKDEP
#define class_of(m) ((m)->cls)
#else
#define class_of(m) NULL
#endif
#define caller_pc() ((uintptr_t)__builtin_return_address(0))

void mutex_init_class(struct mutex *m, struct lock_class *cls,
		      struct lock_class *qcls)
{
	waitq_init_class(&m->q, qcls);
	atomic_store_explicit(&m->owner, 0, memory_order_relaxed);
#if CONFIG_LOCKDEP
	m->cls = cls;
#endif
}

static inline bool owner_cas(struct mutex *m, uintptr_t from, uintptr_t to)
{
	return atomic_compare_exchange_strong_explicit(
		&m->owner, &from, to, memory_order_acq_rel,
		memory_order_relaxed);
}

bool mutex_is_mine(const struct mutex *m)
{
	return (atomic_load_explicit(&m->owner, memory_order_relaxed) &
		~BITS) == (uintptr_t)cur_kthread_get();
}

/* Takes it if it is free, whoever waits; else sets WAITERS for us. */
static bool take_or_mark_locked(struct mutex *m, uintptr_t me)
{
	uintptr_t v = atomic_load_explicit(&m->owner, memory_order_relaxed);

	for (;;) {
		bool free = !(v & ~BITS);

		if (atomic_compare_exchange_weak_explicit(
			    &m->owner, &v, free ? v | me : v | WAITERS,
			    memory_order_acquire, memory_order_relaxed))
			return free;
	}
}

/* Holders are quick: on another core it may be free in a moment. */
static bool spin_for_it(struct mutex *m, uintptr_t me)
{
	uintptr_t v;

	for (int i = 0; nr_cores > 1 && i < SPINS; i++) {
		v = atomic_load_explicit(&m->owner, memory_order_relaxed);
		if (!v && owner_cas(m, 0, me))
			return true;
		if (v & WAITERS)
			return false;
		cpu_relax();
	}
	return false;
}

static __noinline void lock_slow(struct mutex *m, struct kthread *k)
{
	uintptr_t me = (uintptr_t)k;
	uint64_t flags;

	assert(!mutex_is_mine(m));
	if (spin_for_it(m, me))
		return;
	for (int tries = 0;; tries++) {
		flags = spin_lock_irq(&m->q.lock);
		if (take_or_mark_locked(m, me)) {
			if (list_empty(&m->q.waiters))
				atomic_fetch_and(&m->owner, ~BITS);
			spin_unlock_irq(&m->q.lock, flags);
			return;
		}
		if (tries)
			list_add_head(&m->q.waiters, &k->link);
		else
			list_add_tail(&m->q.waiters, &k->link);
		if (tries >= PATIENCE)
			atomic_fetch_or(&m->owner, HANDOFF);
		spin_unlock_irq(&m->q.lock, flags);
		kthread_block();
		if (mutex_is_mine(m))
			return; /* handed over */
	}
}

static __noinline void unlock_slow(struct mutex *m)
{
	struct kthread *k;
	uintptr_t v, next;

	scoped_spin_irq(&m->q.lock) {
		v = atomic_load_explicit(&m->owner, memory_order_relaxed);
		k = waitq_take_first_locked(&m->q);
		next = list_empty(&m->q.waiters) ? 0 : WAITERS;
		if (k && (v & HANDOFF))
			next |= (uintptr_t)k;
		/* Releases; pairs with the acquire of the next owner. */
		atomic_store_explicit(&m->owner, next, memory_order_release);
	}
	if (k)
		kthread_wake(k);
}

void mutex_lock(struct mutex *m)
{
	struct kthread *k = cur_kthread_get();

	might_sleep();
	lockdep_acquire(class_of(m), m, false, caller_pc());
	if (unlikely(!owner_cas(m, 0, (uintptr_t)k)))
		lock_slow(m, k);
}

bool mutex_trylock(struct mutex *m)
{
	if (!owner_cas(m, 0, (uintptr_t)cur_kthread_get()))
		return false;
	lockdep_acquire(class_of(m), m, true, caller_pc());
	return true;
}

void mutex_unlock(struct mutex *m)
{
	uintptr_t me = (uintptr_t)cur_kthread_get();

	assert(mutex_is_mine(m));
	lockdep_release(m, caller_pc());
	if (unlikely(!owner_cas(m, me, 0)))
		unlock_slow(m);
}
