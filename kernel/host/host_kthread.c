// SPDX-License-Identifier: MIT
/*
 * Kthreads on the host: one per core, which is one host thread; it blocks on a
 * condition variable.  core's own wait queues, mutexes and the like run on top.
 */
#include <core/kthread.h>

#include <pthread.h>

#include <core/trace.h>
#include <host/host.h>
#include <lib/assert.h>
#include <ros/errno.h>

DEFINE_PERCPU(struct kthread *, cur_kthread);
bool trace_on;

struct host_kthread {
	struct kthread k;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool woken;
	void (*fn)(void *);
	void *arg;
};
static struct host_kthread kthreads[HOST_MAX_CORES];
static unsigned int next_spawned = HOST_MAX_CORES - 1;

static void __attribute__((constructor(102))) kthreads_init(void)
{
	for (unsigned int i = 0; i < HOST_MAX_CORES; i++) {
		struct host_kthread *h = &kthreads[i];

		pthread_mutex_init(&h->mutex, NULL);
		pthread_cond_init(&h->cond, NULL);
		list_init(&h->k.link);
		h->k.core = i;
		h->k.name = "host";
		per_cpu(cur_kthread, i) = &h->k;
	}
}

static struct host_kthread *host_of(struct kthread *k)
{
	return container_of(k, struct host_kthread, k);
}

void kthread_block(void)
{
	struct host_kthread *h = host_of(cur_kthread_get());

	pthread_mutex_lock(&h->mutex);
	while (!h->woken)
		pthread_cond_wait(&h->cond, &h->mutex);
	h->woken = false;
	pthread_mutex_unlock(&h->mutex);
}

void kthread_wake(struct kthread *k)
{
	struct host_kthread *h = host_of(k);

	pthread_mutex_lock(&h->mutex);
	assert(!h->woken);
	h->woken = true;
	pthread_cond_signal(&h->cond);
	pthread_mutex_unlock(&h->mutex);
}

static void *spawned_main(void *arg)
{
	struct host_kthread *h = arg;

	host_core = h->k.core;
	host_percpu_off = host_percpu_offs[host_core];
	h->fn(h->arg);
	return NULL;
}

/* On a core of its own, from the last downwards; it is not given back. */
int kthread_spawn(unsigned int core, const char *name, void (*fn)(void *),
		  void *arg)
{
	struct host_kthread *h;
	pthread_t thread;

	h = &kthreads[__atomic_fetch_sub(&next_spawned, 1, __ATOMIC_RELAXED)];
	assert(h->k.core >= nr_cores);
	h->k.name = name;
	h->fn = fn;
	h->arg = arg;
	if (pthread_create(&thread, NULL, spawned_main, h))
		return -ENOMEM;
	pthread_detach(thread);
	return 0;
}

void trace_write(enum trace_event ev, uint64_t a, uint64_t b)
{
}
