// SPDX-License-Identifier: MIT
/*
 * Alarms: one-shot timers, an ordered tree per core and the core's one-shot
 * interrupt set to the earliest.  A core without alarms sees no timer
 * interrupt.
 *
 * The handler runs in interrupt context on the alarm's core; it may set its
 * alarm again.  AL1: an alarm is on at most one core's tree.
 * Locks: per-core lock (spin_irq), not held while handlers run.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lib/rbtree.h>

struct alarm {
	struct rb_node node;
	uint64_t deadline; /* TSC */
	void (*fn)(struct alarm *a);
	void *arg;
	_Atomic uint32_t state; /* private */
	unsigned int core;
};

void alarm_init(struct alarm *a, void (*fn)(struct alarm *), void *arg);
/* On this core.  The alarm must not be set.  Any context. */
void alarm_set(struct alarm *a, uint64_t deadline_tsc);
void alarm_set_usec(struct alarm *a, uint64_t usec_from_now);
/* On another core (sends a message if that makes it the earliest there). */
void alarm_set_on(unsigned int core, struct alarm *a, uint64_t deadline_tsc);
/* True if it was stopped before its handler ran.  If the handler is running on
 * another core, waits for its end: not from the handler itself. */
bool alarm_unset(struct alarm *a);
bool alarm_is_set(const struct alarm *a);

/* VEC_TIMER's handler. */
void alarm_irq(void);
/* This core is about to halt, interrupts off: it shall not be woken for an
 * alarm that was unset. */
void alarm_before_idle(void);
