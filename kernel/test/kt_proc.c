// SPDX-License-Identifier: MIT
/*
 * Processes on the real machine, without a program loader: a page of code
 * (kt_proc_user.S), a page of calls, and the kernel as parent.
 */
#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/uaccess.h>
#include <core/kthread.h>
#include <core/rcu.h>
#include <core/wait.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <proc/proc_priv.h>
#include <proc/time.h>
#include <ros/errno.h>
#include <sched/sched.h>
#include <test/ktest.h>
#include <vm/vm.h>

extern const char kt_user_start[], kt_user_end[];
extern const char kt_user_repeat[], kt_user_spin[], kt_user_fork[];
extern const char kt_user_vcore[], kt_user_sleep[];

#define CODE  0x400000UL
#define CALLS (CODE + PGSIZE)
#define SPUN  (CALLS + 8 * sizeof(struct syscall)) /* the spinner's count */

struct kt_proc {
	struct proc *p;
	struct syscall calls[3];
};

static uintptr_t code_addr(const char *sym)
{
	return CODE + (sym - kt_user_start);
}

static void set_call(struct kt_proc *t, int i, uint32_t num, uint64_t a0,
		     uint64_t a1)
{
	t->calls[i] = (struct syscall){ .num = num, .arg0 = a0, .arg1 = a1 };
}

/* A process of `parent` with call 0 as given, call 1 an exit with `code`. */
static struct kt_proc kt_make(struct proc *parent, uint32_t num, uint64_t a0,
			      int code)
{
	struct kt_proc t = { 0 };
	const struct vm_map_args a = {
		.addr = CODE,
		.len = 2 * PGSIZE,
		.prot = ROS_PROT_READ | ROS_PROT_WRITE | ROS_PROT_EXEC,
		.flags = ROS_MAP_PRIVATE | ROS_MAP_ANONYMOUS | ROS_MAP_FIXED,
	};
	uintptr_t at;

	if (proc_new(parent, parent ? 0 : PROC_NEW_ORPHAN, &t.p))
		panic("no process for a test");
	set_call(&t, 0, num, a0, 0);
	set_call(&t, 1, SYS_proc_destroy, 0, code);
	set_call(&t, 2, SYS_null, 0, 0);
	proc_set_name(t.p, "kt_proc");
	KT_CHECK_EQ(vm_map(t.p->as, &a, &at), 0);
	return t;
}

static void kt_start(struct kt_proc *t, const char *entry, uint64_t times,
		     uint32_t flags)
{
	struct aspace *old = aspace_borrow(t->p->as);

	KT_CHECK_EQ(copy_to_user((void *)CODE, kt_user_start,
				 kt_user_end - kt_user_start), 0);
	KT_CHECK_EQ(copy_to_user((void *)CALLS, t->calls, sizeof(t->calls)), 0);
	aspace_return(old);
	user_context_init(&t->p->ctx, code_addr(entry), 0);
	t->p->ctx.rbx = CALLS;
	t->p->ctx.r12 = times;
	t->p->ctx.r13 = flags;
	proc_run(t->p);
	proc_put(t->p);
}

static uint64_t spun(struct proc *p)
{
	struct aspace *old = aspace_borrow(p->as);
	uint64_t v = 0;

	if (get_user_u64(&v, (void *)SPUN))
		kt_fail(__FILE__, __LINE__, "the count is not there");
	aspace_return(old);
	return v;
}

/* The parent of a test's processes; it never runs. */
static struct proc *kt_parent(void)
{
	struct proc *p;

	if (proc_new(NULL, PROC_NEW_ORPHAN, &p))
		panic("no process for a test");
	return p;
}

/* Everything of the test is gone, but for the processes there were before. */
static void kt_settle(unsigned int before)
{
	for (int i = 0; i < 2000 && proc_count() != before; i++)
		(void)!kthread_usleep(1000);
	KT_CHECK_EQ(proc_count(), before);
	rcu_barrier();
}

