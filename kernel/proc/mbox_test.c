// SPDX-License-Identifier: MIT
/*
 * Mailboxes from end to end: the kernel's producers against the runtime's
 * consumers, on plain memory, under the address and the thread sanitizer.
 */
#include <proc/mbox.h>

#include <pthread.h>
#include <stdlib.h>

#include <host/test.h>
#include <parlib/alloc.h>
#include <parlib/ceq.h>
#include <parlib/evbitmap.h>
#include <parlib/spinlock.h>
#include <parlib/ucq.h>
#include <ros/errno.h>

#ifdef __SANITIZE_THREAD__
#define ROUNDS 5000
#else
#define ROUNDS 20000
#endif
#define PRODUCERS 3
#define CONSUMERS 2

/* ------------------------------------------ what the runtime wants of us */

void runtime_panic(const char *why)
{
	host_check_failed(__FILE__, __LINE__, "%s", why);
}

void *rt_alloc(size_t len)
{
	return calloc(1, len);
}

void rt_free(void *p, size_t len)
{
	free(p);
}

uintptr_t ucq_page_alloc(void)
{
	void *p = aligned_alloc(PGSIZE, PGSIZE);

	return (uintptr_t)memset(p, 0, PGSIZE);
}

void ucq_page_free(uintptr_t page)
{
	free((void *)page);
}

void spin_pdr_init(struct spin_pdr_lock *l)
{
	l->holder = 0;
}

