// SPDX-License-Identifier: MIT
/* Time and instruction counts, results, and helpers that never fail. */
#include "bench.h"

#include <sched.h>

const char *cur;
const char *self_path;
const char *scratch = "/tmp";
char big[K64];
volatile long sink;
uint64_t sum_tsc, sum_ns;

static uint64_t from_tsc, from_ns;

uint64_t ns_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void start(void)
{
	from_ns = ns_now();
	from_tsc = tsc_now();
}

void stop(void)
{
	uint64_t tsc = tsc_now(), ns = ns_now();

	sum_tsc += tsc - from_tsc;
	sum_ns += ns - from_ns;
}

void bench(const char *name, long n, double tsc, double ns)
{
	printf("BENCH %s %ld %.2f %.2f\n", name, n, tsc / (double)n,
	       ns / (double)n);
	fflush(stdout);
	sum_tsc = sum_ns = 0;
}

void done(long n)
{
	bench(cur, n, (double)sum_tsc, (double)sum_ns);
}

void info(const char *name, double value, const char *unit)
{
	printf("INFO %s %.2f %s\n", name, value, unit);
	fflush(stdout);
}

void fail(const char *what)
{
	printf("FAIL %s %s %d\n", cur, what, errno);
	fflush(stdout);
}

void die(const char *what)
{
	fail(what);
	_exit(1);
}

/* Counted once: some C libraries count the affinity mask. */
int ncpu(void)
{
	static int n;

	if (!n)
		n = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (n < 1)
		n = 1;
	return n;
}

void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < ncpu(); i++)
		if (cpu < 0 || i == cpu)
			CPU_SET(i, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

pthread_t spawn_thread(void *(*fn)(void *), void *arg)
{
	pthread_t t;
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, K64);
	err = pthread_create(&t, &attr, fn, arg);
	pthread_attr_destroy(&attr);
	if (err) {
		errno = err;
		die("pthread_create");
	}
	return t;
}

void xread(int fd, void *buf, size_t n)
{
	char *p = buf;

	while (n) {
		ssize_t r = read(fd, p, n);

		if (r <= 0)
			die("read");
		p += r;
		n -= (size_t)r;
	}
}

void xwrite(int fd, const void *buf, size_t n)
{
	const char *p = buf;

	while (n) {
		ssize_t r = write(fd, p, n);

		if (r <= 0)
			die("write");
		p += r;
		n -= (size_t)r;
	}
}
