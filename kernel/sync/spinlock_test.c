// SPDX-License-Identifier: MIT
/* Spinning locks, sequence counters and references among threads. */
#include <sync/spinlock.h>

#include <host/test.h>
#include <sync/kref.h>
#include <sync/seqlock.h>

#define CORES  4
#define ROUNDS 4000

static struct spinlock lock = SPINLOCK_INIT("lock");
static struct spinlock_irq lock_irq = SPINLOCK_IRQ_INIT("lock_irq");
static unsigned long plain_count, irq_count; /* each under its lock */

static void count_up(void *arg, unsigned int core)
{
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t flags;

		if (i % 3) {
			scoped_spin(&lock)
				plain_count++;
		} else {
			while (!spin_trylock(&lock))
				cpu_relax();
			plain_count++;
			spin_unlock(&lock);
		}
		flags = spin_lock_irq(&lock_irq);
		CHECK(!irq_enabled());
		irq_count++;
		spin_unlock_irq(&lock_irq, flags);
		CHECK(irq_enabled());
	}
}

TEST(one_holder_at_a_time)
{
	plain_count = irq_count = 0;
	host_run_cores(CORES, count_up, NULL);
	CHECK_EQ(plain_count, CORES * ROUNDS);
	CHECK_EQ(irq_count, CORES * ROUNDS);
	CHECK(!spin_is_locked(&lock));
}

TEST(trylock_fails_while_held)
{
	struct spinlock l;

	spin_init(&l);
	CHECK(spin_trylock(&l));
	CHECK(spin_is_locked(&l));
	CHECK(!spin_trylock(&l));
	spin_unlock(&l);
	CHECK(!spin_is_locked(&l));
}

static void return_early(struct spinlock *l, struct spinlock_irq *li)
{
	guard_spin(l);
	guard_spin_irq(li);
	CHECK(spin_is_locked(l) && spin_is_locked(&li->raw));
}

TEST(guards_let_go)
{
	return_early(&lock, &lock_irq);
	CHECK(!spin_is_locked(&lock) && !spin_is_locked(&lock_irq.raw));
	scoped_spin_irq(&lock_irq)
		CHECK(!irq_enabled());
	CHECK(irq_enabled());
}

TEST(irq_locks_nest)
{
	struct spinlock_irq inner;
	uint64_t a, b;

	spin_irq_init(&inner);
	a = spin_lock_irq(&lock_irq);
	b = spin_lock_irq(&inner);
	spin_unlock_irq(&inner, b);
	CHECK(!irq_enabled());
	spin_unlock_irq(&lock_irq, a);
	CHECK(irq_enabled());
}

#ifndef __SANITIZE_THREAD__ /* which does not know fences */
/* Two words that a reader must see change together. */
static struct seqcount seq;
static _Atomic unsigned long left, right;
static _Atomic bool stop;

static void write_or_read(void *arg, unsigned int core)
{
	unsigned long l, r;
	uint32_t start;

	if (!core) {
		for (unsigned long i = 1; i <= ROUNDS; i++) {
			seq_write_begin(&seq);
			atomic_store_explicit(&left, i, memory_order_relaxed);
			atomic_store_explicit(&right, ~i, memory_order_relaxed);
			seq_write_end(&seq);
		}
		stop = true;
		return;
	}
	while (!stop) {
		do {
			start = seq_read_begin(&seq);
			l = atomic_load_explicit(&left, memory_order_relaxed);
			r = atomic_load_explicit(&right, memory_order_relaxed);
		} while (seq_read_retry(&seq, start));
		CHECK_EQ(l, ~r);
	}
}

TEST(seqcount_readers_see_whole_writes)
{
	left = 0;
	right = ~0UL;
	stop = false;
	host_run_cores(3, write_or_read, NULL);
}
#endif

static struct {
	struct kref ref;
	unsigned long payload;
	_Atomic unsigned int released;
} object;

static void get_and_put(void *arg, unsigned int core)
{
	for (int i = 0; i < ROUNDS; i++) {
		CHECK(kref_get_not_zero(&object.ref));
		kref_get(&object.ref);
		CHECK(!kref_put(&object.ref));
		CHECK(!kref_put(&object.ref));
	}
	if (kref_put(&object.ref)) {
		object.payload = 0; /* no race: all others have put */
		object.released++;
	}
}

TEST(the_last_put_is_one)
{
	kref_init(&object.ref, CORES);
	object.released = 0;
	host_run_cores(CORES, get_and_put, NULL);
	CHECK_EQ(object.released, 1);
	CHECK(!kref_get_not_zero(&object.ref));
	EXPECT_PANIC(kref_get(&object.ref));
}