void spin_pdr_lock(struct spin_pdr_lock *l)
{
	while (__atomic_exchange_n(&l->holder, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

void spin_pdr_unlock(struct spin_pdr_lock *l)
{
	__atomic_store_n(&l->holder, 0, __ATOMIC_RELEASE);
}

/* --------------------------------------------------------------- fixture */

static pthread_mutex_t page_lock = PTHREAD_MUTEX_INITIALIZER;
static bool no_pages;

static uintptr_t page_new(struct mbox_env *env)
{
	return no_pages ? 0 : ucq_page_alloc();
}

static void env_lock(struct mbox_env *env)
{
	pthread_mutex_lock(&page_lock);
}

static void env_unlock(struct mbox_env *env)
{
	pthread_mutex_unlock(&page_lock);
}

static struct mbox_env env = { page_new, env_lock, env_unlock, NULL };
static struct event_mbox mbox;

static int post(uint32_t type, uint32_t arg2, uint64_t arg4)
{
	struct event_msg m = { .ev_type = type, .ev_arg2 = arg2,
			       .ev_arg3 = (void *)arg4, .ev_arg4 = arg4 };

	return mbox_post(&env, (uintptr_t)&mbox, &m);
}

static void run_threads(unsigned int n, void *(*fn)(void *))
{
	pthread_t t[PRODUCERS + CONSUMERS];

	for (uintptr_t i = 0; i < n; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, fn, (void *)i), 0);
	for (unsigned int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

/* ------------------------------------------------------------------- UCQ */

static void ucq_start(void)
{
	memset(&mbox, 0, sizeof(mbox));
	mbox.type = EV_MBOX_UCQ;
	no_pages = false;
	ucq_init(&mbox.ucq);
}

TEST(ucq_keeps_order_over_pages)
{
	struct event_msg m;

	ucq_start();
	CHECK(!get_ucq_msg(&mbox.ucq, &m));
	for (uint64_t i = 0; i < 1000; i++)
		CHECK_EQ(post(7, i, i * 3), 0);
	for (uint64_t i = 0; i < 1000; i++) {
		CHECK(get_ucq_msg(&mbox.ucq, &m));
		CHECK_EQ(m.ev_type, 7);
		CHECK_EQ(m.ev_arg2, i);
		CHECK_EQ(m.ev_arg4, i * 3);
	}
	CHECK(!get_ucq_msg(&mbox.ucq, &m));
	/* In lock step the two pages go round for ever. */
	for (uint64_t i = 0; i < 1000; i++) {
		CHECK_EQ(post(8, i, 0), 0);
		CHECK(get_ucq_msg(&mbox.ucq, &m));
		CHECK_EQ(m.ev_arg2, i);
		CHECK(!get_ucq_msg(&mbox.ucq, &m));
	}
	ucq_free_pgs(&mbox.ucq);
}

TEST(ucq_survives_want_of_memory)
{
	struct event_msg m;
	unsigned int posted = 0, got = 0;

	ucq_start();
	no_pages = true;
	for (int i = 0; i < 1000; i++)
		posted += post(1, i, 0) == 0;
	CHECK(posted > 0 && posted < 1000);
	while (get_ucq_msg(&mbox.ucq, &m))
		got++;
	CHECK_EQ(got, posted);
	no_pages = false;
	CHECK_EQ(post(2, 5, 0), 0);
	CHECK(get_ucq_msg(&mbox.ucq, &m));
	CHECK_EQ(m.ev_arg2, 5);
	ucq_free_pgs(&mbox.ucq);
}

static unsigned int consumed;
static uint8_t seen[PRODUCERS][ROUNDS];

/* Each consumer sees each producer's messages in order. */
static void ucq_consume(void)
{
	uint32_t next[PRODUCERS] = { 0 };
	struct event_msg m;

	while (__atomic_load_n(&consumed, __ATOMIC_RELAXED) <
	       PRODUCERS * ROUNDS) {
		if (!get_ucq_msg(&mbox.ucq, &m)) {
			sched_yield();
			continue;
		}
		CHECK(m.ev_type < PRODUCERS && m.ev_arg2 < ROUNDS);
		CHECK(m.ev_arg2 >= next[m.ev_type]);
		next[m.ev_type] = m.ev_arg2 + 1;
		CHECK_EQ(__atomic_exchange_n(&seen[m.ev_type][m.ev_arg2], 1,
					     __ATOMIC_RELAXED), 0);
		__atomic_fetch_add(&consumed, 1, __ATOMIC_RELAXED);
	}
}

static void *ucq_worker(void *arg)
{
	uintptr_t i = (uintptr_t)arg;

	if (i >= PRODUCERS) {
		ucq_consume();
		return NULL;
	}
	for (uint32_t n = 0; n < ROUNDS; n++)
		CHECK_EQ(post(i, n, 0), 0);
	return NULL;
}

TEST(ucq_many_to_many)
{
	ucq_start();
	consumed = 0;
	memset(seen, 0, sizeof(seen));
	run_threads(PRODUCERS + CONSUMERS, ucq_worker);
	CHECK_EQ(consumed, PRODUCERS * ROUNDS);
	CHECK(ucq_is_empty(&mbox.ucq));
	ucq_free_pgs(&mbox.ucq);
}

/* ---------------------------------------------------------------- bitmap */

static uint64_t counts[MAX_NR_EVENT_BITS], noticed[MAX_NR_EVENT_BITS];
static unsigned int producing;

static void bitmap_drain(void)
{
	struct event_msg m;

	while (get_evbitmap_msg(&mbox.evbm, &m))
		noticed[m.ev_type] = __atomic_load_n(&counts[m.ev_type],
						     __ATOMIC_SEQ_CST);
}

static void *bitmap_worker(void *arg)
{
	uintptr_t i = (uintptr_t)arg;

	if (i == PRODUCERS) {
		while (__atomic_load_n(&producing, __ATOMIC_ACQUIRE))
			bitmap_drain();
		return NULL;
	}
	for (uint32_t n = 0; n < ROUNDS; n++) {
		uint32_t type = (n * 7 + i) % MAX_NR_EVENT_BITS;

		__atomic_fetch_add(&counts[type], 1, __ATOMIC_SEQ_CST);
		CHECK_EQ(post(type, 0, 0), 0);
	}
	__atomic_fetch_sub(&producing, 1, __ATOMIC_RELEASE);
	return NULL;
}

TEST(bitmap_loses_no_last_event)
{
	memset(&mbox, 0, sizeof(mbox));
	mbox.type = EV_MBOX_BITMAP;
	memset(counts, 0, sizeof(counts));
	memset(noticed, 0, sizeof(noticed));
	producing = PRODUCERS;
	run_threads(PRODUCERS + 1, bitmap_worker);
	bitmap_drain();
	for (int i = 0; i < MAX_NR_EVENT_BITS; i++)
		CHECK_EQ(noticed[i], counts[i]);
	CHECK_EQ(post(MAX_NR_EVENT_BITS, 0, 0), -EINVAL);
}

/* ------------------------------------------------------------------- CEQ */

#define IDS 40
static uint64_t taken[IDS];

static void ceq_start(uint32_t op, size_t ring)
{
	memset(&mbox, 0, sizeof(mbox));
	mbox.type = EV_MBOX_CEQ;
	CHECK(ceq_init(&mbox.ceq, op, IDS, ring));
}

TEST(ceq_coalesces)
{
	struct event_msg m;

	ceq_start(CEQ_OR, 8);
	CHECK(!get_ceq_msg(&mbox.ceq, &m));
	for (uint32_t bit = 1; bit <= 4; bit *= 2)
		CHECK_EQ(post(5, bit, 100 + bit), 0);
	CHECK(get_ceq_msg(&mbox.ceq, &m));
	CHECK_EQ(m.ev_type, 5);
	CHECK_EQ(m.ev_arg2, 7);
	CHECK_EQ((uintptr_t)m.ev_arg3, 104);
	CHECK(!get_ceq_msg(&mbox.ceq, &m));
	CHECK_EQ(post(IDS, 1, 0), -EINVAL);
	mbox.ceq.ring_sz = 7;
	CHECK_EQ(post(6, 1, 0), -EINVAL);
	mbox.ceq.ring_sz = 8;
	ceq_cleanup(&mbox.ceq);
}

TEST(ceq_overflow_loses_no_id)
{
	struct event_msg m;
	uint64_t ids = 0;

	ceq_start(CEQ_ADD, 4);
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < IDS; i++)
			CHECK_EQ(post(i, 1, 0), 0);
	while (get_ceq_msg(&mbox.ceq, &m)) {
		CHECK_EQ(m.ev_arg2, 3);
		CHECK(!(ids & 1UL << m.ev_type));
		ids |= 1UL << m.ev_type;
	}
	CHECK_EQ(ids, (1UL << IDS) - 1);
	ceq_cleanup(&mbox.ceq);
}

static void ceq_drain(void)
{
	struct event_msg m;

	while (get_ceq_msg(&mbox.ceq, &m))
		__atomic_fetch_add(&taken[m.ev_type], m.ev_arg2,
				   __ATOMIC_RELAXED);
}

static void *ceq_worker(void *arg)
{
	uintptr_t i = (uintptr_t)arg;

	if (i >= PRODUCERS) {
		while (__atomic_load_n(&producing, __ATOMIC_ACQUIRE))
			ceq_drain();
		return NULL;
	}
	for (uint32_t n = 0; n < ROUNDS; n++) {
		uint32_t id = (n * 13 + i * 5) % IDS;

		__atomic_fetch_add(&counts[id], n % 3 + 1, __ATOMIC_RELAXED);
		CHECK_EQ(post(id, n % 3 + 1, 0), 0);
	}
	__atomic_fetch_sub(&producing, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void ceq_storm(size_t ring)
{
	ceq_start(CEQ_ADD, ring);
	memset(counts, 0, sizeof(counts));
	memset(taken, 0, sizeof(taken));
	producing = PRODUCERS;
	run_threads(PRODUCERS + CONSUMERS, ceq_worker);
	ceq_drain();
	for (int i = 0; i < IDS; i++)
		CHECK_EQ(taken[i], counts[i]);
	CHECK(ceq_is_empty(&mbox.ceq));
	ceq_cleanup(&mbox.ceq);
}

TEST(ceq_many_to_many)
{
	ceq_storm(128);
}

TEST(ceq_many_to_many_small_ring)
{
	ceq_storm(4);
}
