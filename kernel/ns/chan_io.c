// SPDX-License-Identifier: MIT
/*
 * Reading, writing and seeking on open chans.
 *
 * A regular file's offset moves on in one step with the transfer: who uses it
 * claims it by its top bit.  Waiters set the next one, and sleep on one of a
 * few queues that all chans share.  Devices that may keep a reader waiting
 * (streams, control files) have no such claim.
 */
#include <ns/chan.h>

#include <core/wait.h>
#include <lib/hash.h>
#include <lib/log.h>
#include <lib/string.h>
#include <ns/ns_priv.h>
#include <ros/errno.h>
#include <ros/fdtap.h>

#define OFF_BUSY  (1UL << 63)
#define OFF_WAIT  (1UL << 62)
#define OFF_LIMIT ((int64_t)(OFF_WAIT - 1))

#define NR_OFF_QUEUES 16
static struct waitq off_queues[NR_OFF_QUEUES];

void chan_io_init(void)
{
	for (int i = 0; i < NR_OFF_QUEUES; i++)
		waitq_init(&off_queues[i]);
}

static struct waitq *off_queue(struct chan *c)
{
	return &off_queues[hash_u64((uintptr_t)c) % NR_OFF_QUEUES];
}

static inline bool offset_try(struct chan *c, uint64_t *pos)
{
	uint64_t v = atomic_load_explicit(&c->offset, memory_order_relaxed);

	if (v & OFF_BUSY)
		return false;
	*pos = v;
	return atomic_compare_exchange_strong_explicit(
		&c->offset, &v, v | OFF_BUSY, memory_order_acquire,
		memory_order_relaxed);
}

struct offset_wait {
	struct chan *c;
	uint64_t pos;
};

/* Claims, or leaves the mark that makes offset_release() wake us. */
static bool offset_claim_or_mark(void *arg)
{
	struct offset_wait *w = arg;
	uint64_t v = atomic_load(&w->c->offset);

	for (;;) {
		bool busy = v & OFF_BUSY;

		if (atomic_compare_exchange_weak(&w->c->offset, &v,
						 v | (busy ? OFF_WAIT :
							     OFF_BUSY))) {
			w->pos = v;
			return !busy;
		}
	}
}

static int offset_claim(struct chan *c, uint64_t *pos)
{
	struct offset_wait w = { .c = c };
	int err;

	if (likely(offset_try(c, pos)))
		return 0;
	err = waitq_sleep(off_queue(c), offset_claim_or_mark, &w,
			  WAIT_FOREVER);
	*pos = w.pos;
	return err;
}

static void offset_release(struct chan *c, uint64_t pos)
{
	if (atomic_exchange_explicit(&c->offset, pos, memory_order_acq_rel) &
	    OFF_WAIT)
		waitq_wake(off_queue(c), ~0U);
}

static inline bool offset_is_claimed(const struct chan *c)
{
	return c->dev->pagecache || (c->qid.type & QTDIR);
}

static inline uint64_t offset_of(const struct chan *c)
{
	return atomic_load_explicit(&c->offset, memory_order_relaxed) &
	       ~(OFF_BUSY | OFF_WAIT);
}

/* ---------------------------------------------------- reading, writing */

typedef long (*rw_fn)(struct chan *c, struct uio *u, uint64_t off);

static long move_with_offset(struct chan *c, struct uio *u, rw_fn fn,
			     bool append)
{
	uint64_t pos;
	long n;

	if (!offset_is_claimed(c)) {
		n = fn(c, u, offset_of(c));
		if (n > 0)
			atomic_fetch_add_explicit(&c->offset, n,
						  memory_order_relaxed);
		return n;
	}
	n = offset_claim(c, &pos);
	if (n)
		return n;
	if (append)
		c->aux = NULL;
	n = fn(c, u, pos);
	/* A tree leaves in aux where an append has ended. */
	if (n > 0)
		pos = append && c->aux ? (uint64_t)c->aux : pos + n;
	offset_release(c, pos);
	return n;
}

