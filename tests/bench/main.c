// SPDX-License-Identifier: MIT
/*
 *	osbench -l			the names of the tests
 *	osbench [OPTIONS] all | NAME...
 *		-r R	each test R times, a line each
 *		-x F	F times the usual number of operations (0.1, 2, ...)
 *		-n N	exactly N operations
 *		-t S	print FAIL and exit if a test takes over S seconds
 *		-o A	leave test A out; repeatable
 *	osbench serve-echo PORT		epoll, one thread
 *	osbench serve-http PORT		epoll, one thread, keep-alive
 *	osbench serve-echo-thr PORT	a thread per connection
 *	osbench serve-http-thr PORT	a thread per connection
 *	osbench client-echo IPV4 PORT MESSAGES [CONNS [BYTES]]
 *
 * What a system does not have is found out by trying: its tests print SKIP.
 */
#include "bench.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum need { NOTHING, THREADS, SOCKETS, EPOLL };

static const struct test {
	const char *name;
	void (*fn)(long n);
	long n;
	enum need need;
} tests[] = {
	{ "loop", t_loop, 1000000, NOTHING },
	{ "syscall_getppid", t_syscall_getppid, 50000, NOTHING },
	{ "getpid", t_getpid, 50000, NOTHING },
	{ "clock_gettime", t_clock_gettime, 100000, NOTHING },
	{ "thread_create_join", t_thread_create_join, 1000, THREADS },
	{ "thread_create_join_1000", t_thread_create_join_1000, 3000, THREADS },
	{ "ctxsw_yield_pinned", t_ctxsw_yield_pinned, 20000, THREADS },
	{ "ctxsw_yield_unpinned", t_ctxsw_yield_unpinned, 20000, THREADS },
	{ "cond_pingpong", t_cond_pingpong, 5000, THREADS },
	{ "cond_pingpong_pinned", t_cond_pingpong_pinned, 5000, THREADS },
	{ "mutex_uncontended", t_mutex_uncontended, 500000, NOTHING },
	{ "mutex_contended_4", t_mutex_contended_4, 100000, THREADS },
	{ "pipe_pingpong_threads", t_pipe_pingpong_threads, 5000, THREADS },
	{ "pipe_pingpong_procs", t_pipe_pingpong_procs, 5000, NOTHING },
	{ "pipe_bw_64k", t_pipe_bw_64k, 1000, NOTHING },
	{ "eventfd_epoll_wake", t_eventfd_epoll_wake, 5000, EPOLL },
	{ "epoll_1000_1active", t_epoll_1000_1active, 10000, EPOLL },
	{ "fork_exit_wait", t_fork_exit_wait, 200, NOTHING },
	{ "fork_exec_wait", t_fork_exec_wait, 100, NOTHING },
	{ "spawn_wait", t_spawn_wait, 100, NOTHING },
	{ "page_fault_4k", t_page_fault_4k, 10240, NOTHING },
	{ "mmap_touch_munmap", t_mmap_touch_munmap, 5000, NOTHING },
	{ "touch_16m", t_touch_16m, 5, NOTHING },
	{ "brk_page", t_brk_page, 5000, NOTHING },
	{ "malloc_churn_1", t_malloc_churn_1, 200000, THREADS },
	{ "malloc_churn_4", t_malloc_churn_4, 200000, THREADS },
	{ "file_create_rw_unlink", t_file_create_rw_unlink, 2000, NOTHING },
	{ "open_close", t_open_close, 10000, NOTHING },
	{ "stat", t_stat, 20000, NOTHING },
	{ "pread_4k_hot", t_pread_4k_hot, 20000, NOTHING },
	{ "readdir_100", t_readdir_100, 300, NOTHING },
	{ "udp_pingpong", t_udp_pingpong, 3000, SOCKETS },
	{ "tcp_pingpong_1b", t_tcp_pingpong_1b, 3000, SOCKETS },
	{ "tcp_bw_64k", t_tcp_bw_64k, 1000, SOCKETS },
	{ "tcp_connect_close", t_tcp_connect_close, 500, SOCKETS },
	{ "nanosleep_1ms", t_nanosleep_1ms, 200, NOTHING },
	{ "signal_raise", t_signal_raise, 10000, NOTHING },
	{ "noise", t_noise, 1000, THREADS },
	{ "threads_10k", t_threads_10k, 10000, THREADS },
};
#define NR_TESTS (int)(sizeof(tests) / sizeof(tests[0]))
#define MAX_OMIT 64

static long repeats = 1, exact, seconds;
static double scale = 1;
static const char *omit[MAX_OMIT];
static int nr_omit;