static int kt_wait(struct proc *parent, int pid, int options)
{
	int status = -1, ret = proc_wait(parent, pid, options, &status, NULL);

	return ret > 0 ? status : ret;
}

KTEST(proc_discard)
{
	unsigned int before = proc_count();

	for (int i = 0; i < 50; i++) {
		struct proc *p = kt_parent();

		KT_CHECK(p->pid > 1);
		proc_discard(p);
	}
	kt_settle(before);
}

KTEST(proc_exit_code)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent();
	struct kt_proc t;

	for (int i = 1; i <= 20; i++) {
		t = kt_make(parent, SYS_null, 0, i);
		kt_start(&t, kt_user_repeat, 10, 0);
		KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_EXITCODE(i));
	}
	KT_CHECK_EQ(kt_wait(parent, -1, 0), -ECHILD);
	KT_CHECK_EQ(kt_wait(parent, -1, ROS_WNOHANG), -ECHILD);
	proc_discard(parent);
	kt_settle(before);
}

KTEST(proc_fault_kills)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent();
	struct kt_proc t = kt_make(parent, SYS_null, 0, 0);

	kt_start(&t, kt_user_end, 1, 0); /* runs into zeros: a bad address */
	KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_SIGNAL(ROS_SIGSEGV));
	proc_discard(parent);
	kt_settle(before);
}

/* More than there are cores, each giving way all the time. */
KTEST(proc_yield_storm)
{
	unsigned int before = proc_count(), n = 3 * nr_cores;
	struct proc *parent = kt_parent();
	struct kt_proc t;

	for (unsigned int i = 0; i < n; i++) {
		t = kt_make(parent, SYS_proc_yield, 1, 3);
		kt_start(&t, kt_user_repeat, 300, 0);
	}
	for (unsigned int i = 0; i < n; i++)
		KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_EXITCODE(3));
	proc_discard(parent);
	kt_settle(before);
}

/* Calls that block: waiting in the trap, and going on meanwhile. */
static void block_storm(uint32_t flags)
{
	unsigned int before = proc_count(), n = 2 * nr_cores;
	struct proc *parent = kt_parent();
	struct kt_proc t;

	for (unsigned int i = 0; i < n; i++) {
		t = kt_make(parent, SYS_block, 200, 4);
		kt_start(&t, kt_user_repeat, 20, flags);
	}
	for (unsigned int i = 0; i < n; i++)
		KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_EXITCODE(4));
	proc_discard(parent);
	kt_settle(before);
}

KTEST(proc_wait_here)
{
	block_storm(SC_WAIT);
}

KTEST(proc_block_async)
{
	block_storm(0);
}

/* Processes that never give way share a core by slices; killed in the end. */
KTEST(proc_slices)
{
	unsigned int before = proc_count(), n = nr_cores + 2;
	struct proc *parent = kt_parent(), *p;
	int pids[128], status;

	if (n > ARRAY_SIZE(pids))
		n = ARRAY_SIZE(pids);
	for (unsigned int i = 0; i < n; i++) {
		struct kt_proc t = kt_make(parent, SYS_null, 0, 0);

		pids[i] = t.p->pid;
		kt_start(&t, kt_user_spin, 0, 0);
	}
	KT_CHECK_EQ(kthread_usleep(SCHED_SLICE_USEC * 8), 0);
	for (unsigned int i = 0; i < n; i++) {
		p = proc_lookup(pids[i]);
		KT_CHECK(p != NULL);
		if (!p)
			continue;
		for (int ms = 0; ms < 5000 && !spun(p); ms++)
			(void)!kthread_usleep(1000);
		KT_CHECK(spun(p) > 0);
		KT_CHECK_EQ(signal_send(p, ROS_SIGKILL, 0, 0), 0);
		proc_put(p);
	}
	for (unsigned int i = 0; i < n; i++) {
		KT_CHECK_EQ(proc_wait(parent, pids[i], 0, &status, NULL),
			    pids[i]);
		KT_CHECK_EQ(status, ROS_W_SIGNAL(ROS_SIGKILL));
	}
	proc_discard(parent);
	kt_settle(before);
}

