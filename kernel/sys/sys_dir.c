// SPDX-License-Identifier: MIT
/* Names: directories, links, the current directory, mounts. */
#include <sys/sys_priv.h>

#include <lib/string.h>
#include <mm/slab.h>

int64_t path_of_chan(struct proc *p, struct chan *c, char **out)
{
	char *buf = kmalloc(ROS_PATH_MAX, MM_WAIT);
	long len;

	if (!buf)
		return fail(ENOMEM, "no memory for a path");
	len = ns_path(p, c, buf, ROS_PATH_MAX - 1);
	if (len < 0)
		kfree(buf);
	else
		*out = buf;
	return len;
}

int64_t path_to_user(char *buf, uint64_t len, uint64_t ubuf, uint64_t ulen)
{
	int64_t ret = len + 1;

	buf[len] = 0;
	if (len + 1 > ulen)
		ret = fail(ERANGE, "a path of %lu bytes in a buffer of %lu",
			   len, ulen);
	else if (copy_to_user((void *)ubuf, buf, len + 1))
		ret = fail_addr(ubuf);
	kfree(buf);
	return ret;
}

SYS_FN(getcwd)
{
	struct chan *dot;
	char *buf = NULL;
	int64_t len;

	scoped_spin(&p->ns->lock) {
		dot = p->ns->dot;
		chan_get(dot);
	}
	len = path_of_chan(p, dot, &buf);
	chan_put(dot);
	if (len < 0)
		return len;
	return path_to_user(buf, len, u->a[0], u->a[1]);
}

/* chdir, fchdir, chroot end alike. */
static int64_t enter_dir(struct proc *p, struct chan *c, bool root)
{
	int64_t ret;

	if (!(c->qid.type & QTDIR))
		ret = fail(ENOTDIR, "not a directory");
	else
		ret = root ? ns_chroot(p, c) : ns_chdir(p, c);
	chan_put(c);
	return ret;
}

static int64_t walk_and_enter(struct proc *p, const struct sys_args *u,
			      bool root)
{
	struct chan *c;
	int64_t ret = path_walk(p, ROS_AT_FDCWD, u->a[0], u->a[1],
				WALK_FOLLOW | WALK_DIR, &c);

	return ret ? ret : enter_dir(p, c, root);
}

SYS_FN(chdir)
{
	return walk_and_enter(p, u, false);
}

SYS_FN(chroot)
{
	if (!cred_is_root(p->cred))
		return fail(EPERM, "chroot is for root");
	return walk_and_enter(p, u, true);
}

SYS_FN(fchdir)
{
	struct chan *c;
	int64_t ret = fd_get(p, u->a[0], &c);

	return ret ? ret : enter_dir(p, c, false);
}

SYS_FN(mkdir)
{
	struct at a;
	int64_t ret = at_get(p, u->a[0], u->a[1], u->a[2], &a);

	if (ret)
		return ret;
	ret = ns_mkdir(p, a.dir, a.path, u->a[3] & 01777);
	at_put(&a);
	return ret;
}

static int64_t do_unlink(struct proc *p, const struct sys_args *u, bool dir)
{
	struct at a;
	int64_t ret = at_get(p, u->a[0], u->a[1], u->a[2], &a);

	if (ret)
		return ret;
	ret = ns_unlink(p, a.dir, a.path, dir);
	at_put(&a);
	return ret;
}

SYS_FN(unlink)
{
	return do_unlink(p, u, false);
}

SYS_FN(rmdir)
{
	return do_unlink(p, u, true);
}

/* link and rename: two names. */
static int64_t two_names(struct proc *p, const struct sys_args *u,
			 int (*fn)(struct proc *, struct chan *, const char *,
				   struct chan *, const char *))
{
	struct at from, to;
	int64_t ret = at_get(p, u->a[0], u->a[1], u->a[2], &from);

	if (ret)
		return ret;
	ret = at_get(p, u->a[3], u->a[4], u->a[5], &to);
	if (!ret) {
		ret = fn(p, from.dir, from.path, to.dir, to.path);
		at_put(&to);
	}
	at_put(&from);
	return ret;
}

SYS_FN(link)
{
	return two_names(p, u, ns_link);
}

SYS_FN(rename)
{
	return two_names(p, u, ns_rename);
}

SYS_FN(symlink)
{
	struct at a;
	char *target;
	int64_t ret = path_from_user((const void *)u->a[0], u->a[1], &target);

	if (ret)
		return ret;
	ret = at_get(p, u->a[2], u->a[3], u->a[4], &a);
	if (!ret) {
		ret = ns_symlink(p, target, a.dir, a.path);
		at_put(&a);
	}
	kfree(target);
	return ret;
}

