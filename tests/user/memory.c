// SPDX-License-Identifier: MIT
/* Memory as programs use it: mappings private and shared, protection, faults,
 * what fork copies, the break. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define PAGE 4096
#define RW   (PROT_READ | PROT_WRITE)

static sigjmp_buf back;
static volatile int code;
static void *volatile where;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	code = info->si_code;
	where = info->si_addr;
	siglongjmp(back, sig);
}

/* The signal that the access raises, or 0. */
static int touch(volatile char *p, int write)
{
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO };
	int sig;

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sig = sigsetjmp(back, 1);
	if (!sig) {
		if (write)
			*p = 1;
		else
			(void)*p;
	}
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	return sig;
}

static char *anon(size_t len, int prot, int flags)
{
	return mmap(NULL, len, prot, flags | MAP_ANONYMOUS, -1, 0);
}

static int exit_code(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
		       WEXITSTATUS(status) : -1;
}

static int file_of(size_t len)
{
	int fd = open("/tmp/memory", O_CREAT | O_TRUNC | O_RDWR, 0600);

	unlink("/tmp/memory");
	for (size_t i = 0; i < len; i++)
		if (pwrite(fd, &(char){ 'a' + i / PAGE }, 1, i) != 1)
			return -1;
	return fd;
}

static void test_zero_on_demand(void)
{
	char *m = anon(64 * PAGE, RW, MAP_PRIVATE);

	CHECK(m != MAP_FAILED && !((uintptr_t)m % PAGE));
	for (int i = 0; i < 64 * PAGE; i += 511)
		CHECK(m[i] == 0);
	memset(m, 7, 64 * PAGE);
	CHECK(m[64 * PAGE - 1] == 7);
	/* What the library needs for a handler is not to go into the hole. */
	CHECK(touch(m, 0) == 0);
	CHECK(munmap(m + PAGE, PAGE) == 0);
	CHECK(touch(m + PAGE, 0) == SIGSEGV && where == m + PAGE);
	CHECK(code == SEGV_MAPERR && m[0] == 7 && m[2 * PAGE] == 7);
	CHECK(munmap(m, 64 * PAGE) == 0); /* over the hole, too */
	CHECK(touch(m, 1) == SIGSEGV && munmap(m, PAGE) == 0);
}

static void test_protection(void)
{
	char *m = anon(4 * PAGE, RW, MAP_PRIVATE);

	m[PAGE] = 3;
	CHECK(mprotect(m + PAGE, PAGE, PROT_READ) == 0 && m[PAGE] == 3);
	CHECK(touch(m + PAGE, 1) == SIGSEGV && code == SEGV_ACCERR);
	CHECK(where == m + PAGE && touch(m + 2 * PAGE, 1) == 0);
	CHECK(mprotect(m, 4 * PAGE, PROT_NONE) == 0);
	CHECK(touch(m + PAGE, 0) == SIGSEGV && code == SEGV_ACCERR);
	CHECK(mprotect(m, 4 * PAGE, RW) == 0 && m[PAGE] == 3);
	CHECK(touch(m + PAGE, 1) == 0 && m[PAGE] == 1);
	CHECK(munmap(m + 3 * PAGE, PAGE) == 0);
	CHECK(mprotect(m, 4 * PAGE, PROT_READ) == -1 && errno == ENOMEM);
	munmap(m, 3 * PAGE);
}

static void test_fault_kills(void)
{
	char *m = anon(PAGE, PROT_NONE, MAP_PRIVATE);
	pid_t child = fork();
	int status;

	if (!child) {
		*(volatile char *)m = 1;
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void test_fork_copies(void)
{
	char *m = anon(16 * PAGE, RW, MAP_PRIVATE);
	pid_t child;

	memset(m, 1, 16 * PAGE);
	child = fork();
	if (!child) {
		m[0] = 2;
		_exit(m[0] == 2 && m[PAGE] == 1 ? 0 : 1);
	}
	m[PAGE] = 9;
	CHECK(exit_code(child) == 0 && m[0] == 1 && m[PAGE] == 9);
	munmap(m, 16 * PAGE);
}

static void test_shared_anonymous(void)
{
	volatile int *m = (int *)anon(2 * PAGE, RW, MAP_SHARED);
	pid_t child = fork();

	if (!child) {
		pid_t grandchild = fork();

		m[grandchild ? 0 : PAGE / 4] = 42;
		_exit(grandchild ? exit_code(grandchild) : 0);
	}
	CHECK(exit_code(child) == 0 && m[0] == 42 && m[PAGE / 4] == 42);
	munmap((void *)m, 2 * PAGE);
}

static void test_private_file(void)
{
	int fd = file_of(3 * PAGE);
	char *m = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0), c;

	CHECK(m != MAP_FAILED && m[0] == 'a' && m[2 * PAGE] == 'c');
	m[PAGE] = 'X';
	CHECK(pread(fd, &c, 1, PAGE) == 1 && c == 'b');
	CHECK(pwrite(fd, "Z", 1, PAGE) == 1 && m[PAGE] == 'X');
	munmap(m, 3 * PAGE);
	m = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 2 * PAGE);
	close(fd);
	CHECK(m[0] == 'c' && touch(m, 1) == SIGSEGV);
	munmap(m, PAGE);
}

