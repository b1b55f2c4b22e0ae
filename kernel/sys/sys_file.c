// SPDX-License-Identifier: MIT
/* Open files: open, close, dup, pipes, fcntl, ioctl, stat by descriptor. */
#include <sys/sys_priv.h>

#include <dev/dev.h>

SYS_FN(openat)
{
	int dirfd = u->a[0], oflags = u->a[3];
	struct chan *c;
	struct at a;
	int64_t ret = at_get(p, dirfd, u->a[1], u->a[2], &a);

	if (ret)
		return ret;
	ret = ns_open(p, a.dir, a.path, oflags, u->a[4] & 07777, &c);
	at_put(&a);
	if (ret)
		return ret;
	ret = fd_install(p, c, 0, oflags & (ROS_O_CLOEXEC | ROS_O_INTERNAL));
	if (unlikely(ret < 0))
		chan_put(c);
	return ret;
}

SYS_FN(close)
{
	return fd_close(p, u->a[0]);
}

SYS_FN(fstat)
{
	struct ros_stat st;
	struct chan *c;
	int64_t ret = fd_get(p, u->a[0], &c);

	if (ret)
		return ret;
	ret = chan_stat(c, &st);
	chan_put(c);
	if (!ret && copy_to_user((void *)u->a[1], &st, sizeof(st)))
		ret = fail_addr(u->a[1]);
	return ret;
}

static int64_t do_dup(struct proc *p, int fd, int to, bool exact, int flags)
{
	struct chan *c;
	int64_t ret;

	if (to < 0 || (exact && to >= NR_FILE_DESC_MAX))
		return fail(exact ? EBADF : EINVAL, "descriptor %d", to);
	ret = fd_get(p, fd, &c);
	if (ret)
		return ret;
	if (exact && fd == to)
		ret = fd;
	else if (exact)
		ret = fd_install_at(p, c, to, flags);
	else
		ret = fd_install(p, c, to, flags);
	if (ret < 0 || (exact && fd == to))
		chan_put(c);
	return ret;
}

SYS_FN(dup)
{
	uint64_t how = u->a[2];

	if (how & ~(uint64_t)(ROS_DUP_EXACT | ROS_DUP_CLOEXEC))
		return fail(EINVAL, "dup flags 0x%lx", how);
	return do_dup(p, u->a[0], u->a[1], how & ROS_DUP_EXACT,
		      how & ROS_DUP_CLOEXEC ? ROS_O_CLOEXEC : 0);
}

/* Installs neither end unless both go. */
SYS_FN(pipe)
{
	int flags = u->a[1], install = flags & (ROS_O_CLOEXEC | ROS_O_INTERNAL);
	struct chan *end[2];
	int fds[2], ret;

	if (flags & ~(install | ROS_O_NONBLOCK))
		return fail(EINVAL, "pipe flags 0%o", flags);
	ret = pipe_create(flags & ROS_O_NONBLOCK, end);
	if (ret)
		return ret;
	fds[0] = fd_install(p, end[0], 0, install);
	if (fds[0] < 0) {
		chan_put(end[0]);
		chan_put(end[1]);
		return fds[0];
	}
	fds[1] = fd_install(p, end[1], 0, install);
	if (fds[1] < 0) {
		chan_put(end[1]);
		fd_close(p, fds[0]);
		return fds[1];
	}
	if (copy_to_user((void *)u->a[0], fds, sizeof(fds))) {
		fd_close(p, fds[0]);
		fd_close(p, fds[1]);
		return fail_addr(u->a[0]);
	}
	return 0;
}

static const struct {
	uint32_t chan, o;
} status_bits[] = {
	{ CHAN_NONBLOCK, ROS_O_NONBLOCK },
	{ CHAN_APPEND, ROS_O_APPEND },
	{ CHAN_PATH, ROS_O_PATH },
	{ CHAN_SYNC, ROS_O_DSYNC },
};

static int64_t get_status(struct chan *c)
{
	uint32_t flags = atomic_load(&c->flags);
	int64_t ret = c->mode;

	for (unsigned int i = 0; i < ARRAY_SIZE(status_bits); i++)
		if (flags & status_bits[i].chan)
			ret |= status_bits[i].o;
	return ret;
}

