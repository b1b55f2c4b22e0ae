// SPDX-License-Identifier: MIT
/*
 * proc: processes, their virtual cores, and delivery of events to them.
 *
 * A process is born by proc_new() (proc_create, fork), lives through its
 * states, dies in two steps (DYING: its kthreads are aborted; then torn down by
 * the last that worked for it), stays as a zombie until its parent has waited,
 * and is freed with the last reference.
 *
 * States   CREATED -> RUNNABLE_S (proc_run)
 *          RUNNABLE_S <-> RUNNING_S (sched picks: proc_load / owner_settle)
 *          RUNNING_S -> WAITING (proc_yield_s, or a "wait here" call blocks)
 *          WAITING -> RUNNABLE_S (proc_wakeup)
 *          RUNNING_S, RUNNABLE_S, WAITING <-> STOPPED (SIGSTOP.. / SIGCONT)
 *          any live state -> DYING (proc_kill) -> ZOMBIE (teardown) -> gone
 *          (RUNNABLE_M, RUNNING_M: many-core life, proc/mcp.h)
 *
 * P1  A process in RUNNING_S is the owner of exactly one core, and its user
 *     context is that core's user_frame; otherwise it is in p->ctx.
 * P2  notif_pending is set after the message is in its mailbox, then the target
 *     is looked at: "set, then look".  Leaving a core is the mirror: state
 *     first, then notif_pending is looked at (proc/notify.c draws it).
 * P3  p->active counts who works for p: one for its life until DYING (if a core
 *     owns it then, that core drops it when it has let go), one for its maker
 *     until proc_run(), proc_made() or proc_discard(), one for each kthread
 *     that has blocked in a call of its, one for each event being posted.  At 0
 *     the process is torn down, in a kthread.  While it is not 0 neither p nor
 *     its address space can go.
 * P4  procinfo, procdata and the VCPDs are kernel frames, mapped into the
 *     process; the kernel uses its own mapping and never faults on them.  What
 *     lies in procdata and VCPDs is hostile: read once, checked.
 * P5  p->parent changes only under the old parent's family_lock; a child is on
 *     its parent's children (or zombies) list until it has been waited for.
 * P6  Whoever holds p by nothing but RCU (a kthread that does not sleep) may
 *     lock it and look at its state.
 *
 * Locks    p->lock (spin)         state, ctx, wait counts, stop, exit status
 *          p->kth_lock (spin_irq) the list of kthreads blocked in p's calls
 *          p->family_lock (spin)  children, and their parent pointers; changes
 *                                 of p's own group
 *          p->sig_lock (spin)     pending signals
 *          Order: family_lock -> init's family_lock -> group's lock -> p->lock
 *          -> run queue's lock -> kmsg.
 *          sig_lock and kth_lock are leaves but for waitq locks.
 *          None is held: while copying user memory, while allocating MM_WAIT.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/context.h>
#include <core/kmsg.h>
#include <core/kthread.h>
#include <core/rcu.h>
#include <core/wait.h>
#include <proc/cred.h>
#include <ros/event.h>
#include <ros/proc.h>
#include <ros/procinfo.h>
#include <ros/signal.h>
#include <ros/time.h>
#include <ros/vcpd.h>
#include <sync/kref.h>
#include <sync/seqlock.h>
#include <sync/spinlock.h>

struct aspace;
struct fdtable;
struct ns;
struct frame;
struct user_alarms;

enum proc_state {
	PROC_CREATED,
	PROC_RUNNABLE_S,
	PROC_RUNNING_S,
	PROC_WAITING,
	PROC_STOPPED,
	PROC_RUNNABLE_M,
	PROC_RUNNING_M,
	PROC_DYING,
	PROC_ZOMBIE,
};
const char *proc_state_name(enum proc_state s);

#define PROC_NAME_LEN 32
#define PID_MAX	      (1 << 22)

struct sigpend {
	struct sigpend *next;
	int sig, code;
	uint64_t value;
	int32_t pid;
	uint32_t uid;
};

struct proc {
	struct kref ref;
	int pid;
	enum proc_state state; /* [lock]; read unlocked as a hint */
	struct spinlock lock;
	bool is_mcp;

	/* Running: sched's and the owner core's */
	unsigned int core;	/* [lock] last or present core */
	struct list run_link;	/* [run queue lock] */
	uint64_t slice_start;	/* owner core: TSC when it was loaded */
	struct user_context ctx; /* [lock] while not RUNNING_S */
	void *fpu;		/* ditto; 64-aligned, fpu_size() */
	unsigned int fpu_core;	/* whose registers hold our FPU, or NO_CORE */
	uint32_t nr_wait_calls; /* [lock] "wait here" calls that have blocked */
	uint32_t nr_holds;	/* [lock] of these, such that no event ends */
	bool stop_wanted;	/* [lock] a stop signal came */
	bool stop_runnable;	/* [lock] STOPPED: continues as RUNNABLE_S */
	bool sig_intr;		/* [lock] a caught one came since user mode */
	bool discard;		/* [lock] no zombie: it never ran */
	bool making;		/* [lock] its maker holds an active count */
	bool alone;		/* [lock] exec: calls that block are ended */
	int stop_sig;		/* [lock] a terminal's stop, to be looked at */
	_Atomic uint32_t active; /* P3 */
	struct kmsg exit_msg;

	/* Memory */
	struct aspace *as;	/* [lock] to change */
	uint32_t exec_gen;	/* [lock] how often exec has changed it */
	struct procinfo *pi;
	struct procdata *pd;
	struct preempt_data *vcpd0; /* vcore 0's; the others: mcp.h */
	struct mutex mbox_lock; /* page changes of its UCQs */
	_Atomic uint32_t next_vcore; /* EVENT_ROUNDROBIN */
	uint64_t foreign_entry;

	/* Namespace; the rooms above own these */
	struct ns *ns;
	struct fdtable *fds;
	struct user_alarms *alarms; /* NULL until it has one */

	/* Kthreads that have blocked in a call of this process. */
	struct spinlock_irq kth_lock;
	struct list kthreads;	/* [kth_lock] kthread.proc_link */
	_Atomic uint32_t nr_kthreads;
	struct waitq drain_waitq; /* exec waits for them to go */

	/* Family */
	struct spinlock family_lock;
	struct proc *_Atomic parent; /* [parent->family_lock], RCU */
	struct list children;	/* [family_lock] living ones */
	struct list zombies;	/* [family_lock] */
	struct list sibling;	/* [parent's family_lock] */
	struct waitq child_waitq; /* a child changed state */
	_Atomic uint32_t child_events; /* counts the changes */
	int exit_status;	/* [lock] wait's encoding */
	int wait_status;	/* [lock] stop or continue to be reported; 0 */
	struct ros_rusage child_usage; /* [family_lock] of waited children */
	struct ros_rusage usage; /* its own, when it is a zombie */

	/* Signals */
	struct spinlock sig_lock;
	uint64_t sig_pending;	/* [sig_lock] */
	struct sigpend *sig_info; /* [sig_lock] FIFO */
	struct sigpend **sig_tail;
	uint32_t nr_sig_info;	/* [sig_lock] */

	struct cred *cred;	/* [lock] to change; own process reads */
	int pgid, sid;		/* [group lock] to change */
	struct list group_link; /* [group lock] */
	uint32_t umask;
	struct ros_rlimit rlimit[ROS_RLIM_NLIMITS];
	char name[PROC_NAME_LEN]; /* last path element of the program */
	char *cmdline;		/* argv, zero-separated; [lock] */
	size_t cmdline_len;
	uint64_t start_ns;
	_Atomic uint64_t user_ticks, kernel_ticks; /* TSC */
	_Atomic uint64_t nr_switches;
	/* How user_ticks divide. */
	_Atomic uint32_t user_samples, kernel_samples;
	uint64_t user_told, kernel_told; /* [lock] TSC: never fewer */

	struct rcu_head rcu;
};
#define NO_CORE (~0u)

