// SPDX-License-Identifier: MIT
/* Moving bytes: read, write and their positioned and vectored forms, seeking,
 * truncating, syncing, readiness. */
#include <sys/sys_priv.h>

#include <core/wait.h>
#include <io/uio.h>
#include <mm/slab.h>

/* Whoever writes to what nobody can read any more is told by a signal, too. */
static void __attribute__((cold)) broken_pipe(struct proc *p)
{
	int err = signal_send(p, ROS_SIGPIPE, 0, 0);

	(void)err; /* EPIPE says it as well */
}

/* The same for files, if it is the process's limit that it hit. */
static void __attribute__((cold)) too_long(struct proc *p)
{
	int err = 0;

	if (p->rlimit[ROS_RLIMIT_FSIZE].cur != ROS_RLIM_INFINITY)
		err = signal_send(p, ROS_SIGXFSZ, 0, 0);
	(void)err; /* EFBIG says it as well */
}

static int64_t do_io(struct proc *p, int fd, uint64_t buf, uint64_t len,
		     const uint64_t *off, bool write)
{
	struct chan *c;
	struct uio u;
	int64_t ret;

	ret = fd_get_mode(p, fd, write ? O_WRITE : O_READ, &c);
	if (unlikely(ret))
		return ret;
	len = MIN(len, IO_MAX);
	if (unlikely(!user_range_ok(buf, len))) {
		ret = fail_addr(buf);
	} else {
		uio_init_one(&u, (void *)buf, len, true);
		ret = write ? chan_write(c, &u, off) : chan_read(c, &u, off);
	}
	chan_put(c);
	if (unlikely(ret == -EPIPE))
		broken_pipe(p);
	if (unlikely(ret == -EFBIG))
		too_long(p);
	return ret;
}

SYS_FN(read)
{
	return do_io(p, u->a[0], u->a[1], u->a[2], NULL, false);
}

SYS_FN(write)
{
	return do_io(p, u->a[0], u->a[1], u->a[2], NULL, true);
}

static int64_t do_pio(struct proc *p, const struct sys_args *u, bool write)
{
	if ((int64_t)u->a[3] < 0)
		return fail(EINVAL, "negative offset %ld", (long)u->a[3]);
	return do_io(p, u->a[0], u->a[1], u->a[2], &u->a[3], write);
}

SYS_FN(pread)
{
	return do_pio(p, u, false);
}

SYS_FN(pwrite)
{
	return do_pio(p, u, true);
}

/* Segments copied in and checked; the sum in *total. */
static int iov_from_user(uint64_t uiov, uint64_t nr, struct ros_iovec *iov)
{
	uint64_t total = 0;

	if (copy_from_user(iov, (const void *)uiov, nr * sizeof(*iov)))
		return fail_addr(uiov);
	for (uint64_t i = 0; i < nr; i++) {
		if ((int64_t)iov[i].iov_len < 0)
			return fail(EINVAL, "segment %lu is longer than any",
				    i);
		if (!user_range_ok(iov[i].iov_base, iov[i].iov_len))
			return fail_addr(iov[i].iov_base);
		iov[i].iov_len = MIN(iov[i].iov_len, IO_MAX - total);
		total += iov[i].iov_len;
	}
	return 0;
}

#define IOV_FAST 8

static int64_t do_iov(struct proc *p, const struct sys_args *args, bool write)
{
	struct ros_iovec fast[IOV_FAST], *iov = fast;
	const uint64_t *off = &args->a[3];
	uint64_t nr = args->a[2];
	struct chan *c;
	struct uio u;
	int64_t ret;

	if (nr > ROS_IOV_MAX)
		return fail(EINVAL, "%lu segments", nr);
	if ((int64_t)*off == -1)
		off = NULL;
	else if ((int64_t)*off < 0)
		return fail(EINVAL, "negative offset %ld", (long)*off);
	ret = fd_get_mode(p, args->a[0], write ? O_WRITE : O_READ, &c);
	if (ret)
		return ret;
	if (nr > IOV_FAST)
		iov = kmalloc(nr * sizeof(*iov), MM_WAIT);
	ret = iov ? iov_from_user(args->a[1], nr, iov) :
		    fail(ENOMEM, "no memory for %lu segments", nr);
	if (!ret) {
		uio_init(&u, iov, nr, true);
		ret = write ? chan_write(c, &u, off) : chan_read(c, &u, off);
	}
	if (iov != fast)
		kfree(iov);
	chan_put(c);
	if (ret == -EPIPE)
		broken_pipe(p);
	if (ret == -EFBIG)
		too_long(p);
	return ret;
}

