// SPDX-License-Identifier: MIT
/*
 * User alarms.  Rules: dev/user_alarm.h
 *
 * The interrupt only counts and sends the alarm's own message; the message does
 * the rest in a kthread, and sets a periodic alarm again.
 *
 *     interrupt                    message, when it has posted
 *     fired++                      sent = 0
 *     sent: -> 1                   looks at fired
 *       it was 0: sends            not 0: as the interrupt
 *
 * All four are sequentially consistent: one of the two sees the other's.
 */
#include <dev/user_alarm.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/alarm.h>
#include <core/kmsg.h>
#include <core/wait.h>
#include <io/tap.h>
#include <lib/log.h>
#include <mm/slab.h>
#include <proc/proc.h>
#include <ros/errno.h>

/* A process's; made with its first alarm. */
struct user_alarms {
	struct kref ref; /* the process's, and each alarm's */
	struct spinlock lock;
	struct rb_root tree GUARDED_BY(&lock); /* by id, those not gone */
	struct proc *p GUARDED_BY(&lock);      /* NULL: it has ended */
	uint32_t nr_periodic GUARDED_BY(&lock);
};

struct user_alarm {
	struct kref ref; /* chans, and the message */
	struct user_alarms *set;
	struct rb_node node;	    /* [set->lock] */
	uint32_t id;
	uint32_t nr_open;	    /* [set->lock] */
	bool gone;		    /* [set->lock] UA1 */
	uint64_t when, period;	    /* [set->lock] TSC, ticks; 0: none */
	struct event_queue *ev_q;   /* [set->lock] the user's */
	struct alarm alarm;	    /* [set->lock] to set and unset */
	_Atomic uint32_t fired;	    /* interrupts not yet told of */
	_Atomic uint32_t sent;	    /* the message is under way */
	struct kmsg msg;
	_Atomic uint64_t count;
	struct waitq readers;	    /* of the count */
	struct tap_list taps;
};

static _Atomic uint32_t next_id;
static _Atomic uint64_t nr_periodic; /* of all processes */

/* ------------------------------------------------- the process's alarms */

static void set_put(struct user_alarms *s)
{
	if (kref_put(&s->ref))
		kfree(s);
}

static struct user_alarms *set_new(struct proc *p)
{
	struct user_alarms *s = kzalloc(sizeof(*s), MM_WAIT);

	if (!s)
		return NULL;
	kref_init(&s->ref, 1);
	spin_init(&s->lock);
	s->p = p;
	return s;
}

/* p is the caller's, so that it does not end meanwhile; two of its calls may
 * race to be the first. */
static struct user_alarms *set_of(struct proc *p, bool create)
{
	struct user_alarms *s, *there = NULL;

	s = __atomic_load_n(&p->alarms, __ATOMIC_ACQUIRE);
	if (s || !create)
		return s;
	s = set_new(p);
	/* Release pairs with the acquire above. */
	if (s && !__atomic_compare_exchange_n(&p->alarms, &there, s, false,
					      __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE)) {
		set_put(s);
		s = there;
	}
	return s;
}

/* The first with a number >= id. */
static struct user_alarm *find_locked(struct user_alarms *s, uint32_t id)
{
	struct user_alarm *best = NULL;
	struct rb_node *n = s->tree.node;

	while (n) {
		struct user_alarm *a = rb_entry(n, struct user_alarm, node);

		if (a->id >= id)
			best = a;
		if (a->id == id)
			break;
		n = a->id > id ? n->left : n->right;
	}
	return best;
}

/* False: the number is taken (they wrap round). */
static bool insert_locked(struct user_alarms *s, struct user_alarm *a)
{
	struct rb_node **link = &s->tree.node, *parent = NULL;

	while (*link) {
		uint32_t id = rb_entry(*link, struct user_alarm, node)->id;

		if (id == a->id)
			return false;
		parent = *link;
		link = a->id < id ? &parent->left : &parent->right;
	}
	rb_insert(&s->tree, &a->node, parent, link, NULL);
	return true;
}

struct user_alarm *user_alarm_find(struct proc *p, uint32_t id)
{
	struct user_alarms *s = set_of(p, false);
	struct user_alarm *a;

	if (!s)
		return NULL;
	guard_spin(&s->lock);
	a = find_locked(s, id);
	if (!a || a->id != id)
		return NULL;
	kref_get(&a->ref); /* the open file's is still there */
	return a;
}

bool user_alarm_next(struct proc *p, uint32_t *id)
{
	struct user_alarms *s = set_of(p, false);
	struct user_alarm *a;

	if (!s)
		return false;
	guard_spin(&s->lock);
	a = find_locked(s, *id);
	if (a)
		*id = a->id;
	return a;
}

/* -------------------------------------------------------------- expiring */

