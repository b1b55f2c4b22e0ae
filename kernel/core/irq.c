// SPDX-License-Identifier: MIT
/* Interrupt handlers by vector.  Rules: core/irq.h */
#include <core/irq.h>

#include <stdatomic.h>

#include <arch/trap.h>
#include <core/alarm.h>
#include <core/kmsg.h>
#include <core/rcu.h>
#include <core/trace.h>
#include <lib/assert.h>
#include <ros/errno.h>

struct irq_slot {
	irq_handler_t _Atomic fn;
	void *arg;
};

static struct irq_slot slots[VEC_TIMER - VEC_IRQ_BASE];
static _Atomic unsigned int nr_vectors;

int irq_alloc_vector(void)
{
	unsigned int i = atomic_fetch_add(&nr_vectors, 1);

	return i < ARRAY_SIZE(slots) ? (int)(VEC_IRQ_BASE + i) : -ENOSPC;
}

void irq_set_handler(unsigned int vector, irq_handler_t fn, void *arg)
{
	struct irq_slot *s = &slots[vector - VEC_IRQ_BASE];

	assert(vector >= VEC_IRQ_BASE && vector < VEC_TIMER);
	s->arg = arg;
	/* Releases arg; pairs with the acquire in run_handler(). */
	atomic_store_explicit(&s->fn, fn, memory_order_release);
}

static void run_handler(unsigned int vector)
{
	struct irq_slot *s = &slots[vector - VEC_IRQ_BASE];
	irq_handler_t fn;

	if (vector < VEC_IRQ_BASE || vector >= VEC_TIMER)
		return;
	fn = atomic_load_explicit(&s->fn, memory_order_acquire);
	if (fn)
		fn(s->arg);
}

void irq_dispatch(unsigned int vector)
{
	/* Even: this hit user mode or a halted core. */
	bool outermost = !(this_cpu(rcu_kernel_seq) & 1);

	if (outermost)
		rcu_kernel_enter();
	trace(TR_IRQ, vector, 0);
	if (vector == VEC_KMSG)
		kmsg_irq();
	else if (vector == VEC_TIMER)
		alarm_irq();
	else
		run_handler(vector);
	if (outermost)
		rcu_kernel_exit();
}