KTEST(proc_stop_continue)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent(), *p;
	struct kt_proc t = kt_make(parent, SYS_null, 0, 0);
	uint64_t at;

	p = t.p;
	proc_get(p);
	kt_start(&t, kt_user_spin, 0, 0);
	KT_CHECK_EQ(kthread_usleep(2000), 0);
	for (int i = 0; i < 10; i++) {
		signal_send(p, ROS_SIGSTOP, 0, 0);
		KT_CHECK_EQ(kt_wait(parent, -1, ROS_WUNTRACED),
			    ROS_W_STOPCODE(ROS_SIGSTOP));
		KT_CHECK_EQ(kthread_usleep(1000), 0);
		at = spun(p);
		KT_CHECK_EQ(kthread_usleep(2000), 0);
		KT_CHECK_EQ(spun(p), at);
		signal_send(p, ROS_SIGCONT, 0, 0);
		KT_CHECK_EQ(kt_wait(parent, -1, ROS_WCONTINUED),
			    ROS_W_CONTINUED);
		KT_CHECK_EQ(kthread_usleep(2000), 0);
		KT_CHECK(spun(p) != at);
	}
	signal_send(p, ROS_SIGTERM, 0, 0);
	KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_SIGNAL(ROS_SIGTERM));
	proc_put(p);
	proc_discard(parent);
	kt_settle(before);
}

KTEST(proc_fork_storm)
{
	unsigned int before = proc_count(), n = nr_cores + 1;
	struct proc *parent = kt_parent();
	struct kt_proc t;

	for (unsigned int i = 0; i < n; i++) {
		t = kt_make(parent, SYS_fork, 0, 5);
		t.calls[2] = (struct syscall){ .num = SYS_waitpid,
					       .arg0 = -1UL };
		kt_start(&t, kt_user_fork, 20, SC_WAIT);
	}
	for (unsigned int i = 0; i < n; i++)
		KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_EXITCODE(5));
	proc_discard(parent);
	kt_settle(before);
}

/* A spinning process is made to enter its vcore context. */
KTEST(proc_notify)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent(), *p;
	struct kt_proc t;

	for (int i = 0; i < 10; i++) {
		t = kt_make(parent, SYS_null, 0, 6);
		p = t.p;
		proc_get(p);
		p->vcpd0->vcore_entry = code_addr(kt_user_vcore);
		p->vcpd0->vcore_stack = CALLS + PGSIZE;
		p->vcpd0->flags &= ~VC_SCP_NOVCCTX;
		p->vcpd0->runtime[0] = CALLS + sizeof(struct syscall);
		kt_start(&t, kt_user_spin, 0, 0);
		KT_CHECK_EQ(kthread_usleep(i * 300), 0);
		vcore_notify(p, 0);
		KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_EXITCODE(6));
		proc_put(p);
	}
	proc_discard(parent);
	kt_settle(before);
}

/* Made, run, killed at a random moment, on all cores at once. */
static void storm(void *arg)
{
	struct proc *parent = arg;
	uint64_t seed = core_id() + 1;

	for (int i = 0; i < 30; i++) {
		uint64_t r = kt_random(&seed);
		uint32_t num = r & 1 ? SYS_block : SYS_proc_yield;
		struct kt_proc t = kt_make(parent, num, r % 300, 0);
		struct proc *p = t.p;

		proc_get(p);
		kt_start(&t, r & 2 ? kt_user_spin : kt_user_repeat, 100,
			 r & 4 ? SC_WAIT : 0);
		if (r & 8)
			(void)!kthread_usleep(r % 700);
		signal_send(p, r & 16 ? ROS_SIGKILL : ROS_SIGSTOP, 0, 0);
		signal_send(p, ROS_SIGKILL, 0, 0);
		proc_put(p);
	}
}

