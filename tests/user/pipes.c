// SPDX-License-Identifier: MIT
/* Pipes: what is read, when it ends, what fits, and how a writer is told that
 * nobody reads.  poll.c has what waits for them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static int fds[2];

static int status_of(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void test_bytes_come_in_order(void)
{
	char buf[8] = "";
	int n = -1;

	CHECK(pipe(fds) == 0);
	CHECK(write(fds[1], "abc", 3) == 3 && write(fds[1], "def", 3) == 3);
	CHECK(ioctl(fds[0], FIONREAD, &n) == 0 && n == 6);
	CHECK(read(fds[0], buf, 2) == 2 && !memcmp(buf, "ab", 2));
	CHECK(read(fds[0], buf, 8) == 4 && !memcmp(buf, "cdef", 4));
	CHECK(write(fds[1], "", 0) == 0);
	close(fds[1]);
	CHECK(read(fds[0], buf, 1) == 0 && read(fds[0], buf, 1) == 0);
	close(fds[0]);
}

static void test_wrong_ends(void)
{
	char c = 'x';

	CHECK(pipe(fds) == 0);
	CHECK(write(fds[0], &c, 1) == -1 && errno == EBADF);
	CHECK(read(fds[1], &c, 1) == -1 && errno == EBADF);
	CHECK(lseek(fds[0], 0, SEEK_CUR) == -1 && errno == ESPIPE);
	CHECK(pread(fds[0], &c, 1, 0) == -1 && errno == ESPIPE);
	CHECK(pwrite(fds[1], &c, 1, 0) == -1 && errno == ESPIPE);
	CHECK(ftruncate(fds[1], 0) == -1 && errno == EINVAL);
	close(fds[0]);
	close(fds[1]);
}

static void test_nonblocking(void)
{
	static char chunk[4096];
	long total = 0, n;

	CHECK(pipe2(fds, O_NONBLOCK) == 0);
	CHECK(read(fds[0], chunk, 1) == -1 && errno == EAGAIN);
	while ((n = write(fds[1], chunk, sizeof(chunk))) > 0)
		total += n;
	CHECK(n == -1 && total >= 4096);
	CHECK(write(fds[1], chunk, 1) == -1 && errno == EAGAIN);
	CHECK(read(fds[0], chunk, sizeof(chunk)) == sizeof(chunk));
	CHECK(write(fds[1], chunk, sizeof(chunk)) == sizeof(chunk));
	close(fds[0]);
	close(fds[1]);
}

static volatile int seen;

static void on_pipe(int sig)
{
	seen = sig;
}

static void test_nobody_reads(void)
{
	struct sigaction sa = { .sa_handler = on_pipe }, old;
	struct iovec iov = { "xy", 2 };

	CHECK(pipe(fds) == 0);
	close(fds[0]);
	CHECK(sigaction(SIGPIPE, &sa, &old) == 0);
	seen = 0;
	CHECK(write(fds[1], "x", 1) == -1 && errno == EPIPE);
	CHECK(seen == SIGPIPE);
	seen = 0;
	CHECK(writev(fds[1], &iov, 1) == -1 && errno == EPIPE);
	CHECK(seen == SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	CHECK(write(fds[1], "x", 1) == -1 && errno == EPIPE);
	sigaction(SIGPIPE, &old, NULL);
	close(fds[1]);
}

static void test_nobody_reads_kills(void)
{
	pid_t child;
	int status;

	CHECK(pipe(fds) == 0);
	close(fds[0]);
	child = fork();
	if (!child) {
		signal(SIGPIPE, SIG_DFL);
		write(fds[1], "x", 1);
		_exit(0);
	}
	status = status_of(child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	close(fds[1]);
}

/* A megabyte from one process to another, through a third. */
static void test_a_long_way(void)
{
	static unsigned char buf[30000];
	int in[2], out[2];
	unsigned int sum = 0, want = 0;
	pid_t writer, passer;
	long n, total = 0;

	CHECK(pipe(in) == 0 && pipe(out) == 0);
	writer = fork();
	if (!writer) {
		for (int i = 0; i < 1 << 20; i += 1 << 12) {
			for (int j = 0; j < 1 << 12; j++)
				buf[j] = (i + j) * 2654435761u >> 24;
			if (write(in[1], buf, 1 << 12) != 1 << 12)
				_exit(1);
		}
		_exit(0);
	}
	close(in[1]);
	passer = fork();
	if (!passer) {
		close(out[0]);
		while ((n = read(in[0], buf, 777)) > 0)
			if (write(out[1], buf, n) != n)
				_exit(1);
		_exit(n != 0);
	}
	close(in[0]);
	close(out[1]);
	for (int i = 0; i < 1 << 20; i++)
		want = want * 31 + ((unsigned int)i * 2654435761u >> 24);
	while ((n = read(out[0], buf, sizeof(buf))) > 0) {
		for (int i = 0; i < n; i++)
			sum = sum * 31 + buf[i];
		total += n;
	}
	CHECK(n == 0 && total == 1 << 20 && sum == want);
	CHECK(status_of(writer) == 0 && status_of(passer) == 0);
	close(out[0]);
}

/* What is not longer than PIPE_BUF is never mixed with another's. */
static void test_small_writes_are_whole(void)
{
	enum { WRITERS = 4, LINES = 200, LEN = 512 };
	static char line[LEN];
	int got[WRITERS] = { 0 };
	FILE *file;

	CHECK(pipe(fds) == 0);
	for (int w = 0; w < WRITERS; w++) {
		if (fork())
			continue;
		memset(line, 'a' + w, LEN - 1);
		line[LEN - 1] = '\n';
		for (int i = 0; i < LINES; i++)
			if (write(fds[1], line, LEN) != LEN)
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	file = fdopen(fds[0], "r");
	while (fread(line, LEN, 1, file) == 1) {
		int w = line[0] - 'a';

		CHECK(w >= 0 && w < WRITERS && line[LEN - 1] == '\n');
		for (int i = 1; i < LEN - 1; i++)
			CHECK(line[i] == line[0]);
		got[w]++;
	}
	fclose(file);
	for (int w = 0; w < WRITERS; w++) {
		int status;

		CHECK(wait(&status) > 0 && status == 0);
		CHECK(got[w] == LINES);
	}
}

static void test_ends_are_shared(void)
{
	char c;

	CHECK(pipe(fds) == 0);
	int copy = dup(fds[1]);

	close(fds[1]);
	CHECK(write(copy, "x", 1) == 1);
	close(copy);
	CHECK(read(fds[0], &c, 1) == 1 && read(fds[0], &c, 1) == 0);
	close(fds[0]);
	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	CHECK(fcntl(fds[0], F_GETFD) == FD_CLOEXEC);
	struct stat st;

	CHECK(fstat(fds[0], &st) == 0 && S_ISFIFO(st.st_mode));
	close(fds[0]);
	close(fds[1]);
	CHECK(pipe2(fds, 0x40) == -1 && errno == EINVAL);
}

int main(void)
{
	RUN(test_bytes_come_in_order);
	RUN(test_wrong_ends);
	RUN(test_nonblocking);
	RUN(test_nobody_reads);
	RUN(test_nobody_reads_kills);
	RUN(test_a_long_way);
	RUN(test_small_writes_are_whole);
	RUN(test_ends_are_shared);
	return tap_end();
}
