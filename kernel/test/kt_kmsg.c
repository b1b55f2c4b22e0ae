// SPDX-License-Identifier: MIT
/* Self tests of core/kmsg.h: order, nothing lost, calls from all cores at
 * once. */
#include <test/ktest.h>

#include <stdatomic.h>

#include <arch/cpu.h>
#include <core/kmsg.h>
#include <core/kthread.h>
#include <core/wait.h>
#include <lib/bitmap.h>
#include <mm/slab.h>

#define ROUNDS 100

/* last[class][receiver * nr_cores + sender]: each receiver's own. */
static uint32_t *last[2];
static struct semaphore arrived;

static void receive(uintptr_t sender, uintptr_t seq, uintptr_t class)
{
	uint32_t *l = &last[class][core_id() * nr_cores + sender];

	KT_CHECK_EQ(*l + 1, seq); /* M1 */
	KT_CHECK_EQ(in_irq(), class == KMSG_IMMEDIATE);
	KT_CHECK_EQ(irq_enabled(), class == KMSG_ROUTINE);
	*l = seq;
	sem_up(&arrived);
}

static void send_many(void *arg)
{
	unsigned int self = core_id();

	for (uint32_t seq = 1; seq <= ROUNDS; seq++) {
		for (unsigned int to = 0; to < nr_cores; to++) {
			for (int class = 0; class < 2; class++)
				KT_CHECK(!kmsg_post(to, class, receive, self,
						    seq, class));
		}
	}
}

KTEST(kmsg_order_from_each_sender)
{
	unsigned int n = nr_cores;

	sem_init(&arrived, 0);
	for (int class = 0; class < 2; class++)
		last[class] = kzalloc(n * n * sizeof(uint32_t), MM_WAIT);
	KT_CHECK(last[0] && last[1]);
	kt_on_each_core(send_many, NULL);
	for (unsigned int i = 0; i < n * n * ROUNDS * 2; i++)
		sem_down_uninterruptible(&arrived);
	for (int class = 0; class < 2; class++) {
		for (unsigned int i = 0; i < n * n; i++)
			KT_CHECK_EQ(last[class][i], ROUNDS);
		kfree(last[class]);
	}
}

static _Atomic uint64_t calls;

static void count_call(uintptr_t add, uintptr_t a1, uintptr_t a2)
{
	KT_CHECK(!irq_enabled());
	atomic_fetch_add(&calls, add);
}

static void call_many(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		kmsg_call_cores(NULL, count_call, 1, 0, 0);
}

/* Each core waits for all others, which wait for it. */
KTEST(kmsg_calls_of_all_to_all)
{
	atomic_store(&calls, 0);
	kt_on_each_core(call_many, NULL);
	KT_CHECK_EQ(atomic_load(&calls), nr_cores * nr_cores * ROUNDS);
}

static void note_core(uintptr_t map, uintptr_t a1, uintptr_t a2)
{
	KT_CHECK(!bit_set_atomic((unsigned long *)map, core_id()));
}

KTEST(kmsg_calls_those_named)
{
	unsigned long want[BITMAP_LONGS(256)] = { 0 };
	unsigned long got[BITMAP_LONGS(256)] = { 0 };

	if (nr_cores > 256)
		return;
	for (unsigned int i = 0; i < nr_cores; i += 2)
		bit_set(want, i);
	kmsg_call_cores(want, note_core, (uintptr_t)got, 0, 0);
	for (unsigned int i = 0; i < nr_cores; i++)
		KT_CHECK_EQ(bit_test(want, i), bit_test(got, i));
}

static uint32_t before_call;

static void set_before(uintptr_t v, uintptr_t a1, uintptr_t a2)
{
	before_call = v;
}

static void check_before(uintptr_t v, uintptr_t a1, uintptr_t a2)
{
	KT_CHECK_EQ(before_call, v);
}

/* A call does not overtake the caller's immediate message. */
KTEST(kmsg_call_after_message)
{
	unsigned int to = nr_cores - 1;
	unsigned long map[BITMAP_LONGS(256)] = { 0 };
	struct kmsg m;

	if (to == 0 || to >= 256)
		return;
	bit_set(map, to);
	for (uint32_t i = 1; i <= ROUNDS; i++) {
		kmsg_init(&m, set_before, i, 0, 0);
		kmsg_send(to, &m, KMSG_IMMEDIATE);
		kmsg_call_cores(map, check_before, i, 0, 0);
	}
}
