// SPDX-License-Identifier: MIT
/* Tree files: their data, by the page cache, and their attributes. */
#include <ns/tree_priv.h>

#include <core/wait.h>
#include <lib/assert.h>
#include <lib/log.h>
#include <mm/frame.h>
#include <ns/ns_priv.h>
#include <proc/time.h>
#include <ros/errno.h>

#define MODE_SUID  04000
#define MODE_SGID  02000
#define TREE_MAGIC 0x01021994 /* what statfs calls a tmpfs */

/* -------------------------------------------------------- time, account */

void tree_accessed(struct tree_file *f)
{
	/* Noted once after each change: a read costs no look at the clock. */
	if (unlikely(f->atime <= f->mtime))
		tree_touch(&f->atime, time_wall_ns());
}

static void modified(struct tree_file *f)
{
	int64_t now = time_wall_ns();

	tree_touch(&f->mtime, now);
	tree_touch(&f->ctime, now);
	/* Who writes to a program does not get its owner's rights. */
	if (unlikely(f->mode & (MODE_SUID | MODE_SGID)))
		atomic_fetch_and(&f->mode, ~(MODE_SUID | MODE_SGID));
}

/* The pages that the file has now count.  [f->r.lock] */
static void charge_locked(struct tree_file *f)
{
	uint64_t now = atomic_load_explicit(&f->r.pc.nr_pages,
					    memory_order_relaxed);

	if (now == f->r.charged)
		return;
	atomic_fetch_add_explicit(&f->fs->used_bytes,
				  (now - f->r.charged) * PGSIZE,
				  memory_order_relaxed);
	f->r.charged = now;
}

/* How much of a write fits under the tree's limit, from its start on. */
static size_t fits(struct tree_file *f, uint64_t off, size_t len)
{
	uint64_t max = f->fs->max_bytes, used, end = off + len, at = off;
	struct frame *page;

	used = atomic_load_explicit(&f->fs->used_bytes, memory_order_relaxed);
	if (!max || used + ROUND_UP(len, PGSIZE) + PGSIZE <= max)
		return len;
	/* Near the limit: count what is missing. */
	while (at < end) {
		page = pagecache_peek(&f->r.pc, at >> PGSHIFT);
		if (page)
			frame_put(page);
		else if (used + PGSIZE > max)
			break;
		else
			used += PGSIZE;
		at = ROUND_DOWN(at, PGSIZE) + PGSIZE;
	}
	return MIN(at, end) - off;
}

/* -------------------------------------------------------- reading, writing */

/* In one go; then others may have the core for a while. */
#define IO_STEP (1UL << 20)

long tree_read(struct chan *c, struct uio *u, uint64_t off)
{
	struct tree_file *f = c->node;
	size_t done = 0, len;
	uint64_t base;
	long n;

	if (unlikely(!tree_is_reg(f)))
		return fail(EINVAL, "this has no data to read");
	while (u->resid) {
		base = uio_segment(u, &len);
		len = MIN(len, IO_STEP);
		n = pagecache_read(&f->r.pc, (void *)base, len, off + done,
				   u->user);
		if (n < 0 && !done)
			return n;
		if (n <= 0)
			break;
		uio_advance(u, n);
		done += n;
		if (n < (long)len || kthread_relax())
			break;
	}
	tree_accessed(f);
	return done;
}

/* RLIMIT_FSIZE: where the writer's files end. */
static uint64_t writers_limit(void)
{
	const struct proc *p = cur_proc();

	return p ? p->rlimit[ROS_RLIMIT_FSIZE].cur : ROS_RLIM_INFINITY;
}

