// SPDX-License-Identifier: MIT
/*
 * Calls without the C library: what a trap costs alone, and in a batch.
 * Prints as osbench does.
 */
#include <stdio.h>

#include <parlib/arch.h>
#include <parlib/syscall.h>

#define CALLS	50000
#define BATCH	64
#define BATCHES 2000

static struct syscall calls[BATCH];

static void report(const char *name, long n, uint64_t tsc)
{
	printf("BENCH %s %ld %.2f 0\n", name, n, (double)tsc / (double)n);
}

static uint64_t one_each(long n)
{
	uint64_t start = read_tsc();

	for (long i = 0; i < n; i++) {
		calls[0].num = SYS_null;
		calls[0].flags = 0;
		ros_trap(&calls[0], 1);
	}
	return read_tsc() - start;
}

static uint64_t batches(long n)
{
	uint64_t start = read_tsc();

	for (long i = 0; i < n; i++) {
		for (int k = 0; k < BATCH; k++) {
			calls[k].num = SYS_null;
			calls[k].flags = 0;
		}
		ros_trap(calls, BATCH);
	}
	return read_tsc() - start;
}

static int check(int nr)
{
	for (int k = 0; k < nr; k++) {
		if (!syscall_done(&calls[k]) || syscall_result(&calls[k])) {
			printf("FAIL native call %d is not done\n", k);
			return 1;
		}
	}
	return 0;
}

int main(void)
{
	uint64_t tsc;

	one_each(100);
	tsc = one_each(CALLS);
	if (check(1))
		return 1;
	report("native_null_call", CALLS, tsc);
	batches(2);
	tsc = batches(BATCHES);
	if (check(BATCH))
		return 1;
	report("native_null_batch_64", (long)BATCHES * BATCH, tsc);
	return 0;
}