/* Which process's user context this core has in user_frame. */
DECLARE_PERCPU(struct proc *, owner);

/* How long this core has had an owner. */
DECLARE_PERCPU(struct core_time, core_user_time);

static inline struct proc *owner_proc(void)
{
	return this_cpu(owner);
}

/* The process that the running kthread works for, or NULL. */
static inline struct proc *cur_proc(void)
{
	return cur_kthread_get()->proc;
}

void proc_init(void);

static inline void proc_get(struct proc *p)
{
	kref_get(&p->ref);
}
void proc_put(struct proc *p);
/* By pid, with a reference; NULL.  Zombies are found too. */
struct proc *proc_lookup(int pid);
/* The next process with pid >= `pid`, with a reference; NULL.  For /proc. */
struct proc *proc_next(int pid);
unsigned int proc_count(void);

/*
 * Parts of a process: the rooms above add theirs in main/proc_parts.c; create
 * in order, destroy in reverse.  `parent` may be NULL (init).
 */
struct proc_part {
	const char *name;
	int (*create)(struct proc *p, struct proc *parent, int flags);
	void (*exec)(struct proc *p);	 /* close-on-exec and the like */
	void (*destroy)(struct proc *p); /* at teardown; may sleep */
};
extern const struct proc_part proc_parts[];
extern const unsigned int nr_proc_parts;

