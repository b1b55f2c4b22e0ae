// SPDX-License-Identifier: MIT
/*
 * Limits, and what happens to those who eat all memory: they are told or
 * killed, others go on, and what they had is free again afterwards.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static int status_of(pid_t child)
{
	int status = -1;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int in_child(int (*work)(void))
{
	pid_t child = fork();

	if (!child)
		_exit(work());
	return status_of(child);
}

static long free_kib(void)
{
	char text[512] = { 0 };
	int fd = open("/proc/meminfo", O_RDONLY);
	char *at;

	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	at = strstr(text, "MemFree:");
	return at ? atol(at + 8) : 0;
}

/* Freed memory comes back with the next quiet moment of all cores. */
static int comes_back(long before)
{
	for (int i = 0; i < 100; i++) {
		if (free_kib() > before - 4096)
			return 1;
		usleep(20000);
	}
	return 0;
}

static int limit(int which, rlim_t n)
{
	struct rlimit l = { n, n };

	return setrlimit(which, &l);
}

static void *anonymous(size_t len, int prot)
{
	return mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int eat_by_writing(void)
{
	for (;;) {
		char *p = anonymous(1 << 24, PROT_READ | PROT_WRITE);

		if (p == MAP_FAILED)
			return 1;
		for (int i = 0; i < 1 << 24; i += 4096)
			p[i] = 1;
	}
}

/* The pages are all the same one; its page tables are not. */
static int eat_by_tables(void)
{
	size_t len = 1UL << 41;
	volatile char *p = anonymous(len, PROT_READ);

	if (p == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < len; i += 1UL << 21)
		(void)p[i];
	return 2;
}

static void test_eaters_are_killed(void)
{
	long before = free_kib();

	CHECK(in_child(eat_by_writing) == SIGKILL);
	CHECK(comes_back(before));
	CHECK(in_child(eat_by_tables) == SIGKILL);
	CHECK(comes_back(before));
}

static int fill_tmp(void)
{
	static char data[1 << 16];
	int fd = open("/tmp/exhaust", O_CREAT | O_RDWR, 0600);

	while (write(fd, data, sizeof(data)) > 0)
		;
	return errno != ENOSPC;
}

/* Its files belong to nobody who could be killed: there is a limit. */
static void test_tmp_fills(void)
{
	long before = free_kib();
	char *p;
	int fd;

	CHECK(in_child(fill_tmp) == 0);
	CHECK(free_kib() > before / 16);
	CHECK(unlink("/tmp/exhaust") == 0);
	CHECK(comes_back(before));
	fd = open("/tmp/exhaust", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0 && ftruncate(fd, 1UL << 40) == 0);
	p = mmap(NULL, 1UL << 30, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	p[12345] = 1;
	CHECK(munmap(p, 1UL << 30) == 0 && close(fd) == 0);
	CHECK(unlink("/tmp/exhaust") == 0);
}

static int over_files(void)
{
	int fds[2];

	return limit(RLIMIT_NOFILE, 10) || pipe(fds) || dup2(0, 9) != 9 ||
	       dup2(0, 10) != -1 || errno != EBADF;
}

static int over_size(void)
{
	char data[200] = { 0 };
	int fd = open("/tmp/exhaust", O_CREAT | O_RDWR | O_TRUNC, 0600);

	signal(SIGXFSZ, SIG_IGN);
	if (fd < 0 || limit(RLIMIT_FSIZE, 150))
		return 1;
	if (write(fd, data, 200) != 150 || write(fd, data, 1) != -1 ||
	    errno != EFBIG)
		return 2;
	signal(SIGXFSZ, SIG_DFL);
	return write(fd, data, 1) ? 3 : 4;
}

static int over_addresses(void)
{
	void *p;

	if (limit(RLIMIT_AS, 64 << 20))
		return 1;
	p = anonymous(128 << 20, PROT_READ);
	if (p != MAP_FAILED || errno != ENOMEM)
		return 2;
	p = anonymous(1 << 20, PROT_READ);
	return p == MAP_FAILED ? 3 : 0;
}

static int over_processes(void)
{
	pid_t child;

	if (limit(RLIMIT_NPROC, 2) || setuid(4711))
		return 1;
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	if (child < 0)
		return 2;
	if (fork() != -1 || errno != EAGAIN)
		return 3;
	kill(child, SIGKILL);
	return status_of(child) != SIGKILL;
}

static void test_limits(void)
{
	CHECK(in_child(over_files) == 0);
	CHECK(in_child(over_addresses) == 0);
	CHECK(in_child(over_processes) == 0);
	CHECK(in_child(over_size) == SIGXFSZ);
	CHECK(unlink("/tmp/exhaust") == 0);
}

int main(void)
{
	RUN(test_limits);
	RUN(test_tmp_fills);
	RUN(test_eaters_are_killed);
	return tap_end();
}
