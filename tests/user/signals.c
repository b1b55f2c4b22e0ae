// SPDX-License-Identifier: MIT
/* Signals as programs use them: handlers, masks, waiting, EINTR and restart. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define MS 1000 /* usleep's */

static volatile int nr_handled;
static volatile int sender;
static sigjmp_buf out;

static void count_it(int sig)
{
	nr_handled++;
}

static void note_sender(int sig, siginfo_t *info, void *context)
{
	sender = info->si_pid;
	nr_handled++;
}

static void jump_out(int sig)
{
	siglongjmp(out, 1);
}

static void handle(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	nr_handled = 0;
	sigaction(sig, &sa, NULL);
}

static sigset_t only(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	if (sig)
		sigaddset(&set, sig);
	return set;
}

/* A child that sends us sig after a while; then, if fd >= 0, writes a byte. */
static pid_t send_later(int sig, int ms, int fd)
{
	pid_t parent = getpid(), child = fork();

	if (child)
		return child;
	usleep(ms * MS);
	kill(parent, sig);
	if (fd >= 0) {
		usleep(30 * MS);
		if (write(fd, "x", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static int status_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		;
	return status;
}

static void test_raise_and_kill(void)
{
	handle(SIGUSR1, count_it, 0);
	CHECK(raise(SIGUSR1) == 0);
	CHECK(nr_handled == 1);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	CHECK(nr_handled == 2);
	CHECK(kill(getpid(), 0) == 0);
	CHECK(kill(getpid(), 65) == -1 && errno == EINVAL);
}

static void test_blocked_waits(void)
{
	sigset_t usr1 = only(SIGUSR1), old, pending;

	handle(SIGUSR1, count_it, 0);
	CHECK(sigprocmask(SIG_BLOCK, &usr1, &old) == 0);
	CHECK(status_of(send_later(SIGUSR1, 0, -1)) == 0);
	CHECK(nr_handled == 0);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1));
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	CHECK(nr_handled >= 1);
}

static void test_who_sent(void)
{
	struct sigaction sa = { .sa_sigaction = note_sender,
				.sa_flags = SA_SIGINFO };
	pid_t child;

	nr_handled = 0;
	CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
	child = send_later(SIGUSR2, 1, -1);
	while (!nr_handled)
		; /* a notification finds us anywhere */
	CHECK(sender == child);
	CHECK(status_of(child) == 0);
}

static void read_interrupted(int flags)
{
	ssize_t got;
	int fds[2];
	pid_t child;
	char byte;

	CHECK(pipe(fds) == 0);
	handle(SIGUSR1, count_it, flags);
	child = send_later(SIGUSR1, 20, fds[1]);
	got = read(fds[0], &byte, 1);
	if (flags & SA_RESTART)
		CHECK(got == 1);
	else
		CHECK(got == -1 && read(fds[0], &byte, 1) == 1);
	CHECK(nr_handled == 1);
	CHECK(status_of(child) == 0);
	close(fds[0]);
	close(fds[1]);
}

static void test_read_fails_with_eintr(void)
{
	read_interrupted(0);
}

static void test_read_restarts(void)
{
	read_interrupted(SA_RESTART);
}

/* The kernel must not write to a call that was left by longjmp. */
static void test_jump_out_of_read(void)
{
	int fds[2];
	char byte;

	CHECK(pipe(fds) == 0);
	for (volatile int i = 0; i < 50; i++) {
		handle(SIGUSR1, jump_out, i & 1 ? SA_RESTART : 0);
		if (!sigsetjmp(out, 1)) {
			send_later(SIGUSR1, i % 3, -1);
			for (;;)
				if (read(fds[0], &byte, 1) != -1)
					break;
			CHECK(!"read returned");
		}
		CHECK(wait(NULL) > 0);
	}
	close(fds[0]);
	close(fds[1]);
}

static void test_sigsuspend(void)
{
	sigset_t usr1 = only(SIGUSR1), none = only(0), old, now;
	pid_t child;

	handle(SIGUSR1, count_it, SA_RESTART);
	CHECK(sigprocmask(SIG_BLOCK, &usr1, &old) == 0);
	child = send_later(SIGUSR1, 10, -1);
	CHECK(sigsuspend(&none) == -1 && errno == EINTR);
	CHECK(nr_handled == 1);
	CHECK(sigprocmask(0, NULL, &now) == 0 && sigismember(&now, SIGUSR1));
	CHECK(status_of(child) == 0);
	/* One that is pending already ends it at once. */
	CHECK(kill(getpid(), SIGUSR1) == 0 && nr_handled == 1);
	CHECK(sigsuspend(&none) == -1 && nr_handled == 2);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
}

static void test_sigtimedwait(void)
{
	struct timespec brief = { 0, 20000000 }, lng = { 5, 0 };
	sigset_t usr1 = only(SIGUSR1), old;
	siginfo_t info;
	pid_t child;

	handle(SIGUSR1, count_it, 0);
	CHECK(sigprocmask(SIG_BLOCK, &usr1, &old) == 0);
	CHECK(sigtimedwait(&usr1, &info, &brief) == -1 && errno == EAGAIN);
	CHECK(kill(getpid(), SIGUSR1) == 0);
	CHECK(sigtimedwait(&usr1, &info, &brief) == SIGUSR1);
	child = send_later(SIGUSR1, 10, -1);
	CHECK(sigtimedwait(&usr1, &info, &lng) == SIGUSR1);
	CHECK(info.si_pid == child);
	CHECK(status_of(child) == 0);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
	CHECK(nr_handled == 0);
}

static void test_nanosleep_ends(void)
{
	for (int restart = 0; restart < 2; restart++) {
		struct timespec want = { 2, 0 }, rest = { 0, 0 };
		pid_t child;

		handle(SIGUSR1, count_it, restart ? SA_RESTART : 0);
		child = send_later(SIGUSR1, 20, -1);
		CHECK(nanosleep(&want, &rest) == -1 && errno == EINTR);
		CHECK(rest.tv_sec == 1 && nr_handled == 1);
		CHECK(status_of(child) == 0);
	}
}

static void *volatile bad_address = (void *)16;

static void test_default_actions(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		pause();
		_exit(0);
	}
	CHECK(kill(child, SIGTERM) == 0);
	status = status_of(child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	child = fork();
	if (!child)
		abort();
	status = status_of(child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	child = fork();
	if (!child) {
		*(volatile int *)bad_address = 1;
		_exit(0);
	}
	status = status_of(child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void *volatile fault_seen;

static void note_fault(int sig, siginfo_t *info, void *context)
{
	fault_seen = info->si_addr;
	siglongjmp(out, 1);
}

static void test_fault_is_caught(void)
{
	static char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_sigaction = note_fault,
				.sa_flags = SA_SIGINFO | SA_ONSTACK };

	CHECK(sigaltstack(&alt, NULL) == 0);
	CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);
	for (volatile int i = 0; i < 3; i++) {
		fault_seen = NULL;
		if (!sigsetjmp(out, 1)) {
			*(volatile int *)bad_address = 1;
			CHECK(!"no fault");
		}
		CHECK(fault_seen == bad_address);
	}
	signal(SIGSEGV, SIG_DFL);
	alt.ss_flags = SS_DISABLE;
	CHECK(sigaltstack(&alt, NULL) == 0);
}

/* Floating point registers belong to the thread, whenever it is interrupted. */
static void test_fpu_is_kept(void)
{
	volatile double one = 1.0;
	double a = 1, b = 1;
	pid_t child;

	for (int i = 0; i < 10; i++) {
		handle(SIGUSR1, count_it, 0);
		child = send_later(SIGUSR1, 2, -1);
		while (!nr_handled) {
			a = a * 1.0000001 * one;
			b = b * 1.0000001 * one;
		}
		CHECK(a == b);
		CHECK(status_of(child) == 0);
	}
}

static void test_child_keeps_handlers(void)
{
	pid_t child;

	handle(SIGUSR1, count_it, 0);
	child = fork();
	if (!child) {
		pid_t grandchild = send_later(SIGUSR1, 1, -1);

		raise(SIGUSR1);
		status_of(grandchild);
		while (nr_handled < 2)
			usleep(MS);
		_exit(nr_handled == 2 ? 3 : 4);
	}
	CHECK(status_of(child) == 3 << 8);
	CHECK(nr_handled == 0);
}

int main(void)
{
	RUN(test_raise_and_kill);
	RUN(test_blocked_waits);
	RUN(test_who_sent);
	RUN(test_read_fails_with_eintr);
	RUN(test_read_restarts);
	RUN(test_jump_out_of_read);
	RUN(test_sigsuspend);
	RUN(test_sigtimedwait);
	RUN(test_nanosleep_ends);
	RUN(test_default_actions);
	RUN(test_fault_is_caught);
	RUN(test_fpu_is_kept);
	RUN(test_child_keeps_handlers);
	return tap_end();
}
