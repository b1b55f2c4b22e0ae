// SPDX-License-Identifier: MIT
/* The stand-ins themselves, with core's sleeping locks on top of them. */
#include <host/test.h>

#include <arch/uaccess.h>
#include <core/alarm.h>
#include <core/rcu.h>
#include <core/wait.h>
#include <lib/log.h>
#include <mm/kmap.h>
#include <mm/slab.h>
#include <ros/errno.h>

DEFINE_PERCPU_STATIC(unsigned int, number);

static void count_mine(void *arg, unsigned int core)
{
	CHECK_EQ(core_id(), core);
	for (unsigned int i = 0; i <= core; i++)
		this_cpu(number)++;
	(*this_cpu_ptr(number))++;
}

TEST(each_core_has_its_own)
{
	host_run_cores(4, count_mine, NULL);
	for (unsigned int i = 0; i < 4; i++)
		CHECK_EQ(per_cpu(number, i), i + 2);
}

TEST(fail_keeps_its_sentence)
{
	CHECK_EQ(fail(EINVAL, "length %d is odd", 3), -EINVAL);
	CHECK_STR(host_errstr, "length 3 is odd");
	EXPECT_PANIC(panic("stop %d", 1));
	CHECK_STR(host_panic_text, "stop 1");
	EXPECT_PANIC(assert(host_errstr[0] == 'x'));
}

TEST(memory_is_counted_and_can_fail)
{
	size_t objects = host_mm_in_use(), pages = host_frames_in_use();
	char *p = kzalloc(100, MM_WAIT);
	struct frame *f = frame_alloc(MM_ZERO);
	char *page = frame_to_virt(f);

	CHECK(!p[0] && !p[99]);
	CHECK(!page[0] && !page[4095]);
	CHECK(virt_to_frame(page) == f && pa_to_frame(frame_to_pa(f)) == f);
	CHECK_EQ(host_mm_in_use(), objects + 1);
	CHECK_EQ(host_frames_in_use(), pages + 1);
	frame_get(f);
	frame_put(f);
	frame_put(f);
	kfree(p);
	CHECK_EQ(host_mm_in_use(), objects);
	CHECK_EQ(host_frames_in_use(), pages);
	mm_fail_nth(2);
	p = kmalloc(8, MM_WAIT);
	CHECK(p);
	CHECK(!kmalloc(8, MM_WAIT));
	kfree(p);
	f = frames_alloc(3, 0);
	CHECK(frame_to_pa(f) % (8 * PGSIZE) == 0);
	frames_free(f, 3);
}

TEST(user_memory_faults_where_told)
{
	char user[16] = "abc", buf[16];
	uint32_t old;

	CHECK_EQ(copy_from_user(buf, user, sizeof(buf)), 0);
	CHECK_STR(buf, "abc");
	CHECK_EQ(strnlen_user(user, 16), 3);
	host_user_fault(user + 8, 1);
	CHECK_EQ(copy_from_user(buf, user, 8), 0);
	CHECK_EQ(copy_to_user(user, buf, 9), -EFAULT);
	CHECK_EQ(copy_to_user(user + 9, buf, 4), 0);
	host_user_fault(NULL, 0);
	CHECK_EQ(copy_from_user(buf, NULL, 1), -EFAULT);
	CHECK_EQ(copy_from_user(buf, (void *)-8L, 16), -EFAULT);
	CHECK_EQ(user_add_u32(user + 1, 1, &old), -EINVAL);
	CHECK_EQ(user_cas_u32(user, 0, 1, &old), 0);
	CHECK_EQ(memcmp(&old, "abc", 4), 0);
}

/* A ball between two cores. */
static struct waitq ball_moved;
static _Atomic unsigned int at;
#define PASSES 2000

static bool at_mine(void *arg)
{
	return at % 2 == (uintptr_t)arg;
}

