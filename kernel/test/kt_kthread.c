// SPDX-License-Identifier: MIT
/* Self tests of core/kthread.h: blocking, waking, spawning, usleep, aborts. */
#include <test/ktest.h>

#include <stdatomic.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/kthread.h>
#include <core/wait.h>
#include <ros/errno.h>

KTEST(kthread_wake_before_block)
{
	for (int i = 0; i < 100; i++) {
		kthread_wake(cur_kthread_get());
		kthread_block();
	}
}

/* Two kthreads that wake each other and block, each `rounds` times. */
struct pingpong {
	struct kthread *_Atomic who[2];
	_Atomic unsigned int next;
	unsigned int rounds;
	_Atomic unsigned int blocks;
	struct semaphore done;
};

static void pingpong_side(void *arg)
{
	struct pingpong *p = arg;
	unsigned int me = atomic_fetch_add(&p->next, 1);
	struct kthread *other;

	atomic_store(&p->who[me], cur_kthread_get());
	while (!(other = atomic_load(&p->who[!me])))
		KT_CHECK(!kthread_usleep(100));
	for (unsigned int i = 0; i < p->rounds; i++) {
		/* Side 0 begins. */
		if (me == 1)
			kthread_block();
		kthread_wake(other);
		if (me == 0)
			kthread_block();
		atomic_fetch_add(&p->blocks, 1);
	}
	sem_up(&p->done);
}

static void pingpong(unsigned int core0, unsigned int core1,
		     unsigned int rounds)
{
	struct pingpong p = { .rounds = rounds };
	uint64_t start;

	sem_init(&p.done, 0);
	start = read_tsc();
	KT_CHECK(!kthread_spawn(core0, "ping", pingpong_side, &p));
	KT_CHECK(!kthread_spawn(core1, "pong", pingpong_side, &p));
	sem_down_uninterruptible(&p.done);
	sem_down_uninterruptible(&p.done);
	KT_CHECK_EQ(atomic_load(&p.blocks), 2 * rounds);
	kt_note("%u to %u: %lu ticks for a block and a wake", core0, core1,
		(read_tsc() - start) / rounds / 2);
}

KTEST(kthread_pingpong_one_core)
{
	pingpong(0, 0, 2000);
}

KTEST(kthread_pingpong_two_cores)
{
	pingpong(0, nr_cores - 1, 1000);
	pingpong(nr_cores - 1, nr_cores / 2, 1000);
}

static _Atomic unsigned int ran;

static void count_run(void *arg)
{
	KT_CHECK_EQ(core_id(), (uintptr_t)arg);
	if (atomic_fetch_add(&ran, 1) % 3 == 0)
		KT_CHECK(!kthread_usleep(500));
	KT_CHECK_EQ(core_id(), (uintptr_t)arg);
	atomic_fetch_add(&ran, 1);
}

KTEST(kthread_spawn_many)
{
	unsigned int nr = 40 * nr_cores;

	atomic_store(&ran, 0);
	for (unsigned int i = 0; i < nr; i++) {
		uintptr_t core = i % nr_cores;

		KT_CHECK(!kthread_spawn(core, "count", count_run,
					(void *)core));
	}
	while (atomic_load(&ran) < 2 * nr)
		KT_CHECK(!kthread_usleep(1000));
}

KTEST(kthread_usleep_takes_its_time)
{
	static const uint64_t usecs[] = { 0, 1, 50, 1000, 20000 };

	for (size_t i = 0; i < ARRAY_SIZE(usecs); i++) {
		uint64_t start = read_tsc(), ns;

		KT_CHECK_EQ(kthread_usleep(usecs[i]), 0);
		ns = tsc_to_ns(read_tsc() - start);
		KT_CHECK(ns >= usecs[i] * 1000);
		/* A loaded host may be slow, but not this slow. */
		KT_CHECK(ns < usecs[i] * 1000 + 2000000000UL);
	}
}

struct victim {
	struct kthread *_Atomic k;
	uint64_t usec;
	int result, again;
	struct semaphore done;
};

static void sleep_and_tell(void *arg)
{
	struct victim *v = arg;

	atomic_store(&v->k, cur_kthread_get());
	v->result = kthread_usleep(v->usec);
	/* The abort holds until the call ends. */
	v->again = kthread_usleep(v->usec);
	atomic_store(&cur_kthread_get()->aborted, 0);
	sem_up(&v->done);
}

static void abort_after(unsigned int core, uint64_t delay_usec)
{
	struct victim v = { .usec = 20000000 };

	sem_init(&v.done, 0);
	KT_CHECK(!kthread_spawn(core, "victim", sleep_and_tell, &v));
	while (!atomic_load(&v.k))
		KT_CHECK(!kthread_usleep(10));
	if (delay_usec)
		KT_CHECK(!kthread_usleep(delay_usec));
	kthread_abort(atomic_load(&v.k), KTH_ABORT_SYSC);
	sem_down_uninterruptible(&v.done);
	KT_CHECK_EQ(v.result, -EINTR);
	KT_CHECK_EQ(v.again, -EINTR);
}

/* K1, K3: before, at and during the sleep. */
KTEST(kthread_abort_sleep)
{
	for (unsigned int i = 0; i < 50; i++)
		abort_after(i % nr_cores, 0);
	for (unsigned int i = 0; i < nr_cores; i++)
		abort_after(i, 3000);
}

KTEST(kthread_abort_before_and_after)
{
	struct kthread *k = cur_kthread_get();

	kthread_abort(k, KTH_ABORT_SYSC);
	KT_CHECK_EQ(kthread_usleep(0), -EINTR);
	KT_CHECK_EQ(kthread_usleep(1000000), -EINTR);
	atomic_store(&k->aborted, 0);
	KT_CHECK_EQ(kthread_usleep(0), 0);
	KT_CHECK_EQ(kthread_usleep(100), 0);
}
