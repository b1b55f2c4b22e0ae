// SPDX-License-Identifier: MIT
/* Calls that ask for a number: what a system call costs. */
#include "bench.h"

#include <sys/syscall.h>

void t_syscall_getppid(long n)
{
	for (long i = 0; i < 100; i++)
		sink = syscall(SYS_getppid);
	start();
	for (long i = 0; i < n; i++)
		sink = syscall(SYS_getppid);
	stop();
	done(n);
}

void t_getpid(long n)
{
	for (long i = 0; i < 100; i++)
		sink = getpid();
	start();
	for (long i = 0; i < n; i++)
		sink = getpid();
	stop();
	done(n);
}

void t_clock_gettime(long n)
{
	struct timespec ts;
	for (long i = 0; i < 100; i++)
		clock_gettime(CLOCK_MONOTONIC, &ts);
	start();
	for (long i = 0; i < n; i++)
		clock_gettime(CLOCK_MONOTONIC, &ts);
	stop();
	done(n);
}

void t_loop(long n) /* calibration: an empty counted loop */
{
	start();
	for (long i = 0; i < n; i++)
		sink = i;
	stop();
	done(n);
}
