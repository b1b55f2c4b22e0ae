// SPDX-License-Identifier: MIT
/* Tree files as a device's chans: life, walking, opening.  Rules: ns/tree.h */
#include <ns/tree.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <mm/slab.h>
#include <ns/ns_priv.h>
#include <ns/tree_priv.h>
#include <proc/time.h>
#include <ros/errno.h>

static struct slab_cache *file_cache;
static _Atomic uint64_t nr_trees;

/* Numbers of files are unique over all trees of one device. */
#define TREE_INO_SHIFT 40

/* ------------------------------------------------------ birth and death */

/* Boot, from one core. */
void tree_cache_init(void)
{
	if (!file_cache)
		file_cache = slab_create("tree_file", sizeof(struct tree_file),
					 0);
}

static int file_init_kind(struct tree_file *f, const char *text)
{
	switch (tree_type(f)) {
	case ROS_S_IFDIR:
		mutex_init(&f->d.lock);
		f->d.next_cookie = 2; /* after "." and ".." */
		return 0;
	case ROS_S_IFREG:
		mutex_init(&f->r.lock);
		pagecache_init(&f->r.pc, &tree_plain_ops, f);
		return 0;
	}
	if (!text)
		return 0;
	f->l.len = strlen(text);
	f->l.text = kstrndup(text, f->l.len, MM_WAIT);
	return f->l.text ? 0 : -ENOMEM;
}

int tree_file_new(struct tree_fs *fs, uint32_t mode, uint32_t uid, uint32_t gid,
		  const char *text, struct tree_file **out)
{
	int64_t now = time_wall_ns();
	struct tree_file *f;

	if (frames_scarce())
		return fail(ENOSPC, "memory is short: no more files");
	f = slab_alloc(file_cache, MM_WAIT | MM_ZERO);
	if (!f)
		return fail(ENOMEM, "no memory for a file");
	kref_init(&f->ref, 1);
	f->mode = mode;
	f->qid_type = tree_is_dir(f)		      ? QTDIR :
		      tree_type(f) == ROS_S_IFLNK ? QTSYMLINK :
						    QTFILE;
	f->uid = uid;
	f->gid = gid;
	f->fs = fs;
	f->ino = atomic_fetch_add_explicit(&fs->next_ino, 1,
					   memory_order_relaxed);
	f->atime = f->mtime = f->ctime = now;
	if (file_init_kind(f, text)) {
		slab_free(file_cache, f);
		return fail(ENOMEM, "no memory for a file");
	}
	atomic_fetch_add_explicit(&fs->nr_files, 1, memory_order_relaxed);
	*out = f;
	return 0;
}

static void file_free_rcu(struct rcu_head *h)
{
	struct tree_file *f = container_of(h, struct tree_file, rcu);

	if (tree_is_dir(f))
		tree_dir_fini(f);
	else if (!tree_is_reg(f))
		kfree(f->l.text);
	slab_free(file_cache, f);
}

static void file_free(struct tree_file *f)
{
	atomic_fetch_sub_explicit(&f->fs->nr_files, 1, memory_order_relaxed);
	rcu_call(&f->rcu, file_free_rcu);
}

/* The last mapping or the file itself is gone. */
void tree_pagecache_release(struct pagecache *pc)
{
	struct tree_file *f = container_of(pc, struct tree_file, r.pc);

	pagecache_fini(pc);
	atomic_fetch_sub_explicit(&f->fs->used_bytes, f->r.charged * PGSIZE,
				  memory_order_relaxed);
	file_free(f);
}

/* A directory counts its parent: a loop, for a removed tree may be deep. */
void tree_put(struct tree_file *f)
{
	struct tree_file *parent;

	while (kref_put(&f->ref)) {
		if (tree_is_reg(f)) {
			pagecache_put(&f->r.pc);
			return;
		}
		parent = tree_is_dir(f) ? atomic_load(&f->d.parent) : NULL;
		file_free(f);
		if (!parent)
			return;
		f = parent;
	}
}

int tree_fs_init(struct tree_fs *fs, struct dev *dev, const char *name,
		 uint32_t root_mode)
{
	int err;

	tree_cache_init();
	fs->name = name;
	fs->dev = dev;
	mutex_init(&fs->rename_mutex);
	atomic_init(&fs->next_ino,
		    (atomic_fetch_add(&nr_trees, 1) << TREE_INO_SHIFT) + 1);
	atomic_init(&fs->nr_files, 0);
	atomic_init(&fs->used_bytes, 0);
	fs->max_bytes = 0;
	err = tree_file_new(fs, ROS_S_IFDIR | (root_mode & 07777), 0, 0, NULL,
			    &fs->root);
	if (!err)
		fs->root->nlink = 2;
	return err;
}

void tree_attach_root(struct tree_fs *fs, struct chan *c)
{
	tree_get(fs->root);
	c->dev = fs->dev;
	tree_set_place(c, fs->root);
}

/* -------------------------------------------------------------- walking */

static inline int search_check(const struct chan *c, const struct cred *cred)
{
	struct tree_file *dir = c->node;

	if (unlikely(!(c->qid.type & QTDIR)))
		return -ENOTDIR;
	return cred_is_root(cred) ? 0 : tree_perm(dir, cred, 1);
}

/* Its directory; or itself, for a root and a file that is removed. */
static struct tree_file *parent_rcu(struct tree_file *f)
{
	struct tree_entry *e;
	struct tree_file *up;

