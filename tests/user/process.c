// SPDX-License-Identifier: MIT
/* Processes: fork, exec, wait, spawn, and what a new program inherits. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

extern char **environ;
static const char *self;

static int status_of(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static int exit_code(pid_t pid)
{
	int status = status_of(pid);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_fork_copies(void)
{
	volatile int here = 1;
	int fds[2], seen = 0;
	pid_t child;

	CHECK(pipe(fds) == 0);
	child = fork();
	if (!child) {
		here = 2;
		_exit(write(fds[1], (void *)&here, sizeof(here)) !=
		      sizeof(here));
	}
	CHECK(exit_code(child) == 0);
	CHECK(read(fds[0], &seen, sizeof(seen)) == sizeof(seen));
	CHECK(seen == 2 && here == 1);
	close(fds[0]);
	close(fds[1]);
}

static void test_ids(void)
{
	pid_t parent = getpid(), child = fork();

	if (!child)
		_exit(getppid() != parent || getpid() == parent ||
		      gettid() != getpid());
	CHECK(child != parent && exit_code(child) == 0);
	CHECK(getpgid(0) == getpgrp() && getsid(0) >= 0);
}

static void test_wait(void)
{
	pid_t child = fork();
	siginfo_t info;

	if (!child)
		_exit(42);
	CHECK(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0);
	CHECK(info.si_pid == child && info.si_code == CLD_EXITED);
	CHECK(info.si_status == 42);
	CHECK(exit_code(child) == 42);
	CHECK(waitpid(child, NULL, 0) == -1 && errno == ECHILD);
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	CHECK(waitpid(child, NULL, WNOHANG) == 0);
	CHECK(kill(child, SIGKILL) == 0);
	CHECK(status_of(child) == SIGKILL);
}

static void test_vfork_exec(void)
{
	pid_t child = vfork();

	if (!child) {
		execl(self, self, "exit", "9", (char *)NULL);
		_exit(1);
	}
	CHECK(exit_code(child) == 9);
}

static void test_exec_failures(void)
{
	char *const argv[] = { "nothing", NULL };

	CHECK(execv("/no/such/program", argv) == -1 && errno == ENOENT);
	CHECK(execv("/", argv) == -1 && errno == EACCES);
}

/* Many and large arguments come through as they are. */
static void test_exec_arguments(void)
{
	static char big[20000], *argv[300];
	pid_t child;

	memset(big, 'b', sizeof(big) - 1);
	argv[0] = (char *)self;
	argv[1] = "count";
	for (int i = 2; i < 298; i++)
		argv[i] = i % 2 ? "" : "two words";
	argv[298] = big;
	child = fork();
	if (!child) {
		execv(self, argv);
		_exit(1);
	}
	/* See main_count(). */
	CHECK(exit_code(child) == (299 + sizeof(big) - 1) % 251);
}

static void on_usr2(int sig)
{
}

static void test_exec_inherits(void)
{
	pid_t child = fork();
	sigset_t set;

	if (!child) {
		signal(SIGUSR1, SIG_IGN);
		signal(SIGUSR2, on_usr2);
		sigemptyset(&set);
		sigaddset(&set, SIGHUP);
		sigprocmask(SIG_SETMASK, &set, NULL);
		raise(SIGHUP);
		execl(self, self, "inherits", (char *)NULL);
		_exit(1);
	}
	CHECK(exit_code(child) == 0);
}

static void test_close_on_exec(void)
{
	int kept = open(self, O_RDONLY);
	int closed = open(self, O_RDONLY | O_CLOEXEC);
	char a[12], b[12];
	pid_t child;

	CHECK(kept >= 0 && closed >= 0);
	snprintf(a, sizeof(a), "%d", kept);
	snprintf(b, sizeof(b), "%d", closed);
	child = fork();
	if (!child) {
		execl(self, self, "fds", a, b, (char *)NULL);
		_exit(9);
	}
	CHECK(exit_code(child) == 0);
	close(kept);
	close(closed);
}

static void test_spawn(void)
{
	char *const argv[] = { (char *)self, "exit", "5", NULL };
	posix_spawn_file_actions_t fa;
	char byte = 0;
	int fds[2];
	pid_t child;

	CHECK(posix_spawn(&child, self, NULL, NULL, argv, environ) == 0);
	CHECK(exit_code(child) == 5);
	CHECK(posix_spawn(&child, "/no/such", NULL, NULL, argv, environ) ==
	      ENOENT);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fds[1], 1);
	char *const say[] = { (char *)self, "say", NULL };

	CHECK(posix_spawn(&child, self, &fa, NULL, say, environ) == 0);
	CHECK(exit_code(child) == 0);
	CHECK(read(fds[0], &byte, 1) == 1 && byte == 's');
	posix_spawn_file_actions_destroy(&fa);
	close(fds[0]);
	close(fds[1]);
}

/* ------------------------------------------- what the tests start */

static int main_count(int argc, char **argv)
{
	for (int i = 2; i < 298; i++)
		if (strcmp(argv[i], i % 2 ? "" : "two words"))
			return 250;
	return (argc + strlen(argv[298])) % 251;
}

static int main_inherits(void)
{
	struct sigaction ignored, caught;
	sigset_t mask, pending;

	sigaction(SIGUSR1, NULL, &ignored);
	sigaction(SIGUSR2, NULL, &caught);
	sigprocmask(0, NULL, &mask);
	sigpending(&pending);
	return (ignored.sa_handler != SIG_IGN) |
	       (caught.sa_handler != SIG_DFL) << 1 |
	       !sigismember(&mask, SIGHUP) << 2 |
	       sigismember(&mask, SIGUSR1) << 3 |
	       !sigismember(&pending, SIGHUP) << 4;
}

static int main_fds(int kept, int closed)
{
	return (fcntl(kept, F_GETFD) != 0) |
	       (fcntl(closed, F_GETFD) != -1) << 1;
}

static int started(int argc, char **argv)
{
	if (!strcmp(argv[1], "exit"))
		return atoi(argv[2]);
	if (!strcmp(argv[1], "count"))
		return main_count(argc, argv);
	if (!strcmp(argv[1], "inherits"))
		return main_inherits();
	if (!strcmp(argv[1], "fds"))
		return main_fds(atoi(argv[2]), atoi(argv[3]));
	return write(1, argv[1], 1) != 1;
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		return started(argc, argv);
	RUN(test_fork_copies);
	RUN(test_ids);
	RUN(test_wait);
	RUN(test_vfork_exec);
	RUN(test_exec_failures);
	RUN(test_exec_arguments);
	RUN(test_exec_inherits);
	RUN(test_close_on_exec);
	RUN(test_spawn);
	return tap_end();
}
