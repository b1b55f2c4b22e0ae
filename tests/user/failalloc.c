// SPDX-License-Identifier: MIT
/*
 * Every kind of call with the Nth allocation of the kernel failing, for many N:
 * calls may fail, with an error that says so, and the kernel may not.
 *
 * Only a checked kernel can do this; with another there is nothing to test.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define ROUNDS 400

static int knob = -1;

static void fail_nth(int n)
{
	char text[16];

	if (write(knob, text, snprintf(text, sizeof(text), "%d", n)) < 0)
		_exit(9);
}

static int known_error(void)
{
	return errno == ENOMEM || errno == EAGAIN || errno == ENOSPC ||
	       errno == ENFILE || errno == EFAULT || errno == EINTR;
}

/* 0, or the number of calls that failed for another reason. */
static int is_odd(long ret, const char *what)
{
	if (ret >= 0 || known_error())
		return 0;
	dprintf(2, "# %s: %s\n", what, strerror(errno));
	return 1;
}

static int do_files(void)
{
	static char data[20000];
	int fd = open("/tmp/fa", O_CREAT | O_RDWR, 0600), odd = 0, fd2;
	DIR *d;

	odd += is_odd(fd, "open");
	if (fd < 0)
		return odd;
	odd += is_odd(write(fd, data, sizeof(data)), "write");
	odd += is_odd(pread(fd, data, sizeof(data), 0), "pread");
	odd += is_odd(ftruncate(fd, 5000), "ftruncate");
	fd2 = dup(fd);
	odd += is_odd(fd2, "dup");
	close(fd2);
	close(fd);
	mkdir("/tmp/fd", 0700);
	symlink("/tmp/fa", "/tmp/fs");
	link("/tmp/fa", "/tmp/fl");
	rename("/tmp/fl", "/tmp/fd/x");
	d = opendir("/tmp");
	while (d && readdir(d))
		;
	if (d)
		closedir(d);
	unlink("/tmp/fd/x");
	unlink("/tmp/fl");
	unlink("/tmp/fs");
	unlink("/tmp/fa");
	rmdir("/tmp/fd");
	return odd;
}

static int do_memory(void)
{
	size_t len = 1 << 18;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *s = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED) {
		memset(p, 1, len / 4);
		mprotect(p + 4096, 4096, PROT_READ);
		munmap(p + 16384, 4096);
		p = mremap(p + 32768, 4096, 8192, MREMAP_MAYMOVE);
		if (p != MAP_FAILED)
			munmap(p, 8192);
	}
	if (s != MAP_FAILED) {
		memset(s, 1, len / 4);
		munmap(s, len);
	}
	return 0;
}

static int do_pipes(void)
{
	static char data[30000];
	int fds[2] = { -1, -1 }, odd;

	odd = is_odd(pipe(fds), "pipe");
	if (odd || fds[0] < 0)
		return odd;
	odd += is_odd(write(fds[1], data, sizeof(data)), "pipe write");
	odd += is_odd(write(fds[1], data, 10), "pipe write");
	close(fds[0]);
	close(fds[1]);
	return odd;
}

/* The child may die of a fault without memory, or not be. */
static int do_fork(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	if (child > 0)
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	return is_odd(child, "fork");
}

static int do_exec(void)
{
	pid_t child = fork();

	if (!child) {
		execl("/bin/busybox", "true", (char *)NULL);
		_exit(1);
	}
	if (child > 0)
		waitpid(child, NULL, 0);
	return 0;
}

static int do_signals(void)
{
	pid_t child = fork();

	if (!child) {
		signal(SIGALRM, SIG_DFL);
		alarm(1);
		kill(getpid(), SIGUSR1);
		_exit(0);
	}
	if (child > 0)
		waitpid(child, NULL, 0);
	return 0;
}

static int do_proc(void)
{
	static const char *const names[] = {
		"/proc/self/maps", "/proc/self/stat", "/proc/self/status",
		"/proc/meminfo", "/proc/mounts", "/proc/self/cmdline",
	};
	char buf[512];
	DIR *d;

	for (int i = 0; i < 6; i++) {
		int fd = open(names[i], O_RDONLY);

		if (fd < 0)
			continue;
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
	}
	d = opendir("/proc/self/fd");
	while (d && readdir(d))
		;
	if (d)
		closedir(d);
	return 0;
}

/* In a child of its own: no memory for one of its faults may end it. */
static int rounds(int (*work)(void))
{
	int odd = 0, status;

	for (int n = 1; n <= ROUNDS; n++) {
		pid_t child = fork();

		if (!child) {
			fail_nth(n);
			odd = work();
			fail_nth(0);
			_exit(odd ? 1 : 0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child)
			return -1;
		fail_nth(0);
		if (WIFEXITED(status) && WEXITSTATUS(status))
			odd++;
	}
	return odd;
}

#define TEST(what)                                                             \
	static void test_##what(void)                                          \
	{                                                                      \
		CHECK(rounds(do_##what) == 0);                                 \
	}
TEST(files)
TEST(memory)
TEST(pipes)
TEST(fork)
TEST(exec)
TEST(signals)
TEST(proc)

int main(void)
{
	knob = open("#mem/failalloc", O_WRONLY | O_CLOEXEC);
	if (knob < 0) {
		printf("# this kernel has no fault injection\n");
		return tap_end();
	}
	RUN(test_files);
	RUN(test_memory);
	RUN(test_pipes);
	RUN(test_fork);
	RUN(test_exec);
	RUN(test_signals);
	RUN(test_proc);
	return tap_end();
}
