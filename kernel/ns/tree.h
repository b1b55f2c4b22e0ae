// SPDX-License-Identifier: MIT
/*
 * Tree files: directories, files, links in memory; what root, kfs and tmpfs are
 * made of, with a page cache per file.
 *
 * A tree_file is counted by each name that it has, its chans, and the
 * directories whose parent it is; memory goes by RCU.  A directory has a hash
 * table of its entries for lookups without a lock, and an ordered tree of them
 * for listing.
 *
 * TF1  A name is in a directory's table iff the file's link count counts it.
 * TF2  nlink of a directory is 2 + subdirectories.
 * TF3  A removed directory is `dead`: nothing can be created in it.
 * TF4  Rename of a directory never makes a cycle: fs->rename_mutex is held for
 *      renames of directories across directories.
 * Locks  fs->rename_mutex (directories that move to another) -> dir->lock
 *        (mutex: its entries; the two of a rename across directories by
 *        address).  file->lock (mutex): size changes and appends.  Mode, owner,
 *        link count, times: atomics.
 */
#pragma once

#include <core/rcu.h>
#include <core/wait.h>
#include <lib/list.h>
#include <ns/chan.h>
#include <vm/pagecache.h>

struct tree_fs {
	const char *name;
	struct dev *dev;
	struct tree_file *root;
	struct mutex rename_mutex;
	_Atomic uint64_t next_ino;
	_Atomic uint64_t nr_files;
	uint64_t max_bytes;	     /* 0: no limit but memory; may be set
					after tree_fs_init() */
	_Atomic uint64_t used_bytes;
	void *priv;
};

struct tree_file;

int __must_check tree_fs_init(struct tree_fs *fs, struct dev *dev,
			      const char *name, uint32_t root_mode);
/* Boot-time building: makes missing directories on the way. */
int tree_add(struct tree_fs *fs, const char *path, uint32_t mode, uint32_t uid,
	     uint32_t gid, int64_t mtime, const char *link_target,
	     struct tree_file **out);
/* The data of a new file lies in frames that may be lent (boot archive). */
int tree_set_lent_data(struct tree_file *f, const void *data, size_t len);
/* A device node: opening it opens `#dev/spec` of another device instead; or,
 * with the type in mode, a symbolic link. */
int tree_add_node(struct tree_fs *fs, const char *path, uint32_t mode,
		  const char *target);

/* The functions of a struct dev whose chans have a tree_file as node. */
#define TREE_DEV_OPS                                                           \
	.walk = tree_walk, .parent = tree_parent, .clone = tree_clone,         \
	.peek = tree_peek, .hold = tree_hold, .name_of = tree_name_of,         \
	.open = tree_open, .create = tree_create, .close = tree_close,         \
	.read = tree_read, .write = tree_write, .readdir = tree_readdir,       \
	.stat = tree_stat, .wstat = tree_wstat, .unlink = tree_unlink,         \
	.rename = tree_rename, .link = tree_link, .readlink = tree_readlink,   \
	.pagecache = tree_pagecache, .statfs = tree_statfs,                    \
	.seek = tree_seek
void tree_attach_root(struct tree_fs *fs, struct chan *c);
int tree_walk(struct chan *c, const char *name, size_t len,
	      const struct cred *cred);
int tree_parent(struct chan *c);
int tree_peek(struct chan *c, const char *name, size_t len,
	      const struct cred *cred);
bool tree_hold(struct chan *c);
long tree_name_of(struct chan *c, char *buf, size_t len);
void tree_clone(const struct chan *c, struct chan *nc);
int tree_open(struct chan *c, int oflags, const struct cred *cred);
int tree_create(struct chan *c, const struct create_args *a);
void tree_close(struct chan *c);
long tree_read(struct chan *c, struct uio *u, uint64_t off);
long tree_write(struct chan *c, struct uio *u, uint64_t off);
long tree_readdir(struct chan *c, void *buf, size_t len, uint64_t *pos);
int tree_stat(struct chan *c, struct ros_stat *st);
int tree_wstat(struct chan *c, const struct wstat *w, const struct cred *cred);
int tree_unlink(struct chan *dir, const char *name, size_t len, bool rmdir,
		const struct cred *cred);
int tree_rename(struct chan *odir, const char *oname, size_t olen,
		struct chan *ndir, const char *nname, size_t nlen,
		const struct cred *cred);
int tree_link(struct chan *old, struct chan *ndir, const char *name, size_t len,
	      const struct cred *cred);
long tree_readlink(struct chan *c, char *buf, size_t len);
struct pagecache *tree_pagecache(struct chan *c);
int tree_statfs(struct chan *c, struct ros_statfs *sf);
int64_t tree_seek(struct chan *c, int64_t off, int whence);
