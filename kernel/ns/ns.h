// SPDX-License-Identifier: MIT
/*
 * ns: one namespace per process (or group of processes): names to chans.
 *
 * A name is resolved from the root or the current directory, element by
 * element, through the mount table, following symbolic links, with no device
 * knowing of any other.  "#name" at the start of a name attaches a device
 * (also "#name.spec" and "#name/path").
 *
 * NS1  A mount hangs on a place (dev id, qid.path, the mount that lies under
 *      it); it has a list of chans: a union.  Lookups try the members in order;
 *      creation goes to the first member with MCREATE; where there is but one
 *      member, to that.
 * NS2  "." and ".." are ns's: ".." at the root of a mount goes to the parent of
 *      the place it is mounted on; at the process's root it stays.
 * NS3  Name spaces are shared after fork (like Plan 9's RFNAMEG not set) unless
 *      unshared; changes are seen by all that share it.
 * Locks  pgrp->lock (mutex): changes of the mount table.  Walks take no lock: a
 *        bloom word says that a place may be mounted upon, and the table is
 *        read under RCU (walk.c, mount.c).
 */
#pragma once

#include <core/wait.h>
#include <ns/chan.h>
#include <proc/proc.h>

struct pgrp;

struct ns {
	struct spinlock lock;	/* changes of root, dot */
	struct chan *_Atomic root; /* [lock], RCU */
	struct chan *_Atomic dot;  /* [lock], RCU */
	struct pgrp *pgrp;
	struct rcu_head rcu;
};

void ns_init(void); /* the boot name space: root tree, /dev, /proc, /tmp */

/* The trees of "#root" and "#dev". */
extern struct tree_fs root_tree, dev_tree;

/* A name in /dev for a device, made by ns_init(): DEV_NODE(null, "null", 0666,
 * "#null");  NAME may have slashes in it.  With ROS_S_IFLNK in its mode it is a
 * symbolic link. */
struct dev_node {
	const char *name;
	uint32_t mode;
	const char *target;
};
#define DEV_NODE(id, nm, md, tg)                                               \
	static const struct dev_node dev_node_##id                             \
		__attribute__((section("set_dev_node"), used, aligned(8))) = { \
			nm, md, tg                                             \
		}

/* proc_parts entries. */
int ns_proc_create(struct proc *p, struct proc *parent, int flags);
void ns_proc_destroy(struct proc *p);

/* What a lookup is for. */
#define WALK_FOLLOW   0x01 /* follow a symbolic link at the end */
#define WALK_PARENT   0x02 /* stop at the parent; last element in *last */
#define WALK_DIR      0x04 /* must be a directory */
#define WALK_NOMOUNT  0x08 /* do not cross a mount at the end */

struct walk_last {
	const char *name; /* into the path given (or a link's copy, see buf) */
	size_t len;
	bool trailing_slash;
	char *buf;	  /* kfree() when done; NULL mostly */
};

/*
 * The chan for `path` (terminated), not opened, refs 1, the caller's.
 * dir: where a relative name starts; NULL: the process's current directory.
 * -errno with a sentence: ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES.
 */
int __must_check ns_walk(struct proc *p, struct chan *dir, const char *path,
			 unsigned int flags, struct walk_last *last,
			 struct chan **out);
/* What ns_walk() and chan_stat() would give, with less work.  flags:
 * WALK_FOLLOW or 0. */
int __must_check ns_stat(struct proc *p, struct chan *dir, const char *path,
			 unsigned int flags, struct ros_stat *st);
/* Opens or creates: oflags as in ros/fs.h, mode with umask applied here. */
int __must_check ns_open(struct proc *p, struct chan *dir, const char *path,
			 int oflags, uint32_t mode, struct chan **out);

int ns_mkdir(struct proc *p, struct chan *dir, const char *path, uint32_t mode);
int ns_mknod(struct proc *p, struct chan *dir, const char *path, uint32_t mode,
	     uint64_t rdev);
int ns_symlink(struct proc *p, const char *target, struct chan *dir,
	       const char *path);
int ns_link(struct proc *p, struct chan *odir, const char *opath,
	    struct chan *ndir, const char *npath);
int ns_unlink(struct proc *p, struct chan *dir, const char *path, bool rmdir);
int ns_rename(struct proc *p, struct chan *odir, const char *opath,
	      struct chan *ndir, const char *npath);
int ns_chdir(struct proc *p, struct chan *c); /* takes its own reference */
int ns_chroot(struct proc *p, struct chan *c);
/* Absolute path of c as seen from the process's root; length or -errno. */
long ns_path(struct proc *p, struct chan *c, char *buf, size_t len);

/* Plan 9's bind and mount. */
int ns_bind(struct proc *p, struct chan *src, struct chan *onto, int flags);
int ns_unmount(struct proc *p, struct chan *src, struct chan *onto);
/* /proc/pid/ns: a line per mount. */
void ns_for_each_mount(struct proc *p,
		       void (*fn)(const char *onto, const char *src, int flags,
				  void *arg),
		       void *arg);
