// SPDX-License-Identifier: MIT
/* Memory: first touches, mappings, the break, the allocator. */
#include "bench.h"

#include <sys/mman.h>
#include <sys/syscall.h>

static char *map(size_t len, int small)
{
	char *p = mmap(0, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return 0;
	if (small)
		madvise(p, len, MADV_NOHUGEPAGE);
	return p;
}

void t_page_fault_4k(long n) /* op: first touch of a 4 KiB page */
{
	const long chunk = 1024;
	long left = n;
	double u_tsc = 0, u_ns = 0;
	while (left > 0) {
		char *p = map((size_t)chunk * PAGE, 1);
		if (!p) {
			fail("mmap");
			return;
		}
		start();
		for (long i = 0; i < chunk; i++)
			p[i * PAGE] = 1;
		stop();
		uint64_t c0 = tsc_now(), n0 = ns_now();
		munmap(p, (size_t)chunk * PAGE);
		u_tsc += (double)(tsc_now() - c0);
		u_ns += (double)(ns_now() - n0);
		left -= chunk;
	}
	done(n - left);
	bench("munmap_page", n - left, u_tsc, u_ns);
}

void t_mmap_touch_munmap(long n) /* op: map, touch, unmap one page */
{
	start();
	for (long i = 0; i < n; i++) {
		char *p = mmap(0, PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED) {
			fail("mmap");
			return;
		}
		*p = 1;
		munmap(p, PAGE);
	}
	stop();
	done(n);
}

void t_touch_16m(
	long n) /* op: 16 MiB mapped, touched, unmapped; default page policy */
{
	for (long k = 0; k < n; k++) {
		start();
		char *p = map(16u << 20, 0);
		if (!p) {
			fail("mmap");
			return;
		}
		for (long i = 0; i < (16 << 20); i += PAGE)
			p[i] = 1;
		munmap(p, 16u << 20);
		stop();
	}
	done(n);
}

void t_brk_page(long n) /* op: grow by a page, touch, shrink */
{
	long b = syscall(SYS_brk, 0);
	start();
	for (long i = 0; i < n; i++) {
		if (syscall(SYS_brk, b + PAGE) != b + PAGE) {
			fail("brk");
			return;
		}
		*(volatile char *)b = 1;
		syscall(SYS_brk, b);
	}
	stop();
	done(n);
}

static void *th_malloc(void *p)
{
	long n = *(long *)p;
	uint32_t x = 2463534242u;
	void *slot[256] = { 0 };
	pthread_barrier_wait(&gbar);
	for (long i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		int s = x & 255;
		size_t z = 16 + ((x >> 8) & 2047);
		free(slot[s]);
		slot[s] = malloc(z);
		if (!slot[s])
			die("malloc");
		*(volatile char *)slot[s] = 1;
	}
	for (int i = 0; i < 256; i++)
		free(slot[i]);
	return 0;
}

static void malloc_churn(long n, int th) /* op: one free+malloc, n in all */
{
	long per = n / th;
	pthread_t t[16];
	pthread_barrier_init(&gbar, 0, (unsigned)th + 1);
	for (int i = 0; i < th; i++)
		t[i] = spawn_thread(th_malloc, &per);
	start();
	pthread_barrier_wait(&gbar);
	for (int i = 0; i < th; i++)
		pthread_join(t[i], 0);
	stop();
	pthread_barrier_destroy(&gbar);
	done(per * th);
}

void t_malloc_churn_1(long n)
{
	malloc_churn(n, 1);
}
void t_malloc_churn_4(long n)
{
	malloc_churn(n, 4);
}
