// SPDX-License-Identifier: MIT
/*
 * RCU: read without locks, free when no reader can be left.
 *
 * The kernel is not preempted, so a reader is any stretch of kernel code that
 * does not sleep; rcu_read_lock() only tells lockdep (sleeping inside is
 * reported).  A core is quiescent in user mode, when idle, and at each pass of
 * core_loop().  rcu_kernel_enter()/rcu_kernel_exit() count a core's entries from
 * user mode: odd while in the kernel (seq_cst: pairs with the grace period's
 * reads, so that a core in user mode is never waited for nor interrupted).
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <arch/percpu.h>

struct rcu_head {
	struct rcu_head *next;
	void (*fn)(struct rcu_head *);
};

void rcu_init(void);
void rcu_read_lock(void);
void rcu_read_unlock(void);
/* fn runs later in a routine message, and may not sleep. Any context. */
void rcu_call(struct rcu_head *h, void (*fn)(struct rcu_head *));
/* Waits for a grace period; and for all callbacks queued before.  May sleep. */
void rcu_barrier(void);

DECLARE_PERCPU(_Atomic uint32_t, rcu_kernel_seq);
static inline void rcu_kernel_enter(void)
{
	asm volatile("lock incl %0" : "+m"(rcu_kernel_seq)::"memory");
}
static inline void rcu_kernel_exit(void)
{
	asm volatile("lock incl %0" : "+m"(rcu_kernel_seq)::"memory");
}
/* From core_loop(): this core holds no reader now. */
void rcu_quiescent(void);

#define rcu_assign(p, v) atomic_store_explicit(&(p), v, memory_order_release)
#define rcu_deref(p)	 atomic_load_explicit(&(p), memory_order_acquire)
