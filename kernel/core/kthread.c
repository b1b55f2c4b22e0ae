// SPDX-License-Identifier: MIT
/*
 * Kernel threads: how a core goes from one to another.  Rules: core/kthread.h
 *
 * There are two ways to leave a kthread: it blocks, or it has nothing left to
 * do and a woken one takes the core.  Either way the next one runs first and
 * then, in finish_switch(), does for the previous what may be done only when
 * nobody is on its stack.
 *
 * A kthread that blocks while the core's oldest message is the resumption of
 * another goes there directly; else to a spare kthread, in core_loop().
 */
#include <core/kthread.h>

#include <arch/boot.h>
#include <arch/context.h>
#include <arch/cpu.h>
#include <core/console.h>
#include <core/core_priv.h>
#include <core/rcu.h>
#include <core/trace.h>
#include <lib/assert.h>
#include <lib/log.h>
#include <ros/errno.h>

DEFINE_PERCPU(struct kthread *, cur_kthread);

/* Between two kthreads: who was left. */
DEFINE_PERCPU_STATIC(struct kthread *, left_kthread);
DEFINE_PERCPU_STATIC(bool, left_blocks);

static void finish_switch(void);
static struct kthread *wait_for_spare(struct kthread *k);
static __noreturn void spare_main(void *arg);
static __noreturn void kthread_main(void *arg);

static inline uint32_t state_xchg(struct kthread *k, uint32_t to)
{
	/* Both ways: T2's hand-over. */
	return atomic_exchange_explicit(&k->state, to, memory_order_acq_rel);
}

static inline void state_set(struct kthread *k, uint32_t to)
{
	atomic_store_explicit(&k->state, to, memory_order_relaxed);
}

/* Goes on at `next`; returns when `prev` is resumed, if it ever is. */
static void switch_to(struct kthread *prev, struct kthread *next, bool blocks)
{
	void (*begin)(void *) = next->start ? kthread_main : NULL;

	this_cpu(left_kthread) = prev;
	this_cpu(left_blocks) = blocks;
	next->core = core_id();
	kthread_set_current(next);
	if (begin)
		arch_kswitch_new(&prev->sp, next->stack_top, begin, next);
	else
		arch_kswitch(&prev->sp, next->sp);
	/* Now on whatever core resumed prev. */
	finish_switch();
	trace(TR_RESUME, prev, 0);
	if (prev->as)
		core_ops->resume(prev);
}

void kthread_block(void)
{
	struct kthread *k = cur_kthread_get(), *next;
	struct kmsg *m;

	might_sleep();
	if (atomic_load_explicit(&k->state, memory_order_acquire) ==
	    KTH_WOKEN) {
		state_set(k, KTH_RUNNING);
		return;
	}
	trace(TR_BLOCK, k, __builtin_return_address(0));
	rcu_quiescent();
	m = kmsg_take_if(kthread_resume_msg);
	if (m) {
		switch_to(k, (struct kthread *)m->a0, true);
		return;
	}
	next = spare_take();
	if (likely(next)) {
		next->start = spare_main;
	} else {
		next = wait_for_spare(k);
		if (!next)
			return;
	}
	switch_to(k, next, true);
}

static void send_resume(struct kthread *k)
{
	unsigned int core = k->proc ? core_ops->wake_core(k) : k->core;

	kmsg_send(core, &k->resume, KMSG_ROUTINE);
}

void kthread_wake(struct kthread *k)
{
	uint32_t old = state_xchg(k, KTH_WOKEN);

	if (old == KTH_RUNNING)
		return; /* k may be gone already */
	assert(old == KTH_BLOCKED);
	trace(TR_WAKE, k, 0);
	state_set(k, KTH_RUNNING);
	send_resume(k);
}

/* The previous kthread's stack is free of us. */
static void finish_switch(void)
{
	struct kthread *prev = this_cpu(left_kthread);
	uint32_t old = KTH_RUNNING;

	if (!this_cpu(left_blocks)) {
		spare_put(prev);
		return;
	}
	if (prev->proc)
		core_ops->blocked(prev);
	if (atomic_compare_exchange_strong_explicit(
		    &prev->state, &old, KTH_BLOCKED, memory_order_acq_rel,
		    memory_order_acquire))
		return;
	assert(old == KTH_WOKEN);
	state_set(prev, KTH_RUNNING);
	send_resume(prev);
}

/* On the bottom of the present kthread's stack: nothing is lost with it. */
void kthread_resume_msg(uintptr_t a0, uintptr_t a1, uintptr_t a2)
{
	switch_to(cur_kthread_get(), (struct kthread *)a0, false);
	panic("a spare kthread was resumed");
}

/* Without memory for another stack the core stays here until there is one, or
 * another kthread goes on, or the wake has come: then NULL. */
static __noinline struct kthread *wait_for_spare(struct kthread *k)
{
	struct kthread *next = NULL;
	struct kmsg *m;

	while (!next) {
		irq_disable();
		if (atomic_load_explicit(&k->state, memory_order_acquire) ==
		    KTH_WOKEN) {
			state_set(k, KTH_RUNNING);
			irq_enable();
			return NULL;
		}
		cpu_halt_irqs_on();
		irq_enable();
		m = kmsg_take_if(kthread_resume_msg);
		if (m)
			return (struct kthread *)m->a0;
		next = spare_take();
		if (next)
			next->start = spare_main;
	}
	return next;
}

/* First code of every kthread that has not run yet. */
static __noreturn void kthread_main(void *arg)
{
	struct kthread *k = arg;
	void (*start)(void *) = k->start;

	k->start = NULL;
	finish_switch();
	irq_enable();
	start(k->start_arg);
	k->name = "spare";
	core_loop();
}

static __noreturn void spare_main(void *arg)
{
	core_loop();
}

int kthread_spawn(unsigned int core, const char *name, void (*fn)(void *),
		  void *arg)
{
	struct kthread *k = kthread_create();

	if (!k)
		return -ENOMEM;
	k->name = name;
	k->core = core;
	k->start = fn;
	k->start_arg = arg;
	state_set(k, KTH_RUNNING);
	kmsg_send(core, &k->resume, KMSG_ROUTINE);
	return 0;
}

#if CONFIG_LOCKDEP
struct lockdep_sleepers *lockdep_sleepers(void)
{
	struct kthread *k = this_cpu(cur_kthread);

	return k ? &k->sleepers : NULL;
}
#endif

static void print_one(struct kthread *k, void *arg)
{
	static const char *const names[] = { "running", "blocked", "woken",
					     "spare" };
	uint32_t state = atomic_load(&k->state);
	uintptr_t pcs[12];
	unsigned int nr;

	if (state == KTH_SPARE)
		return;
	kprintf("%p core %u %s: %s\n", (void *)k, k->core, k->name,
		names[state & 3]);
	if (state != KTH_BLOCKED)
		return;
	nr = backtrace_kthread(k, pcs, ARRAY_SIZE(pcs));
	backtrace_print_pcs(pcs, nr);
}

void kthread_print_all(void)
{
	kthread_for_each(print_one, NULL);
}
