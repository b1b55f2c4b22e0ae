// SPDX-License-Identifier: MIT
/*
 * Kernel messages: the only way to make another core do something.
 *
 * Immediate  run in interrupt context, interrupts off; may not block.
 * Routine    run by core_loop() on the core's current stack with interrupts on,
 *            before it returns to user mode or idles.  May block, and may never
 *            return (resuming a kthread does not).
 *
 * M1  From one sender, messages of one class run in the order they were sent.
 * M2  A message belongs to the receiver from kmsg_send() until its function is
 *     called; the storage is then free again (the function gets copies).
 * M3  Sending never fails and never allocates, except kmsg_post().
 * An IPI is sent only when the queue was empty, and none for a routine message
 * to the sender's own core: every way back to user mode or to a halt looks at
 * kmsg_pending() with interrupts off.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/percpu.h>
#include <lib/compiler.h>
#include <lib/slist.h>

struct kmsg;
typedef void (*kmsg_fn)(uintptr_t a0, uintptr_t a1, uintptr_t a2);

#define KMSG_IMMEDIATE 0
#define KMSG_ROUTINE   1

struct kmsg {
	struct mpsc_node node;
	kmsg_fn fn;
	uintptr_t a0, a1, a2;
	uint32_t src;
	uint8_t class;
	uint8_t allocated;
};

static inline void kmsg_init(struct kmsg *m, kmsg_fn fn, uintptr_t a0,
			     uintptr_t a1, uintptr_t a2)
{
	m->fn = fn;
	m->a0 = a0;
	m->a1 = a1;
	m->a2 = a2;
	m->allocated = 0;
}

/* Any context. */
void kmsg_send(unsigned int core, struct kmsg *m, int class);
/* With storage of our own; -ENOMEM.  Any context. */
int kmsg_post(unsigned int core, int class, kmsg_fn fn, uintptr_t a0,
	      uintptr_t a1, uintptr_t a2);

/* Runs fn on every core in `cores` (a bitmap of nr_cores bits; NULL: all) as an
 * immediate message and waits until all have returned.  The own core runs it
 * directly.  Interrupts must be on; no spinning lock that an immediate handler
 * could want may be held. */
void kmsg_call_cores(const unsigned long *cores, kmsg_fn fn, uintptr_t a0,
		     uintptr_t a1, uintptr_t a2);

/* The KMSG vector's handler: runs immediate messages. */
void kmsg_irq(void);
/* Runs what is queued; returns with interrupts off and no routine message
 * waiting.  At the bottom of a kernel stack only: it may not return. */
void kmsg_run_routine(void);

struct kmsg_queues {
	struct mpsc_queue immediate, routine;
	struct mpsc_node *todo;	  /* [o] routine, taken, oldest first */
	unsigned long *calls;	  /* [a] cores whose call waits for us */
	_Atomic uint32_t online;  /* takes part in kmsg_call_cores() */
};
DECLARE_PERCPU(struct kmsg_queues, kmsg_queues);

/* Routine messages wait on this core. */
static __always_inline bool kmsg_pending(void)
{
	return this_cpu(kmsg_queues.todo) ||
	       !mpsc_empty(&this_cpu_ptr(kmsg_queues)->routine);
}

/* For kthread.c.  The oldest routine message if its function is fn, taken off
 * the queue; else NULL, and nothing has changed. */
struct kmsg *kmsg_take_if(kmsg_fn fn);
/* Before a core first runs, and when it does: from then on it answers calls. */
void kmsg_prepare_core(unsigned int core);
void kmsg_set_online(void);