static long chan_move(struct chan *c, struct uio *u, const uint64_t *off,
		      rw_fn fn, bool append)
{
	if (c->flags & CHAN_STREAM) {
		if (off)
			return fail(ESPIPE, "a stream has no offsets");
		return fn(c, u, 0);
	}
	if (off) {
		if (*off > OFF_LIMIT)
			return fail(EINVAL, "offset %ld is out of range",
				    (long)*off);
		return fn(c, u, *off);
	}
	return move_with_offset(c, u, fn, append);
}

static int rw_refused(struct chan *c, const char *what)
{
	if (c->flags & CHAN_PATH)
		return fail(EBADF, "the file is open as a path only");
	if (c->qid.type & QTDIR)
		return fail(EISDIR, "this is a directory");
	return fail_unsupported(c, what, EINVAL);
}

long chan_read(struct chan *c, struct uio *u, const uint64_t *off)
{
	if (unlikely(!c->dev->read || (c->qid.type & QTDIR) ||
		     (c->flags & CHAN_PATH)))
		return rw_refused(c, "reading");
	return chan_move(c, u, off, c->dev->read, false);
}

long chan_write(struct chan *c, struct uio *u, const uint64_t *off)
{
	long n;

	if (unlikely(!c->dev->write || (c->qid.type & QTDIR) ||
		     (c->flags & CHAN_PATH)))
		return rw_refused(c, "writing");
	n = chan_move(c, u, off, c->dev->write,
		      (c->flags & CHAN_APPEND) && c->dev->pagecache);
	if (n > 0 && (c->flags & CHAN_SYNC) && c->dev->sync)
		c->dev->sync(c);
	return n;
}

long chan_read_kernel(struct chan *c, void *buf, size_t len, uint64_t off)
{
	struct uio u;

	uio_init_one(&u, buf, len, false);
	return chan_read(c, &u, &off);
}

/* -------------------------------------------------------------- seeking */

static int64_t seek_end(struct chan *c, int64_t off, int whence)
{
	struct ros_stat st;
	int err;

	if (c->dev->seek)
		return c->dev->seek(c, off, whence);
	err = chan_stat(c, &st);
	if (err)
		return err;
	if (whence == ROS_SEEK_END)
		return st.st_size + off;
	if (off < 0 || off >= st.st_size)
		return fail(ENXIO, "there is nothing at offset %ld", (long)off);
	return whence == ROS_SEEK_DATA ? off : st.st_size;
}

static int64_t seek_to(struct chan *c, uint64_t pos, int64_t off, int whence)
{
	int64_t to;

	switch (whence) {
	case ROS_SEEK_SET:
		to = off;
		break;
	case ROS_SEEK_CUR:
		if (off > 0 && off > OFF_LIMIT - (int64_t)pos)
			return fail(EOVERFLOW, "offset out of range");
		to = pos + off;
		break;
	case ROS_SEEK_END:
	case ROS_SEEK_DATA:
	case ROS_SEEK_HOLE:
		to = seek_end(c, off, whence);
		if (to < 0 && to > -4096 && whence != ROS_SEEK_END)
			return to;
		break;
	default:
		return fail(EINVAL, "unknown kind of seek %d", whence);
	}
	if (to < 0 || to > OFF_LIMIT)
		return fail(EINVAL, "offset %ld is out of range", (long)to);
	return to;
}

int64_t chan_seek(struct chan *c, int64_t off, int whence)
{
	uint64_t pos;
	int64_t to;

	if (c->flags & CHAN_PATH)
		return fail(EBADF, "the file is open as a path only");
	if (c->flags & CHAN_STREAM)
		return fail(ESPIPE, "a stream has no offsets");
	to = offset_claim(c, &pos);
	if (to)
		return to;
	to = seek_to(c, pos, off, whence);
	offset_release(c, to < 0 ? pos : (uint64_t)to);
	return to;
}

/* -------------------------------------------------------------- listing */

/* A position in a union: the member's number above the member's own. */
#define POS_SHIFT 48
#define POS_MASK  ((1UL << POS_SHIFT) - 1)

