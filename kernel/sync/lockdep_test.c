// SPDX-License-Identifier: MIT
/* lockdep: each rule broken once, and what must not be reported. */
#undef CONFIG_LOCKDEP
#define CONFIG_LOCKDEP 1
#define LOCKDEP_TEST 1

#include <sync/spinlock.c>
#include <sync/lockdep.c>
#include <sync/lockdep_graph.c>

#include <host/test.h>

static struct lockdep_sleepers kthread_sleepers;

struct lockdep_sleepers *lockdep_sleepers(void)
{
	return &kthread_sleepers;
}

const char *ksym_name(uintptr_t pc, uintptr_t *offset)
{
	*offset = 1;
	return "somewhere";
}

/* Nothing is held; the order learnt so far stays. */
static void reset(void)
{
	off = false;
	report_len = reporter = 0;
	memset(this_cpu_ptr(lockdep_core), 0, sizeof(struct lockdep_core));
	memset(&kthread_sleepers, 0, sizeof(kthread_sleepers));
	this_cpu(percpu_head.irq_depth) = 0;
	irq_enable();
	atomic_store(&graph_lock.held, 0);
}

/* A report leaves the locks on its way locked. */
static void fresh(struct spinlock *l)
{
	atomic_store(&l->held, 0);
}

#define EXPECT_REPORT(text, statement)                                         \
	do {                                                                   \
		EXPECT_PANIC(statement);                                       \
		CHECK(strstr(host_panic_text, text));                          \
		reset();                                                       \
	} while (0)

