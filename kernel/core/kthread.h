// SPDX-License-Identifier: MIT
/*
 * Kernel threads: a stack, and what runs on it.  No preemption: a kthread runs
 * until it blocks, finishes, or goes back to core_loop().
 *
 * A core always runs on one kthread, this_cpu(cur_kthread).  A trap from user
 * mode starts at the top of that kthread's stack.  When the kthread blocks, the
 * core takes a spare one and enters core_loop() on it: so the user context, which
 * lies in this_cpu(user_frame), may go on while the call is not done.  When the
 * blocked kthread is woken, a routine message to a core switches to it, and the
 * kthread that ran the message becomes a spare.
 *
 * States   SPARE -> RUNNING (kthread_take) <-> BLOCKED (kthread_block / resume)
 *          RUNNING -> SPARE (core_loop, when another stack takes over)
 * T1  cur_kthread is RUNNING and no other core's.
 * T2  on_core is cleared (release) only after the core has left the stack; the
 *     resumer waits for that (acquire) before it switches to it.
 * T3  A kthread with proc != NULL holds a reference on the proc and on as.
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
	_Atomic uint32_t on_core;
	unsigned int core;   /* where it will be resumed */
	const char *name;
	struct kmsg resume;
	struct list link;    /* the waitq it blocks on, or the spare list */
	struct list all;     /* every kthread that is not spare */

	/* Work for a process; set by proc and sys. */
	struct proc *proc;
	struct aspace *as;	  /* loaded whenever this kthread runs */
	struct syscall *usysc;	  /* the user's struct, NULL if none */
	struct list proc_link;	  /* proc's list of its kthreads */
	uint32_t sc_num;
	uint32_t sc_flags;	  /* as read at the start */
	int sc_fd;		  /* fd it works on, for abort_sysc_fd; or -1 */

	/* Sleeping; see core/wait.h */
	struct waitq *waitq;	  /* set while it sleeps abortably */
	_Atomic uint32_t aborted; /* KTH_ABORT_*: sleep returns -EINTR */
	int wake_result;
	struct spinlock_irq sleep_lock;

	/* lockdep: sleeping locks held */
	uint32_t nr_sleep_locks;
	const void *sleep_locks[LOCKDEP_MAX_HELD];

	char errstr[MAX_ERRSTR_LEN]; /* fail() writes here; [0] = 0: none */
};

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
 * has otherwise arranged that exactly one wake comes (it may have come already).
 * Interrupts on, no spinning lock held.  After return the kthread may be on
 * another core.
 */
void kthread_block(void);
/* Makes a BLOCKED (or about to block) kthread run again, once.  Any context. */
void kthread_wake(struct kthread *k);

/* Sleeps; 0, or -EINTR when aborted (at once if usec == 0). */
int kthread_usleep(uint64_t usec);

/*
 * What core_loop() asks of the rooms above.
 *   blocked  right after the core has left a kthread that blocks, on the spare
 *            stack and before anybody can resume k (on_core is still set):
 *            makes k's work stand on its own.  Must not sleep.
 *   resume   called when a blocked kthread is switched to: load its k->as
 *   user     nothing routine waits: run a user context; returns if there is none
 *   idle     about to halt, interrupts off: drop lazily held things
 *   wake_core  where a woken kthread should run
 */
struct core_ops {
	void (*blocked)(struct kthread *k);
	void (*resume)(struct kthread *k);
	void (*user)(void);
	void (*idle)(void);
	unsigned int (*wake_core)(struct kthread *k);
};
void core_set_ops(const struct core_ops *ops);

/* The core's main loop: routine messages, then user, else halt.  Starts anew at
 * the top of the current kthread's stack; never returns. */
void __noreturn core_loop(void);

/* Numbers for tests and /proc. */
unsigned int kthread_count(void); /* not spare */
void kthread_trim_spares(void);	  /* spare stacks back to memory */
void kthread_print_all(void);	  /* monitor: name, state, backtrace */