static void play(void *arg, unsigned int core)
{
	for (int i = 0; i < PASSES; i++) {
		CHECK_EQ(waitq_sleep(&ball_moved, at_mine,
				     (void *)(uintptr_t)core, WAIT_FOREVER),
			 0);
		at++;
		waitq_wake(&ball_moved, ~0u);
	}
}

TEST(wait_queues_wake)
{
	waitq_init(&ball_moved);
	host_run_cores(2, play, NULL);
	CHECK_EQ(at, 2 * PASSES);
}

static bool never(void *arg)
{
	return false;
}

TEST(sleeps_time_out)
{
	struct waitq q;
	uint64_t start = read_tsc();

	waitq_init(&q);
	CHECK_EQ(waitq_sleep(&q, never, NULL, 20000), -ETIMEDOUT);
	CHECK(read_tsc() - start >= 20000000);
	CHECK_EQ(waitq_sleep(&q, never, NULL, 0), -ETIMEDOUT);
}

static struct mutex mutex;
static struct rwlock rwlock;
static unsigned long under_mutex, under_rwlock;

static void lock_all(void *arg, unsigned int core)
{
	for (int i = 0; i < 1000; i++) {
		mutex_lock(&mutex);
		CHECK(mutex_is_mine(&mutex));
		under_mutex++;
		mutex_unlock(&mutex);
		if (i % 4) {
			read_lock(&rwlock);
			CHECK(under_rwlock <= 4 * 250);
			read_unlock(&rwlock);
		} else {
			write_lock(&rwlock);
			under_rwlock++;
			write_unlock(&rwlock);
		}
	}
}

TEST(mutexes_and_rwlocks_exclude)
{
	mutex_init(&mutex);
	rwlock_init(&rwlock);
	host_run_cores(4, lock_all, NULL);
	CHECK_EQ(under_mutex, 4000);
	CHECK_EQ(under_rwlock, 1000);
}

static struct alarm alarm;
static struct semaphore rang;
static bool in_interrupt;

static void ring(struct alarm *a)
{
	in_interrupt = in_irq();
	sem_up(&rang);
}

TEST(alarms_ring_or_are_stopped)
{
	sem_init(&rang, 0);
	alarm_init(&alarm, ring, NULL);
	alarm_set_usec(&alarm, 1000);
	CHECK_EQ(sem_down(&rang), 0);
	CHECK(!alarm_unset(&alarm));
	CHECK(in_interrupt);
	alarm_set_usec(&alarm, 10000000);
	CHECK(alarm_is_set(&alarm));
	CHECK(alarm_unset(&alarm));
	CHECK(!alarm_is_set(&alarm));
}

struct node {
	struct rcu_head rcu;
	unsigned int v;
};
static struct node *_Atomic current_node;
static _Atomic bool replaced_all;

static void node_free(struct rcu_head *h)
{
	struct node *n = (struct node *)h;

	n->v = 0;
	kfree(n);
}

static void replace_or_read(void *arg, unsigned int core)
{
	if (!core) {
		for (unsigned int i = 2; i < 500; i++) {
			struct node *n = kmalloc(sizeof(*n), MM_WAIT), *old;

			n->v = i;
			old = atomic_exchange(&current_node, n);
			rcu_call(&old->rcu, node_free);
			if (!(i % 10))
				host_rcu_run();
		}
		replaced_all = true;
		return;
	}
	while (!replaced_all) {
		rcu_read_lock();
		CHECK(rcu_deref(current_node)->v > 0);
		rcu_read_unlock();
	}
}

TEST(rcu_waits_for_readers)
{
	size_t objects = host_mm_in_use();
	struct node *n = kmalloc(sizeof(*n), MM_WAIT);

	n->v = 1;
	current_node = n;
	host_run_cores(3, replace_or_read, NULL);
	kfree(current_node);
	host_rcu_run();
	CHECK_EQ(host_mm_in_use(), objects);
}
