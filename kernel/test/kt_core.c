// SPDX-License-Identifier: MIT
/* Self tests of the rest of core: log, symbols, backtraces, trace, monitor; and
 * what the everyday operations cost (instructions, in a guest that counts). */
#include <test/ktest.h>

#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/alarm.h>
#include <core/console.h>
#include <core/core_priv.h>
#include <core/kthread.h>
#include <core/panic.h>
#include <core/rcu.h>
#include <core/trace.h>
#include <core/wait.h>
#include <lib/log.h>
#include <lib/string.h>
#include <ros/errno.h>

/* S11: nothing of this needs a kthread. */
KTEST(core_fail_without_kthread)
{
	struct kthread *k = cur_kthread_get();
	char buf[32];

	this_cpu(cur_kthread) = NULL;
	KT_CHECK_EQ(snprintf(buf, sizeof(buf), "%d of %s", 3, "four"), 9);
	KT_CHECK_EQ(fail(EINVAL, "no kthread keeps this %d", 1), -EINVAL);
	this_cpu(cur_kthread) = k;
	KT_CHECK(!strcmp(buf, "3 of four"));
	k->errstr[0] = 0;
	KT_CHECK_EQ(fail(ENOENT, "there is no %s", "spoon"), -ENOENT);
	KT_CHECK(!strcmp(k->errstr, "there is no spoon"));
	k->errstr[0] = 0;
}

KTEST(core_log_is_read_back)
{
	uint64_t pos = ~0UL, start;
	char buf[128];
	size_t n;

	KT_CHECK_EQ(log_read(&pos, buf, sizeof(buf)), 0); /* now at the end */
	start = pos;
	log("core_log_is_read_back %d", 42);
	n = log_read(&pos, buf, sizeof(buf) - 1);
	buf[n] = 0;
	KT_CHECK(n > 0 && pos == start + n);
	KT_CHECK(strstr(buf, "] core_log_is_read_back 42\n"));
	/* Positions long gone or not yet there. */
	pos = 0;
	KT_CHECK(log_read(&pos, buf, 1) == 1);
}

KTEST(core_symbols)
{
	uintptr_t off, at = ksym_addr("kthread_block");

	KT_CHECK_EQ(at, (uintptr_t)kthread_block);
	KT_CHECK(!strcmp(ksym_name(at, &off), "kthread_block") && off == 0);
	KT_CHECK(!strcmp(ksym_name(at + 3, &off), "kthread_block") && off == 3);
	KT_CHECK_EQ(ksym_addr("no_such_symbol"), 0);
	KT_CHECK(!ksym_name(0, &off));
	KT_CHECK(!ksym_name(~0UL, &off));
}

/* S10 */
KTEST(core_backtraces_survive)
{
	static const uintptr_t bad[] = {
		0, 1, 0x10, 0x1000, USER_END, USER_END - 8, ~0UL, ~7UL,
		KPHYSMAP_BASE, KVMAP_BASE, KVMAP_BASE + KVMAP_SIZE - 8,
		0x8000000000000000UL, 0xfee00000UL + KPHYSMAP_BASE,
	};
	struct user_context ctx = { .rip = 0x400000 };
	uintptr_t pcs[8], loop[2];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		KT_CHECK_EQ(backtrace_collect(1, bad[i], pcs, 8), 1);
		ctx.rbp = bad[i];
		backtrace_user(&ctx);
	}
	/* A frame that is its own caller comes to an end. */
	loop[0] = (uintptr_t)loop;
	loop[1] = (uintptr_t)kthread_block;
	KT_CHECK(backtrace_collect(1, (uintptr_t)loop, pcs, 8) < 8);
}

static int run(const char *command)
{
	char line[64];

	strlcpy(line, command, sizeof(line));
	return monitor_run(line);
}

KTEST(core_monitor)
{
	KT_CHECK_EQ(run(""), 0);
	KT_CHECK_EQ(run("   "), 0);
	KT_CHECK_EQ(run("nonsense"), -ENOENT);
	KT_CHECK_EQ(run("cores"), 0);
	KT_CHECK_EQ(run("kthreads"), 0);
	KT_CHECK_EQ(run("kfunc kthread_count"), 0);
	KT_CHECK_EQ(run("kfunc kfunc"), -ENOENT);
	KT_CHECK_EQ(run("kfunc strlen trace_on_x"), -EINVAL);
	KT_CHECK_EQ(run("kfunc strlen 1 2 3 4 5"), -EINVAL);
	KT_CHECK_EQ(run("bt 100000"), -ENXIO);
	for (unsigned int i = 0; i < nr_cores; i++) {
		char line[16];

		snprintf(line, sizeof(line), "bt %u", i);
		KT_CHECK_EQ(monitor_run(line), 0);
	}
}

KTEST(core_trace)
{
	KT_LEAKY(); /* the rings stay */
	KT_CHECK_EQ(trace_set(true), 0);
	for (unsigned int i = 0; i < 2 * TRACE_LEN; i++)
		trace(TR_USER, i, kthread_block);
	KT_CHECK(!kthread_usleep(100));
	KT_CHECK_EQ(trace_set(false), 0);
	trace_print(5);
}

/*
 * Costs.
 */
#define ROUNDS 200

static struct semaphore sem_a, sem_b;

static void sem_echo(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		sem_down_uninterruptible(&sem_a);
		sem_up(&sem_b);
	}
}

static void cost_sleeping(void)
{
	uint64_t start;

	sem_init(&sem_a, 0);
	sem_init(&sem_b, 0);
	KT_CHECK(!kthread_spawn(core_id(), "echo", sem_echo, NULL));
	KT_CHECK(!kthread_usleep(10));
	start = read_tsc();
	for (int i = 0; i < ROUNDS; i++) {
		sem_up(&sem_a);
		sem_down_uninterruptible(&sem_b);
	}
	kt_note("semaphore up and down with a switch: %lu",
		(read_tsc() - start) / ROUNDS / 2);
}

#define COST(what, code)                                                       \
	do {                                                                   \
		uint64_t start_ = read_tsc();                                  \
                                                                               \
		for (int i_ = 0; i_ < ROUNDS; i_++) {                          \
			code;                                                  \
		}                                                              \
		kt_note("%s: %lu", what, (read_tsc() - start_) / ROUNDS);      \
	} while (0)

static void nothing(struct alarm *a)
{
}

static void no_call(uintptr_t a0, uintptr_t a1, uintptr_t a2)
{
}

KTEST(core_costs)
{
	struct rwlock rw;
	struct mutex m;
	struct alarm a;

	mutex_init(&m);
	rwlock_init(&rw);
	alarm_init(&a, nothing, NULL);
	cost_sleeping();
	COST("mutex lock and unlock", mutex_lock(&m); mutex_unlock(&m));
	COST("read lock and unlock", read_lock(&rw); read_unlock(&rw));
	COST("write lock and unlock", write_lock(&rw); write_unlock(&rw));
	COST("semaphore up and down", sem_up(&sem_a);
	     sem_down_uninterruptible(&sem_a));
	COST("alarm set and unset", alarm_set_usec(&a, 1000000);
	     alarm_unset(&a));
	COST("call of all cores", kmsg_call_cores(NULL, no_call, 0, 0, 0));
}