static long write_locked(struct tree_file *f, struct uio *u, uint64_t off)
{
	uint64_t base, limit = writers_limit();
	size_t done = 0, len, room;
	long n = 0;

	if (unlikely(u->resid && off >= limit))
		return fail(EFBIG, "beyond the process's limit on files");
	while (u->resid && off + done < limit) {
		base = uio_segment(u, &len);
		len = MIN(len, limit - off - done);
		len = MIN(len, IO_STEP);
		room = fits(f, off + done, len);
		n = room ? pagecache_write(&f->r.pc, (void *)base, room,
					   off + done, u->user) :
			   fail(ENOSPC, "the tree '%s' is full", f->fs->name);
		charge_locked(f);
		if (n <= 0)
			break;
		uio_advance(u, n);
		done += n;
		if (n < (long)len || kthread_relax())
			break;
	}
	return done ? (long)done : n;
}

long tree_write(struct chan *c, struct uio *u, uint64_t off)
{
	struct tree_file *f = c->node;
	long n;

	if (unlikely(!tree_is_reg(f)))
		return fail(EINVAL, "this has no data to write");
	mutex_lock(&f->r.lock);
	if (c->flags & CHAN_APPEND)
		off = atomic_load(&f->r.pc.size_bytes);
	n = off + u->resid > INT64_MAX ?
		    fail(EFBIG, "the file would be too long") :
		    write_locked(f, u, off);
	if (n > 0) {
		modified(f);
		if (c->flags & CHAN_APPEND)
			c->aux = (void *)(off + n);
	}
	mutex_unlock(&f->r.lock);
	return n;
}

int tree_truncate(struct tree_file *f, uint64_t size)
{
	int err;

	if (size > INT64_MAX)
		return fail(EFBIG, "the file would be too long");
	guard_mutex(&f->r.lock);
	if (!size && !atomic_load(&f->r.pc.size_bytes)) {
		modified(f);
		return 0;
	}
	/* What was cut off does not come back from the archive. */
	if (size < f->r.lent_len)
		atomic_store(&f->r.lent_len, size);
	err = pagecache_truncate(&f->r.pc, size);
	charge_locked(f);
	if (!err)
		modified(f);
	return err;
}

struct pagecache *tree_pagecache(struct chan *c)
{
	struct tree_file *f = c->node;

	if (!tree_is_reg(f))
		return NULL;
	pagecache_get(&f->r.pc);
	return &f->r.pc;
}

/* SEEK_END, SEEK_DATA and SEEK_HOLE; ns does the others. */
int64_t tree_seek(struct chan *c, int64_t off, int whence)
{
	struct tree_file *f = c->node;
	int64_t size;

	if (!tree_is_reg(f))
		return fail(EINVAL, "only files have an end to seek to");
	size = atomic_load(&f->r.pc.size_bytes);
	if (whence == ROS_SEEK_END)
		return size + off;
	if (off < 0 || off >= size)
		return fail(ENXIO, "there is nothing at offset %ld", (long)off);
	/* The archive's data has no holes. */
	if (off < (int64_t)f->r.lent_len) {
		if (whence == ROS_SEEK_DATA)
			return off;
		off = ROUND_UP(f->r.lent_len, PGSIZE);
		if (off >= size)
			return size;
	}
	return pagecache_seek(&f->r.pc, off, whence == ROS_SEEK_HOLE);
}

/* --------------------------------------------- data of the boot archive */

static struct tree_file *pc_file(struct pagecache *pc)
{
	return container_of(pc, struct tree_file, r.pc);
}

/* Whole pages are used where they lie. */
static struct frame *lent_lend(struct pagecache *pc, uint64_t index)
{
	struct tree_file *f = pc_file(pc);
	struct frame *page;

	if (((uintptr_t)f->r.lent & (PGSIZE - 1)) ||
	    (index + 1) * PGSIZE > f->r.lent_len)
		return NULL;
	page = virt_to_frame(f->r.lent + index * PGSIZE);
	frame_get(page);
	return page;
}

static int lent_fill(struct pagecache *pc, uint64_t index, struct frame *page)
{
	struct tree_file *f = pc_file(pc);
	uint64_t off = index * PGSIZE, len = f->r.lent_len;
	char *to = frame_to_virt(page);

	len = off < len ? MIN(len - off, PGSIZE) : 0;
	memcpy(to, f->r.lent + off, len);
	memset(to + len, 0, PGSIZE - len);
	return 0;
}

