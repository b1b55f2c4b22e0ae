// SPDX-License-Identifier: MIT
/* Threads of the C library: creation, switching, locks. */
#include "bench.h"

#include <sched.h>

static void *th_nop(void *a)
{
	return a;
}

void t_thread_create_join(long n)
{
	for (long i = 0; i < 10; i++)
		pthread_join(spawn_thread(th_nop, 0), 0);
	start();
	for (long i = 0; i < n; i++)
		pthread_join(spawn_thread(th_nop, 0), 0);
	stop();
	done(n);
}

void t_thread_create_join_1000(long n) /* op: one thread, batches of 1000 */
{
	static pthread_t t[1000];
	long b = n / 1000 ? n / 1000 : 1;
	for (long k = -1; k < b; k++) {
		if (k >= 0)
			start();
		for (int i = 0; i < 1000; i++)
			t[i] = spawn_thread(th_nop, 0);
		for (int i = 0; i < 1000; i++)
			pthread_join(t[i], 0);
		if (k >= 0)
			stop();
	}
	done(b * 1000);
}

struct yarg {
	long n;
	int cpu;
	pthread_barrier_t b;
};

static void *th_yield(void *p)
{
	struct yarg *y = p;
	pin(y->cpu);
	pthread_barrier_wait(&y->b);
	for (long i = 0; i < y->n; i++)
		sched_yield();
	return 0;
}

static void ctxsw(long n,
		  int cpu) /* op: one sched_yield; 2 threads, n in all */
{
	struct yarg y = { .n = n / 2 + 100, .cpu = cpu };
	pthread_barrier_init(&y.b, 0, 2);
	pin(cpu);
	pthread_t t = spawn_thread(th_yield, &y);
	pthread_barrier_wait(&y.b);
	for (int i = 0; i < 100; i++)
		sched_yield();
	start();
	for (long i = 0; i < y.n - 100; i++)
		sched_yield();
	pthread_join(t, 0);
	stop();
	pin(-1);
	pthread_barrier_destroy(&y.b);
	done(2 * (y.n - 100));
}

void t_ctxsw_yield_pinned(long n)
{
	ctxsw(n, 0);
}
void t_ctxsw_yield_unpinned(long n)
{
	ctxsw(n, -1);
}

pthread_mutex_t mx = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t cv_a = PTHREAD_COND_INITIALIZER, cv_b = PTHREAD_COND_INITIALIZER;
static int turn;
static volatile long shared;

struct carg {
	long n;
	int cpu;
};

static void *th_cond(void *p)
{
	struct carg *c = p;
	pin(c->cpu);
	pthread_mutex_lock(&mx);
	for (long i = 0; i < c->n; i++) {
		while (turn != 1)
			pthread_cond_wait(&cv_b, &mx);
		turn = 0;
		pthread_cond_signal(&cv_a);
	}
	pthread_mutex_unlock(&mx);
	return 0;
}

static void cond_pp(long n, int cpu)
{
	const long warm = 50;
	struct carg c = { n + warm, cpu };
	turn = 0;
	pin(cpu);
	pthread_t t = spawn_thread(th_cond, &c);
	pthread_mutex_lock(&mx);
	for (long i = 0; i < n + warm; i++) {
		if (i == warm)
			start();
		turn = 1;
		pthread_cond_signal(&cv_b);
		while (turn != 0)
			pthread_cond_wait(&cv_a, &mx);
	}
	stop();
	pthread_mutex_unlock(&mx);
	pthread_join(t, 0);
	pin(-1);
	done(n);
}

void t_cond_pingpong(long n)
{
	cond_pp(n, -1);
}
void t_cond_pingpong_pinned(long n)
{
	cond_pp(n, 0);
}

void t_mutex_uncontended(long n)
{
	static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	start();
	for (long i = 0; i < n; i++) {
		pthread_mutex_lock(&m);
		pthread_mutex_unlock(&m);
	}
	stop();
	done(n);
}

pthread_barrier_t gbar;

static void *th_lock(void *p)
{
	long n = *(long *)p;
	pthread_barrier_wait(&gbar);
	for (long i = 0; i < n; i++) {
		pthread_mutex_lock(&mx);
		shared++;
		pthread_mutex_unlock(&mx);
	}
	return 0;
}

void t_mutex_contended_4(long n) /* op: one lock+unlock, n in all */
{
	long per = n / 4;
	pthread_t t[4];
	pthread_barrier_init(&gbar, 0, 5);
	for (int i = 0; i < 4; i++)
		t[i] = spawn_thread(th_lock, &per);
	start();
	pthread_barrier_wait(&gbar);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], 0);
	stop();
	pthread_barrier_destroy(&gbar);
	done(per * 4);
}
