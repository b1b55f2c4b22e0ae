// SPDX-License-Identifier: MIT
/* Self tests of core/wait.h: each way to sleep, and all ways to end a sleep at
 * once, from all cores. */
#include <test/ktest.h>

#include <stdatomic.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/kthread.h>
#include <core/wait.h>
#include <mm/slab.h>
#include <ros/errno.h>

static bool read_flag(void *arg)
{
	return atomic_load((_Atomic bool *)arg);
}

KTEST(wait_rendez_timeout)
{
	_Atomic bool flag = false;
	struct rendez r;
	uint64_t start;

	rendez_init(&r);
	start = read_tsc();
	KT_CHECK_EQ(rendez_sleep_timeout(&r, read_flag, &flag, 5000),
		    -ETIMEDOUT);
	KT_CHECK(tsc_to_ns(read_tsc() - start) >= 5000000);
	KT_CHECK_EQ(rendez_sleep_timeout(&r, read_flag, &flag, 0),
		    -ETIMEDOUT);
	atomic_store(&flag, true);
	KT_CHECK_EQ(rendez_sleep_timeout(&r, read_flag, &flag, 0), 0);
	KT_CHECK_EQ(rendez_sleep(&r, read_flag, &flag), 0);
}

struct flag_rendez {
	struct rendez r;
	_Atomic bool flag;
};

static void raise_flag(void *arg)
{
	struct flag_rendez *f = arg;

	KT_CHECK(!kthread_usleep(1000));
	rendez_wakeup(&f->r); /* W2: a wake alone ends nothing */
	KT_CHECK(!kthread_usleep(1000));
	atomic_store(&f->flag, true);
	rendez_wakeup(&f->r);
}

KTEST(wait_rendez_condition)
{
	static struct flag_rendez f;

	rendez_init(&f.r);
	for (unsigned int i = 0; i < nr_cores; i++) {
		atomic_store(&f.flag, false);
		KT_CHECK(!kthread_spawn(i, "raise", raise_flag, &f));
		KT_CHECK_EQ(rendez_sleep_timeout(&f.r, read_flag, &f.flag,
						 10000000), 0);
		KT_CHECK(atomic_load(&f.flag));
	}
	KT_CHECK(!kthread_usleep(1000)); /* the last may still be in wakeup */
}

/*
 * A bounded buffer by semaphores.
 */
#define BUF_SLOTS 8
#define ITEMS	  500

static struct {
	struct semaphore free, full;
	struct mutex lock;
	uint64_t slot[BUF_SLOTS];
	unsigned int in, out;
	_Atomic uint64_t sum_in, sum_out;
	_Atomic unsigned int nr_started;
} buf;

static void produce(unsigned int who)
{
	for (uint64_t i = 0; i < ITEMS; i++) {
		uint64_t v = who * 1000003UL + i * 7;

		KT_CHECK(!sem_down(&buf.free));
		mutex_lock(&buf.lock);
		buf.slot[buf.in++ % BUF_SLOTS] = v;
		mutex_unlock(&buf.lock);
		atomic_fetch_add(&buf.sum_in, v);
		sem_up(&buf.full);
	}
}

static void consume(void)
{
	uint64_t v;

	for (int i = 0; i < ITEMS; i++) {
		KT_CHECK(!sem_down(&buf.full));
		mutex_lock(&buf.lock);
		v = buf.slot[buf.out++ % BUF_SLOTS];
		mutex_unlock(&buf.lock);
		atomic_fetch_add(&buf.sum_out, v);
		sem_up(&buf.free);
	}
}

static void produce_or_consume(void *arg)
{
	unsigned int me = atomic_fetch_add(&buf.nr_started, 1);

	if (me % 2)
		consume();
	else
		produce(me);
}

static void both_kinds(void *arg)
{
	produce_or_consume(arg);
}

static struct semaphore extra_done;

static void other_half(void *arg)
{
	produce_or_consume(arg);
	sem_up(&extra_done);
}

KTEST(wait_semaphores_as_a_buffer)
{
	sem_init(&buf.free, BUF_SLOTS);
	sem_init(&buf.full, 0);
	sem_init(&extra_done, 0);
	mutex_init(&buf.lock);
	buf.in = buf.out = 0;
	atomic_store(&buf.sum_in, 0);
	atomic_store(&buf.sum_out, 0);
	atomic_store(&buf.nr_started, 0);
	/* As many of each kind: twice the cores. */
	for (unsigned int i = 0; i < nr_cores; i++)
		KT_CHECK(!kthread_spawn(i, "half", other_half, NULL));
	kt_on_each_core(both_kinds, NULL);
	for (unsigned int i = 0; i < nr_cores; i++)
		sem_down_uninterruptible(&extra_done);
	KT_CHECK_EQ(buf.in, nr_cores * ITEMS);
	KT_CHECK_EQ(buf.out, buf.in);
	KT_CHECK_EQ(atomic_load(&buf.sum_in), atomic_load(&buf.sum_out));
}

