// SPDX-License-Identifier: MIT
/*
 * RCU: callbacks, batched per core, and the grace period of a batch.
 * Rules: core/rcu.h
 *
 * A core with callbacks sets an alarm.  At each alarm a routine message looks
 * how far the present batch is: it goes through the cores in order and stops at
 * the first that has been in one stretch of kernel code since it was looked at
 * first. All passed: the batch's callbacks run.  No other core is interrupted,
 * but for one that seems to be in the kernel for long: it gets a message, which
 * it takes at its next quiescent point.
 */
#include <core/rcu.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/alarm.h>
#include <core/kmsg.h>
#include <core/kthread.h>
#include <core/wait.h>
#include <lib/assert.h>
#include <sync/lockdep.h>

/* After so many looks at one core it is sent a message. */
#define LOOKS_PATIENT 4

struct rcu_list {
	struct rcu_head *first, **last; /* last == NULL: empty */
};

struct rcu_core {
	struct rcu_list next;	/* interrupts off: not yet in a batch */
	struct rcu_list batch;	/* waits for its grace period */
	_Atomic uint32_t nr;	/* callbacks that have not returned */
	bool scheduled;		/* ditto: alarm or message on its way */
	bool looked;		/* seen is valid for `at` */
	uint32_t seen;		/* the word of core `at`, first look */
	unsigned int at;	/* all cores below have passed */
	unsigned int looks;
	struct alarm alarm;
	struct kmsg work, poke, barrier_msg;
	_Atomic uint32_t poke_busy;
	struct rcu_head barrier;
};

DEFINE_PERCPU(uint32_t, rcu_kernel_seq) = 1;
DEFINE_PERCPU_STATIC(struct rcu_core, rcu_core);
static bool rcu_ready;

static void work(uintptr_t a0, uintptr_t a1, uintptr_t a2);

static void list_push(struct rcu_list *l, struct rcu_head *h)
{
	h->next = NULL;
	if (l->last)
		*l->last = h;
	else
		l->first = h;
	l->last = &h->next;
}

static void alarm_fired(struct alarm *a)
{
	struct rcu_core *r = this_cpu_ptr(rcu_core);

	kmsg_init(&r->work, work, 0, 0, 0);
	kmsg_send(core_id(), &r->work, KMSG_ROUTINE);
}

/* Interrupts off. */
static void schedule_look(struct rcu_core *r)
{
	if (r->scheduled || !rcu_ready)
		return;
	r->scheduled = true;
	alarm_init(&r->alarm, alarm_fired, NULL);
	alarm_set_usec(&r->alarm, RCU_DELAY_USEC);
}

/* Interrupts off: only its own core counts, others read. */
static void count(struct rcu_core *r, uint32_t add)
{
	uint32_t n = atomic_load_explicit(&r->nr, memory_order_relaxed);

	/* Releases what callbacks did; pairs with rcu_barrier()'s acquire. */
	atomic_store_explicit(&r->nr, n + add, memory_order_release);
}

void rcu_call(struct rcu_head *h, void (*fn)(struct rcu_head *))
{
	uint64_t fl = irq_save();
	struct rcu_core *r = this_cpu_ptr(rcu_core);

	h->fn = fn;
	list_push(&r->next, h);
	count(r, 1);
	schedule_look(r);
	irq_restore(fl);
}

static void poked(uintptr_t a0, uintptr_t a1, uintptr_t a2)
{
	/* Running it at all was the point: core_loop() holds no reader. */
	rcu_quiescent();
	atomic_store((_Atomic uint32_t *)a0, 0);
}

static void poke(struct rcu_core *r, unsigned int core)
{
	if (atomic_exchange(&r->poke_busy, 1))
		return;
	kmsg_init(&r->poke, poked, (uintptr_t)&r->poke_busy, 0, 0);
	kmsg_send(core, &r->poke, KMSG_ROUTINE);
}

