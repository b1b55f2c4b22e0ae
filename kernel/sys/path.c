// SPDX-License-Identifier: MIT
/* Paths from user memory, and where they start. */
#include <sys/sys_priv.h>

#include <lib/string.h>
#include <mm/slab.h>

int fail_addr(uint64_t uaddr)
{
	return fail(EFAULT, "bad address 0x%lx", uaddr);
}

int path_from_user(const void *upath, uint64_t len, char **out)
{
	char *path;

	if (!len)
		return fail(ENOENT, "empty path");
	if (len >= ROS_PATH_MAX)
		return fail(ENAMETOOLONG, "path of %lu bytes", len);
	path = kmalloc(len + 1, MM_WAIT);
	if (!path)
		return fail(ENOMEM, "no memory for a path");
	if (copy_from_user(path, upath, len)) {
		kfree(path);
		return fail_addr((uint64_t)upath);
	}
	path[len] = 0;
	if (strlen(path) != len) {
		kfree(path);
		return fail(EINVAL, "path with a zero byte in it");
	}
	*out = path;
	return 0;
}

int at_get(struct proc *p, int dirfd, uint64_t upath, uint64_t len,
	   struct at *a)
{
	int err = path_from_user((const void *)upath, len, &a->path);

	if (err)
		return err;
	a->dir = NULL;
	if (likely(dirfd == ROS_AT_FDCWD) || a->path[0] == '/')
		return 0;
	err = fd_get(p, dirfd, &a->dir);
	if (!err && !(a->dir->qid.type & QTDIR)) {
		chan_put(a->dir);
		err = fail(ENOTDIR, "descriptor %d is not a directory", dirfd);
	}
	if (err)
		kfree(a->path);
	return err;
}

void at_put(struct at *a)
{
	if (a->dir)
		chan_put(a->dir);
	kfree(a->path);
}

int path_walk(struct proc *p, int dirfd, uint64_t upath, uint64_t len,
	      unsigned int walk_flags, struct chan **out)
{
	struct at a;
	int err = at_get(p, dirfd, upath, len, &a);

	if (err)
		return err;
	err = ns_walk(p, a.dir, a.path, walk_flags, NULL, out);
	at_put(&a);
	return err;
}

int at_walk(struct proc *p, int dirfd, uint64_t upath, uint64_t len,
	    unsigned int walk_flags, struct chan **out)
{
	if (!upath)
		return fd_get(p, dirfd, out);
	return path_walk(p, dirfd, upath, len, walk_flags, out);
}
