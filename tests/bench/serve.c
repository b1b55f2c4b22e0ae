// SPDX-License-Identifier: MIT
/* Servers in the guest and a client that measures latency. */
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define HTTP_HEAD                                                              \
	"HTTP/1.1 200 OK\r\nServer: osbench\r\nContent-Type: "                 \
	"text/plain\r\nContent-Length: 14\r\n"
static const char http_ok[] = HTTP_HEAD "\r\nHello, world!\n";
static const char http_bye[] = HTTP_HEAD
	"Connection: close\r\n\r\nHello, world!\n";

struct conn {
	int fd;
	size_t len;
	char buf[4096];
};

/* Takes what arrived; answers. Returns -1 when the connection must close. */
static int serve_once(struct conn *c, int http)
{
	ssize_t r = read(c->fd, c->buf + c->len, sizeof c->buf - 1 - c->len);
	if (r <= 0)
		return -1;
	if (!http) {
		size_t o = 0;
		while (o < (size_t)r) {
			ssize_t w = write(c->fd, c->buf + o, (size_t)r - o);
			if (w <= 0)
				return -1;
			o += (size_t)w;
		}
		return 0;
	}
	c->len += (size_t)r;
	for (;;) {
		c->buf[c->len] = 0;
		char *e = strstr(c->buf, "\r\n\r\n");
		if (!e)
			return c->len >= sizeof c->buf - 1 ? -1 : 0;
		*e = 0;
		int close_it = strcasestr(c->buf, "\nconnection: close") != 0;
		const char *m = close_it ? http_bye : http_ok;
		if (write(c->fd, m, strlen(m)) < 0 || close_it)
			return -1;
		size_t used = (size_t)(e + 4 - c->buf);
		c->len -= used;
		memmove(c->buf, e + 4, c->len);
	}
}

static void *th_conn(void *p)
{
	struct conn *c = p;
	while (serve_once(c, c->buf[sizeof c->buf - 1]) == 0)
		;
	close(c->fd);
	free(c);
	return 0;
}

void serve_threads(int port, int http)
{
	struct sockaddr_in a;
	pthread_attr_t at;
	int l = listener(&a, port, 1);
	if (l < 0)
		die("listen");
	pthread_attr_init(&at);
	pthread_attr_setstacksize(&at, 32768);
	pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
	printf("INFO %s %d port\n", cur, port);
	fflush(stdout);
	for (;;) {
		pthread_t t;
		int fd = accept(l, 0, 0);
		if (fd < 0)
			continue;
		nodelay(fd);
		struct conn *c = calloc(1, sizeof *c);
		if (!c)
			die("calloc");
		c->fd = fd;
		c->buf[sizeof c->buf - 1] = (char)http;
		if (pthread_create(&t, &at, th_conn, c)) {
			close(fd);
			free(c);
		}
	}
}

void serve_epoll(int port, int http)
{
	struct sockaddr_in a;
	struct epoll_event e = { .events = EPOLLIN }, ev[64];
	int l = listener(&a, port, 1), ep = epoll_create1(0);
	if (l < 0 || ep < 0)
		die("listen");
	e.data.ptr = 0;
	CKD(epoll_ctl(ep, EPOLL_CTL_ADD, l, &e));
	printf("INFO %s %d port\n", cur, port);
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(ep, ev, 64, -1);
		for (int i = 0; i < n; i++) {
			struct conn *c = ev[i].data.ptr;
			if (!c) {
				int fd = accept(l, 0, 0);
				if (fd < 0)
					continue;
				nodelay(fd);
				c = calloc(1, sizeof *c);
				if (!c)
					die("calloc");
				c->fd = fd;
				e.data.ptr = c;
				CKD(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
			} else if (serve_once(c, http) < 0) {
				close(c->fd);
				free(c);
			}
		}
	}
}

struct cl {
	struct sockaddr_in a;
	long n;
	size_t bytes;
	uint64_t *lat;
};

static void *th_client(void *p)
{
	struct cl *c = p;
	int s = socket(AF_INET, SOCK_STREAM, 0);
	char *b = calloc(1, c->bytes);
	if (s < 0 || !b ||
	    connect(s, (struct sockaddr *)&c->a, sizeof c->a) < 0)
		die("connect");
	nodelay(s);
	for (int i = 0; i < 20; i++) {
		xwrite(s, b, c->bytes);
		xread(s, b, c->bytes);
	}
	pthread_barrier_wait(&gbar);
	for (long i = 0; i < c->n; i++) {
		uint64_t t = ns_now();
		xwrite(s, b, c->bytes);
		xread(s, b, c->bytes);
		c->lat[i] = ns_now() - t;
	}
	close(s);
	free(b);
	return 0;
}

int client_echo(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	int conns = argc > 4 ? atoi(argv[4]) : 1;
	long n = atol(argv[3]) / conns;
	size_t bytes = argc > 5 ? (size_t)atol(argv[5]) : 1;
	uint64_t *lat = calloc((size_t)(n * conns), 8);
	struct cl *c = calloc((size_t)conns, sizeof *c);
	pthread_t *t = calloc((size_t)conns, sizeof *t);
	if (!lat || !c || !t || n < 1)
		return 2;
	pthread_barrier_init(&gbar, 0, (unsigned)conns + 1);
	for (int i = 0; i < conns; i++) {
		loopback_addr(&c[i].a, atoi(argv[2]));
		if (inet_pton(AF_INET, argv[1], &c[i].a.sin_addr) != 1)
			return 2;
		c[i].n = n;
		c[i].bytes = bytes;
		c[i].lat = lat + (size_t)i * (size_t)n;
		t[i] = spawn_thread(th_client, &c[i]);
	}
	pthread_barrier_wait(&gbar);
	start();
	for (int i = 0; i < conns; i++)
		pthread_join(t[i], 0);
	stop();
	double rate = 1e9 * (double)(n * conns) / (double)sum_ns;
	done(n * conns);
	n *= conns;
	qsort(lat, (size_t)n, 8, cmp_u64);
	info("echo_rate", rate, "round-trips/s");
	info("echo_p50", (double)lat[n / 2] / 1e3, "us");
	info("echo_p99", (double)lat[n * 99 / 100] / 1e3, "us");
	info("echo_max", (double)lat[n - 1] / 1e3, "us");
	return 0;
}