/* R2: true if core r->at has been quiescent since it was looked at first. */
static bool core_passed(struct rcu_core *r)
{
	uint32_t now;

	if (r->at == core_id())
		return true; /* a routine message holds no reader */
	/* Acquires the readers' end; pairs with the core's plain store. */
	now = __atomic_load_n(&per_cpu(rcu_kernel_seq, r->at),
			      __ATOMIC_ACQUIRE);
	if (!(now & 1) || (r->looked && now != r->seen))
		return true;
	if (!r->looked) {
		r->looked = true;
		r->seen = now;
		r->looks = 0;
	} else if (++r->looks == LOOKS_PATIENT) {
		poke(r, r->at);
	}
	return false;
}

static bool batch_passed(struct rcu_core *r)
{
	while (r->at < nr_cores) {
		if (!atomic_load(&per_cpu(kmsg_queues, r->at).online)) {
			r->at++; /* it has not looked at anything yet */
			continue;
		}
		if (!core_passed(r))
			return false;
		r->looked = false;
		r->at++;
	}
	return true;
}

static void run_callbacks(struct rcu_core *r, struct rcu_head *h)
{
	struct rcu_head *next;
	uint32_t nr = 0;
	uint64_t fl;

	for (; h; h = next) {
		next = h->next;
		h->fn(h);
		nr++;
	}
	fl = irq_save();
	count(r, -nr);
	irq_restore(fl);
}

static void work(uintptr_t a0, uintptr_t a1, uintptr_t a2)
{
	struct rcu_core *r = this_cpu_ptr(rcu_core);
	struct rcu_head *done = NULL;
	uint64_t fl;

	if (r->batch.last && batch_passed(r)) {
		done = r->batch.first;
		r->batch.last = NULL;
	}
	fl = irq_save();
	if (!r->batch.last && r->next.last) {
		r->batch = r->next;
		r->next.last = NULL;
		r->at = 0;
		r->looked = false;
	}
	r->scheduled = false;
	if (r->batch.last)
		schedule_look(r);
	irq_restore(fl);
	run_callbacks(r, done);
}

/* rcu_barrier(): a callback behind all others on every core that has some; on
 * this core in any case, so that there is a grace period. */
static struct mutex barrier_mutex;
static struct waitq barrier_q;
static _Atomic uint32_t barrier_left;

static void barrier_passed(struct rcu_head *h)
{
	if (atomic_fetch_sub(&barrier_left, 1) == 1)
		waitq_wake(&barrier_q, 1);
}

static void barrier_queue(uintptr_t a0, uintptr_t a1, uintptr_t a2)
{
	rcu_call(&this_cpu_ptr(rcu_core)->barrier, barrier_passed);
}

static bool barrier_over(void *arg)
{
	return !atomic_load(&barrier_left);
}

void rcu_barrier(void)
{
	unsigned int self;

	might_sleep();
	guard_mutex(&barrier_mutex);
	self = core_id();
	/* One for ourselves, until all have been told. */
	atomic_store(&barrier_left, 1);
	for (unsigned int i = 0; i < nr_cores; i++) {
		struct rcu_core *r = &per_cpu(rcu_core, i);

		if (i != self &&
		    !atomic_load_explicit(&r->nr, memory_order_acquire))
			continue;
		atomic_fetch_add(&barrier_left, 1);
		if (i == self) {
			barrier_queue(0, 0, 0);
			continue;
		}
		kmsg_init(&r->barrier_msg, barrier_queue, 0, 0, 0);
		kmsg_send(i, &r->barrier_msg, KMSG_IMMEDIATE);
	}
	atomic_fetch_sub(&barrier_left, 1);
	waitq_sleep_uninterruptible(&barrier_q, barrier_over, NULL);
}

#if CONFIG_LOCKDEP
void rcu_read_lock(void)
{
	assert(this_cpu(rcu_kernel_seq) & 1); /* R1 */
	lockdep_nosleep_enter((uintptr_t)__builtin_return_address(0));
}

void rcu_read_unlock(void)
{
	lockdep_nosleep_exit((uintptr_t)__builtin_return_address(0));
}
#endif

void rcu_init(void)
{
	uint64_t fl;

	mutex_init(&barrier_mutex);
	waitq_init(&barrier_q);
	fl = irq_save();
	rcu_ready = true;
	if (this_cpu(rcu_core.next.last))
		schedule_look(this_cpu_ptr(rcu_core));
	irq_restore(fl);
}
