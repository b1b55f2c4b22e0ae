// SPDX-License-Identifier: MIT
/* The host's per-core data, threads as cores, and "physical" memory. */
#include <arch/percpu.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <host/host.h>
#include <lib/assert.h>
#include <mm/frame.h>

char host_arena[HOST_ARENA_SIZE] __attribute__((aligned(4096)));
__thread bool host_irq_off;
__thread uint64_t host_cr3;

DEFINE_PERCPU(struct percpu_head, percpu_head);
extern char __start_host_percpu[], __stop_host_percpu[];

__thread ptrdiff_t host_percpu_off;
__thread unsigned int host_core;
ptrdiff_t host_percpu_offs[HOST_MAX_CORES];
unsigned int nr_cores = 1;
char *host_percpu_copies; /* for the leak checker to see */

uint64_t tsc_freq = 1000000000;

/* Before any test has written to core 0's. */
static void __attribute__((constructor(101))) percpu_copy(void)
{
	size_t len = __stop_host_percpu - __start_host_percpu;
	size_t stride = ROUND_UP(len, 4096UL);

	host_percpu_copies = aligned_alloc(4096, stride * HOST_MAX_CORES);
	assert(host_percpu_copies);
	for (unsigned int i = 1; i < HOST_MAX_CORES; i++) {
		char *copy = host_percpu_copies + stride * i;

		memcpy(copy, __start_host_percpu, len);
		host_percpu_offs[i] = copy - __start_host_percpu;
	}
}

uint64_t tsc_to_ns(uint64_t ticks)
{
	return ticks;
}

uint64_t ns_to_tsc(uint64_t ns)
{
	return ns;
}

void page_zero(void *page)
{
	memset(page, 0, PGSIZE);
}

void page_copy(void *dst, const void *src)
{
	memcpy(dst, src, PGSIZE);
}

struct core_thread {
	pthread_t thread;
	unsigned int core;
	void (*fn)(void *arg, unsigned int i);
	void *arg;
};

static void *core_main(void *arg)
{
	struct core_thread *t = arg;

	host_core = t->core;
	host_percpu_off = host_percpu_offs[t->core];
	t->fn(t->arg, t->core);
	return NULL;
}

void host_run_cores(unsigned int n, void (*fn)(void *arg, unsigned int i),
		    void *arg)
{
	struct core_thread threads[HOST_MAX_CORES];
	unsigned int i;

	assert(n && n <= HOST_MAX_CORES);
	nr_cores = MAX(nr_cores, n);
	for (i = 1; i < n; i++) {
		threads[i] = (struct core_thread){ 0, i, fn, arg };
		if (pthread_create(&threads[i].thread, NULL, core_main,
				   &threads[i]))
			panic("no thread for core %u", i);
	}
	fn(arg, 0);
	for (i = 1; i < n; i++)
		pthread_join(threads[i].thread, NULL);
}
