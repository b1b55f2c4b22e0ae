// SPDX-License-Identifier: MIT
/*
 * RCU: read without locks, free when no reader can be left.
 *
 * The kernel is not preempted, so a reader is any stretch of kernel code that
 * does not sleep; rcu_read_lock() only tells lockdep (sleeping inside is
 * reported).  A core is quiescent in user mode, when it halts, and at each pass
 * of core_loop().
 *
 * rcu_kernel_seq says where a core is: odd in the kernel, even in user mode or
 * halted; it grows at each quiescent point.  Both marks are plain stores.
 *
 * R1  A reader runs only while its core's word is odd: every entry from user
 *     mode calls rcu_kernel_enter() before it looks at anything, every return
 *     calls rcu_kernel_exit() last.  Interrupts: irq_dispatch() does it.
 * R2  A grace period looks at a core's word for the first time RCU_DELAY_USEC
 *     after the last removal it covers.  By then the word that a reader of the
 *     old pointer has stored is visible, for a store waits in its core's buffer
 *     only as long as that takes to drain (nanoseconds; an interrupt, a trap to
 *     a hypervisor and a context switch under one drain it at once):
 *
 *        reader's core                        updater's core
 *        word = odd (in its store buffer)     p = new
 *        reads p: old                         wait RCU_DELAY_USEC
 *        ... the buffer has drained           read the word: odd, so wait on
 *
 *     (Morrison, Afek: "Temporally Bounding TSO for Fence-Free Asymmetric
 *     Synchronization", 2015.)  So an entry costs no fence, and a core in user
 *     mode or halted is neither waited for nor interrupted.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <arch/percpu.h>

#define RCU_DELAY_USEC 1000

struct rcu_head {
	struct rcu_head *next;
	void (*fn)(struct rcu_head *);
};

void rcu_init(void);
#if CONFIG_LOCKDEP || defined(HOST)
void rcu_read_lock(void);
void rcu_read_unlock(void);
#else
static inline void rcu_read_lock(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}
static inline void rcu_read_unlock(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}
#endif
/* fn runs later in a routine message, and may not sleep. Any context. */
void rcu_call(struct rcu_head *h, void (*fn)(struct rcu_head *));
/* Waits for a grace period; and for all callbacks queued before.  May sleep. */
void rcu_barrier(void);

DECLARE_PERCPU(uint32_t, rcu_kernel_seq);

/* Both may be called twice in a row without harm: a forgotten exit only makes
 * a grace period longer.  A forgotten enter would be a real error (R1);
 * rcu_read_lock() of test builds finds it. */
static inline void rcu_kernel_enter(void)
{
	asm volatile("orl $1, %0" : "+m"(rcu_kernel_seq)::"memory");
}

static inline void rcu_kernel_exit(void)
{
	asm volatile("orl $1, %0\n\tincl %0"
		     : "+m"(rcu_kernel_seq)::"memory");
}

/* This core, in the kernel, holds no reader now (core_loop(), a switch). */
static inline void rcu_quiescent(void)
{
	asm volatile("addl $2, %0" : "+m"(rcu_kernel_seq)::"memory");
}

#define rcu_assign(p, v) atomic_store_explicit(&(p), v, memory_order_release)
#define rcu_deref(p)	 atomic_load_explicit(&(p), memory_order_acquire)
