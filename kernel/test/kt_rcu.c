// SPDX-License-Identifier: MIT
/* Self tests of core/rcu.h: no reader ever sees an object that was freed. */
#include <test/ktest.h>

#include <stdatomic.h>

#include <arch/cpu.h>
#include <core/kthread.h>
#include <core/rcu.h>
#include <core/wait.h>
#include <lib/string.h>
#include <mm/slab.h>

#define ALIVE 0x600d600d600d600dUL
#define DEAD  0xdeaddeaddeaddeadUL

struct object {
	uint64_t word[6];
	struct rcu_head rcu;
};

#define SLOTS  8
#define ROUNDS 400

static struct object *_Atomic slots[SLOTS];
static _Atomic unsigned int made, freed;

static struct object *object_new(void)
{
	struct object *o = kmalloc(sizeof(*o), MM_WAIT);

	if (!o)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(o->word); i++)
		o->word[i] = ALIVE;
	atomic_fetch_add(&made, 1);
	return o;
}

static void object_free(struct rcu_head *h)
{
	struct object *o = container_of(h, struct object, rcu);

	for (size_t i = 0; i < ARRAY_SIZE(o->word); i++) {
		KT_CHECK_EQ(o->word[i], ALIVE);
		o->word[i] = DEAD;
	}
	kfree(o);
	atomic_fetch_add(&freed, 1);
}

static void read_some(uint64_t *seed)
{
	struct object *o;
	uint64_t n = kt_random(seed) % 300;

	rcu_read_lock();
	o = rcu_deref(slots[kt_random(seed) % SLOTS]);
	while (n--)
		cpu_relax();
	for (size_t i = 0; o && i < ARRAY_SIZE(o->word); i++)
		KT_CHECK_EQ(o->word[i], ALIVE);
	rcu_read_unlock();
}

static void replace_one(uint64_t *seed)
{
	struct object *o = object_new(), *old;

	old = atomic_exchange(&slots[kt_random(seed) % SLOTS], o);
	if (old)
		rcu_call(&old->rcu, object_free);
}

static void read_and_replace(void *arg)
{
	uint64_t seed = core_id() + 3;

	for (int i = 0; i < ROUNDS; i++) {
		read_some(&seed);
		if (kt_random(&seed) % 3 == 0)
			replace_one(&seed);
		if (kt_random(&seed) % 16 == 0)
			KT_CHECK(!kthread_usleep(kt_random(&seed) % 300));
		if (kt_random(&seed) % 200 == 0)
			rcu_barrier();
	}
}

KTEST(rcu_readers_see_live_objects)
{
	atomic_store(&made, 0);
	atomic_store(&freed, 0);
	kt_on_each_core(read_and_replace, NULL);
	for (int i = 0; i < SLOTS; i++) {
		struct object *old = atomic_exchange(&slots[i], NULL);

		if (old)
			rcu_call(&old->rcu, object_free);
	}
	rcu_barrier();
	KT_CHECK_EQ(atomic_load(&made), atomic_load(&freed));
	kt_note("%u objects", atomic_load(&made));
}

static void queue_some(void *arg)
{
	for (int i = 0; i < 20; i++) {
		struct object *o = object_new();

		if (o)
			rcu_call(&o->rcu, object_free);
	}
}

/* What was queued on any core has run when the barrier returns. */
KTEST(rcu_barrier_waits_for_all_cores)
{
	atomic_store(&made, 0);
	atomic_store(&freed, 0);
	kt_on_each_core(queue_some, NULL);
	rcu_barrier();
	KT_CHECK_EQ(atomic_load(&made), 20 * nr_cores);
	KT_CHECK_EQ(atomic_load(&freed), atomic_load(&made));
}

static void again(struct rcu_head *h)
{
	if (atomic_fetch_add(&freed, 1) < 4)
		rcu_call(h, again);
}

KTEST(rcu_callback_calls_again)
{
	static struct rcu_head h;

	atomic_store(&freed, 0);
	rcu_call(&h, again);
	for (int i = 0; i < 1000 && atomic_load(&freed) < 5; i++)
		KT_CHECK(!kthread_usleep(1000));
	KT_CHECK_EQ(atomic_load(&freed), 5);
}

/* A core that stays in one stretch of kernel code holds grace periods up. */
static _Atomic bool inside, leave, over;

static void stay_inside(void *arg)
{
	rcu_read_lock();
	atomic_store(&inside, true);
	while (!atomic_load(&leave))
		cpu_relax();
	KT_CHECK(!atomic_load(&over));
	rcu_read_unlock();
}

static void note_over(struct rcu_head *h)
{
	atomic_store(&over, true);
}

KTEST(rcu_waits_for_a_reader)
{
	static struct rcu_head h;

	if (nr_cores < 2)
		return;
	atomic_store(&inside, false);
	atomic_store(&leave, false);
	atomic_store(&over, false);
	KT_CHECK(!kthread_spawn(nr_cores - 1, "reader", stay_inside, NULL));
	while (!atomic_load(&inside))
		cpu_relax();
	rcu_call(&h, note_over);
	KT_CHECK(!kthread_usleep(20000));
	KT_CHECK(!atomic_load(&over));
	atomic_store(&leave, true);
	rcu_barrier();
	KT_CHECK(atomic_load(&over));
}