static void test_shared_file(void)
{
	int fd = file_of(2 * PAGE);
	char *m = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0), c;
	char *n = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	pid_t child;

	CHECK(m != MAP_FAILED && n != MAP_FAILED);
	m[PAGE] = 'X';
	CHECK(n[0] == 'X' && pread(fd, &c, 1, PAGE) == 1 && c == 'X');
	CHECK(pwrite(fd, "Y", 1, PAGE + 1) == 1 && m[PAGE + 1] == 'Y');
	child = fork();
	if (!child) {
		m[5] = 'C';
		_exit(msync(m, 2 * PAGE, MS_SYNC));
	}
	CHECK(exit_code(child) == 0 && m[5] == 'C');
	CHECK(pread(fd, &c, 1, 5) == 1 && c == 'C');
	close(fd);
	munmap(m, 2 * PAGE);
	munmap(n, PAGE);
}

/* Beyond the file's last page there is nothing; within it, zeros. */
static void test_end_of_file(void)
{
	int fd = file_of(10);
	char *m = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);

	CHECK(m[0] == 'a' && m[10] == 0 && m[PAGE - 1] == 0);
	CHECK(touch(m + PAGE, 0) == SIGBUS && where == m + PAGE);
	CHECK(ftruncate(fd, 2 * PAGE) == 0 && touch(m + PAGE, 0) == 0);
	m[PAGE] = 'q';
	CHECK(ftruncate(fd, 5) == 0 && touch(m + PAGE, 1) == SIGBUS);
	CHECK(ftruncate(fd, 2 * PAGE) == 0 && m[5] == 0 && m[PAGE] == 0);
	close(fd);
	munmap(m, 2 * PAGE);
}

