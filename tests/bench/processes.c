// SPDX-License-Identifier: MIT
/* Processes: fork, exec, spawn, wait. */
#include "bench.h"

#include <spawn.h>
#include <sys/wait.h>

void t_fork_exit_wait(long n)
{
	for (long i = -5; i < n; i++) {
		if (i == 0)
			start();
		pid_t c = fork();
		CK(c);
		if (!c)
			_exit(0);
		CK(waitpid(c, 0, 0));
	}
	stop();
	done(n);
}

void t_fork_exec_wait(long n)
{
	char *av[] = { (char *)self_path, (char *)"--noop", 0 };
	for (long i = -5; i < n; i++) {
		int st;
		if (i == 0)
			start();
		pid_t c = fork();
		CK(c);
		if (!c) {
			execv(self_path, av);
			_exit(127);
		}
		CK(waitpid(c, &st, 0));
		if (st) {
			fail("exec");
			return;
		}
	}
	stop();
	done(n);
}

void t_spawn_wait(long n) /* posix_spawn + waitpid */
{
	char *av[] = { (char *)self_path, (char *)"--noop", 0 };
	char *ev[] = { 0 };
	for (long i = -5; i < n; i++) {
		int st;
		pid_t c;
		if (i == 0)
			start();
		int r = posix_spawn(&c, self_path, 0, 0, av, ev);
		if (r) {
			errno = r;
			fail("posix_spawn");
			return;
		}
		CK(waitpid(c, &st, 0));
		if (st) {
			fail("exit");
			return;
		}
	}
	stop();
	done(n);
}
