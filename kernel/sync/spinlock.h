// SPDX-License-Identifier: MIT
/*
 * Spinning locks: two types that do not mix.
 *
 * struct spinlock      never taken in interrupt context; interrupts stay on
 * struct spinlock_irq  always masks interrupts; may be taken anywhere
 *
 * Both are test-and-set locks that wait by reading, with PAUSE (an emulated
 * second core would starve otherwise).  They are not fair on purpose: under a
 * hypervisor the core whose turn it is may not be running, and all others would
 * wait for it.  Nothing sleeps under either.  A static lock of a file is
 * declared with its initialiser; others by spin_init(&l), which gives them a
 * class.
 * guard_spin(&l); holds to the end of the block; scoped_spin(&l) { ... } for
 * one statement.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <arch/cpu.h>
#include <lib/assert.h>
#include <lib/compiler.h>
#include <sync/lockdep.h>

struct spinlock {
	_Atomic uint32_t held; /* 0 or 1 */
#if CONFIG_LOCKDEP
	struct lock_class *cls;
#endif
};

struct spinlock_irq {
	struct spinlock raw;
};

#if CONFIG_LOCKDEP
#define SPINLOCK_INIT(n)                                                       \
	{ .cls = &(struct lock_class)LOCK_CLASS_INIT(n, LOCK_SPIN) }
#define SPINLOCK_IRQ_INIT(n)                                                   \
	{ { .cls = &(struct lock_class)LOCK_CLASS_INIT(n, LOCK_SPIN_IRQ) } }
#define spin_init(l)                                                           \
	do {                                                                   \
		static struct lock_class cls_ =                                \
			LOCK_CLASS_INIT(#l, LOCK_SPIN);                        \
		spin_init_class(l, &cls_);                                     \
	} while (0)
#define spin_irq_init(l)                                                       \
	do {                                                                   \
		static struct lock_class cls_ =                                \
			LOCK_CLASS_INIT(#l, LOCK_SPIN_IRQ);                    \
		spin_init_class(&(l)->raw, &cls_);                             \
	} while (0)
#else
#define SPINLOCK_INIT(n) { 0 }
#define SPINLOCK_IRQ_INIT(n) { { 0 } }
#define spin_init(l) spin_init_class(l, NULL)
#define spin_irq_init(l) spin_init_class(&(l)->raw, NULL)
#endif

static inline void spin_init_class(struct spinlock *l, struct lock_class *cls)
{
	atomic_store_explicit(&l->held, 0, memory_order_relaxed);
#if CONFIG_LOCKDEP
	l->cls = cls;
#endif
}

/* Waits until it has the lock; spinlock.c. */
void spin_wait(struct spinlock *l);

/* The four without checks; spin_lock() and its like are these or, with
 * CONFIG_LOCKDEP, functions of spinlock.c that check first. */
static inline bool spin_raw_trylock(struct spinlock *l)
{
	/* Pairs with the release in spin_raw_unlock(). */
	return !atomic_exchange_explicit(&l->held, 1, memory_order_acquire);
}

static inline void spin_raw_lock(struct spinlock *l)
{
	if (unlikely(!spin_raw_trylock(l)))
		spin_wait(l);
}

static inline void spin_raw_unlock(struct spinlock *l)
{
	/* Pairs with the acquire in spin_raw_trylock(). */
	atomic_store_explicit(&l->held, 0, memory_order_release);
}

static inline bool spin_is_locked(const struct spinlock *l) /* a snapshot */
{
	return atomic_load_explicit(&l->held, memory_order_relaxed);
}

#if CONFIG_LOCKDEP
void spin_lock(struct spinlock *l);
bool spin_trylock(struct spinlock *l);
void spin_unlock(struct spinlock *l);
uint64_t __must_check spin_lock_irq(struct spinlock_irq *l); /* flags */
void spin_unlock_irq(struct spinlock_irq *l, uint64_t flags);
#else
static inline void spin_lock(struct spinlock *l)
{
	spin_raw_lock(l);
}

static inline bool spin_trylock(struct spinlock *l)
{
	return spin_raw_trylock(l);
}

static inline void spin_unlock(struct spinlock *l)
{
	spin_raw_unlock(l);
}

static inline uint64_t __must_check spin_lock_irq(struct spinlock_irq *l)
{
	uint64_t flags = irq_save();

	spin_raw_lock(&l->raw);
	return flags;
}

static inline void spin_unlock_irq(struct spinlock_irq *l, uint64_t flags)
{
	spin_raw_unlock(&l->raw);
	irq_restore(flags);
}
#endif

#define lock_assert_held(l) assert(lockdep_holds(l))

struct spin_guard {
	struct spinlock *l;
	bool done;
};
struct spin_irq_guard {
	struct spinlock_irq *l;
	uint64_t flags;
	bool done;
};

static inline struct spin_guard spin_guard_enter(struct spinlock *l)
{
	spin_lock(l);
	return (struct spin_guard){ l, false };
}

static inline void spin_guard_exit(struct spin_guard *g)
{
	spin_unlock(g->l);
}

static inline struct spin_irq_guard spin_irq_guard_enter(struct spinlock_irq *l)
{
	return (struct spin_irq_guard){ l, spin_lock_irq(l), false };
}

static inline void spin_irq_guard_exit(struct spin_irq_guard *g)
{
	spin_unlock_irq(g->l, g->flags);
}

#define LOCK_CAT2(a, b) a##b
#define LOCK_CAT(a, b) LOCK_CAT2(a, b)
#define guard_spin(lk)                                                         \
	struct spin_guard LOCK_CAT(guard_, __LINE__)                           \
		__attribute__((cleanup(spin_guard_exit), unused)) =            \
			spin_guard_enter(lk)
#define guard_spin_irq(lk)                                                     \
	struct spin_irq_guard LOCK_CAT(guard_, __LINE__)                       \
		__attribute__((cleanup(spin_irq_guard_exit), unused)) =        \
			spin_irq_guard_enter(lk)
#define scoped_spin(lk)                                                        \
	for (struct spin_guard g_ __attribute__((cleanup(spin_guard_exit))) =  \
		     spin_guard_enter(lk);                                     \
	     !g_.done; g_.done = true)
#define scoped_spin_irq(lk)                                                    \
	for (struct spin_irq_guard g_                                          \
	     __attribute__((cleanup(spin_irq_guard_exit))) =                   \
		     spin_irq_guard_enter(lk);                                 \
	     !g_.done; g_.done = true)