SYS_FN(readv)
{
	return do_iov(p, u, false);
}

SYS_FN(writev)
{
	return do_iov(p, u, true);
}

SYS_FN(llseek)
{
	struct chan *c;
	int64_t ret = fd_get(p, u->a[0], &c);

	if (ret)
		return ret;
	if (atomic_load_explicit(&c->flags, memory_order_relaxed) & CHAN_PATH)
		ret = fail(EBADF, "descriptor %d is a path only",
			   (int)u->a[0]);
	else
		ret = chan_seek(c, u->a[1], u->a[2]);
	chan_put(c);
	return ret;
}

SYS_FN(ftruncate)
{
	struct chan *c;
	int64_t ret;

	if ((int64_t)u->a[1] < 0)
		return fail(EINVAL, "negative length %ld", (long)u->a[1]);
	ret = fd_get(p, u->a[0], &c);
	if (ret)
		return ret;
	if (!(c->mode & O_WRITE))
		ret = fail(EINVAL, "descriptor %d is not open for writing",
			   (int)u->a[0]);
	else
		ret = chan_truncate(c, u->a[1]);
	chan_put(c);
	return ret;
}

SYS_FN(fsync)
{
	struct chan *c;
	int64_t ret = fd_get(p, u->a[0], &c);

	if (ret)
		return ret;
	ret = c->dev->sync ? c->dev->sync(c) : 0;
	chan_put(c);
	return ret;
}

static uint32_t probe_one(struct proc *p, int fd, uint32_t events)
{
	long ready;

	if (fd < 0)
		return 0;
	ready = fd_ready(p, fd, events);
	return ready < 0 ? ROS_POLL_BADFD : ready;
}

#define PROBE_CHUNK 16

SYS_FN(poll_probe)
{
	struct ros_pollfd fds[PROBE_CHUNK];
	struct ros_pollfd *ufds = (struct ros_pollfd *)u->a[0];
	uint64_t nr = u->a[1], n, ready = 0;

	if (nr > NR_FILE_DESC_MAX)
		return fail(EINVAL, "%lu descriptors", nr);
	for (; nr; nr -= n, ufds += n) {
		n = MIN(nr, PROBE_CHUNK);
		if (copy_from_user(fds, ufds, n * sizeof(*fds)))
			return fail_addr((uint64_t)ufds);
		for (uint64_t i = 0; i < n; i++) {
			fds[i].revents =
				probe_one(p, fds[i].fd, fds[i].events);
			ready += fds[i].revents != 0;
		}
		if (copy_to_user(ufds, fds, n * sizeof(*fds)))
			return fail_addr((uint64_t)ufds);
		if (kthread_relax() && proc_is_dying(p))
			return -EINTR;
	}
	cur_kthread_get()->errstr[0] = 0;
	return ready;
}

/* As many as go well; the first that does not says why, in err, though the
 * count is no failure. */
SYS_FN(tap_fds)
{
	const struct fd_tap_req *ureqs = (const struct fd_tap_req *)u->a[0];
	struct fd_tap_req req;
	uint64_t done;
	int err = 0;

	if (u->a[1] > NR_FILE_DESC_MAX)
		return fail(EINVAL, "%lu requests", u->a[1]);
	for (done = 0; done < u->a[1]; done++) {
		if (copy_from_user(&req, &ureqs[done], sizeof(req)))
			err = fail(EINVAL, "bad address of a request");
		else
			err = fd_tap(p, &req);
		if (err)
			break;
		if (kthread_relax() && proc_is_dying(p))
			return -EINTR;
	}
	if (done && err &&
	    put_user_u32(&cur_kthread_get()->usysc->err, -err))
		return -EFAULT;
	return done ? (int64_t)done : err;
}