/* Any context; the alarm is set or was, so that somebody holds it. */
static void send(struct user_alarm *a)
{
	if (atomic_exchange(&a->sent, 1))
		return;
	kref_get(&a->ref);
	kmsg_send(core_id(), &a->msg, KMSG_ROUTINE);
}

static void alarm_fired(struct alarm *alarm)
{
	struct user_alarm *a = alarm->arg;

	atomic_fetch_add(&a->fired, 1);
	send(a);
}

/* UA4: when the first expiration after now is told of. */
static uint64_t due_locked(const struct user_alarm *a, uint64_t now)
{
	uint64_t own = a->set->nr_periodic * USER_ALARM_GAP_US;
	uint64_t all = atomic_load_explicit(&nr_periodic,
					    memory_order_relaxed) *
		       USER_ALARM_ALL_GAP_US;

	return MAX(a->when, now + ns_to_tsc(MAX(own, all) * 1000));
}

/* The next time after now, if it has a period; how many have passed. */
static uint64_t advance_locked(struct user_alarm *a)
{
	uint64_t now = read_tsc(), missed;

	if (!a->period) {
		a->when = 0;
		return 1;
	}
	missed = now > a->when ? (now - a->when) / a->period : 0;
	/* It cannot wrap: the first addend is no more than now. */
	a->when = a->when + missed * a->period + a->period;
	alarm_set(&a->alarm, due_locked(a, now));
	return missed + 1;
}

struct expiry {
	uint64_t nr;   /* 0: it was taken back */
	struct proc *p; /* a reference; NULL: no event */
	struct event_queue *ev_q;
	uint32_t gen; /* of p's program, whose queue that is */
};

static void expire_locked(struct user_alarm *a, struct expiry *e)
{
	*e = (struct expiry){ 0 };
	if (!atomic_exchange(&a->fired, 0) || a->gone)
		return;
	e->nr = advance_locked(a);
	if (a->ev_q && a->set->p) {
		proc_get(a->set->p);
		e->p = a->set->p;
		e->ev_q = a->ev_q;
		/* exec forgets our queue before it counts on. */
		e->gen = __atomic_load_n(&e->p->exec_gen, __ATOMIC_RELAXED);
	}
}

static void tell(struct user_alarm *a, struct expiry *e)
{
	struct event_msg msg = {
		.ev_type = EV_ALARM,
		.ev_arg2 = a->id,
		.ev_arg3 = (void *)(uintptr_t)a->id,
		.ev_arg4 = e->nr,
	};
	uint32_t bits = FDTAP_FILT_WRITTEN;

	if (!atomic_fetch_add(&a->count, e->nr))
		bits |= FDTAP_FILT_READABLE;
	waitq_wake(&a->readers, ~0u);
	tap_fire(&a->taps, bits);
	if (e->p) {
		evq_post_gen(e->p, e->ev_q, &msg, 0, e->gen);
		proc_put(e->p);
	}
}

static void expired(uintptr_t arg, uintptr_t a1, uintptr_t a2)
{
	struct user_alarm *a = (struct user_alarm *)arg;
	struct expiry e;

	scoped_spin(&a->set->lock)
		expire_locked(a, &e);
	if (e.nr)
		tell(a, &e);
	atomic_store(&a->sent, 0);
	if (atomic_load(&a->fired))
		send(a);
	user_alarm_put(a);
}

/* ------------------------------------------------------ coming and going */

static struct user_alarm *alarm_new(struct user_alarms *s)
{
	struct user_alarm *a = kzalloc(sizeof(*a), MM_WAIT);

	if (!a)
		return NULL;
	kref_init(&a->ref, 1);
	kref_get(&s->ref);
	a->set = s;
	a->nr_open = 1;
	alarm_init(&a->alarm, alarm_fired, a);
	kmsg_init(&a->msg, expired, (uintptr_t)a, 0, 0);
	waitq_init(&a->readers);
	tap_list_init(&a->taps);
	return a;
}

int user_alarm_create(struct proc *p, struct user_alarm **out)
{
	struct user_alarms *s = set_of(p, true);
	struct user_alarm *a = s ? alarm_new(s) : NULL;

	if (!a)
		return fail(ENOMEM, "no memory for an alarm");
	guard_spin(&s->lock);
	do {
		a->id = atomic_fetch_add(&next_id, 1) & INT32_MAX;
	} while (!insert_locked(s, a));
	*out = a;
	return 0;
}

void user_alarm_get(struct user_alarm *a)
{
	kref_get(&a->ref);
}

void user_alarm_put(struct user_alarm *a)
{
	struct user_alarms *s = a->set;

	if (!kref_put(&a->ref))
		return;
	kfree(a);
	set_put(s);
}

uint32_t user_alarm_id(const struct user_alarm *a)
{
	return a->id;
}

