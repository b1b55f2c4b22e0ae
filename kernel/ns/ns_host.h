// SPDX-License-Identifier: MIT
/* What ns's host tests share: devices of trees, a process, short forms. */
#pragma once

#include <host/test.h>
#include <ns/fd.h>
#include <ns/ns_priv.h>
#include <ns/tree_priv.h>
#include <proc/proc.h>
#include <ros/errno.h>

/* #ram, also in /tmp: walked without counts.  #slow: the same kind of tree, but
 * walked counted only.  Both are empty. */
extern struct tree_fs ram_tree, slow_tree;

/* The process whose name space tests use: root, unless the test changes it. */
extern struct proc me;
extern struct cred nobody; /* uid and gid 1000 */

/* Devices are numbered and the boot name space made, once; the tests' trees are
 * emptied by removing what is in them. */
void ns_host_begin(void);

/* 0 or -errno.  open_ closes what it has opened. */
int mkdir_(const char *path);
int open_(const char *path, int oflags);
int write_(const char *path, const char *text);
int symlink_(const char *target, const char *path);
int bind_(const char *src, const char *onto, int flags);
struct chan *chan_(const char *path, int oflags); /* must work */
struct ros_stat stat_(const char *path);	  /* must work */
/* The path of what is at `path`, in a static buffer. */
const char *path_of(const char *path);
/* The names in a directory, in order, with blanks between, without dots. */
const char *list_(const char *path);
/* Everything below path is removed. */
void empty_(const char *path);

/* The last event that a tap has posted, and how many. */
extern struct event_msg last_event;
extern _Atomic int nr_events;
