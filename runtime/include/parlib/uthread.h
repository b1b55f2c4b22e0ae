// SPDX-License-Identifier: MIT
/*
 * User-level threads, as a scheduler (2LS) sees them.
 *
 * Blocking is one primitive, an event count:
 *
 *	seq = uthread_wake_seq(u);
 *	if (what we wait for is not there)
 *		uthread_block_unless_woken(seq);
 *
 * and uthread_wake(u) from anywhere.  UT1: a wake after the seq was read is
 * never lost; spurious returns are legal; each sleep ends in exactly one
 * thread_runnable().
 *
 *	block (vcore context)           wake (anywhere)
 *	state = BLOCKED                 seq++
 *	seq changed? take BLOCKED back  CAS BLOCKED -> RUNNABLE: runnable
 */
#pragma once

#include <parlib/vcore.h>

#define UT_RUNNING     1
#define UT_NOT_RUNNING 2
#define UT_BLOCKED     3
#define UT_RUNNABLE    4

/* flags */
#define UTHREAD_DONT_MIGRATE 0x1
#define UTHREAD_SAVED	     0x2
#define UTHREAD_FPSAVED	     0x4
#define UTHREAD_IS_THREAD0   0x8

#define UTH_EXT_BLK_MUTEX 1
#define UTH_EXT_BLK_EVENTQ 2
#define UTH_EXT_BLK_SYSC  3
#define UTH_EXT_BLK_MISC  4

struct uthread {
	struct user_context u_ctx; /* V2; first: assembly */
	uint32_t flags;
	uint32_t state;	   /* atomic */
	uint32_t wake_seq; /* atomic */
	uint32_t notif_depth;
	struct syscall *sysc; /* the call it waits for; vcore 0 aborts it */
	void (*yield_func)(struct uthread *u, void *arg);
	void *yield_arg;
	void *udata; /* the scheduler's */
};

struct event_queue;
struct event_msg;

struct schedule_ops {
	/* Vcore context: runs a thread (does not return) or gives the core
	 * back for a while (returns). */
	void (*sched_entry)(void);
	void (*thread_runnable)(struct uthread *u);
	void (*thread_paused)(struct uthread *u);
	/* After u has blocked; vcore context. */
	void (*thread_has_blocked)(struct uthread *u, int flags);
	/* The queue that a blocked call's completion goes to. */
	struct event_queue *(*sysc_evq)(struct uthread *u);
	void (*preempt_pending)(void);
};
extern struct schedule_ops *sched_ops;
extern struct schedule_ops thread0_sched_ops;
extern struct uthread thread0_uth;

/* Before a thread is run, with its context complete in u->u_ctx; may change it
 * (that is how signal handlers get to run).  The POSIX layer's. */
extern void (*uthread_prepare_run)(struct uthread *u);

/* Whether other threads could run while this one waits in the kernel. */
extern uint32_t uthread_wait_flag; /* SC_WAIT or 0 */

static inline struct uthread *current_uthread(void)
{
	return (struct uthread *)gs_read64(VCORE_CURRENT_UTHREAD);
}

/* Leaves the running thread and calls func(u, arg) in vcore context; returns
 * when somebody runs the thread again. */
void uthread_yield(void (*func)(struct uthread *u, void *arg), void *arg);
/* Through vcore context and back: messages are handled, signals delivered. */
void uthread_poll_events(void);

static inline uint32_t uthread_wake_seq(struct uthread *u)
{
	return __atomic_load_n(&u->wake_seq, __ATOMIC_SEQ_CST);
}
void uthread_block_unless_woken(uint32_t seq);
void uthread_wake(struct uthread *u);

void uthread_runnable(struct uthread *u);
void uthread_has_blocked(struct uthread *u, int flags);
void uthread_paused(struct uthread *u);
void __attribute__((noreturn)) run_uthread(struct uthread *u);
void __attribute__((noreturn)) run_current_uthread(void);

/* A thread's own masking of notifications; nests. */
void uth_disable_notifs(void);
void uth_enable_notifs(void);
