// SPDX-License-Identifier: MIT
/*
 * The system-call interface itself: entry, batches, errors, blocking, "wait
 * here", events, abort; then processes and memory as far as they need no
 * library.  As /bin/init it ends the machine when it is done.
 */
#include "raw.h"

#define MANY 64

static void test_entry(void)
{
	struct syscall sc = FILL(SYS_null, 0, 0, 0, 0, 0, 0, 0);

	CHECK(trap(&sc, 1) == 1);
	CHECK(is_done(&sc) && sc.retval == 0 && sc.err == 0);
	CHECK(trap(&sc, 0) == -EINVAL);
	CHECK(trap((char *)&sc + 1, 1) == -EINVAL);
	CHECK(trap(NULL, 1) == -EFAULT);
	CHECK(trap((void *)0x7ffffffffff8, 1) == -EFAULT);
	CHECK(trap((void *)0xffff800000000000, 1) == -EFAULT);
	CHECK(trap((void *)-8L, 1) == -EFAULT);
	CHECK(CALL0(9999) == -ENOSYS && last.errstr[0]);
	CHECK(CALL0(SYS_ring) == -ENOSYS && last.errstr[0]);
	CHECK(CALL0(0) == -ENOSYS);
	CHECK(CALL0(-1) == -ENOSYS);
}

static void test_batch(void)
{
	struct syscall sc[MANY];
	int done = 0;

	for (int i = 0; i < MANY; i++)
		sc[i] = FILL(SYS_null, 0, 0, 0, 0, 0, 0, 0);
	sc[3].num = 9999;
	CHECK(trap(sc, MANY) == MANY);
	for (int i = 0; i < MANY; i++)
		done += is_done(&sc[i]);
	CHECK(done == MANY);
	CHECK(sc[3].retval == -1 && sc[3].err == ENOSYS);
	CHECK(sc[4].retval == 0 && sc[4].err == 0);
}

static void spin_until_done(struct syscall *sc)
{
	while (!is_done(sc))
		asm volatile("pause");
}

/* The rest of a batch goes on when one blocks. */
static void test_blocking(void)
{
	struct syscall sc[3] = {
		FILL(SYS_null, 0, 0, 0, 0, 0, 0, 0),
		FILL(SYS_block, 20000, 0, 0, 0, 0, 0, 0),
		FILL(SYS_getpcoreid, 0, 0, 0, 0, 0, 0, 0),
	};
	uint64_t hz = ((struct procinfo *)ROS_SHARED_BASE)->tsc_freq;
	uint64_t t = tsc();
	long taken = trap(sc, 3);
	int asleep = !is_done(&sc[1]);

	CHECK(taken == 3 && asleep);
	CHECK(is_done(&sc[0]) && is_done(&sc[2]));
	spin_until_done(&sc[1]);
	CHECK(sc[1].retval == 0 && sc[1].err == 0);
	CHECK(tsc() - t >= hz / 50);
	t = tsc();
	sc[0] = FILL(SYS_block, 10000, 0, 0, 0, 0, 0, SC_WAIT);
	CHECK(trap(sc, 1) == 1);
	CHECK(is_done(&sc[0]) && tsc() - t >= hz / 100);
	CHECK(CALL1(SYS_block, 0) == 0);
}

static void test_abort(void)
{
	struct syscall sc = FILL(SYS_block, 10000000, 0, 0, 0, 0, 0, 0);

	CHECK(trap(&sc, 1) == 1);
	CHECK(!is_done(&sc));
	CHECK(CALL1(SYS_abort_sysc, &sc) == 1);
	spin_until_done(&sc);
	CHECK(sc.retval == -1 && sc.err == EINTR);
	CHECK(CALL1(SYS_abort_sysc, &sc) == 0);
	CHECK(CALL1(SYS_abort_sysc, NULL) == -EINVAL);
	CHECK(CALL1(SYS_abort_sysc, 8) == -EFAULT);
	/* Marked before it begins. */
	sc = FILL(SYS_block, 10000000, 0, 0, 0, 0, 0, SC_ABORT);
	CHECK(trap(&sc, 1) == 1);
	spin_until_done(&sc);
	CHECK(sc.err == EINTR);
	CHECK(CALL1(SYS_block, 100) == 0); /* and nobody else is */
}

