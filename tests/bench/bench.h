// SPDX-License-Identifier: MIT
/*
 * osbench: what operations of an operating system cost.  One static program,
 * the same source on both systems; main.c says how it is called.
 *
 * A test is a function of a number of operations: it warms up, then puts
 * start() and stop() around what counts (any number of times), then done().
 * A "ping-pong" operation is one full round trip.
 *
 * Output, a line each (a test may print several):
 *	BENCH <name> <iterations> <tsc_per_op> <ns_per_op>
 *	INFO  <name> <value> <unit>
 *	SKIP  <name> <why>		FAIL <name> <what> <errno>
 */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define K64  65536

/* ---- measure.c ---- */
extern const char *cur;	      /* the running test */
extern const char *self_path; /* this program */
extern const char *scratch;   /* $OSBENCH_DIR or /tmp */
extern char big[K64];
extern volatile long sink;
extern uint64_t sum_tsc, sum_ns; /* between start() and stop() so far */

uint64_t ns_now(void);
static inline uint64_t tsc_now(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

void start(void);
void stop(void);
void done(long n);
void bench(const char *name, long n, double tsc, double ns);
void info(const char *name, double value, const char *unit);
void fail(const char *what);
void die(const char *what) __attribute__((noreturn));

#define CK(e)                                                                  \
	do {                                                                   \
		if ((e) < 0) {                                                 \
			fail(#e);                                              \
			return;                                                \
		}                                                              \
	} while (0)
#define CKD(e)                                                                 \
	do {                                                                   \
		if ((e) < 0)                                                   \
			die(#e);                                               \
	} while (0)

int ncpu(void);
void pin(int cpu); /* the calling thread; -1: to all */
pthread_t spawn_thread(void *(*fn)(void *), void *arg);
void xread(int fd, void *buf, size_t n);
void xwrite(int fd, const void *buf, size_t n);

/* ---- pipes.c ---- */
struct parg {
	int rd, wr;
	long n;
};
void pp_loop(int rd, int wr, long n, long warm);
void *th_pipe_echo(void *p);
/* 64 KiB an operation, from us to a child. */
void bandwidth(int rd, int wr, long n);

/* ---- sockets.c ---- */
struct sockaddr_in;
void loopback_addr(struct sockaddr_in *a, int port);
void nodelay(int fd);
int listener(struct sockaddr_in *a, int port, int any);

/* ---- threads.c ---- */
extern pthread_mutex_t mx;
extern pthread_cond_t cv_a, cv_b;
extern pthread_barrier_t gbar;

/* ---- crowd.c ---- */
int cmp_u64(const void *a, const void *b);

/* ---- serve.c ---- */
void serve_threads(int port, int http) __attribute__((noreturn));
void serve_epoll(int port, int http) __attribute__((noreturn));
int client_echo(int argc, char **argv);

/* ---- the tests ---- */
void t_loop(long n);
void t_syscall_getppid(long n);
void t_getpid(long n);
void t_clock_gettime(long n);
void t_thread_create_join(long n);
void t_thread_create_join_1000(long n);
void t_ctxsw_yield_pinned(long n);
void t_ctxsw_yield_unpinned(long n);
void t_cond_pingpong(long n);
void t_cond_pingpong_pinned(long n);
void t_mutex_uncontended(long n);
void t_mutex_contended_4(long n);
void t_pipe_pingpong_threads(long n);
void t_pipe_pingpong_procs(long n);
void t_pipe_bw_64k(long n);
void t_eventfd_epoll_wake(long n);
void t_epoll_1000_1active(long n);
void t_fork_exit_wait(long n);
void t_fork_exec_wait(long n);
void t_spawn_wait(long n);
void t_page_fault_4k(long n);
void t_mmap_touch_munmap(long n);
void t_touch_16m(long n);
void t_brk_page(long n);
void t_malloc_churn_1(long n);
void t_malloc_churn_4(long n);
void t_file_create_rw_unlink(long n);
void t_open_close(long n);
void t_stat(long n);
void t_pread_4k_hot(long n);
void t_readdir_100(long n);
void t_udp_pingpong(long n);
void t_tcp_pingpong_1b(long n);
void t_tcp_bw_64k(long n);
void t_tcp_connect_close(long n);
void t_nanosleep_1ms(long n);
void t_signal_raise(long n);
void t_noise(long n);
void t_threads_10k(long n);
