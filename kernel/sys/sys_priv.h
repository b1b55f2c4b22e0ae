// SPDX-License-Identifier: MIT
/* Private to sys: what the handlers share. */
#pragma once

#include <arch/uaccess.h>
#include <lib/compiler.h>
#include <lib/log.h>
#include <ns/chan.h>
#include <ns/fd.h>
#include <ns/ns.h>
#include <proc/proc.h>
#include <ros/errno.h>
#include <sys/sys.h>

/* One transfer is at most this long, so that counts fit an int everywhere. */
#define IO_MAX 0x7ffff000UL

/*
 * A path argument: its text, and the directory where it starts (NULL: the
 * process's own).  Absolute paths do not look at dirfd.  at_get() is undone by
 * at_put(), but if it fails.
 */
#define AT_SMALL 112
struct at {
	char *path; /* small, or from kmalloc() */
	struct chan *dir;
	char small[AT_SMALL];
};
int __must_check at_get(struct proc *p, int dirfd, uint64_t upath, uint64_t len,
			struct at *a);
void at_put(struct at *a);

/* The chan for (dirfd, path), a reference for the caller; at_walk: with path 0
 * that of dirfd itself. */
int __must_check path_walk(struct proc *p, int dirfd, uint64_t upath,
			   uint64_t len, unsigned int walk_flags,
			   struct chan **out);
int __must_check at_walk(struct proc *p, int dirfd, uint64_t upath,
			 uint64_t len, unsigned int walk_flags,
			 struct chan **out);

/* c's absolute path in a buffer of ROS_PATH_MAX (kfree() it); its length. */
int64_t path_of_chan(struct proc *p, struct chan *c, char **out);
/* Copies it out with its zero, frees it; the length with the zero or -errno. */
int64_t path_to_user(char *buf, uint64_t len, uint64_t ubuf, uint64_t ulen);

/* Linux's flags of the *at calls to WALK_FOLLOW. */
static inline unsigned int at_follow(uint64_t flags)
{
	return flags & ROS_AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW;
}

/* -EFAULT, in a sentence. */
int fail_addr(uint64_t uaddr);

/* A timespec that was read from a user: microseconds, rounded up; or
 * -EINVAL. */
int __must_check timespec_usec(const struct ros_timespec *ts, uint64_t *usec);

/* The process that a call names; 0 and its own pid: itself.  A reference. */
int __must_check proc_by_pid(struct proc *p, int pid, struct proc **out);
/* May p's credentials send to q? */
bool may_signal(struct proc *p, struct proc *q);
/* ... post events to q, and set its limits? */
bool may_control(struct proc *p, struct proc *q);

/* spawn.c: SYS_proc_create's body; the new pid or -errno. */
struct proc_create_args;
int64_t spawn(struct proc *p, const struct proc_create_args *c);
/* spawn_actions.c: file actions in the child's table; -errno with a
 * sentence. */
int __must_check spawn_actions(struct proc *child, uint64_t uactions,
			       uint32_t nr);
