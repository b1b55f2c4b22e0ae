// SPDX-License-Identifier: MIT
/*
 * stress [SECONDS [SEED]]: fork, exec and exit, mappings and faults, file
 * trees, pipes and kills, at random, on all cores at once.
 *
 * Goes in rounds, each of fresh worker processes; after a round nothing of it
 * may be left: no child, no file, and no memory.  Caches grow in the first
 * rounds, so the memory of the last round is compared with that of an earlier
 * one, at half time, and may be less by LOST_MAX at most.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define WORKERS_PER_CORE 2
#define STEPS		 60
#define LOST_MAX	 (2 << 20)
#define PAGE		 4096

static const char *self;
static uint64_t rng;
static int seconds = 20;

static unsigned int any(unsigned int n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 20) % n;
}

static void must(int x, const char *what)
{
	if (x)
		return;
	dprintf(2, "# stress[%d]: %s: %s\n", getpid(), what, strerror(errno));
	_exit(1);
}
#define MUST(x) must(x, #x)

static int reap(pid_t pid)
{
	int status;

	MUST(waitpid(pid, &status, 0) == pid);
	return status;
}

static void step_exit(void)
{
	int code = any(200);
	pid_t child = fork();

	MUST(child >= 0);
	if (!child)
		_exit(code);
	MUST(reap(child) == code << 8);
}

static void step_exec(void)
{
	char *argv[] = { (char *)self, "exit", "42", NULL };
	pid_t child = any(2) ? fork() : vfork();

	MUST(child >= 0);
	if (!child) {
		execv(self, argv);
		_exit(1);
	}
	MUST(reap(child) == 42 << 8);
}

static void step_map(void)
{
	size_t pages = 1 + any(300);
	unsigned char *m = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t hole = any(pages);
	bool forked;
	pid_t child;

	MUST(m != MAP_FAILED);
	for (size_t i = 0; i < pages; i += 1 + any(4)) {
		MUST(m[i * PAGE] == 0);
		m[i * PAGE] = i;
	}
	forked = any(3) == 0;
	child = forked ? fork() : 0;
	MUST(child >= 0);
	if (hole)
		MUST(munmap(m + hole * PAGE, PAGE) == 0);
	for (size_t i = 0; i < hole; i += 1 + any(4))
		MUST(m[i * PAGE] == 0 || m[i * PAGE] == (unsigned char)i);
	if (any(2))
		MUST(mprotect(m, PAGE, PROT_READ) == 0);
	MUST(munmap(m, pages * PAGE) == 0);
	if (child > 0)
		MUST(reap(child) == 0);
	else if (forked)
		_exit(0);
}

static void step_shared(void)
{
	_Atomic int *count = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child[4];

	MUST(count != MAP_FAILED);
	for (int i = 0; i < 4; i++) {
		child[i] = fork();
		MUST(child[i] >= 0);
		if (child[i])
			continue;
		for (int j = 0; j < 100; j++)
			(*count)++;
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		MUST(reap(child[i]) == 0);
	MUST(*count == 400);
	MUST(munmap((void *)count, PAGE) == 0);
}

static void fill(const char *name, unsigned int len)
{
	static char buf[8192], back[8192];
	int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0600);

	MUST(fd >= 0);
	memset(buf, 'a' + any(26), sizeof(buf));
	MUST(pwrite(fd, buf, len, any(3) * 5000) == len);
	MUST(lseek(fd, -(off_t)len, SEEK_END) >= 0);
	MUST(read(fd, back, len) == len && !memcmp(buf, back, len));
	if (any(4) == 0)
		MUST(ftruncate(fd, any(20000)) == 0);
	close(fd);
}

static void remove_tree(const char *top)
{
	DIR *dir = opendir(top);
	struct dirent *d;
	char name[300];

	if (!dir)
		return;
	while ((d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		snprintf(name, sizeof(name), "%s/%s", top, d->d_name);
		if (unlink(name) < 0)
			remove_tree(name);
	}
	closedir(dir);
	rmdir(top);
}

/* In a folder of one's own, and in one that all share, where anything may be
 * gone at any moment. */
static void step_files(void)
{
	char top[64], a[96], b[96];

	snprintf(top, sizeof(top), "/tmp/stress/%d", getpid());
	MUST(mkdir(top, 0700) == 0);
	for (int i = 0; i < 6; i++) {
		snprintf(a, sizeof(a), "%s/f%u", top, any(4));
		snprintf(b, sizeof(b), "%s/d%u", top, any(2));
		fill(a, 1 + any(8192));
		mkdir(b, 0700);
		strcat(b, "/x");
		MUST(any(2) ? rename(a, b) == 0 : link(a, b) == 0 ||
						  errno == EEXIST);
	}
	remove_tree(top);
	MUST(access(top, F_OK) == -1 && errno == ENOENT);
	for (int i = 0; i < 6; i++) {
		int fd;

		snprintf(a, sizeof(a), "/tmp/stress/all/%u", any(6));
		snprintf(b, sizeof(b), "/tmp/stress/all/%u/%u", any(6), any(6));
		switch (any(5)) {
		case 0:
			mkdir(a, 0700);
			break;
		case 1:
			rename(a, b);
			break;
		case 2:
			rename(b, a);
			break;
		case 3:
			if (unlink(b) < 0)
				rmdir(b);
			rmdir(a);
			break;
		default:
			fd = open(b, O_CREAT | O_WRONLY, 0600);
			if (fd >= 0)
				close(fd);
		}
	}
}

