// SPDX-License-Identifier: MIT
/* What posix_spawn's file actions do, in order, in the child's descriptors. */
#include <sys/sys_priv.h>

#include <mm/slab.h>

#define ACTIONS_MAX 4096

static int do_dup2(struct proc *child, const struct file_action *fa)
{
	struct chan *c;
	int ret = fd_get(child, fa->srcfd, &c);

	if (ret)
		return ret;
	if (fa->fd == fa->srcfd) {
		chan_put(c);
		return fd_set_flags(child, fa->fd, 0);
	}
	ret = fd_install_at(child, c, fa->fd, 0);
	if (ret < 0)
		chan_put(c);
	return ret < 0 ? ret : 0;
}

static int do_open(struct proc *child, const struct file_action *fa)
{
	struct chan *c;
	char *path;
	int ret = path_from_user(fa->path, fa->path_len, &path);

	if (ret)
		return ret;
	ret = ns_open(child, NULL, path, fa->oflags, fa->mode & 07777, &c);
	kfree(path);
	if (ret)
		return ret;
	ret = fd_install_at(child, c, fa->fd, fa->oflags & ROS_O_CLOEXEC);
	if (ret < 0)
		chan_put(c);
	return ret < 0 ? ret : 0;
}

static int do_chdir(struct proc *child, const struct file_action *fa)
{
	struct chan *c;
	char *path;
	int ret = path_from_user(fa->path, fa->path_len, &path);

	if (ret)
		return ret;
	ret = ns_walk(child, NULL, path, WALK_FOLLOW | WALK_DIR, NULL, &c);
	kfree(path);
	if (ret)
		return ret;
	ret = ns_chdir(child, c);
	chan_put(c);
	return ret;
}

static int do_fchdir(struct proc *child, const struct file_action *fa)
{
	struct chan *c;
	int ret = fd_get(child, fa->fd, &c);

	if (ret)
		return ret;
	if (c->qid.type & QTDIR)
		ret = ns_chdir(child, c);
	else
		ret = fail(ENOTDIR, "descriptor %d is not a directory", fa->fd);
	chan_put(c);
	return ret;
}

static int do_action(struct proc *child, const struct file_action *fa)
{
	switch (fa->op) {
	case ROS_FA_CLOSE:
		fd_close(child, fa->fd); /* one that is not open is fine */
		return 0;
	case ROS_FA_DUP2:
		return do_dup2(child, fa);
	case ROS_FA_OPEN:
		return do_open(child, fa);
	case ROS_FA_CHDIR:
		return do_chdir(child, fa);
	case ROS_FA_FCHDIR:
		return do_fchdir(child, fa);
	}
	return fail(EINVAL, "file action %u", fa->op);
}

int spawn_actions(struct proc *child, uint64_t uactions, uint32_t nr)
{
	const struct file_action *ufa = (const struct file_action *)uactions;
	struct file_action fa;
	int err;

	if (nr > ACTIONS_MAX)
		return fail(E2BIG, "%u file actions", nr);
	for (uint32_t i = 0; i < nr; i++) {
		if (copy_from_user(&fa, &ufa[i], sizeof(fa)))
			return fail(EFAULT, "bad address 0x%lx of file actions",
				    uactions);
		err = do_action(child, &fa);
		if (err)
			return err;
	}
	return 0;
}