/* A sleeping lock as core has them. */
struct sleeper {
	struct lock_class *cls;
};
#define sleeper_init(s)                                                        \
	do {                                                                   \
		static struct lock_class cls_ =                                \
			LOCK_CLASS_INIT(#s, LOCK_SLEEP);                       \
		(s)->cls = &cls_;                                              \
	} while (0)

static void sleeper_lock(struct sleeper *s)
{
	lockdep_acquire(s->cls, s, false, 0);
}

static void sleeper_unlock(struct sleeper *s)
{
	lockdep_release(s, 0);
}

static void both(struct spinlock *outer, struct spinlock *inner)
{
	spin_lock(outer);
	spin_lock(inner);
	spin_unlock(inner);
	spin_unlock(outer);
}

TEST(one_order_is_fine)
{
	struct spinlock a, b;

	reset();
	spin_init(&a);
	spin_init(&b);
	for (int i = 0; i < 3; i++)
		both(&a, &b);
	spin_lock(&a); /* let go out of order */
	spin_lock(&b);
	CHECK(lockdep_holds(&a) && lockdep_holds(&b));
	spin_unlock(&a);
	CHECK(!lockdep_holds(&a) && lockdep_holds(&b));
	spin_unlock(&b);
	lockdep_assert_none_held("test");
}

TEST(l1_two_orders)
{
	struct spinlock a, b;

	reset();
	spin_init(&a);
	spin_init(&b);
	both(&a, &b);
	EXPECT_REPORT("L1: lock order with a cycle", both(&b, &a));
	CHECK(strstr(host_panic_text, "taking &a (kernel/sync/lockdep_test.c"));
	CHECK(strstr(host_panic_text, "holding &b (kernel/sync/"));
	CHECK(strstr(host_panic_text, "seen before: &a (kernel/sync/"));
	CHECK(strstr(host_panic_text, "in somewhere+0x1"));
}

TEST(l1_a_long_way_round)
{
	struct spinlock a, b, c, d;

	reset();
	spin_init(&a);
	spin_init(&b);
	spin_init(&c);
	spin_init(&d);
	both(&a, &b);
	both(&c, &d);
	both(&b, &c);
	EXPECT_REPORT("seen before: &b", both(&d, &a));
}

TEST(l1_sleeping_locks)
{
	struct sleeper m, n;
	struct spinlock s;

	reset();
	sleeper_init(&m);
	sleeper_init(&n);
	spin_init(&s);
	sleeper_lock(&m);
	sleeper_lock(&n);
	spin_lock(&s);
	spin_unlock(&s);
	CHECK(lockdep_holds(&m));
	sleeper_unlock(&m);
	CHECK(!lockdep_holds(&m));
	EXPECT_REPORT("L1: lock order with a cycle", sleeper_lock(&m));
}

TEST(l1_one_class_by_address)
{
	struct spinlock l[2];

	reset();
	for (int i = 0; i < 2; i++)
		spin_init(&l[i]);
	both(&l[0], &l[1]);
	EXPECT_REPORT("L1: two locks of one class", both(&l[1], &l[0]));
	fresh(&l[1]);
	spin_lock(&l[1]);
	CHECK(spin_trylock(&l[0])); /* waits for nobody */
	spin_unlock(&l[0]);
	spin_unlock(&l[1]);
}

TEST(l1_trylock_makes_no_order)
{
	struct spinlock a, b, c;

	reset();
	spin_init(&a);
	spin_init(&b);
	spin_init(&c);
	both(&a, &b);
	spin_lock(&b);
	CHECK(spin_trylock(&a));
	/* But what is waited for under a and b comes after both. */
	spin_lock(&c);
	spin_unlock(&c);
	spin_unlock(&a);
	spin_unlock(&b);
	EXPECT_REPORT("L1", both(&c, &a));
	fresh(&c);
	EXPECT_REPORT("L1", both(&c, &b));
}

TEST(l2_plain_lock_in_interrupt)
{
	struct spinlock_irq i;
	struct spinlock p;
	uint64_t flags;

	reset();
	spin_init(&p);
	spin_irq_init(&i);
	this_cpu(percpu_head.irq_depth) = 1;
	flags = spin_lock_irq(&i);
	spin_unlock_irq(&i, flags);
	EXPECT_REPORT("L2: plain spinlock in interrupt", spin_lock(&p));
	flags = spin_lock_irq(&i);
	EXPECT_REPORT("L2: plain spinlock under", spin_lock(&p));
	fresh(&i.raw);
	spin_lock(&p);
	flags = spin_lock_irq(&i); /* this way round it is fine */
	spin_unlock_irq(&i, flags);
	spin_unlock(&p);
}

TEST(l3_no_sleep_under_a_spinning_lock)
{
	struct sleeper m;
	struct spinlock s;

	reset();
	spin_init(&s);
	sleeper_init(&m);
	might_sleep();
	sleeper_lock(&m);
	might_sleep();
	sleeper_unlock(&m);
	spin_lock(&s);
	EXPECT_REPORT("L3: may sleep under a spinning lock", might_sleep());
	CHECK(strstr(host_panic_text, "holding &s"));
	fresh(&s);
	spin_lock(&s);
	EXPECT_REPORT("L3", sleeper_lock(&m));
}

TEST(l3_no_sleep_in_interrupt_or_reader)
{
	reset();
	this_cpu(percpu_head.irq_depth) = 1;
	EXPECT_REPORT("in interrupt context", might_sleep());
	lockdep_nosleep_enter(1);
	lockdep_nosleep_enter(2);
	lockdep_nosleep_exit(3);
	EXPECT_REPORT("while reading under RCU", might_sleep());
	lockdep_nosleep_enter(1);
	lockdep_nosleep_exit(2);
	might_sleep();
	EXPECT_REPORT("never began", lockdep_nosleep_exit(3));
}

TEST(l4_nothing_held_at_the_end)
{
	struct sleeper m;
	struct spinlock s;

	reset();
	spin_init(&s);
	sleeper_init(&m);
	spin_lock(&s);
	EXPECT_REPORT("L4: a lock is held at the end",
		      lockdep_assert_none_held("the end"));
	sleeper_lock(&m);
	EXPECT_REPORT("holding &m", lockdep_assert_none_held("the end"));
	lockdep_nosleep_enter(1);
	EXPECT_REPORT("L4: an RCU reader", lockdep_assert_none_held("the end"));
}

TEST(l5_twice_or_never)
{
	struct sleeper m;
	struct spinlock s;

	reset();
	spin_init(&s);
	sleeper_init(&m);
	spin_lock(&s);
	EXPECT_REPORT("L5: lock taken twice", spin_lock(&s));
	EXPECT_REPORT("is not held by this core or kthread", spin_unlock(&s));
	sleeper_lock(&m);
	EXPECT_REPORT("L5: lock taken twice", sleeper_lock(&m));
	EXPECT_REPORT("is not held", sleeper_unlock(&m));
}

TEST(a_lock_without_a_class)
{
	struct spinlock s = { 0 };

	reset();
	EXPECT_REPORT("was never initialised", spin_lock(&s));
}

TEST(too_many_locks)
{
	struct spinlock s[LOCKDEP_MAX_HELD + 1];

	reset();
	for (int i = 0; i <= LOCKDEP_MAX_HELD; i++) {
		spin_init(&s[i]);
		if (i < LOCKDEP_MAX_HELD)
			spin_lock(&s[i]);
	}
	EXPECT_REPORT("more locks held", spin_lock(&s[LOCKDEP_MAX_HELD]));
}

static inline void init_in_a_header(struct lock_class *cls)
{
	*cls = (struct lock_class){ "l", "a.h", 1, 0, LOCK_SPIN };
}

TEST(one_place_is_one_class)
{
	static struct lock_class x, y, z;

	reset();
	init_in_a_header(&x);
	init_in_a_header(&y);
	init_in_a_header(&z);
	z.line = 2;
	CHECK_EQ(lockdep_class_id(&x), lockdep_class_id(&y));
	CHECK(lockdep_class_id(&x) != lockdep_class_id(&z));
}

TEST(after_the_end_nothing_is_checked)
{
	struct spinlock s;

	reset();
	spin_init(&s);
	spin_lock(&s);
	lockdep_off();
	might_sleep();
	lockdep_assert_none_held("test");
	CHECK(lockdep_holds(&s) && lockdep_holds(&kthread_sleepers));
	lockdep_release(&s, 0);
	reset();
}

/* What an NMI does while its core is in lockdep is not looked at. */
TEST(lockdep_in_lockdep)
{
	struct spinlock s;

	reset();
	spin_init(&s);
	this_cpu_ptr(lockdep_core)->inside = true;
	spin_lock(&s);
	CHECK_EQ(this_cpu_ptr(lockdep_core)->nr, 0);
	reset();
}

/* Many cores learn the same and different orders at once. */
static struct spinlock shared[8];

static void learn_orders(void *arg, unsigned int core)
{
	uint64_t seed = core;

	for (int i = 0; i < 2000; i++) {
		unsigned int a = test_random(&seed) % 7;
		unsigned int b = a + 1 + test_random(&seed) % (7 - a);

		both(&shared[a], &shared[b]);
	}
	lockdep_assert_none_held("test");
}

TEST(many_cores_learn)
{
	unsigned int before = nr_edges;
	static struct lock_class cls[8];

	reset();
	for (int i = 0; i < 8; i++) {
		cls[i] = (struct lock_class){ "s", "x.c", i, 0, LOCK_SPIN };
		spin_init_class(&shared[i], &cls[i]);
	}
	host_run_cores(4, learn_orders, NULL);
	CHECK_EQ(nr_edges - before, 8 * 7 / 2);
	lockdep_dump();
}
