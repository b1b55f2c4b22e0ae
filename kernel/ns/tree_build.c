// SPDX-License-Identifier: MIT
/* Building trees at boot: no permissions, missing directories are made. */
#include <ns/tree_priv.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <ns/ns_priv.h>
#include <ros/errno.h>

struct build {
	struct tree_fs *fs;
	uint32_t mode, uid, gid;
	int64_t mtime; /* seconds; 0: now */
	const char *text;
};

static void chan_at(struct chan *c, struct tree_fs *fs, struct tree_file *dir)
{
	*c = (struct chan){ .dev = fs->dev };
	tree_set_place(c, dir);
}

/* What has the name in dir, made as b says if it is missing; counted. */
static int make(const struct build *b, struct tree_file *dir, const char *name,
		size_t len, struct tree_file **out)
{
	struct create_args a = {
		.name = name, .len = len, .mode = b->mode, .target = b->text,
		.cred = &root_cred,
	};
	struct chan c;
	int err;

	*out = tree_lookup(dir, name, len);
	if (*out)
		return 0;
	tree_get(dir); /* create takes it off c */
	chan_at(&c, b->fs, dir);
	err = tree_create(&c, &a);
	if (err) {
		tree_put(dir);
		return err;
	}
	*out = c.node;
	(*out)->uid = b->uid;
	(*out)->gid = b->gid;
	if (b->mtime) {
		(*out)->mtime = b->mtime * 1000000000;
		(*out)->atime = (*out)->ctime = (*out)->mtime;
	}
	return 0;
}

/* Over what is no name: slashes, and "." between them. */
static const char *skip(const char *s)
{
	while (*s == '/' || (*s == '.' && (s[1] == '/' || !s[1])))
		s++;
	return s;
}

/* The directory that the path's last element goes to, counted. */
static int make_parents(struct tree_fs *fs, const char **path, size_t *last_len,
			struct tree_file **out)
{
	const struct build b = { .fs = fs, .mode = ROS_S_IFDIR | 0755 };
	struct tree_file *dir = fs->root, *next;
	const char *s = skip(*path), *e, *rest;
	int err;

	tree_get(dir);
	for (;; s = rest) {
		for (e = s; *e && *e != '/'; e++)
			;
		rest = skip(e);
		if (e - s == 2 && s[0] == '.' && s[1] == '.') {
			tree_put(dir);
			return fail(EINVAL, "%s has '..' in it", *path);
		}
		if (!*rest)
			break;
		err = make(&b, dir, s, e - s, &next);
		tree_put(dir);
		if (err)
			return err;
		dir = next;
		if (!tree_is_dir(dir)) {
			tree_put(dir);
			return fail(ENOTDIR, "%s lies below a file", *path);
		}
	}
	*path = s;
	*last_len = e - s;
	*out = dir;
	return 0;
}

/* A later entry of an archive replaces an earlier one; directories merge. */
static int replace(const struct build *b, struct tree_file *dir,
		   const char *name, size_t len, struct tree_file **out)
{
	bool is_dir = tree_is_dir(*out);
	struct chan c;
	int err;

	tree_put(*out);
	chan_at(&c, b->fs, dir);
	err = tree_unlink(&c, name, len, is_dir, &root_cred);
	return err ? err : make(b, dir, name, len, out);
}

int tree_add(struct tree_fs *fs, const char *path, uint32_t mode, uint32_t uid,
	     uint32_t gid, int64_t mtime, const char *link_target,
	     struct tree_file **out)
{
	const struct build b = { fs, mode, uid, gid, mtime, link_target };
	struct tree_file *dir = NULL, *f, *was;
	uint32_t type = mode & ROS_S_IFMT;
	size_t len = 0;
	int err;

	err = make_parents(fs, &path, &len, &dir);
	if (err)
		return err;
	if (!len) { /* the root itself */
		f = dir;
		tree_get(f);
	} else {
		was = tree_lookup(dir, path, len);
		f = was;
		err = was ? 0 : make(&b, dir, path, len, &f);
		if (was && (type != ROS_S_IFDIR || !tree_is_dir(was)))
			err = replace(&b, dir, path, len, &f);
	}
	tree_put(dir);
	if (err)
		return err;
	/* A directory's own entry may come after what lies in it. */
	if (type == ROS_S_IFDIR)
		f->mode = mode;
	if (out)
		*out = f; /* its directory keeps it */
	tree_put(f);
	return 0;
}

int tree_set_lent_data(struct tree_file *f, const void *data, size_t len)
{
	assert(tree_is_reg(f) && !atomic_load(&f->r.pc.nr_pages));
	f->r.lent = data;
	f->r.lent_len = len;
	f->r.pc.ops = &tree_lent_ops;
	atomic_store(&f->r.pc.size_bytes, len);
	return 0;
}

int tree_add_node(struct tree_fs *fs, const char *path, uint32_t mode,
		  const char *target)
{
	struct tree_file *f;
	struct dev *d;
	size_t len = 1;
	int err;

	if (!(mode & ROS_S_IFMT))
		mode |= ROS_S_IFCHR;
	err = tree_add(fs, path, mode, 0, 0, 0, target, &f);
	if (err || target[0] != '#')
		return err;
	while (target[len] && target[len] != '.' && target[len] != '/')
		len++;
	d = dev_lookup(target + 1, len - 1);
	if (d)
		f->l.rdev = (uint64_t)d->id << 8 | (f->ino & 0xff);
	return 0;
}
