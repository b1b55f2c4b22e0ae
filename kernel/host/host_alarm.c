// SPDX-License-Identifier: MIT
/* Alarms on the host: one tree, one thread that sleeps until the earliest and
 * runs its handler as if in interrupt context. */
#include <core/alarm.h>

#include <pthread.h>

#include <arch/cpu.h>
#include <core/kthread.h>
#include <host/host.h>
#include <lib/assert.h>

enum { ALARM_IDLE, ALARM_SET, ALARM_RUNS };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static struct rb_root alarms;
static pthread_once_t started = PTHREAD_ONCE_INIT;

static struct alarm *earliest(void)
{
	struct rb_node *n = rb_first(&alarms);

	return n ? rb_entry(n, struct alarm, node) : NULL;
}

static void wait_until(uint64_t deadline)
{
	struct timespec ts = { deadline / 1000000000, deadline % 1000000000 };

	pthread_cond_timedwait(&changed, &lock, &ts);
}

static void fire_locked(struct alarm *a)
{
	rb_erase(&alarms, &a->node, NULL);
	a->state = ALARM_RUNS;
	pthread_mutex_unlock(&lock);
	this_cpu(percpu_head.irq_depth)++;
	a->fn(a);
	this_cpu(percpu_head.irq_depth)--;
	pthread_mutex_lock(&lock);
	if (a->state == ALARM_RUNS) /* the handler has not set it again */
		a->state = ALARM_IDLE;
	pthread_cond_broadcast(&changed);
}

static void timer_main(void *arg)
{
	struct alarm *a;

	pthread_mutex_lock(&lock);
	for (;;) {
		a = earliest();
		if (!a) {
			pthread_cond_wait(&changed, &lock);
		} else if (a->deadline > read_tsc()) {
			wait_until(a->deadline);
		} else {
			fire_locked(a);
		}
	}
}

static void start(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &attr);
	if (kthread_spawn(0, "timer", timer_main, NULL))
		panic("no thread for alarms");
}

void alarm_init(struct alarm *a, void (*fn)(struct alarm *), void *arg)
{
	a->fn = fn;
	a->arg = arg;
	a->state = ALARM_IDLE;
}

void alarm_set(struct alarm *a, uint64_t deadline_tsc)
{
	struct rb_node **link = &alarms.node, *parent = NULL;

	pthread_once(&started, start);
	pthread_mutex_lock(&lock);
	assert(a->state != ALARM_SET);
	a->state = ALARM_SET;
	a->deadline = deadline_tsc;
	while (*link) {
		const struct alarm *at = rb_entry(*link, struct alarm, node);

		parent = *link;
		link = deadline_tsc < at->deadline ? &parent->left :
						     &parent->right;
	}
	rb_insert(&alarms, &a->node, parent, link, NULL);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void alarm_set_usec(struct alarm *a, uint64_t usec_from_now)
{
	alarm_set(a, read_tsc() + usec_from_now * 1000);
}

void alarm_set_on(unsigned int core, struct alarm *a, uint64_t deadline_tsc)
{
	alarm_set(a, deadline_tsc);
}

bool alarm_unset(struct alarm *a)
{
	bool was_set;

	pthread_mutex_lock(&lock);
	was_set = a->state == ALARM_SET;
	if (was_set) {
		rb_erase(&alarms, &a->node, NULL);
		a->state = ALARM_IDLE;
	}
	while (a->state == ALARM_RUNS)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return was_set;
}

bool alarm_is_set(const struct alarm *a)
{
	return a->state == ALARM_SET;
}
