// SPDX-License-Identifier: MIT
/* What a core's main loop asks of proc: run users, rest, resume kthreads. */
#include <proc/proc_priv.h>

#include <arch/cpu.h>
#include <sched/sched.h>
#include <vm/vm.h>

DEFINE_PERCPU(uint32_t, need_resched);

DEFINE_PERCPU_STATIC(struct kmsg, kick_msg);
DEFINE_PERCPU_STATIC(_Atomic uint32_t, kick_sent);

/* The exchange pairs with core_kick()'s: what was set before a kick that found
 * one on its way is seen by the pass that need_resched causes. */
static void kick_handler(uintptr_t a0, uintptr_t a1, uintptr_t a2)
{
	atomic_exchange(this_cpu_ptr(kick_sent), 0);
	this_cpu(need_resched) = 1;
	this_cpu(relax_wanted) |= RELAX_LOOK;
}

void core_kick(unsigned int core)
{
	struct kmsg *m = &per_cpu(kick_msg, core);

	if (core == core_id()) {
		this_cpu(need_resched) = 1;
		return;
	}
	if (atomic_exchange(&per_cpu(kick_sent, core), 1))
		return;
	kmsg_init(m, kick_handler, 0, 0, 0);
	kmsg_send(core, m, KMSG_IMMEDIATE);
}

void proc_return_to_user(void)
{
	lockdep_assert_none_held("return to user mode");
	rcu_kernel_exit();
	arch_return_to_user();
}

/*
 * Interrupts are off all the way: what comes in between is seen either by the
 * looks below or, as an interrupt, right after the return to user mode.
 */
void proc_core_user(void)
{
	struct proc *p;

	while (!kmsg_pending()) {
		p = this_cpu(owner);
		if (!p) {
			p = sched_ops->pick();
			if (!p)
				return;
			proc_load(p);
			continue;
		}
		if (this_cpu(need_resched)) {
			this_cpu(need_resched) = 0;
			if (!owner_settle(p))
				continue;
		}
		aspace_load(p->as);
		if (kmsg_pending())
			return;
		/* Whoever went on and on has given way. */
		this_cpu(relax_wanted) = 0;
		proc_return_to_user();
	}
}

/* Whoever frees an address space would have to interrupt us. */
void proc_core_idle(void)
{
	struct aspace *as = aspace_loaded();

	if (as && atomic_load_explicit(&as->dead, memory_order_relaxed))
		aspace_load(NULL);
}

/* A kthread without one keeps what is loaded. */
void proc_kthread_resume(struct kthread *k)
{
	if (k->as)
		aspace_load(k->as);
}

/* Here, where what it waited for is in the caches; but on its own core if that
 * has nothing else to do. */
unsigned int proc_wake_core(struct kthread *k)
{
	unsigned int here = core_id();

	return k->core != here && sched_core_idle(k->core) ? k->core : here;
}
