// SPDX-License-Identifier: MIT
/*
 * Vcores: where user-level scheduling happens.
 *
 * A process starts as an ordinary thread without vcore context: the kernel
 * never interrupts it with a message (VC_SCP_NOVCCTX), and a blocking call
 * sleeps in the trap (SC_WAIT).  Most programs never need more.  Whoever wants
 * events calls vcore_lib_init(), which is idempotent and cheap when it has been
 * done: it gives vcore 0 its stack, its mailboxes and its entry, and makes the
 * running code thread 0 (parlib/uthread.h).  No constructor runs for it.
 *
 * Vcore context   notifications are disabled, the stack is the vcore's, FS is
 *                 the last thread's and not to be used.  vcore_main() never
 *                 returns: it handles messages, then runs the current thread if
 *                 it was interrupted, else asks the scheduler.
 * V1  In vcore context no floating-point register is touched: they hold the
 *     values of the interrupted thread.
 * V2  While a thread runs with notifications enabled its u_ctx is free; while
 *     it does not run, its whole state is in its u_ctx (and the FPU, see V1).
 */
#pragma once

#include <parlib/arch.h>

void vcore_lib_init(void);
bool vcore_lib_ready(void);

static inline uint32_t vcore_id(void)
{
	return gs_read32(VCPD_VCOREID);
}

static inline bool in_vcore_context(void)
{
	return gs_read64(VCORE_IN_CONTEXT);
}

static inline uint32_t num_vcores(void)
{
	return __atomic_load_n(&procinfo()->num_vcores, __ATOMIC_RELAXED);
}

static inline uint32_t max_vcores(void)
{
	return procinfo()->max_vcores;
}

static inline bool notif_is_enabled(uint32_t vcoreid)
{
	return !__atomic_load_n(&vcpd_of(vcoreid)->notif_disabled,
				__ATOMIC_RELAXED);
}

/* Gives the core back until there is a message.  Vcore context; returns. */
void vcore_yield(bool preempt_pending);

/* Starts vcore context over, on an empty stack; from vcore context. */
void __attribute__((noreturn)) vcore_reenter(void);

/* A user lock is held by vcore `other`: spin politely. */
void cpu_relax_vc(uint32_t other);

/* A fork's child: makes the copied vcore context its own. */
void vcore_fork_child(void);

/* In assembly: the addresses between which the pop is not yet complete. */
extern const char __pop_ctx_start[], __pop_ctx_end[];
