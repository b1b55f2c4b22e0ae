// SPDX-License-Identifier: MIT
/*
 * File descriptor tables: numbers to open chans, with close-on-exec and taps.
 *
 * FD1  fd_get() is lock-free: RCU for the table, a reference that may fail for
 *      the chan.
 * FD2  New numbers are the lowest free at or above a minimum.  Numbers below
 *      NR_FILE_DESC_MAX; ordinary ones also below the process's RLIMIT_NOFILE;
 *      those of ROS_O_INTERNAL from ROS_INTERNAL_FD_BASE up.
 * FD3  Taking a number out of the table removes its taps before the chan's
 *      reference goes (T5).
 * Locks  t->lock (spin): changes.  Order: t->lock -> tap lists.
 */
#pragma once

#include <ns/chan.h>
#include <ros/fdtap.h>

struct fdtable;
struct proc;

int fds_proc_create(struct proc *p, struct proc *parent, int flags);
void fds_proc_exec(struct proc *p);
void fds_proc_destroy(struct proc *p);

/* The chan with a reference; -EBADF with a sentence. */
int __must_check fd_get(struct proc *p, int fd, struct chan **out);
/* Also checks that it is open for these O_ bits (EBADF otherwise). */
int __must_check fd_get_mode(struct proc *p, int fd, int omode,
			     struct chan **out);
/* Takes over the caller's reference on success.  flags: ROS_O_CLOEXEC,
 * ROS_O_INTERNAL.  The number; -EMFILE, -ENOMEM. */
int __must_check fd_install(struct proc *p, struct chan *c, int min,
			    int flags);
/* Exactly this number, closing what was there. */
int __must_check fd_install_at(struct proc *p, struct chan *c, int fd,
			       int flags);
int fd_close(struct proc *p, int fd);
int fd_get_flags(struct proc *p, int fd);	     /* ROS_FD_CLOEXEC */
int fd_set_flags(struct proc *p, int fd, int flags);
/* The next open fd >= fd, or -1: for /proc/pid/fd and close ranges.  Those that
 * the runtime keeps for itself are not seen. */
int fd_next(struct proc *p, int fd);
/* proc_create's child: copies one FD into another process's table.  The caller
 * sees to it that `to` is not torn down meanwhile (proc_active_get()). */
int fd_dup_to(struct proc *from, int fd, struct proc *to, int tofd);

/* What of `events` (FDTAP_FILT_*) holds now, and HANGUP and ERROR; -EBADF. */
long fd_ready(struct proc *p, int fd, uint32_t events);
/* SYS_tap_fds for one request, already copied in. */
int fd_tap(struct proc *p, const struct fd_tap_req *req);
