// SPDX-License-Identifier: MIT
/*
 * sched: which process runs on which core.
 *
 * Single-core processes: a run queue per core.  A process that becomes runnable
 * goes to an idle core if there is one (its last one first), else to the
 * shortest of a few queues; a core without work takes from the longest.  No
 * queue is looked at that is not needed, and no global lock is taken.
 *
 * SC1  A process is on one run queue iff it is RUNNABLE_S.
 * SC2  A core that goes idle sets its idle bit, then looks at the queues once
 *      more; an enqueuer queues first, then looks for an idle core: one of the
 *      two sees the other.
 * SC3  A time slice is armed only while somebody is queued for the core.
 * Locks  rq->lock (spin), one per core; two are never held together.
 */
#pragma once

#include <stdbool.h>

#define SCHED_SLICE_USEC 10000

/* Fills sched_ops (proc/proc.h). */
void sched_init(void);

/* Monitor and /proc: how many are queued on a core, whether it is idle. */
unsigned int sched_queued(unsigned int core);
bool sched_core_idle(unsigned int core);