/* Not exact: pages that a mapping makes count with the next write. */
static bool tree_has_room(struct pagecache *pc)
{
	struct tree_fs *fs = container_of(pc, struct tree_file, r.pc)->fs;

	return !frames_scarce() &&
	       (!fs->max_bytes ||
		atomic_load_explicit(&fs->used_bytes, memory_order_relaxed) <
			fs->max_bytes);
}

const struct pagecache_ops tree_plain_ops = {
	.room = tree_has_room,
	.release = tree_pagecache_release,
};

const struct pagecache_ops tree_lent_ops = {
	.fill = lent_fill,
	.lend = lent_lend,
	.room = tree_has_room,
	.release = tree_pagecache_release,
};

/* ------------------------------------------------------------ attributes */

static struct ros_timespec to_timespec(int64_t ns)
{
	struct ros_timespec ts = { ns / 1000000000, ns % 1000000000 };

	if (ts.tv_nsec < 0) {
		ts.tv_nsec += 1000000000;
		ts.tv_sec--;
	}
	return ts;
}

static int64_t from_timespec(const struct ros_timespec *ts)
{
	const int64_t limit = INT64_MAX / 1000000000 - 1;
	int64_t sec = MAX(MIN(ts->tv_sec, limit), -limit);

	return sec * 1000000000 + ts->tv_nsec;
}

static void stat_size(struct tree_file *f, struct ros_stat *st)
{
	switch (tree_type(f)) {
	case ROS_S_IFREG:
		st->st_size = atomic_load(&f->r.pc.size_bytes);
		st->st_blocks = f->r.lent_len ?
					(st->st_size + 511) / 512 :
					atomic_load(&f->r.pc.nr_pages) * 8;
		break;
	case ROS_S_IFDIR:
		st->st_size = PGSIZE;
		break;
	case ROS_S_IFLNK:
		st->st_size = f->l.len;
		break;
	default:
		st->st_rdev = f->l.rdev;
	}
}

int tree_stat(struct chan *c, struct ros_stat *st)
{
	struct tree_file *f = c->node;

	st->st_ino = f->ino;
	st->st_nlink = f->nlink;
	st->st_mode = f->mode;
	st->st_uid = f->uid;
	st->st_gid = f->gid;
	st->st_blksize = PGSIZE;
	st->st_atim = to_timespec(f->atime);
	st->st_mtim = to_timespec(f->mtime);
	st->st_ctim = to_timespec(f->ctime);
	stat_size(f, st);
	return 0;
}

static int owner_check(struct tree_file *f, const struct cred *cred)
{
	if (cred_is_root(cred) || cred->euid == f->uid)
		return 0;
	return fail(EPERM, "only the owner may do that");
}

static int chown_check(struct tree_file *f, const struct wstat *w,
		       const struct cred *cred)
{
	if (cred_is_root(cred))
		return 0;
	if ((w->valid & WSTAT_UID) && w->uid != f->uid)
		return fail(EPERM, "only root gives files away");
	if ((w->valid & WSTAT_GID) && w->gid != f->gid &&
	    !cred_in_group(cred, w->gid))
		return fail(EPERM, "the owner is not in group %u", w->gid);
	return owner_check(f, cred);
}

static int size_check(struct tree_file *f, const struct cred *cred)
{
	if (tree_is_reg(f))
		return tree_perm(f, cred, 2);
	return fail(tree_is_dir(f) ? EISDIR : EINVAL, "this has no length");
}