KTEST(proc_kill_storm)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent();
	int n = 0;

	kt_on_each_core(storm, parent);
	while (proc_wait(parent, -1, 0, NULL, NULL) > 0)
		n++;
	KT_CHECK_EQ(n, 30 * nr_cores);
	proc_discard(parent);
	kt_settle(before);
}

/* Rows 1 and 2: each wake-up of a process that yields at once is followed by at
 * least one return from its yield, however the two meet. */
static void waker(void *arg)
{
	struct proc *p = arg;
	uint64_t seed = 7, until, was;

	for (int i = 0; i < 3000; i++) {
		was = spun(p);
		proc_wakeup(p);
		until = read_tsc() + ns_to_tsc(2000000000UL);
		for (int n = 0; spun(p) == was && read_tsc() < until; n++)
			if (n > 50) /* it may be queued for this core */
				(void)!kthread_usleep(1);
		if (spun(p) == was) {
			kt_fail(__FILE__, __LINE__, "wake-up %d was lost", i);
			return;
		}
		for (uint64_t n = kt_random(&seed) % 200; n; n--)
			cpu_relax();
	}
}

KTEST(proc_wakeup_is_lossless)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent(), *p;
	struct kt_proc t = kt_make(parent, SYS_proc_yield, 0, 0);

	p = t.p;
	proc_get(p);
	kt_start(&t, kt_user_sleep, 0, 0);
	KT_CHECK_EQ(kthread_usleep(1000), 0);
	kt_on_core(nr_cores - 1, waker, p);
	signal_send(p, ROS_SIGKILL, 0, 0);
	KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_SIGNAL(ROS_SIGKILL));
	proc_put(p);
	proc_discard(parent);
	kt_settle(before);
}

/* Queues and mailboxes of nonsense: lost messages, and nothing else. */
static void hostile_fill(uint64_t *at, size_t words, uint64_t *seed)
{
	for (size_t i = 0; i < words; i++) {
		uint64_t r = kt_random(seed);

		switch (r & 7) {
		case 0:
			at[i] = CALLS + (r >> 8) % PGSIZE / 8 * 8;
			break;
		case 1:
			at[i] = r >> 8;
			break;
		case 2:
			at[i] = ~0UL - (r >> 56);
			break;
		case 3:
			at[i] = USER_END - (r >> 8) % 64;
			break;
		default:
			at[i] = (r >> 8) % 5;
			break;
		}
	}
}

KTEST(proc_hostile_mailboxes)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent();
	struct kt_proc t = kt_make(parent, SYS_null, 0, 0);
	struct event_queue *q = (void *)(CALLS + 2048);
	static uint64_t junk[PGSIZE / 8];
	struct event_msg msg = { .ev_arg3 = q };
	uint64_t seed = 3;

	for (int i = 0; i < 3000; i++) {
		struct aspace *old;

		hostile_fill(junk, ARRAY_SIZE(junk), &seed);
		/* A likely queue at 2048, and likely types wherever. */
		((struct event_queue *)&junk[256])->ev_flags = junk[0];
		if (i & 1)
			junk[256] = CALLS + 8 * (kt_random(&seed) % 240);
		old = aspace_borrow(t.p->as);
		KT_CHECK_EQ(copy_to_user((void *)CALLS, junk, PGSIZE), 0);
		aspace_return(old);
		memcpy(t.p->vcpd0, junk, i & 2 ? sizeof(*t.p->vcpd0) : 0);
		msg.ev_type = kt_random(&seed) % 80;
		t.p->pd->kernel_evts[0] = (void *)(i & 4 ? junk[9] : CALLS);
		evq_post(t.p, q, &msg, junk[3]);
		evq_post(t.p, (void *)junk[5], &msg, 0);
		evq_post_kernel(t.p, &msg);
		vcore_post(t.p, &msg, 0, i & 8);
	}
	proc_discard(t.p);
	proc_discard(parent);
	kt_settle(before);
}

