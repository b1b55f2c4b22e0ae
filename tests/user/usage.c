// SPDX-License-Identifier: MIT
/* Times used, split in user and system; long calls that let others run. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define MS 1000000LL

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int64_t usec(struct timeval tv)
{
	return tv.tv_sec * 1000000LL + tv.tv_usec;
}

static void used(struct rusage *ru)
{
	CHECK(getrusage(RUSAGE_SELF, ru) == 0);
}

static void test_user_time(void)
{
	int64_t end = now_ns() + 200 * MS;
	struct rusage a, b;
	volatile int n = 0;

	used(&a);
	while (now_ns() < end)
		n++;
	used(&b);
	CHECK(usec(b.ru_utime) - usec(a.ru_utime) > 50000);
	CHECK(usec(b.ru_stime) - usec(a.ru_stime) <
	      usec(b.ru_utime) - usec(a.ru_utime));
}

static void test_system_time(void)
{
	int fd = open("/dev/zero", O_RDONLY);
	int64_t end = now_ns() + 300 * MS;
	size_t len = 1 << 20;
	char *buf = malloc(len);
	struct rusage a, b;

	CHECK(fd >= 0 && buf);
	used(&a);
	while (now_ns() < end)
		CHECK(read(fd, buf, len) > 0);
	used(&b);
	CHECK(usec(b.ru_stime) - usec(a.ru_stime) > 50000);
	close(fd);
	free(buf);
}

static void test_times_never_shrink(void)
{
	struct rusage a, b;
	char c;
	int fd = open("/dev/zero", O_RDONLY);

	used(&a);
	for (int i = 0; i < 20000; i++, a = b) {
		CHECK(read(fd, &c, 1) == 1);
		used(&b);
		CHECK(usec(b.ru_utime) >= usec(a.ru_utime));
		CHECK(usec(b.ru_stime) >= usec(a.ru_stime));
	}
	close(fd);
}

/* What a call works on is as large as the user wants: it can be killed. */
static void test_long_call_is_killed(void)
{
	int64_t begin = now_ns();
	int status;
	pid_t child = fork();

	if (!child) {
		mmap(NULL, 1UL << 42, PROT_READ,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		for (;;)
			pause();
	}
	usleep(50000);
	CHECK(kill(child, SIGKILL) == 0);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK(now_ns() - begin < 20000 * MS);
}

int main(void)
{
	RUN(test_user_time);
	RUN(test_system_time);
	RUN(test_times_never_shrink);
	RUN(test_long_call_is_killed);
	return tap_end();
}
