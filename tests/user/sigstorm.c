// SPDX-License-Identifier: MIT
/*
 * Signals from several processes at a process that does a little of everything.
 * Each sender waits for its acknowledgement before it sends again, so a signal
 * that is lost shows as silence; now and then a handler leaves by longjmp.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define SENDERS	    3
#define ROUNDS	    1500
#define SILENCE_MS  20000
#define JUMP_EVERY  5

static const int signals[SENDERS] = { SIGUSR1, SIGUSR2, SIGURG };
static int ack[SENDERS][2], quiet[2];
static volatile int nr_seen[SENDERS];
static volatile int may_jump;
static sigjmp_buf out;

static void acknowledge(int sig)
{
	int i = 0;

	while (signals[i] != sig)
		i++;
	nr_seen[i]++;
	if (write(ack[i][1], "a", 1) != 1)
		abort();
	if (may_jump && nr_seen[i] % JUMP_EVERY == 0) {
		may_jump = 0;
		siglongjmp(out, 1);
	}
}

static void send(pid_t to, int i)
{
	struct pollfd f = { ack[i][0], POLLIN, 0 };
	char byte;

	for (int n = 0; n < ROUNDS; n++) {
		kill(to, signals[i]);
		if (poll(&f, 1, SILENCE_MS) != 1)
			_exit(1);
		if (read(f.fd, &byte, 1) != 1)
			_exit(2);
	}
	_exit(0);
}

/* Something that a signal may interrupt anywhere. */
static void work(unsigned int what)
{
	struct timespec ts = { 0, 1000000 };
	struct pollfd f = { quiet[0], POLLIN, 0 };
	sigset_t all, old;
	pid_t child;

	switch (what % 5) {
	case 0:
		poll(&f, 1, 2);
		break;
	case 1:
		nanosleep(&ts, NULL);
		break;
	case 2:
		for (volatile int i = 0; i < 5000; i++)
			;
		break;
	case 3:
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, &old);
		for (volatile int i = 0; i < 1000; i++)
			;
		sigprocmask(SIG_SETMASK, &old, NULL);
		break;
	case 4:
		may_jump = 0; /* a child must not be forgotten */
		child = fork();
		if (!child)
			_exit(0);
		while (waitpid(child, NULL, 0) != child)
			;
		break;
	}
}

static void work_interrupted(unsigned int what)
{
	if (sigsetjmp(out, 1))
		return;
	may_jump = 1;
	work(what);
	may_jump = 0;
}

/* How many senders have ended, in success or not. */
static int nr_ended(int *failed)
{
	int status, n = 0;

	while (waitpid(-1, &status, WNOHANG) > 0) {
		n++;
		if (status)
			*failed = status;
	}
	return n;
}

static void test_storm(void)
{
	struct sigaction sa = { .sa_handler = acknowledge };
	int ended = 0, failed = 0;
	pid_t self = getpid();

	CHECK(pipe(quiet) == 0);
	for (int i = 0; i < SENDERS; i++)
		sigaddset(&sa.sa_mask, signals[i]);
	for (int i = 0; i < SENDERS; i++) {
		sa.sa_flags = i == 1 ? SA_RESTART : 0;
		CHECK(sigaction(signals[i], &sa, NULL) == 0);
		CHECK(pipe(ack[i]) == 0);
	}
	for (int i = 0; i < SENDERS; i++)
		if (!fork())
			send(self, i);
	for (unsigned int n = 0; ended < SENDERS; n++) {
		work_interrupted(n);
		ended += nr_ended(&failed);
	}
	CHECK(failed == 0);
	for (int i = 0; i < SENDERS; i++)
		CHECK(nr_seen[i] == ROUNDS);
}

int main(void)
{
	RUN(test_storm);
	return tap_end();
}