	if (tree_is_dir(f)) {
		up = rcu_deref(f->d.parent);
		return up ? up : f;
	}
	e = rcu_deref(f->entry);
	return e ? e->dir : f;
}

int tree_peek(struct chan *c, const char *name, size_t len,
	      const struct cred *cred)
{
	struct tree_file *dir = c->node;
	struct tree_entry *e;
	int err;

	err = search_check(c, cred);
	if (unlikely(err))
		return err;
	if (unlikely(name[0] == '.' && len == 2 && name[1] == '.')) {
		tree_set_place(c, parent_rcu(dir));
		return 0;
	}
	e = tree_find(dir, name, len);
	if (!e)
		return -ENOENT;
	tree_set_place(c, rcu_deref(e->file));
	return 0;
}

bool tree_hold(struct chan *c)
{
	struct tree_file *f = c->node;

	return kref_get_not_zero(&f->ref);
}

struct tree_file *tree_lookup(struct tree_file *dir, const char *name,
			      size_t len)
{
	struct tree_file *f;
	struct tree_entry *e;

	rcu_read_lock();
	do {
		e = tree_find(dir, name, len);
		f = e ? rcu_deref(e->file) : NULL;
		/* 0: removed or replaced since */
	} while (f && !kref_get_not_zero(&f->ref));
	rcu_read_unlock();
	return f;
}

int tree_walk(struct chan *c, const char *name, size_t len,
	      const struct cred *cred)
{
	struct tree_file *dir = c->node, *f;
	int err;

	err = search_check(c, cred);
	if (err)
		return err;
	f = tree_lookup(dir, name, len);
	if (!f)
		return -ENOENT;
	tree_set_place(c, f);
	tree_put(dir);
	return 0;
}

int tree_parent(struct chan *c)
{
	struct tree_file *f = c->node, *up;

	rcu_read_lock();
	do
		up = parent_rcu(f);
	while (!kref_get_not_zero(&up->ref)); /* 0: f was moved */
	rcu_read_unlock();
	tree_set_place(c, up);
	tree_put(f);
	return 0;
}

void tree_clone(const struct chan *c, struct chan *nc)
{
	struct tree_file *f = c->node;

	tree_get(f);
	nc->node = f;
}

long tree_name_of(struct chan *c, char *buf, size_t len)
{
	struct tree_file *f = c->node;
	struct tree_entry *e;
	long n = -ENOENT;

	if (f == f->fs->root)
		return 0;
	rcu_read_lock();
	e = rcu_deref(f->entry);
	if (e) {
		n = MIN(e->len, len);
		memcpy(buf, e->name, n);
	}
	rcu_read_unlock();
	return n;
}

/* ------------------------------------------------------ opening, closing */

/* What /proc and ttyname() are to show of a node's chan; NULL: nothing. */
static char *node_path(struct chan *c)
{
	struct proc *p = cur_proc();
	char *buf, *path = NULL;
	long n;

	if (!p || !p->ns)
		return NULL;
	buf = kmalloc(ROS_PATH_MAX, MM_WAIT);
	n = buf ? ns_path(p, c, buf, ROS_PATH_MAX) : -ENOMEM;
	if (n > 0)
		path = kstrndup(buf, n, MM_WAIT);
	kfree(buf);
	return path;
}

/* c becomes a chan of the device that the node names. */
static int open_node(struct chan *c, struct tree_file *f, int oflags,
		     const struct cred *cred)
{
	struct dev *dev = (struct dev *)c->dev;
	struct qid qid = c->qid;
	struct chan target = { 0 };
	int err;

	err = dev_attach(&target, f->l.text, f->l.len, cred);
	if (err)
		return err;
	c->path = node_path(c);
	c->dev = target.dev;
	c->node = target.node;
	c->qid = target.qid;
	c->aux = target.aux;
	if (target.dev->open == tree_open && tree_type(target.node) ==
						     ROS_S_IFCHR)
		err = fail(ELOOP, "%s is a name for a name", f->l.text);
	else if (target.dev->open)
		err = target.dev->open(c, oflags, cred);
	if (!err) {
		tree_put(f);
		return 0;
	}
	if (c->dev->close)
		c->dev->close(c);
	kfree(c->path);
	c->path = NULL;
	c->dev = dev;
	c->node = f;
	c->qid = qid;
	c->aux = NULL;
	return err;
}

int tree_open(struct chan *c, int oflags, const struct cred *cred)
{
	struct tree_file *f = c->node;
	unsigned int rwx = ros_omode_to_rwx(oflags);
	int err;

	if (oflags & ROS_O_TRUNC)
		rwx |= 2;
	err = rwx ? tree_perm(f, cred, rwx) : 0;
	if (err)
		return err;
	switch (tree_type(f)) {
	case ROS_S_IFREG:
		return oflags & ROS_O_TRUNC ? tree_truncate(f, 0) : 0;
	case ROS_S_IFDIR:
		return 0;
	case ROS_S_IFCHR:
		return open_node(c, f, oflags, cred);
	default:
		return fail(ENXIO, "nobody serves this name");
	}
}

void tree_close(struct chan *c)
{
	struct tree_file *f = c->node;

	if (unlikely(c->flags & CHAN_RCLOSE))
		tree_remove_on_close(f);
	tree_put(f);
}