/* Is the name in one of the first nr members of m? */
static bool seen_before(struct mount *m, unsigned int nr,
			const struct ros_dirent *d)
{
	struct chan at = { 0 }, *mc;
	bool found = false;

	for (unsigned int i = 0; i < nr && !found; i++) {
		mc = mount_member(m, i, NULL);
		if (!mc)
			break;
		if (mc->dev->walk) {
			place_clone(mc, &at);
			found = !mc->dev->walk(&at, d->d_name,
					       strlen(d->d_name), &root_cred);
			place_drop(&at);
			at = (struct chan){ 0 };
		}
		chan_put(mc);
	}
	return found;
}

/* Drops what an earlier member has too, and the dots: the bytes that stay. */
static size_t drop_seen(struct mount *m, unsigned int i, char *buf, size_t len)
{
	size_t to = 0, reclen;

	for (size_t from = 0; from < len; from += reclen) {
		struct ros_dirent *d = (struct ros_dirent *)(buf + from);

		reclen = d->d_reclen;
		d->d_off |= (int64_t)i << POS_SHIFT;
		if (i && (!strcmp(d->d_name, ".") || !strcmp(d->d_name, "..") ||
			  seen_before(m, i, d)))
			continue;
		memmove(buf + to, d, reclen);
		to += reclen;
	}
	return to;
}

static long read_union(struct mount *m, void *buf, size_t len, uint64_t *pos)
{
	unsigned int i = *pos >> POS_SHIFT;
	uint64_t at = *pos & POS_MASK;
	struct chan *mc;
	long n = 0;

	while (!n && (mc = mount_member(m, i, NULL))) {
		n = mc->dev->readdir ? mc->dev->readdir(mc, buf, len, &at) : 0;
		chan_put(mc);
		if (n < 0)
			return n;
		if (n) {
			n = drop_seen(m, i, buf, n);
		} else {
			i++;
			at = 0;
		}
	}
	*pos = (uint64_t)i << POS_SHIFT | at;
	return n;
}

long chan_readdir(struct chan *c, void *buf, size_t len)
{
	uint64_t pos;
	long n;

	if (!(c->qid.type & QTDIR) || !c->dev->readdir)
		return fail(ENOTDIR, "this is not a directory");
	n = offset_claim(c, &pos);
	if (n)
		return n;
	if (c->mnt && mount_is_union(c->mnt) && mount_has_root(c->mnt, c))
		n = read_union(c->mnt, buf, len, &pos);
	else
		n = c->dev->readdir(c, buf, len, &pos);
	offset_release(c, pos);
	return n;
}

/* ------------------------------------------------------------ attributes */

int chan_stat(struct chan *c, struct ros_stat *st)
{
	int err;

	*st = (struct ros_stat){ .st_dev = c->dev->id };
	if (!c->dev->stat)
		return fail_unsupported(c, "stat", EINVAL);
	err = c->dev->stat(c, st);
	if (!err && !st->st_blksize)
		st->st_blksize = PGSIZE;
	return err;
}

int chan_wstat(struct chan *c, const struct wstat *w, const struct cred *cr)
{
	if (!c->dev->wstat)
		return fail_unsupported(c, "a change of attributes", EPERM);
	return c->dev->wstat(c, w, cr);
}

int chan_truncate(struct chan *c, uint64_t size)
{
	struct wstat w = { .valid = WSTAT_SIZE, .size = size };

	if ((int64_t)size < 0)
		return fail(EINVAL, "a length of %ld", (long)size);
	if (c->qid.type & QTDIR)
		return fail(EISDIR, "directories have no length to set");
	if (!c->dev->wstat)
		return fail_unsupported(c, "truncation", EINVAL);
	/* Who has it open for writing was asked then. */
	if ((c->flags & CHAN_OPEN) && (c->mode & O_WRITE))
		return c->dev->wstat(c, &w, &root_cred);
	return c->dev->wstat(c, &w, cur_proc()->cred);
}

uint32_t chan_ready(struct chan *c)
{
	if (!c->dev->ready)
		return FDTAP_FILT_READABLE | FDTAP_FILT_WRITABLE;
	return c->dev->ready(c);
}