KTEST(proc_groups)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent();
	struct kt_proc a = kt_make(parent, SYS_null, 0, 0);
	struct kt_proc b = kt_make(parent, SYS_null, 0, 0);
	int pgid = a.p->pid;

	KT_CHECK_EQ(a.p->pgid, parent->pid);
	KT_CHECK_EQ(proc_setpgid(parent, a.p->pid, 0), 0);
	KT_CHECK_EQ(proc_setpgid(parent, b.p->pid, pgid), 0);
	KT_CHECK_EQ(b.p->pgid, pgid);
	KT_CHECK_EQ(b.p->pi->pgid, pgid);
	KT_CHECK_EQ(proc_setpgid(parent, b.p->pid, 999999), -EPERM);
	KT_CHECK(proc_group_exists(pgid, parent->sid));
	kt_start(&a, kt_user_spin, 0, 0);
	kt_start(&b, kt_user_spin, 0, 0);
	KT_CHECK_EQ(signal_kill_group(pgid, ROS_SIGHUP), 0);
	for (int i = 0; i < 2; i++)
		KT_CHECK_EQ(kt_wait(parent, -pgid, 0),
			    ROS_W_SIGNAL(ROS_SIGHUP));
	KT_CHECK(!proc_group_exists(pgid, parent->sid));
	KT_CHECK_EQ(signal_kill_group(pgid, ROS_SIGHUP), -ESRCH);
	proc_discard(parent);
	kt_settle(before);
}

KTEST(proc_pending_signals)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent(), *p;
	struct kt_proc t = kt_make(parent, SYS_null, 0, 0);

	p = t.p;
	proc_get(p);
	p->pd->sig_blocked = ROS_SIGBIT(ROS_SIGTERM) | ROS_SIGBIT(40);
	kt_start(&t, kt_user_spin, 0, 0);
	KT_CHECK_EQ(signal_send(p, ROS_SIGTERM, 0, 0), 0);
	KT_CHECK_EQ(signal_send(p, ROS_SIGTERM, 0, 0), 0);
	KT_CHECK_EQ(p->nr_sig_info, 1);
	for (int i = 0; i < 3; i++)
		KT_CHECK_EQ(signal_send(p, 40, 0, i), 0);
	KT_CHECK_EQ(p->nr_sig_info, 4);
	KT_CHECK_EQ(signal_send(p, 65, 0, 0), -EINVAL);
	KT_CHECK(!proc_is_dying(p));
	p->pd->sig_ignored = ROS_SIGBIT(40);
	p->pd->sig_blocked = 0;
	signal_recheck(p); /* the first is TERM */
	KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_SIGNAL(ROS_SIGTERM));
	proc_put(p);
	proc_discard(parent);
	kt_settle(before);
}

/* What is killed before its maker is done with it is there until then. */
KTEST(proc_killed_in_the_making)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent();

	for (int run = 0; run < 2; run++) {
		struct kt_proc t = kt_make(parent, SYS_null, 0, 0);

		KT_CHECK_EQ(signal_send(t.p, ROS_SIGKILL, 0, 0), 0);
		KT_CHECK(proc_is_dying(t.p));
		KT_CHECK_EQ(kthread_usleep(2000), 0);
		KT_CHECK(t.p->as != NULL);
		if (run) {
			kt_start(&t, kt_user_spin, 0, 0);
		} else {
			proc_made(t.p);
			proc_put(t.p);
		}
		KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_SIGNAL(ROS_SIGKILL));
	}
	proc_discard(parent);
	kt_settle(before);
}