KTEST(wait_semaphore_timeout)
{
	struct semaphore s;

	sem_init(&s, 1);
	KT_CHECK_EQ(sem_down_timeout(&s, 0), 0);
	KT_CHECK_EQ(sem_down_timeout(&s, 0), -ETIMEDOUT);
	KT_CHECK_EQ(sem_down_timeout(&s, 2000), -ETIMEDOUT);
	KT_CHECK(!sem_trydown(&s));
	sem_up(&s);
	KT_CHECK(sem_trydown(&s));
}

/*
 * Locks: what they guard is never seen torn.
 */
#define LOCK_ROUNDS 300

static struct {
	struct mutex m;
	struct rwlock rw;
	uint64_t a, b;
	_Atomic int readers, writers;
	_Atomic unsigned int most_readers;
} locked;

static void mutex_user(void *arg)
{
	uint64_t seed = core_id();

	for (int i = 0; i < LOCK_ROUNDS; i++) {
		if (i % 3 || !mutex_trylock(&locked.m))
			mutex_lock(&locked.m);
		KT_CHECK(mutex_is_mine(&locked.m));
		KT_CHECK_EQ(locked.a, locked.b);
		locked.a++;
		if (kt_random(&seed) % 8 == 0)
			KT_CHECK(!kthread_usleep(kt_random(&seed) % 50));
		locked.b++;
		mutex_unlock(&locked.m);
		KT_CHECK(!mutex_is_mine(&locked.m));
	}
}

static void twice(void *arg)
{
	void (*fn)(void *) = arg;

	fn(NULL);
	sem_up(&extra_done);
}

/* On two kthreads of each core. */
static void on_each_core_twice(void (*fn)(void *))
{
	sem_init(&extra_done, 0);
	for (unsigned int i = 0; i < nr_cores; i++)
		KT_CHECK(!kthread_spawn(i, "second", twice, (void *)fn));
	kt_on_each_core(fn, NULL);
	for (unsigned int i = 0; i < nr_cores; i++)
		sem_down_uninterruptible(&extra_done);
}

KTEST(wait_mutex_counter)
{
	mutex_init(&locked.m);
	locked.a = locked.b = 0;
	on_each_core_twice(mutex_user);
	KT_CHECK_EQ(locked.a, 2UL * nr_cores * LOCK_ROUNDS);
	KT_CHECK_EQ(locked.b, locked.a);
}

static void read_once(uint64_t *seed)
{
	if (kt_random(seed) % 4 || !read_trylock(&locked.rw))
		read_lock(&locked.rw);
	atomic_fetch_add(&locked.readers, 1);
	KT_CHECK_EQ(atomic_load(&locked.writers), 0);
	KT_CHECK_EQ(locked.a, locked.b);
	if (kt_random(seed) % 8 == 0)
		KT_CHECK(!kthread_usleep(kt_random(seed) % 50));
	KT_CHECK_EQ(locked.a, locked.b);
	atomic_fetch_sub(&locked.readers, 1);
	read_unlock(&locked.rw);
}

static void write_once(uint64_t *seed)
{
	write_lock(&locked.rw);
	KT_CHECK_EQ(atomic_fetch_add(&locked.writers, 1), 0);
	KT_CHECK_EQ(atomic_load(&locked.readers), 0);
	locked.a++;
	if (kt_random(seed) % 4 == 0)
		KT_CHECK(!kthread_usleep(kt_random(seed) % 50));
	locked.b++;
	atomic_fetch_sub(&locked.writers, 1);
	write_unlock(&locked.rw);
}

static void rwlock_user(void *arg)
{
	uint64_t seed = core_id() + 77;

	for (int i = 0; i < LOCK_ROUNDS; i++) {
		if (i % 5)
			read_once(&seed);
		else
			write_once(&seed);
	}
}

KTEST(wait_rwlock_counter)
{
	rwlock_init(&locked.rw);
	locked.a = locked.b = 0;
	on_each_core_twice(rwlock_user);
	KT_CHECK_EQ(locked.a, 2UL * nr_cores * (LOCK_ROUNDS / 5));
	KT_CHECK_EQ(locked.b, locked.a);
}

/*
 * A baton goes round by a condition variable.
 */
static struct {
	struct mutex m;
	struct condvar c;
	unsigned int holder, laps;
	_Atomic unsigned int nr;
} baton;

static void runner(void *arg)
{
	unsigned int me = atomic_fetch_add(&baton.nr, 1);

	for (int i = 0; i < 50; i++) {
		mutex_lock(&baton.m);
		while (baton.holder != me)
			KT_CHECK(!condvar_wait(&baton.c, &baton.m));
		KT_CHECK(mutex_is_mine(&baton.m));
		baton.holder = (me + 1) % nr_cores;
		baton.laps++;
		condvar_broadcast(&baton.c);
		mutex_unlock(&baton.m);
	}
}

