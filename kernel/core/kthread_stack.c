// SPDX-License-Identifier: MIT
/*
 * Kthreads and their stacks: made, kept spare, given back.  Rules:
 * core/kthread.h
 *
 * Each core keeps a few spare kthreads, the last one used first (its stack is
 * warm); only that core touches its list, and never in interrupt context.
 *
 * SPARES_LOW  A core goes to user mode only with so many at hand: that call may
 *	       block, and so may the messages that come after it, which tear
 *	       down processes and so make memory.  Stacks beyond that number are
 *	       made for users and leave the reserve of frames alone.
 */
#include <core/core_priv.h>

#include <arch/boot.h>
#include <arch/cpu.h>
#include <core/wait.h>
#include <lib/assert.h>
#include <lib/hash.h>
#include <lib/log.h>
#include <mm/kmap.h>
#include <mm/slab.h>

#define SPARES_MAX 16
#define SPARES_LOW 3

struct spares {
	struct list list; /* kthread.link; next == NULL: not yet initialised */
	_Atomic uint32_t nr;
};
DEFINE_PERCPU_STATIC(struct spares, spares);

static struct slab_cache *kthread_cache;
static struct kthread boot_kthread;
static struct spinlock_irq all_lock = SPINLOCK_IRQ_INIT("kthreads");
static struct list all = LIST_INIT(all);
static _Atomic unsigned int nr_all;

static uintptr_t new_canary(const struct kthread *k)
{
	/* The low byte is 0: it ends what a string overrun would copy. */
	return hash_u64(read_tsc() ^ (uintptr_t)k ^ boot_kthread.canary) &
	       ~0xffUL;
}

static void kthread_setup(struct kthread *k)
{
	k->name = "spare";
	k->core = core_id();
	k->sc_fd = -1;
	kmsg_init(&k->resume, kthread_resume_msg, (uintptr_t)k, 0, 0);
	list_init(&k->link);
	list_init(&k->proc_link);
	scoped_spin_irq(&all_lock)
		list_add_tail(&all, &k->all);
	atomic_fetch_add(&nr_all, 1);
}

static struct kthread *create(unsigned int flags)
{
	struct kthread *k = slab_alloc(kthread_cache, flags | MM_ZERO);
	char *stack;

	if (!k)
		return NULL;
	stack = kmap_alloc_from(KSTACK_PAGES, flags);
	if (!stack) {
		slab_free(kthread_cache, k);
		return NULL;
	}
	k->own_stack = true;
	k->stack_top = (uintptr_t)stack + KSTACK_SIZE;
	k->canary = new_canary(k);
	atomic_store_explicit(&k->state, KTH_SPARE, memory_order_relaxed);
	kthread_setup(k);
	return k;
}

struct kthread *kthread_create(void)
{
	return create(MM_WAIT);
}

static void kthread_free(struct kthread *k)
{
	scoped_spin_irq(&all_lock)
		list_del(&k->all);
	atomic_fetch_sub(&nr_all, 1);
	kmap_free((void *)(k->stack_top - KSTACK_SIZE), KSTACK_PAGES);
	slab_free(kthread_cache, k);
}

static inline struct spares *my_spares(void)
{
	struct spares *s = this_cpu_ptr(spares);

	if (unlikely(!s->list.next))
		list_init(&s->list);
	return s;
}

/* Only its own core writes the number. */
static inline void spares_count(struct spares *s, int add)
{
	uint32_t n = atomic_load_explicit(&s->nr, memory_order_relaxed);

	atomic_store_explicit(&s->nr, n + add, memory_order_relaxed);
}

struct kthread *spare_take(void)
{
	struct spares *s = my_spares();
	struct kthread *k = list_first(&s->list, struct kthread, link);

	if (k) {
		list_del(&k->link);
		spares_count(s, -1);
	} else {
		k = create(MM_ATOMIC);
		if (!k)
			return NULL;
	}
	atomic_store_explicit(&k->state, KTH_RUNNING, memory_order_relaxed);
	return k;
}

bool spares_ready(void)
{
	return likely(my_spares()->nr >= SPARES_LOW);
}

bool spares_refill(void)
{
	struct spares *s = my_spares();

	while (s->nr < SPARES_LOW) {
		struct kthread *k = create(MM_USER);

		if (!k)
			return false;
		list_add_tail(&s->list, &k->link);
		spares_count(s, 1);
	}
	return true;
}

void spare_put(struct kthread *k)
{
	struct spares *s = my_spares();

	assert(!k->proc);
	atomic_store_explicit(&k->state, KTH_SPARE, memory_order_relaxed);
	list_add_head(&s->list, &k->link);
	spares_count(s, 1);
	if (s->nr <= SPARES_MAX)
		return;
	k = list_last(&s->list, struct kthread, link);
	if (!k->own_stack)
		return;
	list_del(&k->link);
	spares_count(s, -1);
	kthread_free(k);
}

/* To SPARES_LOW exactly, which the core would make up to anyway: so the number
 * of all stacks is the same after each trim, and tests can compare memory. */
static void trim_msg(uintptr_t done, uintptr_t a1, uintptr_t a2)
{
	struct spares *s = my_spares();
	struct kthread *k, *tmp;

	list_for_each_entry_safe(k, tmp, &s->list, link) {
		if (s->nr <= SPARES_LOW)
			break;
		if (!k->own_stack)
			continue;
		list_del(&k->link);
		spares_count(s, -1);
		kthread_free(k);
	}
	if (!spares_refill())
		log("core %u has too few spare stacks", core_id());
	sem_up((struct semaphore *)done);
}

void kthread_trim_spares(void)
{
	struct semaphore done;
	unsigned int sent = 0;

	might_sleep();
	sem_init(&done, 0);
	for (unsigned int i = 0; i < nr_cores; i++)
		if (!kmsg_post(i, KMSG_ROUTINE, trim_msg, (uintptr_t)&done, 0,
			       0))
			sent++;
	while (sent--)
		sem_down_uninterruptible(&done);
}

unsigned int kthread_spares(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_cores; i++)
		nr += atomic_load(&per_cpu(spares, i).nr);
	return nr;
}

unsigned int kthread_count(void)
{
	return atomic_load(&nr_all) - kthread_spares();
}

void kthread_for_each(void (*fn)(struct kthread *k, void *arg), void *arg)
{
	struct kthread *k;

	scoped_spin_irq(&all_lock)
		list_for_each_entry(k, &all, all)
			fn(k, arg);
}

void kthread_init(void)
{
	struct kthread *k = &boot_kthread;

	kthread_cache = slab_create("kthread", sizeof(struct kthread), 64);
	k->stack_top = (uintptr_t)boot_stack_top;
	k->canary = this_cpu(percpu_head.canary);
	kthread_setup(k);
	k->name = "boot";
	kmsg_prepare_core(0);
	kthread_set_current(k);
	kmsg_set_online();
}

struct kthread *kthread_create_for_core(unsigned int core)
{
	struct kthread *k = kthread_create();

	if (!k)
		return NULL;
	if (nr_cores > 64 && core == 1)
		kmsg_prepare_core(0); /* it was made when there was one core */
	kmsg_prepare_core(core);
	atomic_store(&k->state, KTH_RUNNING);
	k->core = core;
	per_cpu(cur_kthread, core) = k;
	per_cpu(percpu_head, core).kstack_top = k->stack_top;
	per_cpu(percpu_head, core).canary = k->canary;
	return k;
}
