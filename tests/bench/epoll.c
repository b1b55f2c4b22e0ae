// SPDX-License-Identifier: MIT
/* Readiness: event counters and epoll. */
#include "bench.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

static void *th_evwake(void *p)
{
	struct parg *a = p;
	struct epoll_event e = { .events = EPOLLIN };
	uint64_t v;
	int ep = epoll_create1(0);
	CKD(ep);
	CKD(epoll_ctl(ep, EPOLL_CTL_ADD, a->rd, &e));
	for (long i = 0; i < a->n; i++) {
		CKD(epoll_wait(ep, &e, 1, -1));
		xread(a->rd, &v, 8);
		xwrite(a->wr, &v, 8);
	}
	close(ep);
	return 0;
}

void t_eventfd_epoll_wake(long n) /* op: wake thread, it answers */
{
	int a = eventfd(0, 0), b = eventfd(0, 0);
	uint64_t v = 1;
	CK(a);
	CK(b);
	struct parg p = { a, b, n + 50 };
	pthread_t t = spawn_thread(th_evwake, &p);
	for (long i = 0; i < n + 50; i++) {
		if (i == 50)
			start();
		xwrite(a, &v, 8);
		xread(b, &v, 8);
	}
	stop();
	pthread_join(t, 0);
	close(a);
	close(b);
	done(n);
}

void t_epoll_1000_1active(long n) /* op: make 1 ready, wait, consume */
{
	static int fd[1000];
	int ep = epoll_create1(0);
	uint64_t v = 1;
	struct epoll_event e = { .events = EPOLLIN }, o[16];
	CK(ep);
	for (int i = 0; i < 1000; i++) {
		fd[i] = eventfd(0, 0);
		CK(fd[i]);
		e.data.u32 = (uint32_t)i;
		CK(epoll_ctl(ep, EPOLL_CTL_ADD, fd[i], &e));
	}
	start();
	for (long i = 0; i < n; i++) {
		xwrite(fd[i * 7 % 1000], &v, 8);
		CK(epoll_wait(ep, o, 16, -1));
		xread(fd[o[0].data.u32], &v, 8);
	}
	stop();
	for (int i = 0; i < 1000; i++)
		close(fd[i]);
	close(ep);
	done(n);
}