KTEST(wait_condvar_baton)
{
	mutex_init(&baton.m);
	condvar_init(&baton.c);
	baton.holder = baton.laps = 0;
	atomic_store(&baton.nr, 0);
	kt_on_each_core(runner, NULL);
	KT_CHECK_EQ(baton.laps, 50 * nr_cores);
	mutex_lock(&baton.m);
	KT_CHECK_EQ(condvar_wait_timeout(&baton.c, &baton.m, 1000),
		    -ETIMEDOUT);
	KT_CHECK(mutex_is_mine(&baton.m));
	mutex_unlock(&baton.m);
}

/*
 * The storm: sleepers on one queue, ended by wake, abort or timeout at random.
 * A lost wake would hang the test, a doubled one trips an assertion.
 */
#define STORM_SLEEPS 100

static struct {
	struct waitq q;
	struct mutex lock;	   /* who is in .sleepers */
	struct kthread **sleepers;
	unsigned int nr;
	_Atomic uint64_t ticket, taken;
	_Atomic unsigned int sleeping, ok, aborted, timed_out;
} storm;

static bool take_ticket(void *arg)
{
	if (atomic_load(&storm.ticket) == 0)
		return false;
	atomic_fetch_sub(&storm.ticket, 1); /* under q.lock: no race */
	return true;
}

static void storm_count(int r)
{
	if (r == 0)
		atomic_fetch_add(&storm.ok, 1);
	else if (r == -EINTR)
		atomic_fetch_add(&storm.aborted, 1);
	else if (r == -ETIMEDOUT)
		atomic_fetch_add(&storm.timed_out, 1);
	else
		KT_CHECK(!"a result that a sleep has");
}

static void storm_sleeper(void *arg)
{
	struct kthread *k = cur_kthread_get();
	uint64_t seed = (uintptr_t)k;

	mutex_lock(&storm.lock);
	storm.sleepers[storm.nr++] = k;
	mutex_unlock(&storm.lock);
	for (int i = 0; i < STORM_SLEEPS; i++) {
		uint64_t usec = kt_random(&seed) % 400;

		if (usec > 300)
			usec = WAIT_FOREVER;
		storm_count(waitq_sleep(&storm.q, take_ticket, NULL, usec));
		atomic_store(&k->aborted, 0);
	}
	/* Nobody may abort us any more. */
	mutex_lock(&storm.lock);
	for (unsigned int i = 0; i < storm.nr; i++) {
		if (storm.sleepers[i] == k)
			storm.sleepers[i] = storm.sleepers[--storm.nr];
	}
	mutex_unlock(&storm.lock);
	atomic_store(&k->aborted, 0);
	atomic_fetch_sub(&storm.sleeping, 1);
}

static void give_ticket(void)
{
	scoped_spin_irq(&storm.q.lock)
		atomic_fetch_add(&storm.ticket, 1);
	waitq_wake(&storm.q, 1);
}

static void abort_one(uint64_t *seed)
{
	mutex_lock(&storm.lock);
	if (storm.nr)
		kthread_abort(storm.sleepers[kt_random(seed) % storm.nr],
			      KTH_ABORT_SYSC);
	mutex_unlock(&storm.lock);
}

static void storm_breaker(void *arg)
{
	uint64_t seed = core_id() + 1000;

	while (atomic_load(&storm.sleeping)) {
		/* Not so fast that the queue's lock is all there is. */
		for (uint64_t n = kt_random(&seed) % 2000; n; n--)
			cpu_relax();
		switch (kt_random(&seed) % 4) {
		case 0:
			abort_one(&seed);
			break;
		case 1:
			give_ticket();
			break;
		default:
			KT_CHECK(!kthread_usleep(kt_random(&seed) % 100));
			break;
		}
	}
}

KTEST(wait_storm)
{
	unsigned int nr = 4 * nr_cores;

	waitq_init(&storm.q);
	mutex_init(&storm.lock);
	storm.sleepers = kzalloc(nr * sizeof(*storm.sleepers), MM_WAIT);
	storm.nr = 0;
	atomic_store(&storm.ticket, 0);
	atomic_store(&storm.ok, 0);
	atomic_store(&storm.aborted, 0);
	atomic_store(&storm.timed_out, 0);
	atomic_store(&storm.sleeping, nr);
	for (unsigned int i = 0; i < nr; i++)
		KT_CHECK(!kthread_spawn(i % nr_cores, "sleeper", storm_sleeper,
					NULL));
	kt_on_each_core(storm_breaker, NULL);
	KT_CHECK_EQ(storm.ok + storm.aborted + storm.timed_out,
		    nr * STORM_SLEEPS);
	KT_CHECK(waitq_empty(&storm.q));
	kt_note("%u woken, %u aborted, %u timed out", storm.ok, storm.aborted,
		storm.timed_out);
	kfree(storm.sleepers);
}