/* Only these two may be changed; the rest of what is given does not count. */
static void set_status(struct chan *c, int oflags)
{
	uint32_t on = 0, was = atomic_load(&c->flags);

	if (oflags & ROS_O_NONBLOCK)
		on |= CHAN_NONBLOCK;
	if (oflags & ROS_O_APPEND)
		on |= CHAN_APPEND;
	while (!atomic_compare_exchange_weak(
		&c->flags, &was,
		(was & ~(CHAN_NONBLOCK | CHAN_APPEND)) | on))
		;
}

static int64_t fcntl_status(struct proc *p, int fd, int cmd, int arg)
{
	struct chan *c;
	int64_t ret = fd_get(p, fd, &c);

	if (ret)
		return ret;
	if (cmd == ROS_F_GETFL)
		ret = get_status(c);
	else
		set_status(c, arg);
	chan_put(c);
	return ret;
}

SYS_FN(fcntl)
{
	int fd = u->a[0], cmd = u->a[1], arg = u->a[2];

	switch (cmd) {
	case ROS_F_DUPFD:
		return do_dup(p, fd, arg, false, 0);
	case ROS_F_DUPFD_CLOEXEC:
		return do_dup(p, fd, arg, false, ROS_O_CLOEXEC);
	case ROS_F_GETFD:
		return fd_get_flags(p, fd);
	case ROS_F_SETFD:
		return fd_set_flags(p, fd, arg & ROS_FD_CLOEXEC);
	case ROS_F_GETFL:
	case ROS_F_SETFL:
		return fcntl_status(p, fd, cmd, arg);
	}
	return fail(EINVAL, "fcntl command %d", cmd);
}

/* Linux's numbers of the requests that are about the descriptor itself. */
#define FIONBIO	 0x5421
#define FIONCLEX 0x5450
#define FIOCLEX	 0x5451

static int64_t ioctl_nonblock(struct chan *c, uint64_t uon)
{
	uint32_t on;

	if (get_user_u32(&on, (const void *)uon))
		return fail_addr(uon);
	if (on)
		atomic_fetch_or(&c->flags, CHAN_NONBLOCK);
	else
		atomic_fetch_and(&c->flags, ~CHAN_NONBLOCK);
	return 0;
}

SYS_FN(ioctl)
{
	int fd = u->a[0];
	uint32_t req = u->a[1];
	struct chan *c;
	int64_t ret;

	if (req == FIOCLEX || req == FIONCLEX)
		return fd_set_flags(p, fd, req == FIOCLEX ? ROS_FD_CLOEXEC : 0);
	ret = fd_get(p, fd, &c);
	if (ret)
		return ret;
	if (req == FIONBIO)
		ret = ioctl_nonblock(c, u->a[2]);
	else if (c->dev->ioctl)
		ret = c->dev->ioctl(c, req, u->a[2]);
	else
		ret = fail(ENOTTY, "a file of #%s has no ioctl", c->dev->name);
	chan_put(c);
	return ret;
}

/* The child must not have run yet; each entry says how it went. */
SYS_FN(dup_fds_to)
{
	struct childfdmap *umap = (struct childfdmap *)u->a[1], m;
	struct proc *child;
	int64_t done = 0, ret = proc_by_pid(p, u->a[0], &child);

	if (ret)
		return ret;
	if (child->state != PROC_CREATED ||
	    atomic_load(&child->parent) != p)
		ret = fail(EPERM, "process %d is not a new child of %d",
			   child->pid, p->pid);
	for (uint64_t i = 0; !ret && i < MIN(u->a[2], NR_FILE_DESC_MAX); i++) {
		if (copy_from_user(&m, &umap[i], sizeof(m))) {
			ret = fail_addr((uint64_t)&umap[i]);
			break;
		}
		m.ok = fd_dup_to(p, m.parentfd, child, m.childfd);
		done += m.ok >= 0;
		if (put_user_u32(&umap[i].ok, m.ok)) {
			ret = fail_addr((uint64_t)&umap[i]);
			break;
		}
	}
	proc_put(child);
	return ret ? ret : done;
}

SYS_FN(fd2path)
{
	struct chan *c;
	char *buf = NULL;
	int64_t ret = fd_get(p, u->a[0], &c);

	if (ret)
		return ret;
	ret = path_of_chan(p, c, &buf);
	chan_put(c);
	if (ret < 0)
		return ret;
	return path_to_user(buf, ret, u->a[1], u->a[2]);
}
