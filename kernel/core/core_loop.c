// SPDX-License-Identifier: MIT
/*
 * What a core does when nobody tells it otherwise: routine messages, then a
 * user context, else it halts.  Rules: core/kthread.h
 */
#include <core/core_priv.h>

#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/alarm.h>
#include <core/kmsg.h>
#include <core/rcu.h>
#include <core/trace.h>
#include <lib/log.h>
#include <sync/lockdep.h>

#define RETRY_USEC 2000

/* Before the rooms above have come up. */
static void no_kthread(struct kthread *k)
{
}

static void nothing(void)
{
}

static unsigned int same_core(struct kthread *k)
{
	return k->core;
}

static const struct core_ops early_ops = {
	.blocked = no_kthread,
	.resume = no_kthread,
	.user = nothing,
	.idle = nothing,
	.wake_core = same_core,
	.no_stacks = nothing,
};
const struct core_ops *core_ops = &early_ops;

void core_set_ops(const struct core_ops *ops)
{
	char buf[4];

	core_ops = ops;
	/* Now there are all cores, and soon something to see. */
	if (boot_option("trace", buf, sizeof(buf)) && trace_set(true))
		log("no memory for the trace");
}

DEFINE_PERCPU(struct core_time, core_idle_time);

uint64_t core_time_read(struct core_time *t)
{
	uint64_t since, ticks, now;

	/* Pairs with core_time_end(): a sum that has what `since` began is seen
	 * only by who then finds `since` changed. */
	do {
		since = atomic_load(&t->since);
		ticks = atomic_load(&t->ticks);
		now = read_tsc();
	} while (since != atomic_load(&t->since));
	return since && now > since ? ticks + now - since : ticks;
}

/* Interrupts are off and no message waits: one that comes now is an interrupt
 * that ends the halt. */
static void idle(void)
{
	core_ops->idle();
	alarm_before_idle();
	if (kmsg_pending())
		return;
	lockdep_assert_none_held("idle");
	trace(TR_IDLE, 0, 0);
	core_time_begin(this_cpu_ptr(core_idle_time), read_tsc());
	rcu_kernel_exit();
	cpu_halt_irqs_on();
	rcu_kernel_enter();
	core_time_end(this_cpu_ptr(core_idle_time), read_tsc());
}

DEFINE_PERCPU_STATIC(struct alarm, retry_alarm);

static void retry(struct alarm *a)
{
}

/* While there is no memory for them users wait; messages run, and some of them
 * will make room. */
static __noinline bool make_stacks(void)
{
	struct alarm *a = this_cpu_ptr(retry_alarm);

	irq_enable();
	if (spares_refill())
		return true;
	core_ops->no_stacks();
	if (!a->fn)
		alarm_init(a, retry, NULL);
	if (!alarm_is_set(a))
		alarm_set_usec(a, RETRY_USEC);
	return false;
}

static __noreturn void loop(void *unused)
{
	for (;;) {
		kmsg_run_routine();
		if (likely(spares_ready()))
			core_ops->user();
		else if (make_stacks())
			continue;
		irq_disable();
		if (!kmsg_pending())
			idle();
	}
}

void __noreturn core_loop(void)
{
	rcu_kernel_enter();
	rcu_quiescent();
	if (unlikely(!atomic_load_explicit(&this_cpu_ptr(kmsg_queues)->online,
					   memory_order_relaxed)))
		kmsg_set_online();
	arch_run_on_stack(this_cpu(percpu_head.kstack_top), loop, NULL);
}
