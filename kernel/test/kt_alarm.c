// SPDX-License-Identifier: MIT
/* Self tests of core/alarm.h. */
#include <test/ktest.h>

#include <stdatomic.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/alarm.h>
#include <core/kthread.h>
#include <core/wait.h>
#include <mm/slab.h>

#define NR 64

static struct {
	struct alarm alarm[NR];
	uint64_t last_deadline;
	_Atomic unsigned int fired;
	struct semaphore done;
} seq;

static void in_order(struct alarm *a)
{
	KT_CHECK(in_irq() && !irq_enabled());
	KT_CHECK(read_tsc() >= a->deadline);
	KT_CHECK(a->deadline >= seq.last_deadline);
	KT_CHECK(!alarm_is_set(a));
	seq.last_deadline = a->deadline;
	if (atomic_fetch_add(&seq.fired, 1) == NR - 1)
		sem_up(&seq.done);
}

KTEST(alarm_fires_in_order)
{
	uint64_t seed = 5, now, fl;

	sem_init(&seq.done, 0);
	seq.last_deadline = 0;
	atomic_store(&seq.fired, 0);
	/* None may fire before all are set, however slow this goes. */
	fl = irq_save();
	now = read_tsc();
	for (int i = 0; i < NR; i++) {
		alarm_init(&seq.alarm[i], in_order, NULL);
		alarm_set(&seq.alarm[i],
			  now + kt_random(&seed) % ns_to_tsc(5000000));
	}
	irq_restore(fl);
	sem_down_uninterruptible(&seq.done);
	KT_CHECK_EQ(atomic_load(&seq.fired), NR);
}

static _Atomic unsigned int count;

static void count_fired(struct alarm *a)
{
	atomic_fetch_add(&count, 1);
	if (a->arg)
		sem_up(a->arg);
}

KTEST(alarm_unset_stops_it)
{
	struct alarm a, b;

	atomic_store(&count, 0);
	alarm_init(&a, count_fired, NULL);
	alarm_init(&b, count_fired, NULL);
	KT_CHECK(!alarm_unset(&a));
	alarm_set_usec(&a, 2000);
	alarm_set_usec(&b, 3000);
	KT_CHECK(alarm_is_set(&a));
	KT_CHECK(alarm_unset(&a));
	KT_CHECK(!alarm_is_set(&a));
	KT_CHECK(!alarm_unset(&a));
	KT_CHECK(!kthread_usleep(6000));
	KT_CHECK_EQ(atomic_load(&count), 1);
	KT_CHECK(!alarm_unset(&b));
	/* A deadline in the past fires at once; one at the end of time not. */
	alarm_set(&a, 1);
	alarm_set_usec(&b, ~0UL);
	KT_CHECK(!kthread_usleep(1000));
	KT_CHECK_EQ(atomic_load(&count), 2);
	KT_CHECK(alarm_unset(&b));
}

static void again(struct alarm *a)
{
	if (atomic_fetch_add(&count, 1) < 9)
		alarm_set_usec(a, 100);
	else
		sem_up(a->arg);
}

KTEST(alarm_sets_itself_again)
{
	struct semaphore done;
	struct alarm a;

	sem_init(&done, 0);
	atomic_store(&count, 0);
	alarm_init(&a, again, &done);
	alarm_set_usec(&a, 100);
	sem_down_uninterruptible(&done);
	KT_CHECK_EQ(atomic_load(&count), 10);
	alarm_unset(&a); /* the handler has ended */
}

static void on_its_core(struct alarm *a)
{
	KT_CHECK_EQ(a->core, core_id());
	sem_up(a->arg);
}

KTEST(alarm_on_other_cores)
{
	struct semaphore done;
	struct alarm a;

	sem_init(&done, 0);
	alarm_init(&a, on_its_core, &done);
	for (unsigned int i = 0; i < nr_cores; i++) {
		alarm_set_on(i, &a, read_tsc() + ns_to_tsc(300000));
		KT_CHECK_EQ(sem_down_timeout(&done, 10000000), 0);
		alarm_unset(&a);
	}
}

/* Set here, unset there, at random: what fired and what was stopped add up. */
static struct alarm *shared;
static _Atomic unsigned int nr_set, nr_stopped;

static void set_and_unset(void *arg)
{
	struct alarm *mine = &shared[core_id()];
	uint64_t seed = core_id();

	for (int i = 0; i < 300; i++) {
		unsigned int on = kt_random(&seed) % nr_cores;

		alarm_set_on(on, mine, read_tsc() +
			     kt_random(&seed) % ns_to_tsc(40000));
		atomic_fetch_add(&nr_set, 1);
		if (i % 2)
			KT_CHECK(!kthread_usleep(kt_random(&seed) % 40));
		else
			for (uint64_t n = kt_random(&seed) % 500; n; n--)
				cpu_relax();
		if (alarm_unset(mine))
			atomic_fetch_add(&nr_stopped, 1);
	}
}

KTEST(alarm_storm)
{
	shared = kzalloc(nr_cores * sizeof(*shared), MM_WAIT);
	atomic_store(&count, 0);
	atomic_store(&nr_set, 0);
	atomic_store(&nr_stopped, 0);
	for (unsigned int i = 0; i < nr_cores; i++)
		alarm_init(&shared[i], count_fired, NULL);
	kt_on_each_core(set_and_unset, NULL);
	KT_CHECK_EQ(atomic_load(&nr_set), 300 * nr_cores);
	KT_CHECK_EQ(atomic_load(&count) + atomic_load(&nr_stopped),
		    atomic_load(&nr_set));
	kfree(shared);
}