static void step_pipe(void)
{
	static char buf[20000];
	long n, total = 0;
	int fds[2], status;
	pid_t child;

	MUST(pipe(fds) == 0);
	child = fork();
	MUST(child >= 0);
	if (!child) {
		close(fds[0]);
		signal(SIGPIPE, SIG_DFL);
		/* Less may go, when the reader leaves meanwhile. */
		for (long left = 200000, n; left > 0; left -= n) {
			n = write(fds[1], buf, left < sizeof(buf) ?
					       left : sizeof(buf));
			MUST(n > 0);
		}
		_exit(0);
	}
	close(fds[1]);
	n = any(4) ? 1 << 30 : any(100000);
	while (total < n) {
		long got = read(fds[0], buf, 1 + any(sizeof(buf)));

		MUST(got >= 0);
		if (!got)
			break;
		total += got;
	}
	close(fds[0]);
	status = reap(child);
	MUST(status == SIGPIPE || (status == 0 && total <= 200000));
}

/* A child that may be anywhere when it is killed. */
static void step_kill(void)
{
	pid_t child = fork();

	MUST(child >= 0);
	if (!child) {
		rng += getpid();
		for (;;) {
			switch (any(5)) {
			case 0:
				step_exit();
				break;
			case 1:
				step_map();
				break;
			case 2:
				step_pipe();
				break;
			case 3:
				usleep(any(2000));
				break;
			default:
				step_exec();
			}
		}
	}
	usleep(any(5000));
	if (any(3) == 0) {
		MUST(kill(child, SIGSTOP) == 0);
		usleep(any(1000));
		kill(child, SIGCONT);
	}
	MUST(kill(child, any(2) ? SIGKILL : SIGTERM) == 0);
	int status = reap(child);

	MUST(status == SIGKILL || status == SIGTERM);
}

static void worker(uint64_t seed)
{
	static void (*const step[])(void) = {
		step_exit, step_exec, step_map, step_shared, step_files,
		step_pipe, step_kill,
	};

	rng = seed * 0x9e3779b97f4a7c15u + 1;
	for (int i = 0; i < STEPS; i++)
		step[any(sizeof(step) / sizeof(*step))]();
	_exit(0);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* What a killed parent left runs on for a moment, and is reaped by init. */
static long free_memory(void)
{
	struct sysinfo si;
	long best = 0;

	for (int i = 0; i < 20; i++) {
		if (sysinfo(&si) < 0)
			return -1;
		if ((long)si.freeram * si.mem_unit > best)
			best = (long)si.freeram * si.mem_unit;
		usleep(20000);
	}
	return best;
}

static uint64_t seed = 1;
static int workers;

static int round_of(int nr)
{
	int bad = 0, status;

	MUST(mkdir("/tmp/stress", 0700) == 0);
	MUST(mkdir("/tmp/stress/all", 0700) == 0);
	for (int i = 0; i < workers; i++) {
		pid_t pid = fork();

		MUST(pid >= 0);
		if (!pid)
			worker(seed + nr * 1000 + i);
	}
	while (wait(&status) > 0)
		if (status) {
			printf("# round %d: a worker ended with %#x\n", nr,
			       status);
			bad++;
		}
	remove_tree("/tmp/stress");
	return bad;
}

static void test_everything_at_once(void)
{
	long half = 0, last = 0;
	double end = now() + seconds, halftime = now() + seconds / 2.0;
	int nr = 0;

	for (; nr < 3 || now() < end; nr++) {
		CHECK(round_of(nr) == 0);
		last = free_memory();
		if (!half && now() >= halftime)
			half = last;
	}
	printf("# %d rounds of %d workers; %ld bytes lost in the second half\n",
	       nr, workers, half - last);
	CHECK(half - last <= LOST_MAX);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 2 && !strcmp(argv[1], "exit"))
		return atoi(argv[2]);
	if (argc > 1)
		seconds = atoi(argv[1]);
	if (argc > 2)
		seed = atoi(argv[2]);
	workers = WORKERS_PER_CORE * sysconf(_SC_NPROCESSORS_ONLN);
	remove_tree("/tmp/stress");
	RUN(test_everything_at_once);
	return tap_end();
}
