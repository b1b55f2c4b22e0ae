// SPDX-License-Identifier: MIT
/* RCU on the host: readers hold a shared lock, so that the thread sanitizer
 * sees what it orders; callbacks wait for host_rcu_run() or rcu_barrier(). */
#include <core/rcu.h>

#include <pthread.h>

#include <host/host.h>

DEFINE_PERCPU(uint32_t, rcu_kernel_seq);

static pthread_rwlock_t readers = PTHREAD_RWLOCK_INITIALIZER;
static __thread unsigned int depth;
static struct rcu_head *_Atomic queued;

void rcu_read_lock(void)
{
	if (!depth++)
		pthread_rwlock_rdlock(&readers);
}

void rcu_read_unlock(void)
{
	if (!--depth)
		pthread_rwlock_unlock(&readers);
}

void rcu_call(struct rcu_head *h, void (*fn)(struct rcu_head *))
{
	struct rcu_head *old = atomic_load(&queued);

	h->fn = fn;
	do
		h->next = old;
	while (!atomic_compare_exchange_weak(&queued, &old, h));
}

void rcu_barrier(void)
{
	struct rcu_head *h = atomic_exchange(&queued, NULL), *next;

	pthread_rwlock_wrlock(&readers);
	pthread_rwlock_unlock(&readers);
	for (; h; h = next) {
		next = h->next;
		h->fn(h);
	}
}

void host_rcu_run(void)
{
	rcu_barrier();
}
