// SPDX-License-Identifier: MIT
/*
 * lockdep: the rules of locking, checked at run time in every test build.
 *
 * A lock's class is the place where it was initialised, learnt by itself.
 * Checked, each with a report that names both places and then a panic:
 *   L1  the order of classes has no cycle; of two locks of one class the one at
 *       the lower address is taken first (or the second by trylock)
 *   L2  a plain spinlock is never taken in interrupt context, nor while a
 *       spin_irq lock is held: a handler that wants the latter could interrupt
 *       the former's holder
 *   L3  nothing sleeps, copies user memory with faults, or allocates with
 *       MM_WAIT while it holds a spinning lock or reads under RCU, or in
 *       interrupt context: might_sleep(), lib/may_sleep.h
 *   L4  no lock is held on return to user mode or when a core halts
 *   L5  a lock is not taken twice by one core, and is released by its holder
 * The observed order is printed by lockdep_dump() as lines
 *   LOCK-ORDER outer -> inner file:line
 * from which docs/lock-order.txt is made; a name is the initialiser's
 * expression and its file, file:line is where the inner lock's class is from.
 *
 * Spinning locks held are noted per core, sleeping ones per kthread: core lends
 * the running kthread's struct lockdep_sleepers.
 *
 * Without CONFIG_LOCKDEP everything here is empty.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lib/compiler.h>
#include <lib/may_sleep.h>

#define LOCKDEP_MAX_HELD 16

struct lock_class {
	const char *name; /* the expression given to the initialiser */
	const char *file;
	int line;
	uint16_t id; /* 0: not registered yet */
	uint8_t kind;
};

#define LOCK_SPIN     1
#define LOCK_SPIN_IRQ 2
#define LOCK_SLEEP    3

#define LOCK_CLASS_INIT(n, k)                                                  \
	{ .name = n, .file = __FILE__, .line = __LINE__, .kind = k }

struct lockdep_held {
	const void *lock;
	struct lock_class *cls;
	uintptr_t pc;
	bool tried; /* by trylock: nothing was waited for */
};

struct lockdep_sleepers {
	uint32_t nr;
	struct lockdep_held held[LOCKDEP_MAX_HELD];
};

#if CONFIG_LOCKDEP && (!defined(HOST) || defined(LOCKDEP_TEST))
/*
 * acquire: before the wait for the lock (try: after it was got); release: while
 * the lock is still held.  For spinning locks the checked forms in spinlock.c
 * call them, for mutexes and rwlocks (both ways of taking them) core does.
 */
void lockdep_acquire(struct lock_class *cls, const void *lock, bool try,
		     uintptr_t pc);
void lockdep_release(const void *lock, uintptr_t pc);
bool lockdep_holds(const void *lock);
/* A stretch that must not sleep though it holds no lock (an RCU reader); nests.
 * On one core, in one context. */
void lockdep_nosleep_enter(uintptr_t pc);
void lockdep_nosleep_exit(uintptr_t pc);
/* L4 */
void lockdep_assert_none_held(const char *where);
void lockdep_dump(void);
/* Panics must be able to print: stop checking for good. */
void lockdep_off(void);
/* From core: the running kthread's, or NULL while there is none. */
struct lockdep_sleepers *lockdep_sleepers(void);
#else
static inline void lockdep_acquire(struct lock_class *c, const void *l, bool t,
				   uintptr_t pc) { }
static inline void lockdep_release(const void *l, uintptr_t pc) { }
static inline bool lockdep_holds(const void *l) { return true; }
static inline void lockdep_nosleep_enter(uintptr_t pc) { }
static inline void lockdep_nosleep_exit(uintptr_t pc) { }
static inline void lockdep_assert_none_held(const char *w) { }
static inline void lockdep_dump(void) { }
static inline void lockdep_off(void) { }
#endif