/* An event for a completion, by a bitmap mailbox. */
static void test_uevent(void)
{
	static struct event_queue_big q;
	struct syscall sc = FILL(SYS_block, 5000, 0, 0, 0, 0, 0, 0);
	uint32_t old = 0;

	q.ev_q.ev_mbox = &q.ev_imbox;
	q.ev_imbox.type = EV_MBOX_BITMAP;
	CHECK(trap(&sc, 1) == 1);
	sc.ev_q = &q.ev_q;
	CHECK(__atomic_compare_exchange_n(&sc.flags, &old, SC_UEVENT, 0,
					  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	spin_until_done(&sc);
	CHECK(flags_of(&sc) == (SC_UEVENT | SC_DONE));
	CHECK(q.ev_imbox.evbm.bits[0] & 1UL << EV_SYSCALL);
	/* Registered beforehand, and no blocking. */
	q.ev_imbox.evbm.bits[0] = 0;
	sc = FILL(SYS_null, 0, 0, 0, 0, 0, 0, SC_UEVENT);
	sc.ev_q = &q.ev_q;
	CHECK(trap(&sc, 1) == 1 && is_done(&sc));
	CHECK(q.ev_imbox.evbm.bits[0] & 1UL << EV_SYSCALL);
	/* A hostile queue harms nobody. */
	sc = FILL(SYS_null, 0, 0, 0, 0, 0, 0, SC_UEVENT);
	sc.ev_q = (struct event_queue *)0xffff800000000000;
	CHECK(trap(&sc, 1) == 1 && is_done(&sc));
}

static void test_memory(void)
{
	long at = CALL6(SYS_mmap, 0, 1 << 20, ROS_PROT_READ | ROS_PROT_WRITE,
			ROS_MAP_PRIVATE | ROS_MAP_ANONYMOUS, -1, 0);
	char *m = (char *)at;
	uint64_t t;

	CHECK(at > 0);
	if (at <= 0)
		return;
	m[0] = 1;
	t = tsc();
	for (int i = 1; i < 101; i++)
		m[i * PGSIZE] = 1;
	print_result("ticks per page fault", (tsc() - t) / 100);
	CHECK(m[0] == 1 && m[5000] == 0);
	CHECK(CALL2(SYS_munmap, at, 1 << 20) == 0);
	at = CALL1(SYS_brk, 0);
	CHECK(at == ((struct procinfo *)ROS_SHARED_BASE)->program_end);
	CHECK(CALL1(SYS_brk, at + 10000) == at + 10000);
	*(volatile int *)(at + 9000) = 1;
	CHECK(CALL6(SYS_mmap, 0, 0, 0, 0, -1, 0) < 0);
	CHECK(CALL3(SYS_write, 1, 0xffff800000000000, 10) == -EFAULT);
	CHECK(CALL3(SYS_write, 77, at, 10) == -EBADF);
}

static int wait_for(long pid)
{
	int status = -1;

	if (CALL4(SYS_waitpid, pid, &status, 0, 0) != pid)
		return -1;
	return status;
}

static void test_processes(void)
{
	long pid = CALL0(SYS_fork);
	uint64_t t;

	if (pid == 0)
		leave(7);
	CHECK(pid > 0);
	CHECK(wait_for(pid) == ROS_W_EXITCODE(7));
	CHECK(CALL4(SYS_waitpid, -1, 0, 0, 0) == -ECHILD);
	t = tsc();
	for (int i = 0; i < 10; i++) {
		pid = CALL0(SYS_fork);
		if (pid == 0)
			leave(0);
		wait_for(pid);
	}
	print_result("ticks per fork, exit, wait", (tsc() - t) / 10);
	pid = CALL0(SYS_fork);
	if (pid == 0) {
		*(volatile int *)8 = 1;
		leave(0);
	}
	CHECK(wait_for(pid) == ROS_W_SIGNAL(ROS_SIGSEGV));
	pid = CALL0(SYS_fork);
	if (pid == 0) {
		asm volatile("ud2");
		leave(0);
	}
	CHECK(wait_for(pid) == ROS_W_SIGNAL(ROS_SIGILL));
	pid = CALL0(SYS_fork);
	if (pid == 0)
		for (;;)
			CALL1(SYS_block, 1000000);
	CHECK(CALL1(SYS_block, 1000) == 0);
	CHECK(CALL2(SYS_kill, pid, ROS_SIGTERM) == 0);
	CHECK(wait_for(pid) == ROS_W_SIGNAL(ROS_SIGTERM));
}

/* A packed block of two arguments and one setting. */
static struct {
	struct argenv_hdr h;
	uint32_t off[3];
	char text[32];
} block = { { 2, 1 }, { 20, 27, 33 }, "raw\0\0\0\0child\0A=b" };

static void test_exec(void)
{
	static const char path[] = "/bin/init";
	struct proc_create_args c = {
		.path = path,
		.path_len = sizeof(path) - 1,
		.argenv = &block,
		.argenv_len = 20 + 17,
		.flags = PROC_DUP_FGRP | PROC_RUN,
		.dirfd = ROS_AT_FDCWD,
	};
	long pid = CALL0(SYS_fork);
	uint64_t t;

	if (pid == 0) {
		CALL6(SYS_exec, ROS_AT_FDCWD, path, sizeof(path) - 1, &block,
		      20 + 17, 0);
		print("# exec: ");
		print(last.errstr);
		leave(1);
	}
	CHECK(wait_for(pid) == ROS_W_EXITCODE(42));
	t = tsc();
	pid = CALL2(SYS_proc_create, &c, sizeof(c));
	CHECK(pid > 0 && wait_for(pid) == ROS_W_EXITCODE(42));
	print_result("ticks per spawn, exit, wait", tsc() - t);
	c.path = "/dev/null";
	CHECK(CALL2(SYS_proc_create, &c, sizeof(c)) < 0 && last.errstr[0]);
	CHECK(CALL6(SYS_exec, ROS_AT_FDCWD, "/nothing", 8, 0, 0, 0) == -ENOENT);
	CHECK(CALL6(SYS_exec, ROS_AT_FDCWD, path, sizeof(path) - 1, &block, 21,
		    0) == -EINVAL);
	CHECK(CALL6(SYS_exec, ROS_AT_FDCWD, path, sizeof(path) - 1, 8, 100,
		    0) == -EFAULT);
	CHECK(CALL4(SYS_waitpid, -1, 0, 0, 0) == -ECHILD);
}

static void test_pipe(void)
{
	char buf[16];
	int fd[2];
	long pid;

	CHECK(CALL2(SYS_pipe, fd, 0) == 0);
	CHECK(CALL3(SYS_write, fd[1], "hello", 5) == 5);
	CHECK(CALL3(SYS_read, fd[0], buf, 16) == 5 && buf[4] == 'o');
	pid = CALL0(SYS_fork);
	if (pid == 0) {
		CALL3(SYS_write, fd[1], "x", 1);
		leave(0);
	}
	CHECK(CALL3(SYS_read, fd[0], buf, 16) == 1 && buf[0] == 'x');
	CHECK(wait_for(pid) == 0);
	CHECK(CALL1(SYS_close, fd[1]) == 0);
	CHECK(CALL3(SYS_read, fd[0], buf, 16) == 0);
	CHECK(CALL1(SYS_close, fd[0]) == 0);
	CHECK(CALL1(SYS_close, fd[0]) == -EBADF);
}

static void measure(void)
{
	struct syscall sc[MANY];
	uint64_t t;

	for (int i = 0; i < MANY; i++)
		sc[i] = FILL(SYS_null, 0, 0, 0, 0, 0, 0, 0);
	trap(sc, MANY);
	t = tsc();
	for (int i = 0; i < 1000; i++) {
		sc[0].flags = 0;
		trap(sc, 1);
	}
	print_result("ticks per null call", (tsc() - t) / 1000);
	for (int i = 0; i < MANY; i++)
		sc[i].flags = 0;
	t = tsc();
	trap(sc, MANY);
	print_result("ticks per null call in a batch of 64",
		     (tsc() - t) / MANY);
}

static int child(int argc, char **argv, char **envp)
{
	int ok = argc == 2 && same(argv[0], "raw") && same(argv[1], "child") &&
		 same(envp[0], "A=b") && !envp[1];

	return ok ? 42 : 1;
}

int main(int argc, char **argv, char **envp)
{
	int me = ((struct procinfo *)ROS_SHARED_BASE)->pid;

	if (argc > 1)
		return child(argc, argv, envp);
	test_entry();
	test_batch();
	measure();
	test_blocking();
	test_abort();
	test_uevent();
	test_memory();
	test_processes();
	test_exec();
	test_pipe();
	print("1..");
	print_num(nr_checks);
	print(nr_failed ? "\n# some failed\n" : "\n# all passed\n");
	if (me == 1)
		CALL1(SYS_reboot, ROS_RB_POWEROFF);
	return nr_failed != 0;
}
