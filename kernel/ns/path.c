// SPDX-License-Identifier: MIT
/*
 * From a place back to a path: upwards, name by name, into the end of the
 * buffer.  A device that cannot name its places has their parents' entries
 * looked through.
 */
#include <ns/ns_priv.h>

#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ros/errno.h>

#define LIST_BYTES 2048

struct path_buf {
	char *start, *at; /* the path so far is [at, end) */
};

static int push(struct path_buf *b, const char *s, size_t len)
{
	if (b->at - b->start < len)
		return fail(ERANGE, "the path does not fit");
	b->at -= len;
	memcpy(b->at, s, len);
	return 0;
}

/* The entry with this number among some of a directory's. */
static const struct ros_dirent *find_ino(const char *buf, long len,
					 uint64_t ino)
{
	for (long i = 0; i < len;) {
		const struct ros_dirent *d = (const void *)(buf + i);

		if (d->d_ino == ino && strcmp(d->d_name, ".") &&
		    strcmp(d->d_name, ".."))
			return d;
		i += d->d_reclen;
	}
	return NULL;
}

/* at is the parent. */
static long search_name(struct chan *at, uint64_t ino, char *name)
{
	const struct ros_dirent *d = NULL;
	uint64_t pos = 0;
	long n;
	char *buf;

	if (!at->dev->readdir)
		return -ENOENT;
	buf = kmalloc(LIST_BYTES, MM_WAIT);
	if (!buf)
		return -ENOMEM;
	do {
		n = at->dev->readdir(at, buf, LIST_BYTES, &pos);
		if (n > 0)
			d = find_ino(buf, n, ino);
	} while (n > 0 && !d);
	n = d ? (long)strlcpy(name, d->d_name, ROS_NAME_MAX + 1) : -ENOENT;
	kfree(buf);
	return n;
}

/* Moves the counted place up; its name there.  0: it is the device's root. */
static long name_and_up(struct chan *at, char *name)
{
	uint64_t ino = at->qid.path;
	long n = -ENOENT;
	int err;

	if (at->dev->name_of) {
		n = at->dev->name_of(at, name, ROS_NAME_MAX);
		if (n < 0)
			return n;
	}
	if (!at->dev->parent)
		return 0;
	err = at->dev->parent(at);
	if (err)
		return err;
	if (at->qid.path == ino)
		return 0;
	return at->dev->name_of ? n : search_name(at, ino, name);
}

static bool is_process_root(struct proc *p, const struct chan *at)
{
	struct chan *root = ns_get_root(p->ns);
	bool is = root->mnt == at->mnt && place_same(root, at);

	chan_put(root);
	return is;
}

/* From a mount's root to the place that it hangs on. */
static bool to_mount_point(struct chan *at)
{
	struct mount *m = at->mnt;
	struct chan n = { 0 };

	if (!m || !mount_has_root(m, at))
		return false;
	place_clone(m->onto, &n);
	n.mnt = m->onto->mnt;
	if (n.mnt)
		kref_get(&n.mnt->ref);
	place_drop(at);
	*at = n;
	return true;
}

static int climb(struct proc *p, struct chan *at, struct path_buf *b,
		 char *name)
{
	long n;
	int err = 0;

	while (!err && !is_process_root(p, at)) {
		if (to_mount_point(at))
			continue;
		n = name_and_up(at, name);
		if (n < 0)
			return n;
		if (!n) { /* not below the process's root */
			err = push(b, at->dev->name, strlen(at->dev->name));
			return err ? err : push(b, "#", 1);
		}
		err = push(b, name, n);
		if (!err)
			err = push(b, "/", 1);
	}
	return err;
}

static long path_show(struct proc *p, struct chan *c, char *buf, size_t len,
		      char *name)
{
	struct path_buf b = { .start = buf, .at = buf + len };
	struct chan at = { 0 };
	long n;
	int err;

	place_clone(c, &at);
	at.mnt = c->mnt;
	if (at.mnt)
		kref_get(&at.mnt->ref);
	err = climb(p, &at, &b, name);
	place_drop(&at);
	if (!err && b.at == buf + len)
		err = push(&b, "/", 1);
	if (err)
		return err;
	n = buf + len - b.at;
	memmove(buf, b.at, n);
	if (n < (long)len)
		buf[n] = 0;
	return n;
}

/* Terminated if there is room. */
long ns_path(struct proc *p, struct chan *c, char *buf, size_t len)
{
	char *name;
	long n;

	if (c->path) {
		n = strlen(c->path);
		if (n > (long)len)
			return fail(ERANGE, "the path does not fit");
		memcpy(buf, c->path, n);
		if (n < (long)len)
			buf[n] = 0;
		return n;
	}
	name = kmalloc(ROS_NAME_MAX + 1, MM_WAIT);
	if (!name)
		return -ENOMEM;
	n = path_show(p, c, buf, len, name);
	kfree(name);
	return n;
}
