// SPDX-License-Identifier: MIT
/*
 * sys: the system-call table and its handlers; thin: fetch arguments, call one
 * room, return.
 *
 * A handler gets the process and its six arguments, runs on a kthread with the
 * process's address space loaded, may sleep, and returns the result or -errno
 * (-4095..-1), with a sentence left by fail().
 *
 * The life of a call: trap_syscall() -> sys_enter() reads each struct, runs the
 * handler, completes it.  If the kthread blocks, sys_blocked()
 * (core_ops.blocked, on the fresh stack, before anybody can resume the kthread)
 * makes the call stand on its own: references, the process's list, the "wait
 * here" count; the rest of a batch is then run by the core from
 * sys_core_user().
 *
 * SY1  While a call has not blocked, its kthread is this core's, and the core's
 *      owner and user_frame are the caller's.  After it has blocked
 *      (sys_has_blocked()) neither holds, and the handler only has its process.
 * SY2  What is left of a batch belongs to the core, and to the process that
 *      owns it: sys_core_user() runs or drops it before the owner can change.
 *      A call with SC_WAIT that blocks ends its batch: what follows is not
 *      taken.
 * SY3  A call is completed exactly once: by its return, or early by
 *      sys_complete_early() in a handler that then ends in sys_leave().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <core/kthread.h>
#include <lib/compiler.h>
#include <proc/proc.h>
#include <ros/syscall.h>

struct sys_args {
	uint64_t a[6];
};

typedef int64_t (*sys_fn)(struct proc *p, const struct sys_args *u);

/* Every number has one: sys_refuse() where nothing is there. */
extern const sys_fn sys_table[SYS_MAX];

struct sys_info {
	const char *name;
	uint8_t nr_args;
	uint8_t fd_arg; /* 1 + index of the argument that is an FD; 0: none */
	uint8_t flags;	/* SYSF_* */
};
extern const struct sys_info sys_info[SYS_MAX];

int64_t sys_refuse(struct proc *p, const struct sys_args *u);

/* Let through when the process has as many blocked calls as it may: these never
 * block, or end others. */
#define SYSF_EXEMPT 1

void sys_enter(struct proc *p, struct syscall *usysc, uint64_t count);
void sys_blocked(struct kthread *k);
/* core_ops.user: the rest of this core's batch, then proc's. */
void sys_core_user(void);

static inline bool sys_has_blocked(void)
{
	return cur_kthread_get()->sc_flags & KSC_BLOCKED;
}

/* The caller's context as it will be when this call is the last of its batch
 * that was taken: for handlers that copy it or let it go.  Not after
 * blocking. */
void sys_set_taken(void);

/* SY3, for calls after which the caller's context runs elsewhere, or not. */
void sys_complete_early(struct proc *p, int64_t ret);
void __noreturn sys_leave(void);

/* A process's part of sys (main/proc_parts.c). */
void sys_proc_destroy(struct proc *p);

/* New credentials, whose reference is taken over; safe for calls of p that are
 * asleep with the old ones.  0 or -ENOMEM. */
int __must_check sys_set_cred(struct proc *p, struct cred *c);

/* A path from user memory, NUL-terminated, PATH_MAX at most; free by kfree().
 * -ENAMETOOLONG, -EFAULT, -ENOENT for an empty one. */
int __must_check path_from_user(const void *upath, uint64_t len, char **out);

/* Handlers, by family. */
#define SYS_FN(name)                                                           \
	int64_t sysfn_##name(struct proc *p, const struct sys_args *u)