/* Other signals wait until it runs. */
KTEST(proc_signalled_in_the_making)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent();
	struct kt_proc a = kt_make(parent, SYS_null, 0, 0);
	struct kt_proc b = kt_make(parent, SYS_null, 0, 0);
	int pid = b.p->pid;

	KT_CHECK_EQ(signal_send(a.p, ROS_SIGTERM, 0, 0), 0);
	KT_CHECK_EQ(a.p->state, PROC_CREATED);
	kt_start(&a, kt_user_spin, 0, 0);
	KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_SIGNAL(ROS_SIGTERM));
	KT_CHECK_EQ(signal_send(b.p, ROS_SIGSTOP, 0, 0), 0);
	kt_start(&b, kt_user_repeat, 1, 0);
	KT_CHECK_EQ(kt_wait(parent, pid, ROS_WUNTRACED),
		    ROS_W_STOPCODE(ROS_SIGSTOP));
	KT_CHECK_EQ(signal_kill(pid, ROS_SIGCONT), 0);
	KT_CHECK_EQ(kt_wait(parent, pid, 0), ROS_W_EXITCODE(0));
	proc_discard(parent);
	kt_settle(before);
}

/* A spinner in state STOPPED. */
static struct proc *kt_stopped(struct proc *parent, bool own_group)
{
	struct kt_proc t = kt_make(parent, SYS_null, 0, 0);
	struct proc *p = t.p;

	proc_get(p);
	if (own_group)
		KT_CHECK_EQ(proc_setpgid(parent, p->pid, 0), 0);
	kt_start(&t, kt_user_spin, 0, 0);
	KT_CHECK_EQ(signal_send(p, ROS_SIGSTOP, 0, 0), 0);
	KT_CHECK_EQ(kt_wait(parent, p->pid, ROS_WUNTRACED),
		    ROS_W_STOPCODE(ROS_SIGSTOP));
	for (int i = 0; i < 1000 && p->state != PROC_STOPPED; i++)
		(void)!kthread_usleep(1000);
	KT_CHECK_EQ(p->state, PROC_STOPPED);
	return p;
}

KTEST(proc_stopped_keeps_signals)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent();
	struct proc *p = kt_stopped(parent, false);

	KT_CHECK_EQ(signal_send(p, ROS_SIGTERM, 0, 0), 0);
	KT_CHECK_EQ(kthread_usleep(2000), 0);
	KT_CHECK_EQ(p->state, PROC_STOPPED);
	KT_CHECK_EQ(signal_send(p, ROS_SIGCONT, 0, 0), 0);
	KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_SIGNAL(ROS_SIGTERM));
	proc_put(p);
	p = kt_stopped(parent, false);
	KT_CHECK_EQ(signal_send(p, ROS_SIGKILL, 0, 0), 0);
	KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_SIGNAL(ROS_SIGKILL));
	proc_put(p);
	proc_discard(parent);
	kt_settle(before);
}

/* The shell goes: its stopped job is told; a terminal cannot stop whom nobody
 * continues. */
KTEST(proc_orphaned_group)
{
	unsigned int before = proc_count();
	struct proc *top = kt_parent(), *job;
	struct kt_proc shell = kt_make(top, SYS_null, 0, 0);
	struct kt_proc alone = kt_make(top, SYS_null, 0, 0);

	job = kt_stopped(shell.p, true);
	KT_CHECK(!group_orphaned(job->pgid, NULL));
	proc_discard(shell.p);
	for (int i = 0; i < 2000 && job->state != PROC_ZOMBIE; i++)
		(void)!kthread_usleep(1000);
	KT_CHECK_EQ(job->exit_status, ROS_W_SIGNAL(ROS_SIGHUP));
	proc_put(job);
	KT_CHECK(group_orphaned(alone.p->pgid, NULL));
	kt_start(&alone, kt_user_spin, 0, 0);
	KT_CHECK_EQ(signal_kill(alone.p->pid, ROS_SIGTSTP), 0);
	KT_CHECK_EQ(kthread_usleep(2000), 0);
	KT_CHECK(alone.p->state == PROC_RUNNING_S ||
		 alone.p->state == PROC_RUNNABLE_S);
	KT_CHECK_EQ(signal_kill(alone.p->pid, ROS_SIGKILL), 0);
	KT_CHECK_EQ(kt_wait(top, -1, 0), ROS_W_SIGNAL(ROS_SIGKILL));
	proc_discard(top);
	kt_settle(before);
}

