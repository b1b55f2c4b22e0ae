// SPDX-License-Identifier: MIT
/* Pipes: round trips between threads and processes, bandwidth. */
#include "bench.h"

#include <sys/wait.h>

void *th_pipe_echo(void *p)
{
	struct parg *a = p;
	char c;
	for (long i = 0; i < a->n; i++) {
		xread(a->rd, &c, 1);
		xwrite(a->wr, &c, 1);
	}
	return 0;
}

void pp_loop(int rd, int wr, long n, long warm)
{
	char c = 'x';
	for (long i = 0; i < n + warm; i++) {
		if (i == warm)
			start();
		xwrite(wr, &c, 1);
		xread(rd, &c, 1);
	}
	stop();
}

void t_pipe_pingpong_threads(long n)
{
	int a[2], b[2];
	CK(pipe(a));
	CK(pipe(b));
	struct parg p = { a[0], b[1], n + 50 };
	pthread_t t = spawn_thread(th_pipe_echo, &p);
	pp_loop(b[0], a[1], n, 50);
	pthread_join(t, 0);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
	done(n);
}

void t_pipe_pingpong_procs(long n)
{
	int a[2], b[2];
	CK(pipe(a));
	CK(pipe(b));
	struct parg p = { a[0], b[1], n + 50 };
	pid_t c = fork();
	CK(c);
	if (!c) {
		th_pipe_echo(&p);
		_exit(0);
	}
	pp_loop(b[0], a[1], n, 50);
	waitpid(c, 0, 0);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
	done(n);
}

static void drain(int rd, long left)
{
	static char buf[K64];

	while (left > 0) {
		ssize_t n = read(rd, buf, sizeof(buf));

		if (n <= 0)
			die("drain");
		left -= n;
	}
}

/* The reader is a process, so that it needs no threads. */
void bandwidth(int rd, int wr, long n)
{
	pid_t child = fork();

	CKD(child);
	if (!child) {
		drain(rd, (n + 8) * K64);
		_exit(0);
	}
	for (int i = 0; i < 8; i++)
		xwrite(wr, big, K64);
	start();
	for (long i = 0; i < n; i++)
		xwrite(wr, big, K64);
	waitpid(child, NULL, 0);
	stop();
}

void t_pipe_bw_64k(long n)
{
	int a[2];

	CK(pipe(a));
	bandwidth(a[0], a[1], n);
	close(a[0]);
	close(a[1]);
	done(n);
}
