// SPDX-License-Identifier: MIT
/* Paths from user memory, and where they start. */
#include <sys/sys_priv.h>

#include <lib/string.h>
#include <mm/slab.h>

int fail_addr(uint64_t uaddr)
{
	return fail(EFAULT, "bad address 0x%lx", uaddr);
}

#define ONES  0x0101010101010101UL
#define HIGHS 0x8080808080808080UL

static bool has_zero(const char *s, size_t len)
{
	uint64_t w;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&w, s + i, 8);
		if ((w - ONES) & ~w & HIGHS)
			return true;
	}
	for (; i < len; i++)
		if (!s[i])
			return true;
	return false;
}

/* Into a buffer of len + 1 bytes. */
static int copy_path(char *path, const void *upath, uint64_t len)
{
	if (copy_from_user(path, upath, len))
		return fail_addr((uint64_t)upath);
	path[len] = 0;
	if (unlikely(has_zero(path, len)))
		return fail(EINVAL, "path with a zero byte in it");
	return 0;
}

static int check_len(uint64_t len)
{
	if (!len)
		return fail(ENOENT, "empty path");
	if (len >= ROS_PATH_MAX)
		return fail(ENAMETOOLONG, "path of %lu bytes", len);
	return 0;
}

int path_from_user(const void *upath, uint64_t len, char **out)
{
	char *path;
	int err = check_len(len);

	if (err)
		return err;
	path = kmalloc(len + 1, MM_WAIT);
	if (!path)
		return fail(ENOMEM, "no memory for a path");
	err = copy_path(path, upath, len);
	if (err)
		kfree(path);
	else
		*out = path;
	return err;
}

static inline void free_path(struct at *a)
{
	if (unlikely(a->path != a->small))
		kfree(a->path);
}

static int get_dir(struct proc *p, int dirfd, struct chan **dir)
{
	int err = fd_get(p, dirfd, dir);

	if (!err && !((*dir)->qid.type & QTDIR)) {
		chan_put(*dir);
		err = fail(ENOTDIR, "descriptor %d is not a directory", dirfd);
	}
	return err;
}

int at_get(struct proc *p, int dirfd, uint64_t upath, uint64_t len,
	   struct at *a)
{
	int err;

	a->dir = NULL;
	a->path = a->small;
	if (likely(len - 1 < AT_SMALL - 1))
		err = copy_path(a->small, (const void *)upath, len);
	else
		err = path_from_user((const void *)upath, len, &a->path);
	if (unlikely(err) || likely(dirfd == ROS_AT_FDCWD) ||
	    a->path[0] == '/')
		return err;
	err = get_dir(p, dirfd, &a->dir);
	if (err)
		free_path(a);
	return err;
}

void at_put(struct at *a)
{
	if (a->dir)
		chan_put(a->dir);
	free_path(a);
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
