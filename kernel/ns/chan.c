// SPDX-License-Identifier: MIT
/* Chans: making, sharing and dropping them, and opening. */
#include <ns/chan.h>

#include <core/kthread.h>
#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ns/ns_priv.h>
#include <ros/errno.h>

static struct slab_cache *chan_cache;

void chan_init(void)
{
	chan_cache = slab_create("chan", sizeof(struct chan), 0);
	chan_io_init();
}

int fail_unsupported(const struct chan *c, const char *what, int err)
{
	return fail(err, "files of #%s do not know %s", c->dev->name, what);
}

/* -------------------------------------------------- mappings keep chans */

static void vmf_get(struct vm_file *f)
{
	chan_get(container_of(f, struct chan, vmf));
}

static void vmf_put(struct vm_file *f)
{
	chan_put(container_of(f, struct chan, vmf));
}

static void vmf_name(struct vm_file *f, char *buf, size_t len)
{
	struct proc *p = cur_proc();
	long n = -ENOENT;

	if (p && p->ns)
		n = ns_path(p, container_of(f, struct chan, vmf), buf, len - 1);
	buf[n > 0 ? n : 0] = 0;
}

/* ------------------------------------------------------------- places */

void place_drop(struct chan *c)
{
	if (!c->dev)
		return;
	if (c->dev->close)
		c->dev->close(c);
	if (c->mnt)
		mount_put(c->mnt);
	c->dev = NULL;
	c->mnt = NULL;
}

void place_clone(const struct chan *c, struct chan *nc)
{
	nc->dev = c->dev;
	nc->qid = c->qid;
	if (c->dev->clone)
		c->dev->clone(c, nc);
	else
		nc->node = c->node;
}

static void chan_set_up(struct chan *c)
{
	kref_init(&c->ref, 1);
	c->vmf.get = vmf_get;
	c->vmf.put = vmf_put;
	c->vmf.name = vmf_name;
}

struct chan *place_chan(struct chan *at)
{
	struct chan *c = slab_alloc(chan_cache, MM_WAIT);

	if (!c) {
		place_drop(at);
		return NULL;
	}
	place_init(c);
	c->dev = at->dev;
	c->node = at->node;
	c->qid = at->qid;
	c->mnt = at->mnt;
	c->aux = at->aux;
	c->flags = at->flags;
	atomic_init(&c->offset, 0);
	chan_set_up(c);
	at->dev = NULL;
	at->mnt = NULL;
	return c;
}

/* -------------------------------------------------------------- chans */

struct chan *chan_new(struct dev *d)
{
	struct chan *c = slab_alloc(chan_cache, MM_WAIT | MM_ZERO);

	if (!c)
		return NULL;
	c->dev = d;
	chan_set_up(c);
	return c;
}

struct chan *chan_clone(const struct chan *c)
{
	struct chan at = { 0 };

	place_clone(c, &at);
	at.mnt = c->mnt;
	if (at.mnt)
		kref_get(&at.mnt->ref);
	return place_chan(&at);
}

static void chan_free_rcu(struct rcu_head *h)
{
	slab_free(chan_cache, container_of(h, struct chan, rcu));
}

void chan_put(struct chan *c)
{
	if (!kref_put(&c->ref))
		return;
	if (c->dev->close)
		c->dev->close(c);
	if (c->mnt)
		mount_put(c->mnt);
	if (c->path)
		kfree(c->path);
	if (c->flags & CHAN_SHARED)
		rcu_call(&c->rcu, chan_free_rcu);
	else
		slab_free(chan_cache, c);
}

/* -------------------------------------------------------------- opening */

static uint32_t open_flags(int oflags)
{
	uint32_t fl = CHAN_OPEN;

	if (oflags & ROS_O_NONBLOCK)
		fl |= CHAN_NONBLOCK;
	if (oflags & ROS_O_APPEND)
		fl |= CHAN_APPEND;
	if (oflags & ROS_O_REMCLO)
		fl |= CHAN_RCLOSE;
	if (oflags & ROS_O_DSYNC)
		fl |= CHAN_SYNC;
	return fl;
}

static int open_checked(struct chan *c, int oflags, const struct cred *cr)
{
	int err = 0;

	if (c->dev->open)
		err = c->dev->open(c, oflags, cr);
	if (err)
		return err;
	c->mode = oflags & O_ACCMODE;
	/* The device may have set CHAN_STREAM. */
	atomic_fetch_or_explicit(&c->flags, open_flags(oflags),
				 memory_order_relaxed);
	return 0;
}

int chan_open(struct chan *c, int oflags, const struct cred *cr)
{
	assert(!(c->flags & CHAN_OPEN));
	if ((oflags & ROS_O_DIRECTORY) && !(c->qid.type & QTDIR))
		return fail(ENOTDIR, "this is not a directory");
	if (oflags & ROS_O_PATH) {
		c->flags |= CHAN_OPEN | CHAN_PATH;
		return 0;
	}
	if (c->qid.type & QTSYMLINK)
		return fail(ELOOP, "this is a symbolic link");
	if (c->qid.type & QTDIR) {
		if (oflags & (O_WRITE | ROS_O_TRUNC | ROS_O_CREAT))
			return fail(EISDIR, "directories are not written");
		if (oflags & O_EXEC)
			return fail(EACCES, "directories are not executed");
	}
	return open_checked(c, oflags, cr);
}

/* Whoever creates a file has it open as he asked, whatever its mode. */
int chan_open_created(struct chan *c, int oflags)
{
	return open_checked(c, oflags & ~ROS_O_TRUNC, &root_cred);
}