static void period_set_locked(struct user_alarm *a, uint64_t period)
{
	int more = !!period - !!a->period;

	a->set->nr_periodic += more;
	atomic_fetch_add_explicit(&nr_periodic, more, memory_order_relaxed);
	a->period = period;
}

/* UA2.  alarm_unset() waits for the interrupt, which takes no lock of ours. */
static void disarm_locked(struct user_alarm *a)
{
	alarm_unset(&a->alarm);
	atomic_store(&a->fired, 0);
	a->when = 0;
}

static void gone_locked(struct user_alarm *a)
{
	if (a->gone)
		return;
	a->gone = true;
	rb_erase(&a->set->tree, &a->node, NULL);
	disarm_locked(a);
	period_set_locked(a, 0);
	a->ev_q = NULL;
	waitq_wake(&a->readers, ~0u);
}

int user_alarm_open(struct user_alarm *a)
{
	guard_spin(&a->set->lock);
	if (a->gone)
		return fail(ENOENT, "alarm %u is gone", a->id);
	a->nr_open++;
	return 0;
}

void user_alarm_close(struct user_alarm *a)
{
	guard_spin(&a->set->lock);
	if (!--a->nr_open)
		gone_locked(a);
}

/* The old image's queues mean nothing to the new one. */
void alarms_proc_exec(struct proc *p)
{
	struct user_alarms *s = p->alarms;

	if (!s)
		return;
	guard_spin(&s->lock);
	for (struct rb_node *n = rb_first(&s->tree); n; n = rb_next(n))
		rb_entry(n, struct user_alarm, node)->ev_q = NULL;
}

/* What is left is open in other processes. */
void alarms_proc_destroy(struct proc *p)
{
	struct user_alarms *s = p->alarms;
	struct rb_node *n;

	if (!s)
		return;
	p->alarms = NULL;
	scoped_spin(&s->lock) {
		s->p = NULL;
		while ((n = rb_first(&s->tree)))
			gone_locked(rb_entry(n, struct user_alarm, node));
	}
	set_put(s);
}

/* ---------------------------------------------------------------- its use */

static int fail_gone(const struct user_alarm *a)
{
	return fail(ENXIO, "the process of alarm %u has ended", a->id);
}

int user_alarm_set_queue(struct user_alarm *a, struct proc *p,
			 struct event_queue *ev_q)
{
	guard_spin(&a->set->lock);
	if (a->gone)
		return fail_gone(a);
	if (a->set->p != p)
		return fail(EPERM, "alarm %u is process %d's", a->id,
			    a->set->p->pid);
	a->ev_q = ev_q;
	return 0;
}

int user_alarm_set_time(struct user_alarm *a, uint64_t when)
{
	guard_spin(&a->set->lock);
	if (a->gone)
		return fail_gone(a);
	disarm_locked(a);
	atomic_store(&a->count, 0);
	a->when = when;
	if (when)
		alarm_set(&a->alarm, when);
	return 0;
}

int user_alarm_set_period(struct user_alarm *a, uint64_t period)
{
	uint64_t min = ns_to_tsc(USER_ALARM_PERIOD_MIN_US * 1000);

	if (period && (period < min || period > USER_ALARM_PERIOD_MAX))
		return fail(EINVAL,
			    "a period of %#lx ticks is not within %#lx and "
			    "%#lx", period, min, USER_ALARM_PERIOD_MAX);
	guard_spin(&a->set->lock);
	if (a->gone)
		return fail_gone(a);
	period_set_locked(a, period);
	return 0;
}

uint64_t user_alarm_time(struct user_alarm *a)
{
	guard_spin(&a->set->lock);
	return a->when;
}

uint64_t user_alarm_period(struct user_alarm *a)
{
	guard_spin(&a->set->lock);
	return a->period;
}

struct count_wait {
	struct user_alarm *a;
	uint64_t count;
};

static bool count_or_gone(void *arg)
{
	struct count_wait *w = arg;

	w->count = atomic_exchange(&w->a->count, 0);
	return w->count || __atomic_load_n(&w->a->gone, __ATOMIC_RELAXED);
}

int user_alarm_take_count(struct user_alarm *a, bool nonblock, uint64_t *count)
{
	struct count_wait w = { .a = a };
	int err = 0;

	if (!count_or_gone(&w)) {
		if (nonblock)
			return -EAGAIN;
		err = waitq_sleep(&a->readers, count_or_gone, &w, WAIT_FOREVER);
	}
	if (!err && !w.count)
		return fail_gone(a);
	*count = w.count;
	return err;
}

bool user_alarm_has_count(const struct user_alarm *a)
{
	return atomic_load_explicit(&a->count, memory_order_relaxed);
}

struct tap_list *user_alarm_taps(struct user_alarm *a)
{
	return &a->taps;
}
