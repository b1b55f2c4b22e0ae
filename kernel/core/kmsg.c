// SPDX-License-Identifier: MIT
/*
 * Kernel messages: two queues per core, and calls that wait for an answer.
 * Rules: core/kmsg.h
 *
 * A call needs no message: each core has one call out at most (the caller waits
 * for it), described in its own per-core `call`; it sets its bit in the
 * target's `calls`.  The target looks at the bits first, then runs its
 * immediate messages, then the calls: what a caller sent before its call is run
 * before it (M1).
 */
#include <core/kmsg.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/trap.h>
#include <core/rcu.h>
#include <core/trace.h>
#include <lib/assert.h>
#include <lib/bitmap.h>
#include <mm/slab.h>
#include <ros/errno.h>
#include <sync/lockdep.h>

struct kmsg_call {
	kmsg_fn fn;
	uintptr_t a0, a1, a2;
	_Atomic uint32_t left; /* targets that have not returned */
};

DEFINE_PERCPU(struct kmsg_queues, kmsg_queues);
DEFINE_PERCPU_STATIC(struct kmsg_call, kmsg_call);
/* Enough for 64 cores; replaced when there are more. */
DEFINE_PERCPU_STATIC(unsigned long, first_calls);

void kmsg_send(unsigned int core, struct kmsg *m, int class)
{
	struct kmsg_queues *q = &per_cpu(kmsg_queues, core);
	unsigned int self = core_id();

	m->src = self;
	m->class = class;
	if (class == KMSG_ROUTINE) {
		if (mpsc_push(&q->routine, &m->node) && core != self)
			ipi_send(core, VEC_KMSG);
	} else if (mpsc_push(&q->immediate, &m->node)) {
		ipi_send(core, VEC_KMSG);
	}
}

int kmsg_post(unsigned int core, int class, kmsg_fn fn, uintptr_t a0,
	      uintptr_t a1, uintptr_t a2)
{
	struct kmsg *m = kmalloc(sizeof(*m), MM_ATOMIC);

	if (!m)
		return -ENOMEM;
	kmsg_init(m, fn, a0, a1, a2);
	m->allocated = 1;
	kmsg_send(core, m, class);
	return 0;
}

/* M2: the storage is free before the function runs. */
static inline void run_one(struct kmsg *m)
{
	uintptr_t a0 = m->a0, a1 = m->a1, a2 = m->a2;
	kmsg_fn fn = m->fn;

	trace(TR_KMSG, fn, a0);
	if (m->allocated)
		kfree(m);
	fn(a0, a1, a2);
}

static struct kmsg *take_routine(void)
{
	struct mpsc_node *n = this_cpu(kmsg_queues.todo);

	if (!n)
		n = mpsc_take_all(&this_cpu_ptr(kmsg_queues)->routine);
	if (!n)
		return NULL;
	this_cpu(kmsg_queues.todo) = n->next;
	return container_of(n, struct kmsg, node);
}

struct kmsg *kmsg_take_if(kmsg_fn fn)
{
	struct mpsc_node *n = this_cpu(kmsg_queues.todo);

	if (!n) {
		n = mpsc_take_all(&this_cpu_ptr(kmsg_queues)->routine);
		this_cpu(kmsg_queues.todo) = n;
	}
	if (!n || container_of(n, struct kmsg, node)->fn != fn)
		return NULL;
	this_cpu(kmsg_queues.todo) = n->next;
	return container_of(n, struct kmsg, node);
}

void kmsg_run_routine(void)
{
	struct kmsg *m;

	for (;;) {
		irq_disable();
		if (!kmsg_pending())
			return;
		irq_enable();
		m = take_routine();
		if (m)
			run_one(m);
		rcu_quiescent();
	}
}

static void run_calls(unsigned int word, unsigned long bits)
{
	for (; bits; bits &= bits - 1) {
		unsigned int from = word * 64 + __builtin_ctzl(bits);
		struct kmsg_call *c = &per_cpu(kmsg_call, from);

		c->fn(c->a0, c->a1, c->a2);
		/* Releases what fn did; pairs with the caller's acquire. */
		atomic_fetch_sub_explicit(&c->left, 1, memory_order_release);
	}
}

static void run_immediate(void)
{
	struct mpsc_node *n, *next;

	n = mpsc_take_all(&this_cpu_ptr(kmsg_queues)->immediate);
	for (; n; n = next) {
		next = n->next;
		run_one(container_of(n, struct kmsg, node));
	}
}

void kmsg_irq(void)
{
	unsigned long *calls = this_cpu(kmsg_queues.calls);

	for (unsigned int w = 0; calls && w < BITMAP_LONGS(nr_cores); w++) {
		unsigned long bits;

		if (!__atomic_load_n(&calls[w], __ATOMIC_RELAXED))
			continue;
		/* Acquires the call; pairs with bit_set_atomic() there. */
		bits = __atomic_exchange_n(&calls[w], 0, __ATOMIC_SEQ_CST);
		run_immediate();
		run_calls(w, bits);
	}
	run_immediate();
}

/* True if the word was empty: its owner must be told. */
static bool call_set_bit(unsigned int target, unsigned int self)
{
	unsigned long *w = &per_cpu(kmsg_queues, target).calls[self / 64];

	return !__atomic_fetch_or(w, 1UL << (self % 64), __ATOMIC_SEQ_CST);
}

void kmsg_call_cores(const unsigned long *cores, kmsg_fn fn, uintptr_t a0,
		     uintptr_t a1, uintptr_t a2)
{
	unsigned int self = core_id();
	struct kmsg_call *c = this_cpu_ptr(kmsg_call);

	c->fn = fn;
	c->a0 = a0;
	c->a1 = a1;
	c->a2 = a2;
	for (unsigned int i = 0; i < nr_cores; i++) {
		if (i == self || (cores && !bit_test(cores, i)) ||
		    !atomic_load(&per_cpu(kmsg_queues, i).online))
			continue;
		assert(irq_enabled() && !in_irq());
		atomic_fetch_add_explicit(&c->left, 1, memory_order_relaxed);
		if (call_set_bit(i, self))
			ipi_send(i, VEC_KMSG);
	}
	if (!cores || bit_test(cores, self)) {
		uint64_t fl = irq_save();

		fn(a0, a1, a2);
		irq_restore(fl);
	}
	while (atomic_load_explicit(&c->left, memory_order_acquire))
		cpu_relax();
}

void kmsg_prepare_core(unsigned int core)
{
	struct kmsg_queues *q = &per_cpu(kmsg_queues, core);

	if (nr_cores <= 64) {
		q->calls = &per_cpu(first_calls, core);
		return;
	}
	q->calls = kzalloc(BITMAP_LONGS(nr_cores) * sizeof(long), MM_WAIT);
	if (!q->calls)
		panic("no memory for the message queues of core %u", core);
}

void kmsg_set_online(void)
{
	uint64_t fl = irq_save();

	atomic_store(&this_cpu_ptr(kmsg_queues)->online, 1);
	/* Whoever sent before could not interrupt us. */
	kmsg_irq();
	irq_restore(fl);
}