static int wstat_check(struct tree_file *f, const struct wstat *w,
		       const struct cred *cred)
{
	uint32_t now = WSTAT_ATIME_NOW | WSTAT_MTIME_NOW;
	int err = 0;

	if (w->valid & (WSTAT_UID | WSTAT_GID))
		err = chown_check(f, w, cred);
	if (!err && (w->valid & (WSTAT_MODE | WSTAT_ATIME | WSTAT_MTIME)))
		err = owner_check(f, cred);
	else if (!err && (w->valid & now) && cred->euid != f->uid)
		err = tree_perm(f, cred, 2);
	if (!err && (w->valid & WSTAT_SIZE))
		err = size_check(f, cred);
	return err;
}

/* Sets bits of the mode but for the type. */
static void mode_set(struct tree_file *f, uint32_t keep, uint32_t bits)
{
	uint32_t old = atomic_load(&f->mode), new;

	do
		new = (old & (ROS_S_IFMT | keep)) | bits;
	while (!atomic_compare_exchange_weak(&f->mode, &old, new));
}

static void wstat_owner(struct tree_file *f, const struct wstat *w)
{
	if (w->valid & WSTAT_UID)
		atomic_store(&f->uid, w->uid);
	if (w->valid & WSTAT_GID)
		atomic_store(&f->gid, w->gid);
	/* A program does not take its rights along. */
	if (tree_is_reg(f) && (f->mode & 0111))
		mode_set(f, 07777 & ~(MODE_SUID | MODE_SGID), 0);
}

static void wstat_times(struct tree_file *f, const struct wstat *w, int64_t now)
{
	if (w->valid & WSTAT_ATIME_NOW)
		tree_touch(&f->atime, now);
	else if (w->valid & WSTAT_ATIME)
		tree_touch(&f->atime, from_timespec(&w->atime));
	if (w->valid & WSTAT_MTIME_NOW)
		tree_touch(&f->mtime, now);
	else if (w->valid & WSTAT_MTIME)
		tree_touch(&f->mtime, from_timespec(&w->mtime));
}

int tree_wstat(struct chan *c, const struct wstat *w, const struct cred *cred)
{
	struct tree_file *f = c->node;
	uint32_t mode = w->mode & 07777;
	int err;

	err = wstat_check(f, w, cred);
	if (!err && (w->valid & WSTAT_SIZE))
		err = tree_truncate(f, w->size);
	if (err)
		return err;
	if (w->valid & (WSTAT_UID | WSTAT_GID))
		wstat_owner(f, w);
	if (w->valid & WSTAT_MODE) {
		if (!cred_is_root(cred) && !tree_is_dir(f) &&
		    !cred_in_group(cred, f->gid))
			mode &= ~MODE_SGID;
		mode_set(f, 0, mode);
	}
	wstat_times(f, w, time_wall_ns());
	if (w->valid & ~WSTAT_SIZE)
		tree_touch(&f->ctime, time_wall_ns());
	return 0;
}

long tree_readlink(struct chan *c, char *buf, size_t len)
{
	struct tree_file *f = c->node;

	if (tree_type(f) != ROS_S_IFLNK)
		return fail(EINVAL, "this is not a symbolic link");
	len = MIN(len, f->l.len);
	memcpy(buf, f->l.text, len);
	return len;
}

int tree_statfs(struct chan *c, struct ros_statfs *sf)
{
	struct tree_file *f = c->node;
	struct tree_fs *fs = f->fs;
	uint64_t used = atomic_load(&fs->used_bytes) / PGSIZE;
	uint64_t total = fs->max_bytes ? fs->max_bytes / PGSIZE :
					 frames_total();

	*sf = (struct ros_statfs){
		.f_type = TREE_MAGIC, .f_bsize = PGSIZE, .f_frsize = PGSIZE,
		.f_blocks = total, .f_namelen = ROS_NAME_MAX,
		.f_fsid = fs->dev->id,
		.f_files = atomic_load(&fs->nr_files),
	};
	sf->f_bfree = used < total ? total - used : 0;
	sf->f_bfree = MIN(sf->f_bfree, frames_free_count());
	sf->f_bavail = sf->f_bfree;
	return 0;
}
