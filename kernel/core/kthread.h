// SPDX-License-Identifier: MIT
/*
 * Kernel threads: a stack, and what runs on it.  No preemption: a kthread runs
 * until it blocks, finishes, or goes back to core_loop().
 *
 * A core always runs on one kthread, this_cpu(cur_kthread).  A trap from user
 * mode starts at the top of that kthread's stack.  When the kthread blocks, the
 * core takes a spare one and enters core_loop() on it: so the user context,
 * which lies in this_cpu(user_frame), may go on while the call is not done.
 * When the blocked kthread is woken, a routine message to a core switches to
 * it, and the kthread that ran the message becomes a spare.
 *
 * States   SPARE -> RUNNING (spare_take) <-> BLOCKED (kthread_block / resume)
 *          RUNNING -> SPARE (when the kthread that ran a message is replaced)
 * T1  cur_kthread is RUNNING (or WOKEN: the wake came before the block) and no
 *     other core's.
 * T2  A kthread becomes BLOCKED (release) only after its core has left its
 *     stack and core_ops.blocked() has returned; only a waker that finds it
 *     BLOCKED (acquire) may have it resumed.  One that comes earlier leaves
 *     WOKEN, and the core that finds this resumes the kthread itself.
 * T3  A kthread with proc != NULL that has blocked holds a reference on the
 *     proc and on as.
 *
 * The hand-over of T2; both steps are read-modify-writes of k->state:
 *     blocker                          waker
 *     leave the stack                  state: -> WOKEN
 *     state: RUNNING -> BLOCKED        it was BLOCKED: resume
 *       it was WOKEN: resume           it was RUNNING: done
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <arch/percpu.h>
#include <core/kmsg.h>
#include <lib/list.h>
#include <ros/syscall.h>
#include <sync/lockdep.h>
#include <sync/spinlock.h>

#define KSTACK_PAGES 4
#define KSTACK_SIZE  (KSTACK_PAGES * PGSIZE)

struct proc;
struct aspace;
struct waitq;

struct kthread {
	uintptr_t sp;	     /* saved while BLOCKED */
	uintptr_t stack_top;
	uintptr_t canary;
	_Atomic uint32_t state; /* KTH_*: T2 */
	unsigned int core;   /* where it runs or ran */
	const char *name;
	struct kmsg resume;
	struct list link;    /* the waitq it blocks on, or the spare list */
	struct list all;     /* every kthread there is */
	void (*start)(void *); /* not yet run: begin here, at stack_top */
	void *start_arg;
	bool own_stack;	     /* came from kmap_alloc() */

	/* Work for a process; set by proc and sys. */
	struct proc *proc;
	struct aspace *as;	  /* loaded whenever this kthread runs */
	struct syscall *usysc;	  /* the user's struct, NULL if none */
	struct list proc_link;	  /* proc's list of its kthreads */
	uint32_t sc_num;
	uint32_t sc_flags;	  /* as read at the start */
	int sc_fd;		  /* what it works on, for abort; or -1 */
	uint64_t sc_args[6];	  /* of the running call; sys's */

	/* Sleeping; see core/wait.h */
	_Atomic uintptr_t abortable; /* the waitq, while it sleeps abortably */
	_Atomic uint32_t aborted; /* KTH_ABORT_*: sleep returns -EINTR */
	int wake_result;	  /* [waitq's lock] 0, -EINTR, -ETIMEDOUT */

#if CONFIG_LOCKDEP
	struct lockdep_sleepers sleepers; /* lockdep's: sleeping locks held */
#endif

	char errstr[MAX_ERRSTR_LEN]; /* fail() writes here; [0] = 0: none */
};

#define KTH_RUNNING 0
#define KTH_BLOCKED 1
#define KTH_WOKEN   2
#define KTH_SPARE   3

#define KTH_ABORT_SYSC 1 /* this call only */
#define KTH_ABORT_DYING 2 /* the process dies */

DECLARE_PERCPU(struct kthread *, cur_kthread);

static inline struct kthread *cur_kthread_get(void)
{
	return this_cpu(cur_kthread);
}

void kthread_init(void);	/* core 0's first kthread: the boot stack */
/* A stack top for another core's boot, with its kthread; NULL: no memory. */
struct kthread *kthread_create_for_core(unsigned int core);

/* A kernel thread of its own (a daemon) on `core`; fn may block and may return.
 * 0 or -ENOMEM. */
int kthread_spawn(unsigned int core, const char *name, void (*fn)(void *),
		  void *arg);

/*
 * Leaves the core to others until kthread_wake(); the caller is on a waitq or
 * has otherwise arranged that exactly one wake comes (it may have come
 * already). Interrupts on, no spinning lock held.  After return the kthread may
 * be on another core.
 */
void kthread_block(void);
/* Makes a BLOCKED (or about to block) kthread run again, once.  Any context. */
void kthread_wake(struct kthread *k);

/* Sleeps; 0, or -EINTR when aborted (at once if usec == 0). */
int kthread_usleep(uint64_t usec);

/*
 * What core_loop() asks of the rooms above.
 *   blocked  right after the core has left a kthread that blocks, on another
 *            stack and before anybody can resume k (T2): makes k's work stand
 *            on its own.  Must not sleep.  Only for a k with k->proc.
 *   resume   a kthread with k->as has been switched to, and runs: load k->as
 *   user     nothing routine waits, interrupts are off: run a user context;
 *            returns if there is none.  If it turns interrupts on it looks at
 *            kmsg_pending() again, with them off, before it enters user mode.
 *   idle     about to halt, interrupts off: drop lazily held things
 *   wake_core  where a woken kthread with k->proc should run
 *   no_stacks  there is no memory for the stacks that a core needs before it
 *           goes to user mode; asked again every few ms.  Must not sleep.
 */
struct core_ops {
	void (*blocked)(struct kthread *k);
	void (*resume)(struct kthread *k);
	void (*user)(void);
	void (*idle)(void);
	unsigned int (*wake_core)(struct kthread *k);
	void (*no_stacks)(void);
};
void core_set_ops(const struct core_ops *ops);

/* The core's main loop: routine messages, then user, else halt.  Starts anew at
 * the top of the current kthread's stack; never returns. */
void __noreturn core_loop(void);

/*
 * Time that a core spends in some way, in TSC ticks: written by that core
 * alone, read by any.  What ends while it is read may be missed, but is not
 * counted twice.
 */
struct core_time {
	_Atomic uint64_t ticks; /* of what has ended */
	_Atomic uint64_t since; /* it is so now; or 0 */
};
DECLARE_PERCPU(struct core_time, core_idle_time); /* halted */

static inline void core_time_begin(struct core_time *t, uint64_t now)
{
	atomic_store_explicit(&t->since, now, memory_order_relaxed);
}

static inline void core_time_end(struct core_time *t, uint64_t now)
{
	uint64_t took = now - atomic_load_explicit(&t->since,
						 memory_order_relaxed);

	/* Release: a reader that sees the sum sees that it has ended. */
	atomic_store_explicit(&t->since, 0, memory_order_relaxed);
	atomic_store_explicit(&t->ticks,
			      took + atomic_load_explicit(&t->ticks,
							  memory_order_relaxed),
			      memory_order_release);
}

uint64_t core_time_read(struct core_time *t);

/* Numbers for tests and /proc. */
unsigned int kthread_count(void); /* not spare */
unsigned int kthread_spares(void);
/* All but a few spare stacks a core back to memory; may sleep. */
void kthread_trim_spares(void);
void kthread_print_all(void);	  /* monitor: name, state, backtrace */