/* Starts a process where the core seems to be free, and does not let go. */
static void start_and_hog(void *arg)
{
	struct kt_proc *t = arg;
	struct proc *p = t->p;
	uint64_t end;

	kt_start(t, kt_user_spin, 0, 0);
	end = read_tsc() + tsc_freq / 2;
	while (!atomic_load(&p->nr_switches) && read_tsc() < end)
		cpu_relax();
	KT_CHECK(atomic_load(&p->nr_switches) > 0);
}

KTEST(proc_idle_core_takes_over)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent(), *p;
	struct kt_proc t;

	for (int i = 0; i < 5 && nr_cores > 1; i++) {
		t = kt_make(parent, SYS_null, 0, 0);
		p = t.p;
		proc_get(p);
		kt_on_core(1, start_and_hog, &t);
		KT_CHECK_EQ(signal_send(p, ROS_SIGKILL, 0, 0), 0);
		KT_CHECK_EQ(kt_wait(parent, -1, 0), ROS_W_SIGNAL(ROS_SIGKILL));
		proc_put(p);
	}
	proc_discard(parent);
	kt_settle(before);
}

KTEST(proc_clock)
{
	uint64_t t0 = time_mono_ns(), w0;

	KT_CHECK_EQ(kthread_usleep(5000), 0);
	KT_CHECK(time_mono_ns() - t0 >= 5000000);
	w0 = time_wall_ns();
	KT_CHECK(w0 > 946684800UL * 1000000000UL); /* 2000 */
	time_set_wall(w0 + 1000000000UL);
	KT_CHECK(time_wall_ns() >= w0 + 1000000000UL);
	KT_CHECK(time_wall_ns() < w0 + 3000000000UL);
	time_set_wall(time_wall_ns() - 1000000000UL);
}

/* The second of two rounds: ticks per turn, instructions under icount. */
static uint64_t cost(struct proc *parent, uint32_t num, uint64_t arg,
		     const char *entry, uint32_t flags, uint64_t turns)
{
	uint64_t t0 = 0;

	for (int round = 0; round < 2; round++) {
		struct kt_proc t = kt_make(parent, num, arg, 0);

		if (num == SYS_fork)
			set_call(&t, 2, SYS_waitpid, -1UL, 0);
		t0 = read_tsc();
		kt_start(&t, entry, turns, flags);
		kt_wait(parent, -1, 0);
		t0 = read_tsc() - t0;
	}
	return t0 / turns;
}

KTEST(proc_cost_fork)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent();

	kt_note("fork, exit, wait: %lu ticks",
		cost(parent, SYS_fork, 0, kt_user_fork, SC_WAIT, 100));
	proc_discard(parent);
	kt_settle(before);
}

KTEST(proc_cost_call)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent();

	kt_note("null call: %lu ticks",
		cost(parent, SYS_null, 0, kt_user_repeat, 0, 1000));
	kt_note("yield, alone: %lu ticks",
		cost(parent, SYS_proc_yield, 1, kt_user_repeat, 0, 1000));
	proc_discard(parent);
	kt_settle(before);
}

/* Two that give way to each other on one core: half of it is one switch. */
KTEST(proc_cost_switch)
{
	unsigned int before = proc_count();
	struct proc *parent = kt_parent();
	static struct kt_proc t[2];
	uint64_t t0;

	for (int i = 0; i < 2; i++)
		t[i] = kt_make(parent, SYS_proc_yield, 1, 0);
	t0 = read_tsc();
	for (int i = 0; i < 2; i++)
		kt_start(&t[i], kt_user_repeat, 1000, 0);
	for (int i = 0; i < 2; i++)
		kt_wait(parent, -1, 0);
	t0 = read_tsc() - t0;
	kt_note("switch between two: %lu ticks", t0 / 2000);
	proc_discard(parent);
	kt_settle(before);
}
