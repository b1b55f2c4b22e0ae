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
 * handler, completes it.  If the kthread blocks, sys_blocked() (core_ops.blocked,
 * on the fresh stack, before anybody can resume the kthread) makes the call stand
 * on its own: references, the process's list, the "wait here" count; the rest of
 * a batch is then run by the core from proc_core_user().
 */
#pragma once

#include <stdint.h>

#include <ros/syscall.h>

struct proc;
struct kthread;

struct sys_args {
	uint64_t a[6];
};

typedef int64_t (*sys_fn)(struct proc *p, const struct sys_args *u);

struct sys_entry {
	sys_fn fn;
	const char *name;
	uint8_t nr_args;
	uint8_t fd_arg; /* 1 + index of the argument that is an FD; 0: none */
};
extern const struct sys_entry sys_table[SYS_MAX];

void sys_enter(struct proc *p, struct syscall *usysc, uint64_t count);
void sys_blocked(struct kthread *k);
/* Runs what is left of this core's batch; true if there was any. */
bool sys_batch_continue(void);

/* A path from user memory, NUL-terminated, PATH_MAX at most; free by kfree().
 * -ENAMETOOLONG, -EFAULT, -ENOENT for an empty one. */
int __attribute__((warn_unused_result)) path_from_user(const void *upath, uint64_t len, char **out);

/* Handlers, by family. */
#define SYS_FN(name)                                                           \
	int64_t sysfn_##name(struct proc *p, const struct sys_args *u)
