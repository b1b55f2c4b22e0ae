// SPDX-License-Identifier: MIT
/* poll, ppoll and select: readiness, times, signals, and no lost wake-up. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define MS 1000 /* usleep's */

static int p[2], q[2];
static volatile int nr_handled;

static void count_it(int sig)
{
	nr_handled++;
}

static void pipes(void)
{
	for (int i = 0; i < 2; i++) {
		close(p[i]);
		close(q[i]);
	}
	CHECK(pipe(p) == 0 && pipe(q) == 0);
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static pid_t write_later(int fd, int ms)
{
	pid_t child = fork();

	if (child)
		return child;
	usleep(ms * MS);
	_exit(write(fd, "x", 1) != 1);
}

static void reap(pid_t child)
{
	int status;

	CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void test_what_is_ready(void)
{
	struct pollfd f[3];

	pipes();
	f[0] = (struct pollfd){ p[0], POLLIN, 0 };
	f[1] = (struct pollfd){ q[1], POLLOUT, 0 };
	f[2] = (struct pollfd){ -1, POLLIN, 77 };
	CHECK(poll(f, 3, 0) == 1);
	CHECK(f[0].revents == 0 && f[1].revents == POLLOUT);
	CHECK(f[2].revents == 0);
	CHECK(write(p[1], "x", 1) == 1);
	CHECK(poll(f, 3, 1000) == 2 && f[0].revents == POLLIN);
	f[2].fd = 1000;
	CHECK(poll(f, 3, 0) == 3 && f[2].revents == POLLNVAL);
	close(p[1]);
	p[1] = -1;
	CHECK(poll(f, 1, 0) == 1 && (f[0].revents & POLLHUP));
}

static void test_time_limit(void)
{
	struct pollfd f;
	long start;

	pipes();
	f = (struct pollfd){ p[0], POLLIN, 0 };
	start = now_ms();
	CHECK(poll(&f, 1, 50) == 0);
	CHECK(now_ms() - start >= 50);
	start = now_ms();
	CHECK(poll(NULL, 0, 20) == 0);
	CHECK(now_ms() - start >= 20);
}

static void test_woken(void)
{
	struct pollfd f[2];

	pipes();
	f[0] = (struct pollfd){ p[0], POLLIN, 0 };
	f[1] = (struct pollfd){ q[0], POLLIN, 0 };
	for (int ms = 0; ms < 20; ms += 4) {
		pid_t child = write_later(q[1], ms);
		char byte;

		CHECK(poll(f, 2, ms & 4 ? -1 : 10000) == 1);
		CHECK(f[1].revents == POLLIN && f[0].revents == 0);
		CHECK(read(q[0], &byte, 1) == 1);
		reap(child);
	}
}

#define STORM 2000

static void test_no_wake_up_is_lost(void)
{
	struct pollfd f;
	pid_t child;
	char buf[64];
	int got = 0;
	ssize_t n;

	pipes();
	f = (struct pollfd){ q[0], POLLIN, 0 };
	child = fork();
	if (!child) {
		for (int i = 0; i < STORM; i++) {
			if (write(q[1], "x", 1) != 1)
				_exit(1);
			if (i % 7 == 0)
				usleep(i % 300);
		}
		_exit(0);
	}
	while (got < STORM) {
		CHECK(poll(&f, 1, 20000) == 1);
		n = read(q[0], buf, 1 + got % sizeof(buf));
		CHECK(n > 0);
		got += n;
	}
	reap(child);
}

static void test_signal_ends_it(void)
{
	struct sigaction sa = { .sa_handler = count_it,
				.sa_flags = SA_RESTART };
	pid_t parent = getpid(), child;
	struct pollfd f;

	pipes();
	f = (struct pollfd){ p[0], POLLIN, 0 };
	nr_handled = 0;
	CHECK(sigaction(SIGUSR1, &sa, NULL) == 0);
	child = fork();
	if (!child) {
		usleep(20 * MS);
		kill(parent, SIGUSR1);
		_exit(0);
	}
	CHECK(poll(&f, 1, -1) == -1 && errno == EINTR);
	CHECK(nr_handled == 1);
	reap(child);
}

static void test_ppoll_mask(void)
{
	sigset_t usr1, none, old, now;
	struct pollfd f;

	pipes();
	f = (struct pollfd){ p[0], POLLIN, 0 };
	nr_handled = 0;
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, &usr1, &old) == 0);
	CHECK(kill(getpid(), SIGUSR1) == 0 && nr_handled == 0);
	CHECK(ppoll(&f, 1, NULL, &none) == -1 && errno == EINTR);
	CHECK(nr_handled == 1);
	CHECK(sigprocmask(SIG_SETMASK, &old, &now) == 0);
	CHECK(sigismember(&now, SIGUSR1));
}

static void test_select(void)
{
	struct timeval tv = { 0, 20000 };
	fd_set r, w;
	pid_t child;

	pipes();
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(p[0], &r);
	FD_SET(q[1], &w);
	CHECK(select(q[1] + 1, &r, &w, NULL, NULL) == 1);
	CHECK(!FD_ISSET(p[0], &r) && FD_ISSET(q[1], &w));
	FD_SET(p[0], &r);
	CHECK(select(p[0] + 1, &r, NULL, NULL, &tv) == 0);
	CHECK(!FD_ISSET(p[0], &r));
	child = write_later(p[1], 10);
	FD_SET(p[0], &r);
	CHECK(select(p[0] + 1, &r, NULL, NULL, NULL) == 1);
	CHECK(FD_ISSET(p[0], &r));
	reap(child);
	close(p[0]);
	CHECK(select(p[0] + 1, &r, NULL, NULL, NULL) == -1 && errno == EBADF);
	p[0] = -1;
}

int main(void)
{
	p[0] = p[1] = q[0] = q[1] = -1;
	RUN(test_what_is_ready);
	RUN(test_time_limit);
	RUN(test_woken);
	RUN(test_no_wake_up_is_lost);
	RUN(test_signal_ends_it);
	RUN(test_ppoll_mask);
	RUN(test_select);
	return tap_end();
}
