// SPDX-License-Identifier: MIT
/*
 * Taps and readiness: who wants to hear that something became readable.
 *
 * A device keeps a struct tap_list per object and calls tap_fire() at the
 * places where it would wake a sleeper, with FDTAP_FILT_* bits.  What a tap
 * does is a callback given at registration (ns/fdtap.c posts an event).
 *
 * TP1  tap_fire() may be called in any context; the callback must not sleep.
 *      The object's state changes before tap_fire(); who registers looks at the
 *      state after tap_add(): one of the two sees (both have a full fence).
 * TP2  After tap_remove() returns the callback is not running and never runs.
 * Locks  list->lock (spin_irq), held while callbacks run.
 */
#pragma once

#include <stdint.h>

#include <lib/list.h>
#include <ros/fdtap.h>
#include <sync/spinlock.h>

struct tap {
	struct list link;
	uint32_t filter; /* FDTAP_FILT_* */
	void (*fire)(struct tap *t, uint32_t bits); /* bits & filter, not 0 */
};

struct tap_list {
	struct spinlock_irq lock;
	struct list taps GUARDED_BY(&lock);
};

void tap_list_init_class(struct tap_list *l, struct lock_class *cls);
#define tap_list_init(l)                                                       \
	do {                                                                   \
		static struct lock_class cls_ =                                \
			LOCK_CLASS_INIT(#l, LOCK_SPIN_IRQ);                    \
		tap_list_init_class(l, &cls_);                                 \
	} while (0)
void tap_add(struct tap_list *l, struct tap *t);
void tap_remove(struct tap_list *l, struct tap *t);
void tap_set_filter(struct tap_list *l, struct tap *t, uint32_t filter);
void tap_fire(struct tap_list *l, uint32_t bits);