static void on_alarm(int sig)
{
	(void)sig;
	(void)!write(1, "FAIL ", 5);
	if (cur)
		(void)!write(1, cur, strlen(cur));
	(void)!write(1, " timeout 0\n", 11);
	_exit(1);
}

static void *nothing(void *arg)
{
	return arg;
}

static const char *try_threads(void)
{
	static pthread_t t;
	int err = pthread_create(&t, NULL, nothing, NULL);

	if (err)
		return "no-threads";
	pthread_join(t, NULL);
	return NULL;
}

static const char *try_fd(int fd, const char *without)
{
	if (fd < 0)
		return without;
	close(fd);
	return NULL;
}

/* Why a test cannot run here; NULL: it can. */
static const char *lacking(enum need need)
{
	const char *why;

	switch (need) {
	case THREADS:
		return try_threads();
	case SOCKETS:
		why = try_fd(socket(AF_INET, SOCK_STREAM, 0), "no-sockets");
		return why ? why : try_threads();
	case EPOLL:
		why = try_fd(epoll_create1(0), "no-epoll");
		return why ? why : try_threads();
	default:
		return NULL;
	}
}

static void run(const struct test *t)
{
	long n = exact ? exact : (long)((double)t->n * scale);
	const char *why = lacking(t->need);

	cur = t->name;
	if (why) {
		printf("SKIP %s %s\n", cur, why);
		fflush(stdout);
		return;
	}
	for (long r = 0; r < repeats; r++) {
		if (seconds)
			alarm((unsigned int)seconds);
		sum_tsc = sum_ns = 0;
		t->fn(n < 1 ? 1 : n);
	}
}

static int wanted(const char *word, const char *name)
{
	for (int i = 0; i < nr_omit; i++)
		if (!strcmp(omit[i], name))
			return 0;
	return !strcmp(word, "all") || !strcmp(word, name);
}

static int list(void)
{
	for (int i = 0; i < NR_TESTS; i++)
		printf("%s %ld\n", tests[i].name, tests[i].n);
	return 0;
}

static void allow_many_files(void)
{
	struct rlimit rl = { 20000, 20000 };

	if (setrlimit(RLIMIT_NOFILE, &rl) < 0 &&
	    getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
}

/* The servers and the client; -1 for another word. */
static int other_job(int argc, char **argv)
{
	int port = argc > 1 ? atoi(argv[1]) : 0;

	if (!strcmp(cur, "serve-echo"))
		serve_epoll(port, 0);
	if (!strcmp(cur, "serve-http"))
		serve_epoll(port, 1);
	if (!strcmp(cur, "serve-echo-thr"))
		serve_threads(port, 0);
	if (!strcmp(cur, "serve-http-thr"))
		serve_threads(port, 1);
	if (!strcmp(cur, "client-echo"))
		return client_echo(argc, argv);
	return -1;
}

/* False for a wrong option. */
static int options(int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "r:x:n:t:o:")) != -1) {
		switch (o) {
		case 'r':
			repeats = atol(optarg);
			break;
		case 'x':
			scale = atof(optarg);
			break;
		case 'n':
			exact = atol(optarg);
			break;
		case 't':
			seconds = atol(optarg);
			break;
		case 'o':
			if (nr_omit < MAX_OMIT)
				omit[nr_omit++] = optarg;
			break;
		default:
			return 0;
		}
	}
	return optind < argc;
}

int main(int argc, char **argv)
{
	int ran = 0, status;

	if (argc > 1 && !strcmp(argv[1], "--noop"))
		return 0;
	if (argc > 1 && !strcmp(argv[1], "-l"))
		return list();
	self_path = strchr(argv[0], '/') ? argv[0] : "/proc/self/exe";
	if (getenv("OSBENCH_DIR"))
		scratch = getenv("OSBENCH_DIR");
	memset(big, 'b', sizeof(big));
	signal(SIGPIPE, SIG_IGN);
	allow_many_files();
	if (!options(argc, argv)) {
		fprintf(stderr, "usage: osbench [-l] [-r R] [-x F] [-n N] "
				"[-t S] [-o OMIT] all|NAME...\n");
		return 2;
	}
	cur = argv[optind];
	status = other_job(argc - optind, argv + optind);
	if (status >= 0)
		return status;
	signal(SIGALRM, on_alarm);
	info("cpus", ncpu(), "count");
	for (int a = optind; a < argc; a++) {
		for (int i = 0; i < NR_TESTS; i++) {
			if (!wanted(argv[a], tests[i].name))
				continue;
			run(&tests[i]);
			ran++;
		}
	}
	if (!ran) {
		fprintf(stderr, "osbench: no such test\n");
		return 2;
	}
	return 0;
}