#define PROC_NEW_FORK	1 /* FDs and namespace as fork copies them; nothing is
				   mapped yet */
#define PROC_NEW_ORPHAN 2 /* no parent, yet not init: it leaves no zombie */

/* A process in CREATED, with an empty address space and its shared pages
 * mapped, linked to the parent.  One reference for the caller, and an active
 * count: it can be killed from now on, but not be torn down. */
int __must_check proc_new(struct proc *parent, int flags, struct proc **out);
/* CREATED -> RUNNABLE_S; p->ctx has been set. */
void proc_run(struct proc *p);
/* The maker's work is done, though it shall not run yet. */
void proc_made(struct proc *p);
/* A new process that never ran and shall leave no trace: unlinked from its
 * parent, torn down; takes over the caller's reference. */
void proc_discard(struct proc *p);
/* Copy of the calling process (owner of this core); its context returns 0 from
 * the call whose user struct is `usysc`.  The new pid or -errno. */
int proc_fork(struct proc *p, struct syscall *usysc);

/*
 * exec (proc/exec.c); for image.
 *
 * proc_exec_begin stops p's user context for good, aborts all other blocked
 * calls of p and waits until they are gone: then nobody but the caller works
 * for p.  -EINTR if p is dying: nothing was changed but for aborted calls.  The
 * caller may be on any core, whether or not its call has blocked.
 * proc_exec_commit cannot fail: takes over the reference on `as`, drops the old
 * one, resets vcore 0, procdata and signals as POSIX wants, runs the parts'
 * exec, and makes p start at pc, sp.  p may run elsewhere when it returns.
 */
int __must_check proc_map_shared(struct proc *p, struct aspace *as);
int __must_check proc_exec_begin(struct proc *p);
void proc_exec_commit(struct proc *p, struct aspace *as, uintptr_t pc,
		      uintptr_t sp);
/* Name (last element) and arguments (zero-separated; copied). */
void proc_set_name(struct proc *p, const char *path);
int proc_set_cmdline(struct proc *p, const char *args, size_t len);

/* Starts the end: DYING; status in wait's encoding.  Any context but interrupt;
 * also on oneself (the caller then goes to core_loop() after its call). */
void proc_kill(struct proc *p, int status);
/* The child's pid, 0 (ROS_WNOHANG), or -errno. */
int proc_wait(struct proc *p, int pid, int options, int *status,
	      struct ros_rusage *ru);
bool proc_is_dying(const struct proc *p);
void proc_usage(struct proc *p, struct ros_rusage *ru); /* its own */
void proc_child_usage(struct proc *p, struct ros_rusage *ru);

/* P3.  try: false if it is being torn down already. */
void proc_active_get(struct proc *p);
bool __must_check proc_active_tryget(struct proc *p);
void proc_active_put(struct proc *p);

/*
 * Calls that have blocked (proc/call.c); for sys.
 *
 * proc_call_blocked: from core_ops.blocked, for a kthread that blocks in a call
 * (or a fault) of k->proc for the first time.  Puts it on p->kthreads with an
 * active count, which is also what T3 asks for: while it is held neither the
 * process nor k->as goes.  With SC_WAIT in k->sc_flags p leaves this core and
 * is WAITING; the wait ends early when a notification can be delivered, or,
 * with KSC_HOLD, only when the call is done (faults, fork).  Aborts k at once
 * if p is dying.  Does not sleep.
 * proc_call_done: the mirror, by k, after the result is in user memory: wakes
 * the process if that was its last "wait here" call, gives the count back,
 * leaves k->proc = k->as = NULL.  May sleep.
 */
#define KSC_HOLD    0x10000 /* in kthread.sc_flags; implies SC_WAIT */
#define KSC_COUNTED 0x20000 /* private: counted in nr_wait_calls */
#define KSC_BLOCKED 0x80000000u /* stands on its own: proc_call_blocked() was
				   called, or exec did as much */
void proc_call_blocked(struct kthread *k);
void proc_call_done(struct kthread *k);
#define PROC_KTHREADS_MAX 16384
/* Then calls fail with EAGAIN: less where memory is small. */
extern unsigned int proc_kthreads_max;
/* SYS_abort_sysc, SYS_abort_sysc_fd: how many calls were told. */
int proc_abort_call(struct proc *p, struct syscall *usysc);
int proc_abort_fd(struct proc *p, int fd);

/*
 * Running single-core processes; called by sched and by the core's loop.
 */
