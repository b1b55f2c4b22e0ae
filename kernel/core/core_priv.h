// SPDX-License-Identifier: MIT
/* Private to core: what its files share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/percpu.h>
#include <core/kthread.h>
#include <lib/compiler.h>

/* kthread_stack.c: kthreads with stacks; spare ones of this core. */
struct kthread *kthread_create(void); /* SPARE; NULL: no memory */
struct kthread *spare_take(void);     /* RUNNING; NULL: no memory */
void spare_put(struct kthread *k);    /* not on its stack any more */
/* Are there enough of them for user mode? */
bool spares_ready(void);
/* Makes what is missing; false: no memory.  Interrupts on. */
bool spares_refill(void);
/* Calls fn for each, with a spinning lock held: none is freed meanwhile. */
void kthread_for_each(void (*fn)(struct kthread *k, void *arg), void *arg);

extern const struct core_ops *core_ops;

/* The core's next stack: what traps from user mode and gcc's protector use. */
static inline __attribute__((always_inline)) void
kthread_set_current(struct kthread *k)
{
	this_cpu(cur_kthread) = k;
	this_cpu(percpu_head.kstack_top) = k->stack_top;
	this_cpu(percpu_head.canary) = k->canary;
}

/* The resume message's function; a0 is the kthread. */
void kthread_resume_msg(uintptr_t a0, uintptr_t a1, uintptr_t a2);

/* backtrace.c: return addresses from fp upwards into pcs; how many. */
unsigned int backtrace_collect(uintptr_t pc, uintptr_t fp, uintptr_t *pcs,
			       unsigned int max);
void backtrace_print_pcs(const uintptr_t *pcs, unsigned int nr);
/* Where a kthread that does not run would go on. */
unsigned int backtrace_kthread(const struct kthread *k, uintptr_t *pcs,
			       unsigned int max);

/* log.c: from now on output is polled, and no lock is waited for. */
void log_to_panic(void);

/* panic.c: where another core is, by NMI: how many addresses, 0: no answer. */
unsigned int panic_ask_core(unsigned int core, uintptr_t *pcs,
			    unsigned int max);