static void test_what_may_be_mapped(void)
{
	int fd = file_of(10), ro = open("/proc/self/exe", O_RDONLY);

	CHECK(mmap(NULL, 0, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	      MAP_FAILED && errno == EINVAL);
	CHECK(mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 100) == MAP_FAILED &&
	      errno == EINVAL);
	CHECK(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	      errno == EINVAL);
	CHECK(mmap(NULL, PAGE, RW, MAP_SHARED, 99, 0) == MAP_FAILED &&
	      errno == EBADF);
	CHECK(mmap(NULL, 1UL << 60, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	      MAP_FAILED && errno == ENOMEM);
	if (ro >= 0) {
		CHECK(mmap(NULL, PAGE, RW, MAP_SHARED, ro, 0) == MAP_FAILED &&
		      errno == EACCES);
		close(ro);
	}
	CHECK(munmap((void *)1, PAGE) == -1 && errno == EINVAL);
	close(fd);
}

static void test_fixed(void)
{
	char *m = anon(4 * PAGE, RW, MAP_PRIVATE);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;

	memset(m, 1, 4 * PAGE);
	CHECK(mmap(m + PAGE, 2 * PAGE, RW, flags | MAP_FIXED, -1, 0) ==
	      m + PAGE);
	CHECK(m[0] == 1 && m[PAGE] == 0 && m[2 * PAGE] == 0);
	CHECK(m[3 * PAGE] == 1);
	CHECK(mmap(m, PAGE, RW, flags | MAP_FIXED_NOREPLACE, -1, 0) ==
	      MAP_FAILED && errno == EEXIST);
	CHECK(mmap(m + 1, PAGE, RW, flags | MAP_FIXED, -1, 0) == MAP_FAILED &&
	      errno == EINVAL);
	munmap(m, 4 * PAGE);
	CHECK(mmap(m, PAGE, RW, flags, -1, 0) == m); /* a hint */
	munmap(m, PAGE);
}

static void test_grow(void)
{
	char *m = anon(2 * PAGE, RW, MAP_PRIVATE), *n;

	m[0] = 1;
	m[PAGE] = 2;
	n = mremap(m, 2 * PAGE, 50 * PAGE, MREMAP_MAYMOVE);
	CHECK(n != MAP_FAILED && n[0] == 1 && n[PAGE] == 2);
	CHECK(n[49 * PAGE] == 0);
	CHECK(mremap(n, 50 * PAGE, PAGE, 0) == n && n[0] == 1);
	CHECK(touch(n + PAGE, 0) == SIGSEGV);
	munmap(n, PAGE);
}

static void test_given_back(void)
{
	char *m = anon(4 * PAGE, RW, MAP_PRIVATE);

	memset(m, 1, 4 * PAGE);
	CHECK(madvise(m + PAGE, PAGE, MADV_DONTNEED) == 0);
	CHECK(m[0] == 1 && m[PAGE] == 0 && m[2 * PAGE] == 1);
	munmap(m, 4 * PAGE);
}

static void test_execute(void)
{
	static const unsigned char ret42[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	char *m = anon(PAGE, RW, MAP_PRIVATE);
	int sig;

	memcpy(m, ret42, sizeof(ret42));
	CHECK(mprotect(m, PAGE, PROT_READ | PROT_EXEC) == 0);
	CHECK(((int (*)(void))m)() == 42);
	CHECK(mprotect(m, PAGE, PROT_READ) == 0);
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	sig = sigsetjmp(back, 1);
	if (!sig)
		((int (*)(void))m)();
	signal(SIGSEGV, SIG_DFL);
	CHECK(sig == SIGSEGV && where == m);
	munmap(m, PAGE);
}

/* A deep recursion is no fault: the stack grows. */
static int deep(int n)
{
	volatile char frame[4000];

	frame[0] = n;
	return n ? deep(n - 1) + (frame[0] == (char)n) : 0;
}

static void test_stack_and_heap(void)
{
	char *p[100];

	CHECK(deep(1000) == 1000);
	for (int i = 0; i < 100; i++) {
		p[i] = malloc(i * 3000 + 1);
		CHECK(p[i] != NULL);
		memset(p[i], i, i * 3000 + 1);
	}
	for (int i = 0; i < 100; i++) {
		CHECK(p[i][0] == i && p[i][i * 3000] == i);
		free(p[i]);
	}
}

/* The kernel reads and writes as the program may, and says so else. */
static void test_bad_pointers_in_calls(void)
{
	char *m = anon(2 * PAGE, RW, MAP_PRIVATE);
	int fd = file_of(100), fds[2];
	char *ro = anon(PAGE, PROT_READ, MAP_PRIVATE);

	munmap(m + PAGE, PAGE);
	CHECK(read(fd, (void *)16, 10) == -1 && errno == EFAULT);
	CHECK(read(fd, ro, 10) == -1 && errno == EFAULT);
	CHECK(write(fd, (void *)(1UL << 63), 1) == -1 && errno == EFAULT);
	CHECK(pipe((int *)ro) == -1 && errno == EFAULT);
	CHECK(pipe(fds) == 0);
	CHECK(write(fds[1], m + PAGE - 10, 10) == 10); /* untouched till now */
	CHECK(read(fds[0], m, 10) == 10);
	CHECK(read(fd, m, 0) == 0);
	close(fds[0]);
	close(fds[1]);
	close(fd);
	munmap(m, PAGE);
	munmap(ro, PAGE);
}

int main(void)
{
	RUN(test_zero_on_demand);
	RUN(test_protection);
	RUN(test_fault_kills);
	RUN(test_fork_copies);
	RUN(test_shared_anonymous);
	RUN(test_private_file);
	RUN(test_shared_file);
	RUN(test_end_of_file);
	RUN(test_what_may_be_mapped);
	RUN(test_fixed);
	RUN(test_grow);
	RUN(test_given_back);
	RUN(test_execute);
	RUN(test_stack_and_heap);
	RUN(test_bad_pointers_in_calls);
	return tap_end();
}