SYS_FN(readlink)
{
	struct chan *c;
	char *buf;
	int64_t ret = at_walk(p, u->a[0], u->a[1], u->a[2], 0, &c);

	if (ret)
		return ret;
	buf = kmalloc(ROS_PATH_MAX, MM_WAIT);
	if (!buf)
		ret = fail(ENOMEM, "no memory for a path");
	else if (!(c->qid.type & QTSYMLINK) || !c->dev->readlink)
		ret = fail(EINVAL, "not a symbolic link");
	else
		ret = c->dev->readlink(c, buf, ROS_PATH_MAX);
	if (ret > 0) {
		ret = MIN(ret, (int64_t)MIN(u->a[4], ROS_PATH_MAX));
		if (copy_to_user((void *)u->a[3], buf, ret))
			ret = fail_addr(u->a[3]);
	}
	kfree(buf);
	chan_put(c);
	return ret;
}

SYS_FN(mknod)
{
	uint32_t mode = u->a[3], type = mode & ROS_S_IFMT;
	struct chan *c;
	struct at a;
	int64_t ret = at_get(p, u->a[0], u->a[1], u->a[2], &a);

	if (ret)
		return ret;
	if (!type || type == ROS_S_IFREG) {
		ret = ns_open(p, a.dir, a.path,
			      O_WRITE | ROS_O_CREAT | ROS_O_EXCL, mode & 07777,
			      &c);
		if (!ret)
			chan_put(c);
	} else if (type == ROS_S_IFDIR || type == ROS_S_IFLNK) {
		ret = fail(EINVAL, "mknod of type 0%o", type);
	} else if (type != ROS_S_IFIFO && !cred_is_root(p->cred)) {
		ret = fail(EPERM, "making a device is for root");
	} else {
		ret = ns_mknod(p, a.dir, a.path, mode, u->a[4]);
	}
	at_put(&a);
	return ret;
}

#define DENTS_CHUNK 4096

/* One chunk of entries a call: who wants more calls again. */
SYS_FN(getdents)
{
	struct chan *c;
	void *buf;
	int64_t ret = fd_get_mode(p, u->a[0], O_READ, &c);

	if (ret)
		return ret;
	buf = kmalloc(DENTS_CHUNK, MM_WAIT);
	if (!buf)
		ret = fail(ENOMEM, "no memory for directory entries");
	else if (!(c->qid.type & QTDIR))
		ret = fail(ENOTDIR, "descriptor %d is not a directory",
			   (int)u->a[0]);
	else if (!user_range_ok(u->a[1], u->a[2]))
		ret = fail_addr(u->a[1]);
	else
		ret = chan_readdir(c, buf, MIN(u->a[2], DENTS_CHUNK));
	if (ret > 0 && copy_to_user((void *)u->a[1], buf, ret))
		ret = fail_addr(u->a[1]);
	kfree(buf);
	chan_put(c);
	return ret;
}

static int64_t two_chans(struct proc *p, const struct sys_args *u,
			 bool src_optional, struct chan **src,
			 struct chan **onto)
{
	int64_t ret = 0;

	*src = NULL;
	if (u->a[0] || !src_optional)
		ret = path_walk(p, ROS_AT_FDCWD, u->a[0], u->a[1], WALK_FOLLOW,
				src);
	if (ret)
		return ret;
	ret = path_walk(p, ROS_AT_FDCWD, u->a[2], u->a[3],
			WALK_FOLLOW | WALK_NOMOUNT, onto);
	if (ret && *src)
		chan_put(*src);
	return ret;
}

SYS_FN(nbind)
{
	struct chan *src, *onto;
	uint64_t flags = u->a[4];
	int64_t ret;

	if (flags & ~(uint64_t)(MBEFORE | MAFTER | MCREATE | MCACHE))
		return fail(EINVAL, "bind flags 0x%lx", flags);
	ret = two_chans(p, u, false, &src, &onto);
	if (ret)
		return ret;
	ret = ns_bind(p, src, onto, flags);
	chan_put(src);
	chan_put(onto);
	return ret;
}

SYS_FN(nunmount)
{
	struct chan *src, *onto;
	int64_t ret = two_chans(p, u, true, &src, &onto);

	if (ret)
		return ret;
	ret = ns_unmount(p, src, onto);
	if (src)
		chan_put(src);
	chan_put(onto);
	return ret;
}
