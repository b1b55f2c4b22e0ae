// SPDX-License-Identifier: MIT
/*
 * Alarms.  Rules: core/alarm.h
 *
 * The hardware timer is armed when a core gets an alarm earlier than what it is
 * armed for; an alarm that is unset leaves it alone, so that setting and
 * unsetting (a time slice, a timeout that is not reached) seldom touches the
 * hardware.  A core that goes idle puts it right: it is not woken for nothing.
 */
#include <core/alarm.h>

#include <stdatomic.h>
#include <stddef.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/percpu.h>
#include <core/kmsg.h>
#include <lib/assert.h>
#include <sync/spinlock.h>

#define ALARM_IDLE 0
#define ALARM_SET  1

#define NOT_ARMED UINT64_MAX

struct alarms {
	struct spinlock_irq lock;
	struct rb_root tree;	 /* [lock] by deadline */
	struct alarm *first;	 /* [lock] the leftmost */
	struct alarm *running;	 /* [lock] its handler runs */
	uint64_t armed;		 /* [o] the timer's deadline */
	struct kmsg rearm;
	bool rearm_sent;	 /* [lock] */
};
DEFINE_PERCPU_STATIC(struct alarms, alarms) = {
	.lock = SPINLOCK_IRQ_INIT("alarms"),
	.armed = NOT_ARMED,
};

void alarm_init(struct alarm *a, void (*fn)(struct alarm *), void *arg)
{
	a->fn = fn;
	a->arg = arg;
	a->core = 0;
	atomic_store_explicit(&a->state, ALARM_IDLE, memory_order_relaxed);
}

static void insert_locked(struct alarms *t, struct alarm *a)
{
	struct rb_node **link = &t->tree.node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		struct alarm *at = rb_entry(*link, struct alarm, node);

		parent = *link;
		if (a->deadline < at->deadline) {
			link = &parent->left;
		} else {
			link = &parent->right;
			leftmost = false;
		}
	}
	rb_insert(&t->tree, &a->node, parent, link, NULL);
	if (leftmost)
		t->first = a;
}

static void erase_locked(struct alarms *t, struct alarm *a)
{
	if (t->first == a) {
		struct rb_node *next = rb_next(&a->node);

		t->first = next ? rb_entry(next, struct alarm, node) : NULL;
	}
	rb_erase(&t->tree, &a->node, NULL);
	atomic_store_explicit(&a->state, ALARM_IDLE, memory_order_relaxed);
}

/* This core's timer, for its first alarm. */
static void arm_locked(struct alarms *t)
{
	if (t->first && t->first->deadline < t->armed) {
		t->armed = t->first->deadline;
		timer_arm(t->armed);
	}
}

static void rearm_msg(uintptr_t a0, uintptr_t a1, uintptr_t a2)
{
	struct alarms *t = this_cpu_ptr(alarms);

	scoped_spin_irq(&t->lock) {
		t->rearm_sent = false;
		arm_locked(t);
	}
}

void alarm_set_on(unsigned int core, struct alarm *a, uint64_t deadline_tsc)
{
	struct alarms *t = &per_cpu(alarms, core);
	bool tell = false;

	assert(!alarm_is_set(a));
	a->deadline = deadline_tsc;
	scoped_spin_irq(&t->lock) {
		a->core = core;
		atomic_store_explicit(&a->state, ALARM_SET,
				      memory_order_relaxed);
		insert_locked(t, a);
		if (core == core_id()) {
			arm_locked(t);
		} else if (t->first == a && !t->rearm_sent) {
			tell = t->rearm_sent = true;
			kmsg_init(&t->rearm, rearm_msg, 0, 0, 0);
		}
	}
	if (tell)
		kmsg_send(core, &t->rearm, KMSG_IMMEDIATE);
}

void alarm_set(struct alarm *a, uint64_t deadline_tsc)
{
	alarm_set_on(core_id(), a, deadline_tsc);
}

void alarm_set_usec(struct alarm *a, uint64_t usec_from_now)
{
	uint64_t now = read_tsc(), ticks;

	/* Beyond a century there is no need to be exact. */
	ticks = ns_to_tsc(MIN(usec_from_now, 1UL << 51) * 1000);
	alarm_set(a, ticks < NOT_ARMED - 1 - now ? now + ticks : NOT_ARMED - 1);
}

bool alarm_is_set(const struct alarm *a)
{
	return atomic_load_explicit(&a->state, memory_order_relaxed) ==
	       ALARM_SET;
}

bool alarm_unset(struct alarm *a)
{
	bool stopped, running;

	do {
		/* A running handler may set it on another core. */
		unsigned int core = __atomic_load_n(&a->core, __ATOMIC_RELAXED);
		struct alarms *t = &per_cpu(alarms, core);

		scoped_spin_irq(&t->lock) {
			stopped = a->core == core && alarm_is_set(a);
			if (stopped)
				erase_locked(t, a);
			running = !stopped && t->running == a;
		}
		if (running)
			cpu_relax();
	} while (running);
	return stopped;
}

void alarm_irq(void)
{
	struct alarms *t = this_cpu_ptr(alarms);
	struct alarm *a;
	uint64_t fl;

	fl = spin_lock_irq(&t->lock);
	t->armed = NOT_ARMED;
	while ((a = t->first) && a->deadline <= read_tsc()) {
		erase_locked(t, a);
		t->running = a;
		spin_unlock_irq(&t->lock, fl);
		a->fn(a);
		fl = spin_lock_irq(&t->lock);
		/* a may be gone. */
		t->running = NULL;
	}
	arm_locked(t);
	spin_unlock_irq(&t->lock, fl);
}

void alarm_before_idle(void)
{
	struct alarms *t = this_cpu_ptr(alarms);
	uint64_t want;

	if (t->armed == NOT_ARMED)
		return;
	scoped_spin_irq(&t->lock) {
		want = t->first ? t->first->deadline : NOT_ARMED;
		if (t->armed != want) {
			t->armed = want;
			if (want == NOT_ARMED)
				timer_disarm();
			else
				timer_arm(want);
		}
	}
}
