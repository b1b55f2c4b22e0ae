// SPDX-License-Identifier: MIT
/* Sockets on the loop-back: round trips, bandwidth, connections. */
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

void loopback_addr(struct sockaddr_in *a, int port)
{
	memset(a, 0, sizeof *a);
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a->sin_port = htons((uint16_t)port);
}

void nodelay(int fd)
{
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* listening socket on 127.0.0.1 (or any) ; *a gets the address */
int listener(struct sockaddr_in *a, int port, int any)
{
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t l = sizeof *a;
	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	loopback_addr(a, port);
	if (any)
		a->sin_addr.s_addr = htonl(INADDR_ANY);
	if (bind(s, (struct sockaddr *)a, sizeof *a) < 0 ||
	    listen(s, 512) < 0 || getsockname(s, (struct sockaddr *)a, &l) < 0)
		return -1;
	return s;
}

static int tcp_pair(int *p)
{
	struct sockaddr_in a;
	int l = listener(&a, 0, 0);
	if (l < 0)
		return -1;
	p[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (p[0] < 0 || connect(p[0], (struct sockaddr *)&a, sizeof a) < 0)
		return -1;
	p[1] = accept(l, 0, 0);
	close(l);
	if (p[1] < 0)
		return -1;
	nodelay(p[0]);
	nodelay(p[1]);
	return 0;
}

static int udp_pair(int *p)
{
	struct sockaddr_in a[2];
	for (int i = 0; i < 2; i++) {
		socklen_t l = sizeof a[i];
		loopback_addr(&a[i], 0);
		p[i] = socket(AF_INET, SOCK_DGRAM, 0);
		if (p[i] < 0 ||
		    bind(p[i], (struct sockaddr *)&a[i], sizeof a[i]) < 0 ||
		    getsockname(p[i], (struct sockaddr *)&a[i], &l) < 0)
			return -1;
	}
	for (int i = 0; i < 2; i++)
		if (connect(p[i], (struct sockaddr *)&a[!i], sizeof a[0]) < 0)
			return -1;
	return 0;
}

static void sock_pp(int *s, long n)
{
	struct parg p = { s[1], s[1], n + 50 };
	pthread_t t = spawn_thread(th_pipe_echo, &p);
	pp_loop(s[0], s[0], n, 50);
	pthread_join(t, 0);
	close(s[0]);
	close(s[1]);
	done(n);
}

static void *th_accept(void *p)
{
	struct parg *a = p;
	for (long i = 0; i < a->n; i++) {
		int c = accept(a->rd, 0, 0);
		CKD(c);
		close(c);
	}
	return 0;
}

void t_udp_pingpong(long n)
{
	int s[2];
	CK(udp_pair(s));
	sock_pp(s, n);
}

void t_tcp_pingpong_1b(long n)
{
	int s[2];
	CK(tcp_pair(s));
	sock_pp(s, n);
}

void t_tcp_bw_64k(long n)
{
	int s[2];
	CK(tcp_pair(s));
	bandwidth(s[1], s[0], n);
	close(s[0]);
	close(s[1]);
	done(n);
}

void t_tcp_connect_close(long n) /* op: connect, accept, both close */
{
	struct sockaddr_in a;
	char c;
	int l = listener(&a, 0, 0);
	CK(l);
	struct parg p = { l, -1, n + 20 };
	pthread_t t = spawn_thread(th_accept, &p);
	for (long i = -20; i < n; i++) {
		if (i == 0)
			start();
		int s = socket(AF_INET, SOCK_STREAM, 0);
		CK(s);
		CK(connect(s, (struct sockaddr *)&a, sizeof a));
		if (read(s, &c, 1) != 0) {
			fail("eof");
			return;
		}
		close(s);
	}
	stop();
	pthread_join(t, 0);
	close(l);
	done(n);
}
