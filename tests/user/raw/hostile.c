// SPDX-License-Identifier: MIT
/*
 * Every system-call number with arguments that mean harm: the kernel answers
 * with an error, or the process alone dies.  Each number gets a child of its
 * own that calls it many times, without waiting for what blocks; memory is
 * compared before and after.
 */
#include "raw.h"

#define CALLS_PER_CHILD 200
#define PENDING		8

static uint64_t seed = 1;
static char buf[3 * PGSIZE] __attribute__((aligned(PGSIZE)));
static char path[] = "/tmp/hostile";
static struct syscall pending[PENDING];

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static uint64_t nasty(void)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 4, 7, 8, 12, 16, 64, 72, 255, 4095, 4096, 4097,
		-1UL, -2UL, -100UL, -4095UL, -4096UL, 0x7fffffff, 0x80000000,
		0xffffffff, 1UL << 32, 1UL << 46, 1UL << 47, 1UL << 63,
		0x7ffffffff000, 0x7ffffffffff8, 0x800000000000,
		0xffff800000000000, 0xffffffff80100000, 0xfffffffffffffff8,
		ROS_SHARED_BASE, ROS_SHARED_BASE + ROS_PROCDATA_OFF,
		ROS_STACK_TOP, ROS_BRK_MAX, 10000, 100000,
	};
	uint64_t r = next_random();

	switch (r >> 8 & 7) {
	case 0:
		return ARG(buf) + (r >> 16 & 0x1fff);
	case 1:
		return ARG(path);
	case 2:
		return ARG(buf) + 2 * PGSIZE - (r >> 16 & 63);
	case 3:
		return r;
	default:
		return values[(r >> 16) % (sizeof(values) / sizeof(*values))];
	}
}

/* Not with these: they end the machine, or only leave this program. */
static int spared(int num)
{
	return num == SYS_reboot || num == SYS_proc_destroy;
}

static void __attribute__((noreturn)) child(int num, int user)
{
	if (user)
		CALL3(SYS_setuid, 1000, 1000, 1000);
	CALL0(SYS_setsid);
	seed = num * 2 + user + 1;
	for (int i = 0; i < CALLS_PER_CHILD; i++) {
		struct syscall *sc = &pending[i % PENDING];
		uint64_t r = next_random();

		for (int j = 0; j < 8; j++)
			((uint64_t *)buf)[next_random() % 1500] = nasty();
		if (!(flags_of(sc) & SC_DONE) && sc->num)
			CALL1(SYS_abort_sysc, sc);
		*sc = FILL(num, nasty(), nasty(), nasty(), nasty(), nasty(),
			   nasty(), r & 7 ? 0 : r >> 8 & 0x5f);
		sc->ev_q = (struct event_queue *)nasty();
		/* kill(-1) would end the others, and all of them the first. */
		if ((num == SYS_kill || num == SYS_sigqueue ||
		     num == SYS_notify) && (int)sc->arg0 <= 1)
			continue;
		trap(sc, 1);
		if (num == SYS_fork && sc->retval == 0)
			leave(0);
	}
	leave(0);
}

/* Gives it a while, then ends it. */
static int reap(long pid)
{
	int status = -1;

	for (int i = 0; i < 200; i++) {
		long got = CALL4(SYS_waitpid, pid, &status, ROS_WNOHANG, 0);

		if (got)
			return got == pid;
		CALL1(SYS_block, i < 20 ? 500 : 5000);
	}
	CALL2(SYS_kill, pid, ROS_SIGKILL);
	return CALL4(SYS_waitpid, pid, &status, 0, 0) == pid;
}

static uint64_t free_bytes(void)
{
	struct ros_sysinfo si;

	return CALL2(SYS_sysinfo, &si, sizeof(si)) > 0 ? si.mem_free : 0;
}

static void all_numbers(int user)
{
	int bad = 0;

	for (int num = 0; num <= SYS_MAX; num++) {
		long pid;

		if (spared(num))
			continue;
		pid = CALL0(SYS_fork);
		if (pid == 0)
			child(num, user);
		if (pid < 0 || !reap(pid)) {
			bad++;
			print_result("lost at number", num);
		}
		CALL3(SYS_unlink, ROS_AT_FDCWD, path, sizeof(path) - 1);
		/* Whatever a child left behind. */
		while (CALL4(SYS_waitpid, -1, 0, ROS_WNOHANG, 0) > 0)
			;
	}
	CHECK(bad == 0);
}

int main(int argc, char **argv, char **envp)
{
	uint64_t before;

	all_numbers(0);
	before = free_bytes();
	all_numbers(1);
	print_result("bytes lost", before - free_bytes());
	CHECK(free_bytes() + (1 << 20) > before);
	print(nr_failed ? "# some failed\n" : "# all passed\n");
	if (((struct procinfo *)ROS_SHARED_BASE)->pid == 1)
		CALL1(SYS_reboot, ROS_RB_POWEROFF);
	return nr_failed != 0;
}
