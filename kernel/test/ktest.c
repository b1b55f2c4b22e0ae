// SPDX-License-Identifier: MIT
/* The runner of the kernel's self tests.  Rules: test/ktest.h */
#include <test/ktest.h>

#include <stdarg.h>
#include <stdatomic.h>

#include <arch/machine.h>
#include <arch/percpu.h>
#include <core/console.h>
#include <core/kmsg.h>
#include <core/kthread.h>
#include <core/rcu.h>
#include <core/wait.h>
#include <lib/assert.h>
#include <lib/bitmap.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <mm/kmap.h>
#include <mm/slab.h>
#include <sync/lockdep.h>

extern const struct ktest __start_set_ktest[] __attribute__((weak));
extern const struct ktest __stop_set_ktest[] __attribute__((weak));

#define MAX_CORES 1024

static char pattern[64];
static const struct ktest *current_test;
static _Atomic unsigned int failures; /* of the current test */
static bool leaky;

void kt_note(const char *fmt, ...)
{
	char line[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	kprintf("KTEST note %s: %s\n", current_test->name, line);
}

void kt_fail(const char *file, int line, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (atomic_fetch_add(&failures, 1) < 10) /* the first few tell it */
		kprintf("KTEST FAIL %s: %s:%d: %s\n", current_test->name, file,
			line, text);
}

void KT_LEAKY(void)
{
	leaky = true;
}

uint64_t kt_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15UL;

	/* Steele, Lea, Flood: "Fast Splittable Pseudorandom Number
	 * Generators", 2014. */
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebUL;
	return z ^ z >> 31;
}

struct job {
	void (*fn)(void *);
	void *arg;
	struct semaphore done;
};

static void job_main(void *arg)
{
	struct job *j = arg;

	j->fn(j->arg);
	sem_up(&j->done); /* j may be gone now */
}

static void job_start(struct job *j, unsigned int core)
{
	if (kthread_spawn(core, "ktest job", job_main, j))
		panic("ktest: no memory for a job");
}

void kt_on_each_core(void (*fn)(void *), void *arg)
{
	struct job j = { .fn = fn, .arg = arg };
	unsigned int nr = nr_cores;

	sem_init(&j.done, 0);
	for (unsigned int i = 0; i < nr; i++)
		job_start(&j, i);
	for (unsigned int i = 0; i < nr; i++)
		if (sem_down(&j.done))
			panic("ktest: the runner was aborted");
}

void kt_on_core(unsigned int core, void (*fn)(void *), void *arg)
{
	struct job j = { .fn = fn, .arg = arg };

	sem_init(&j.done, 0);
	job_start(&j, core);
	if (sem_down(&j.done))
		panic("ktest: the runner was aborted");
}

static void reclaim_here(uintptr_t a0, uintptr_t a1, uintptr_t a2)
{
	slab_reclaim();
}

/* One core after another: all at once would fight over the same locks. */
static void reclaim_everywhere(void)
{
	for (unsigned int i = 0; i < nr_cores; i++) {
		unsigned long cores[BITMAP_LONGS(MAX_CORES)] = { 0 };

		bit_set(cores, i);
		kmsg_call_cores(cores, reclaim_here, 0, 0, 0);
	}
}

/* Caches, spare stacks and deferred frees go back, and then we count. */
static size_t settled_free_frames(void)
{
	rcu_barrier();
	kthread_trim_spares();
	kmap_flush();
	reclaim_everywhere();
	frames_drain_caches();
	return frames_free_count();
}

#define SETTLE_TRIES 5

/* How many frames are missing; a job's kthread takes a moment to become a spare
 * one. */
static long frames_missing(size_t before)
{
	size_t after = settled_free_frames();

	for (int i = 0; i < SETTLE_TRIES && after < before; i++) {
		if (kthread_usleep(1000))
			break;
		after = settled_free_frames();
	}
	return (long)(before - after);
}

#define MAX_RUNS 3

/*
 * The first run may fill caches that stay: spare stacks, page tables, slabs of
 * other cores.  What is lost again each time is a leak.
 */
static bool run_one(const struct ktest *t)
{
	long missing = 1;

	current_test = t;
	leaky = false;
	atomic_store(&failures, 0);
	for (int i = 0; i < MAX_RUNS && missing > 0; i++) {
		size_t before = settled_free_frames();

		t->fn();
		if (leaky || atomic_load(&failures))
			break;
		missing = frames_missing(before);
	}
	if (missing > 0 && !leaky && !atomic_load(&failures))
		kt_fail(__FILE__, __LINE__, "%ld frames are lost each time",
			missing);
	if (atomic_load(&failures))
		return false;
	kprintf("KTEST ok %s\n", t->name);
	return true;
}

/* The first by name after `last`, or NULL.  Their places in the set are the
 * linker's business. */
static const struct ktest *next_test(const struct ktest *last)
{
	const struct ktest *best = NULL;

	for (const struct ktest *t = __start_set_ktest; t < __stop_set_ktest;
	     t++) {
		if (pattern[0] && !strstr(t->name, pattern))
			continue;
		if (last && strcmp(t->name, last->name) <= 0)
			continue;
		if (!best || strcmp(t->name, best->name) < 0)
			best = t;
	}
	return best;
}

static void runner(void *unused)
{
	unsigned int passed = 0, failed = 0;

	for (const struct ktest *t = next_test(NULL); t; t = next_test(t)) {
		if (run_one(t))
			passed++;
		else
			failed++;
	}
	lockdep_dump();
	kprintf("KTEST done %u passed, %u failed\n", passed, failed);
	console_flush();
	if (failed || !passed)
		machine_debug_exit(2);
	machine_poweroff();
}

void ktest_start(const char *which)
{
	strlcpy(pattern, which, sizeof(pattern));
	if (kthread_spawn(0, "ktest", runner, NULL))
		panic("no memory for the self tests");
}
