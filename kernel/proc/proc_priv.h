// SPDX-License-Identifier: MIT
/* proc's own: what its files call of each other. */
#pragma once

#include <proc/proc.h>

/* table.c */
void pid_table_init(void);
#define PID_INIT 1
int __must_check pid_alloc(struct proc *p, bool init); /* enters it */
void pid_free(struct proc *p);

/* group.c */
void group_init(void);
int __must_check group_join_new(struct proc *p, struct proc *parent);
void group_leave(struct proc *p);
/* p is about to leave its family: SIGHUP and SIGCONT for stopped groups that
 * are orphaned by that. */
void groups_orphan(struct proc *p);
/* Calls fn for each member with the group's lock held; how many. */
unsigned int group_for_each(int pgid, void (*fn)(struct proc *p, void *arg),
			    void *arg);

/* shared.c */
void shared_init(void);
int __must_check shared_create(struct proc *p);
void shared_destroy(struct proc *p);
void shared_fork(struct proc *child, struct proc *parent);
void shared_exec(struct proc *p);
size_t vcpd_stride(void);

/* run.c */
/* The owner leaves this core, its context saved; the state is the caller's to
 * set.  p->lock held. */
void owner_leave_locked(struct proc *p);
/* RUNNABLE_S and queued; p->lock held. */
void make_runnable_locked(struct proc *p);
/* The owner may go on to user mode; false: it left the core. */
bool owner_settle(struct proc *p);
/* A copy of the context and FPU of a call's caller. */
void context_copy_to(struct proc *p, struct proc *child);

/* call.c */
void call_enlist(struct proc *p, struct kthread *k);
void call_delist(struct proc *p, struct kthread *k);
/* Aborts the calls that `match` picks; how many. */
int calls_abort(struct proc *p, uint32_t why,
		bool (*match)(struct kthread *k, uintptr_t arg), uintptr_t arg);

/* stop.c */
void proc_stop(struct proc *p, int sig);
void proc_continue(struct proc *p);

/* notify.c */
/* A notification waits, and may be delivered as vcore 0 stands. */
bool notif_due(struct proc *p);
/* On the owner's core, on its way to user mode. */
void notif_deliver(struct proc *p);

/* exit.c, wait.c, usage.c */
#define CLD_EXITED    1
#define CLD_KILLED    2
#define CLD_STOPPED   5
#define CLD_CONTINUED 6
/* A child stopped or continued. */
void parent_tell(struct proc *p, int code, int status);
/* Wakes who waits for children, and sends SIGCHLD unless code is 0. */
void family_event(struct proc *parent, int code, int status, int pid,
		  uint32_t uid);
void child_reap_locked(struct proc *parent, struct proc *child);
void child_release(struct proc *child); /* after reaping, no lock held */
/* While this core has processes it looks now and then what they do. */
DECLARE_PERCPU(uint32_t, sampling);
void usage_sample_begin(void);
void usage_add(struct ros_rusage *to, const struct ros_rusage *from);

/* signal.c */
int signal_send_from(struct proc *p, int sig, int code, uint64_t value,
		     int pid, uint32_t uid);
void signal_drop_all(struct proc *p);
void signal_publish(struct proc *p); /* p->pd is new */
/* p can act on signals again that it was kept from: continued, or begun. */
void signal_recheck_other(struct proc *p);
void signal_exec(struct proc *p);

/* Reads a word that a user may write at any time: once. */
#define user_word(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
