// SPDX-License-Identifier: MIT
/* sched's own: run queues and slices. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/percpu.h>
#include <core/alarm.h>
#include <core/kmsg.h>
#include <lib/list.h>
#include <sync/spinlock.h>

struct proc;

struct runqueue {
	struct spinlock lock;
	struct list procs;	/* [lock] proc.run_link, FIFO */
	_Atomic uint32_t nr;	/* [lock] to change */
	struct alarm slice;
	_Atomic uint32_t slice_set; /* SC3: the alarm runs, or is being sent */
	struct kmsg slice_msg;
};
DECLARE_PERCPU(struct runqueue, runqueue);

/* runqueue.c */
void runqueues_init(void);
void rq_add(unsigned int core, struct proc *p); /* sets p->core */
void rq_remove(struct proc *p);
struct proc *rq_take(unsigned int core); /* the oldest; NULL */
/* The core with the most queued, but for `self`; nr_cores: none has any. */
unsigned int rq_longest(unsigned int self);
static inline uint32_t rq_len(unsigned int core)
{
	return atomic_load_explicit(&per_cpu(runqueue, core).nr,
				    memory_order_relaxed);
}

/* sched.c: an idle core, if there is one, shall look at the queues. */
void sched_share(unsigned int core);

/* slice.c */
void slice_init(unsigned int core);
/* Somebody is queued for this core while another runs there. */
void slice_want(unsigned int core);
bool slice_over(struct proc *p);