void proc_load(struct proc *p);	  /* P1: makes this core the owner's */
/* WAITING -> RUNNABLE_S, or makes the next yield fail; lossless (P2). */
void proc_wakeup(struct proc *p);
void proc_yield_s(struct proc *p, bool being_nice);

/* What proc wants of a scheduler (filled by sched/). */
struct sched_ops {
	void (*enqueue)(struct proc *p); /* RUNNABLE_S now; p->lock held */
	void (*dequeue)(struct proc *p); /* if it is queued; p->lock held */
	struct proc *(*pick)(void);	 /* for this core, P6; or NULL */
	bool (*slice_over)(struct proc *p); /* the owner: others shall run */
};
extern const struct sched_ops *sched_ops;

/* core_ops.user etc. for main/. */
/* Interrupts off; may return with messages waiting. */
void proc_core_user(void);
/* The owner's context as it is in user_frame; interrupts off.  The short way
 * back when neither need_resched nor kmsg_pending(). */
void __noreturn proc_return_to_user(void);
void proc_core_idle(void);
void proc_kthread_resume(struct kthread *k);
unsigned int proc_wake_core(struct kthread *k);
/* core_ops.blocked: first block of a call: see sys/dispatch.c */

/* Asks this core to pass through proc_core_user() before user mode. */
DECLARE_PERCPU(uint32_t, need_resched);
/* The same for any core: sets it there, by message if need be.  Any context. */
void core_kick(unsigned int core);

/* VCPDs: the kernel's own mapping (NULL: no such vcore), the user's address. */
struct preempt_data *proc_vcpd(struct proc *p, uint32_t vcoreid);
uintptr_t proc_vcpd_user(uint32_t vcoreid);

/* Notification (proc/notify.c). */
void vcore_notify(struct proc *p, uint32_t vcoreid);
/* SYS_vc_entry: the owner starts a fresh vcore context on its way back. */
void vcore_enter(struct proc *p);

/* Events (proc/evq.c): posts msg to the user's queue ev_q.  Kthread context,
 * may sleep; no spinning lock held.  Never fails visibly: what cannot be
 * delivered is lost for that process alone. */
void evq_post(struct proc *p, struct event_queue *ev_q,
	      const struct event_msg *msg, uint32_t hint_vcore);
/* The same for an ev_q that was noted when p->exec_gen was `gen`: in another
 * program's memory the address means nothing, and nothing is written there. */
void evq_post_gen(struct proc *p, struct event_queue *ev_q,
		  const struct event_msg *msg, uint32_t hint_vcore,
		  uint32_t gen);
/* To the queue that procdata names for the type. */
void evq_post_kernel(struct proc *p, const struct event_msg *msg);
/* Posts msg to vcore vcoreid's own mailbox (private or public) and notifies it.
 * 0 or -EINVAL: no such vcore.  As evq_post() otherwise. */
int vcore_post(struct proc *p, const struct event_msg *msg, uint32_t vcoreid,
	       bool to_private);
/* From any context: allocates, and posts by a routine message. */
int evq_post_deferred(struct proc *p, struct event_queue *ev_q,
		      const struct event_msg *msg, uint32_t hint_vcore);

/* Signals (proc/signal.c).  None of these sleeps; 0, -EINVAL, -EAGAIN. */
int signal_send(struct proc *p, int sig, int code, uint64_t value);
/* kill(2)'s targets: pid > 0, 0, -1, < -1; permissions of cur_proc(). */
int signal_kill(int pid, int sig);
int signal_kill_group(int pgid, int sig); /* from the kernel (tty) */
/* The runtime changed its words: sends what is pending and now wanted. */
void signal_recheck(struct proc *p);
/* A fault of the owner's user context: a signal with an address, or the end. */
void signal_fault(struct proc *p, int sig, int code, uint64_t addr);
bool signal_wanted(struct proc *p); /* an unblocked caught signal waits */

/* Process groups and sessions (proc/group.c).  -ESRCH, -EPERM, -EACCES. */
int proc_setpgid(struct proc *caller, int pid, int pgid);
int proc_setsid(struct proc *p); /* the new sid */
/* Nobody outside of the group could continue it.  Without `leaving`. */
bool group_orphaned(int pgid, const struct proc *leaving);
bool proc_group_exists(int pgid, int sid); /* sid 0: in any session */

/* Takes over the reference on `c`. */
void proc_set_cred(struct proc *p, struct cred *c);
struct cred *proc_cred_get(struct proc *p); /* of any process */
/* Credentials and identity go to procinfo too. */
void proc_publish_ids(struct proc *p);

/* Monitor's and /proc's view. */
void proc_print_all(void);
