// SPDX-License-Identifier: MIT
/* Flat devices.  Rules: dev/flat.h */
#include <dev/flat.h>

#include <lib/log.h>
#include <lib/string.h>
#include <ros/errno.h>

/*
 * Which directory a chan belongs to is kept in aux; node is NULL for the
 * directory itself.
 */
static const struct flat_dir *dir_of(const struct chan *c)
{
	return c->aux;
}

const struct flat_file *flat_file_of(const struct chan *c)
{
	return c->node;
}

static void become(struct chan *c, const struct flat_file *f)
{
	const struct flat_dir *dir = dir_of(c);

	c->node = (void *)f;
	c->qid.path = f ? f - dir->files + 2 : 1;
	c->qid.vers = 0;
	c->qid.type = f ? QTFILE : QTDIR;
}

static const struct flat_file *find(const struct flat_dir *dir,
				    const char *name, size_t len)
{
	for (unsigned int i = 0; i < dir->nr; i++) {
		const struct flat_file *f = &dir->files[i];

		if (strlen(f->name) == len && !memcmp(f->name, name, len))
			return f;
	}
	return NULL;
}

int flat_attach(struct chan *c, const struct flat_dir *dir, const char *spec)
{
	const struct flat_file *f = NULL;

	c->aux = (void *)dir;
	if (spec && *spec) {
		f = find(dir, spec, strlen(spec));
		if (!f)
			return fail(ENOENT, "#%s has no file '%s'", dir->name,
				    spec);
	}
	become(c, f);
	return 0;
}

int flat_walk(struct chan *c, const char *name, size_t len,
	      const struct cred *cred)
{
	const struct flat_file *f;

	if (c->node)
		return -ENOTDIR;
	f = find(dir_of(c), name, len);
	if (!f)
		return -ENOENT;
	become(c, f);
	return 0;
}

int flat_parent(struct chan *c)
{
	become(c, NULL);
	return 0;
}

void flat_clone(const struct chan *c, struct chan *nc)
{
	nc->node = c->node;
	nc->aux = c->aux;
	nc->qid = c->qid;
}

int flat_open(struct chan *c, int omode, const struct cred *cred)
{
	const struct flat_file *f = c->node;
	uint32_t mode = f ? f->mode : 0555;
	int err = perm_check(cred, 0, 0, mode, ros_omode_to_rwx(omode));

	if (err)
		return err;
	if (!f)
		return omode & O_WRITE ? -EISDIR : 0;
	atomic_fetch_or(&c->flags, f->flags);
	return 0;
}

long flat_read(struct chan *c, struct uio *u, uint64_t off)
{
	const struct flat_file *f = c->node;

	if (!f)
		return -EISDIR;
	return f->read ? f->read(c, u, off) : -EINVAL;
}

long flat_write(struct chan *c, struct uio *u, uint64_t off)
{
	const struct flat_file *f = c->node;

	return f && f->write ? f->write(c, u, off) : -EINVAL;
}

bool dirent_put(void *buf, size_t len, size_t *at, uint64_t ino, int64_t next,
		uint32_t mode, const char *name)
{
	size_t name_len = strlen(name);
	size_t need = ROUND_UP(offsetof(struct ros_dirent, d_name) + name_len +
				       1, 8);
	struct ros_dirent *d = (struct ros_dirent *)((char *)buf + *at);

	if (need > len - *at)
		return false;
	memset(d, 0, need);
	d->d_ino = ino;
	d->d_off = next;
	d->d_reclen = need;
	d->d_type = mode >> 12;
	memcpy(d->d_name, name, name_len);
	*at += need;
	return true;
}

long flat_readdir(struct chan *c, void *buf, size_t len, uint64_t *pos)
{
	const struct flat_dir *dir = dir_of(c);
	size_t at = 0;

	while (*pos < dir->nr + 2) {
		const struct flat_file *f =
			*pos < 2 ? NULL : &dir->files[*pos - 2];
		const char *name = *pos == 0 ? "." : *pos == 1 ? ".." : f->name;

		if (!dirent_put(buf, len, &at, f ? *pos : 1, *pos + 1,
				f ? f->mode : ROS_S_IFDIR, name))
			break;
		(*pos)++;
	}
	return at || *pos >= dir->nr + 2 ? (long)at : -EINVAL;
}

int flat_stat(struct chan *c, struct ros_stat *st)
{
	const struct flat_file *f = c->node;

	st->st_ino = c->qid.path;
	st->st_mode = f ? f->mode : ROS_S_IFDIR | 0555;
	st->st_nlink = f ? 1 : 2;
	st->st_rdev = f ? f->rdev : 0;
	st->st_blksize = PGSIZE;
	return 0;
}

/* Truncation by open() or > is harmless; nothing else can be set. */
int flat_wstat(struct chan *c, const struct wstat *w, const struct cred *cred)
{
	const uint32_t harmless = WSTAT_SIZE | WSTAT_ATIME | WSTAT_MTIME |
				  WSTAT_ATIME_NOW | WSTAT_MTIME_NOW;

	return w->valid & ~harmless ? -EPERM : 0;
}

long text_read(struct uio *u, uint64_t off, const char *text, size_t total)
{
	size_t n;
	int err;

	if (off >= total)
		return 0;
	n = MIN(u->resid, total - off);
	err = uio_write_to(u, text + off, n);
	return err ? err : (long)n;
}
