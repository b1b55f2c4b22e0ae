// SPDX-License-Identifier: MIT
/* Ten thousand threads, and what disturbs a core that computes. */
#include "bench.h"

static double proc_kb(const char *file, const char *key)
{
	char line[256];
	double v = -1;
	FILE *f = fopen(file, "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof line, f))
		if (!strncmp(line, key, strlen(key))) {
			v = atof(line + strlen(key));
			break;
		}
	fclose(f);
	return v;
}

static long alive, want_alive;
static int go;

static void *th_park(void *p)
{
	pthread_mutex_lock(&mx);
	if (++alive == want_alive)
		pthread_cond_signal(&cv_a);
	while (!go)
		pthread_cond_wait(&cv_b, &mx);
	pthread_mutex_unlock(&mx);
	return p;
}

void t_threads_10k(long n) /* op: one thread created and parked */
{
	pthread_t *t = malloc((size_t)n * sizeof *t);
	pthread_attr_t a;
	double r0 = proc_kb("/proc/self/status", "VmRSS:");
	double m0 = proc_kb("/proc/meminfo", "MemAvailable:");
	long i;
	if (!t) {
		fail("malloc");
		return;
	}
	alive = 0;
	go = 0;
	want_alive = n;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 16384);
	start();
	for (i = 0; i < n; i++) {
		int r = pthread_create(&t[i], &a, th_park, 0);
		if (r) {
			errno = r;
			fail("pthread_create");
			break;
		}
	}
	if (i == n) {
		pthread_mutex_lock(&mx);
		while (alive < n)
			pthread_cond_wait(&cv_a, &mx);
		pthread_mutex_unlock(&mx);
		stop();
		double r1 = proc_kb("/proc/self/status", "VmRSS:");
		double m1 = proc_kb("/proc/meminfo", "MemAvailable:");
		bench("threads_10k_create", n, (double)sum_tsc, (double)sum_ns);
		info("threads_10k_rss", r1 - r0, "KiB");
		info("threads_10k_system_memory", m0 - m1, "KiB");
	} else {
		info("threads_10k_reached", (double)i, "threads");
	}
	start();
	pthread_mutex_lock(&mx);
	go = 1;
	pthread_cond_broadcast(&cv_b);
	pthread_mutex_unlock(&mx);
	for (long k = 0; k < i; k++)
		pthread_join(t[k], 0);
	stop();
	if (i == n)
		bench("threads_10k_wake_join", n, (double)sum_tsc,
		      (double)sum_ns);
	sum_tsc = sum_ns = 0;
	pthread_attr_destroy(&a);
	free(t);
}

int cmp_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

struct narg {
	int cpu, par;
	long n;
	uint64_t *v;
};

static void *th_noise(void *p)
{
	struct narg *a = p;
	pin(a->cpu);
	if (a->par)
		pthread_barrier_wait(&gbar);
	for (long i = -3; i < a->n; i++) {
		uint64_t c = tsc_now();
		for (long k = 0; k < 100000; k++)
			__asm__ volatile("" ::: "memory");
		c = tsc_now() - c;
		if (i >= 0)
			a->v[i] = c;
	}
	return 0;
}

static void noise_report(const char *kind, struct narg *a)
{
	char nm[64];
	double sum = 0;
	long over = 0;
	qsort(a->v, (size_t)a->n, sizeof *a->v, cmp_u64);
	double med = (double)a->v[a->n / 2], max = (double)a->v[a->n - 1];
	for (long i = 0; i < a->n; i++) {
		sum += (double)a->v[i];
		over += (double)a->v[i] > 1.01 * med;
	}
	snprintf(nm, sizeof nm, "noise_%s_cpu%d_median", kind, a->cpu);
	info(nm, med, "tsc");
	snprintf(nm, sizeof nm, "noise_%s_cpu%d_max_over_median", kind, a->cpu);
	info(nm, max / med, "ratio");
	snprintf(nm, sizeof nm, "noise_%s_cpu%d_stolen", kind, a->cpu);
	info(nm, 1e6 * (sum - med * (double)a->n) / sum, "ppm");
	snprintf(nm, sizeof nm, "noise_%s_cpu%d_quanta_over_1pct", kind,
		 a->cpu);
	info(nm, (double)over, "count");
}

void t_noise(
	long n) /* fixed work quanta; first each core alone, then all at once */
{
	int nc = ncpu() > 16 ? 16 : ncpu();
	struct narg a[16];
	pthread_t t[16];
	for (int i = 0; i < nc; i++) {
		a[i] = (struct narg){ i, 0, n, calloc((size_t)n, 8) };
		if (!a[i].v) {
			fail("calloc");
			return;
		}
	}
	start();
	for (int i = 0; i < nc; i++) {
		pthread_join(spawn_thread(th_noise, &a[i]), 0);
		noise_report("alone", &a[i]);
	}
	stop();
	bench("noise_quantum_100k_loops", n * nc, (double)sum_tsc,
	      (double)sum_ns);
	if (nc > 1) {
		pthread_barrier_init(&gbar, 0, (unsigned)nc);
		start();
		for (int i = 0; i < nc; i++) {
			a[i].par = 1;
			t[i] = spawn_thread(th_noise, &a[i]);
		}
		for (int i = 0; i < nc; i++)
			pthread_join(t[i], 0);
		stop();
		bench("noise_parallel_quantum_100k_loops", n * nc,
		      (double)sum_tsc, (double)sum_ns);
		for (int i = 0; i < nc; i++)
			noise_report("parallel", &a[i]);
		pthread_barrier_destroy(&gbar);
	}
	for (int i = 0; i < nc; i++)
		free(a[i].v);
}
