// SPDX-License-Identifier: MIT
/* lockdep's two halves: what is held (lockdep.c), what order was seen
 * (lockdep_graph.c). */
#pragma once

#include <sync/lockdep.h>

#define LOCKDEP_MAX_CLASSES 1024 /* ids are 1 .. this - 1 */
#define LOCKDEP_MAX_EDGES   4096
#define LOCKDEP_REPORT_LEN  2048

/* The class's number, given at first use. */
unsigned int lockdep_class_id(struct lock_class *cls);
/* inner is about to be waited for while outer is held.  Interrupts off. */
void lockdep_order(const struct lockdep_held *outer,
		   const struct lockdep_held *inner);

/* A report in pieces, and its end. */
void lockdep_say(const char *fmt, ...) __printf(1, 2);
void lockdep_say_held(const char *what, const struct lockdep_held *h);
void lockdep_say_pc(uintptr_t pc);
void __noreturn lockdep_fail(void);
