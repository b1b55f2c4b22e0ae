// SPDX-License-Identifier: MIT
/* lockdep's two halves: what is held (lockdep.c), what order was seen
 * (lockdep_graph.c). */
#pragma once

#include <lib/bitmap.h>
#include <sync/lockdep.h>

#define LOCKDEP_MAX_CLASSES 1024 /* ids are 1 .. this - 1 */
#define LOCKDEP_MAX_EDGES   4096
#define LOCKDEP_REPORT_LEN  2048

/* Bit i of row o: class i was waited for under class o. */
typedef unsigned long lockdep_row[BITMAP_LONGS(LOCKDEP_MAX_CLASSES)];
extern lockdep_row lockdep_after[LOCKDEP_MAX_CLASSES];

unsigned int lockdep_class_register(struct lock_class *cls);
void lockdep_learn(const struct lockdep_held *outer,
		   const struct lockdep_held *inner);

/* The class's number, given at first use. */
static inline unsigned int lockdep_class_id(struct lock_class *cls)
{
	unsigned int id = __atomic_load_n(&cls->id, __ATOMIC_RELAXED);

	return likely(id) ? id : lockdep_class_register(cls);
}

/* inner is about to be waited for while outer is held.  Interrupts off. */
static inline void lockdep_order(const struct lockdep_held *outer,
				 const struct lockdep_held *inner)
{
	unsigned int out = lockdep_class_id(outer->cls);
	unsigned int in = lockdep_class_id(inner->cls);

	if (out != in && unlikely(!bit_test(lockdep_after[out], in)))
		lockdep_learn(outer, inner);
}

/* A report in pieces, and its end. */
void lockdep_say(const char *fmt, ...) __printf(1, 2);
void lockdep_say_held(const char *what, const struct lockdep_held *h);
void lockdep_say_pc(uintptr_t pc);
void __noreturn lockdep_fail(void);
