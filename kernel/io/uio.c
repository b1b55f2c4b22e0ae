// SPDX-License-Identifier: MIT
/* Walks through a request's segments.  Rules: io/uio.h */
#include <io/uio.h>

#include <arch/uaccess.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <ros/errno.h>

enum uio_dir { UIO_OUT, UIO_IN, UIO_ZERO };

void uio_init(struct uio *u, const struct ros_iovec *iov, uint32_t nr,
	      bool user)
{
	u->iov = iov;
	u->nr = nr;
	u->cur = 0;
	u->cur_off = 0;
	u->resid = 0;
	u->user = user;
	for (uint32_t i = 0; i < nr; i++)
		u->resid += iov[i].iov_len;
}

uint64_t uio_segment(struct uio *u, size_t *len)
{
	while (u->cur < u->nr && u->cur_off == u->iov[u->cur].iov_len) {
		u->cur++;
		u->cur_off = 0;
	}
	if (u->cur == u->nr) {
		*len = 0;
		return 0;
	}
	*len = MIN(u->iov[u->cur].iov_len - u->cur_off, u->resid);
	return u->iov[u->cur].iov_base + u->cur_off;
}

static inline int copy_segment(bool user, enum uio_dir dir, uint64_t base,
			       void *buf, size_t len)
{
	void *mem = (void *)base;

	if (user) {
		if (dir == UIO_OUT)
			return copy_to_user(mem, buf, len);
		if (dir == UIO_IN)
			return copy_from_user(buf, mem, len);
		return zero_user(mem, len);
	}
	if (dir == UIO_OUT)
		memcpy(mem, buf, len);
	else if (dir == UIO_IN)
		memcpy(buf, mem, len);
	else
		memset(mem, 0, len);
	return 0;
}

static int uio_move_slow(struct uio *u, enum uio_dir dir, void *buf,
			 size_t len);

/* Mostly it all lies in the segment where the request stands. */
static __always_inline int uio_move(struct uio *u, enum uio_dir dir,
				    void *buf, size_t len)
{
	const struct ros_iovec *iov = &u->iov[u->cur];

	if (unlikely(u->cur >= u->nr || iov->iov_len - u->cur_off < len))
		return uio_move_slow(u, dir, buf, len);
	assert(len <= u->resid);
	if (copy_segment(u->user, dir, iov->iov_base + u->cur_off, buf, len))
		return -EFAULT;
	uio_advance(u, len);
	return 0;
}

/* All or nothing: where the request stood is put back after a fault. */
static int uio_move_slow(struct uio *u, enum uio_dir dir, void *buf,
			 size_t len)
{
	uint32_t cur = u->cur;
	size_t cur_off = u->cur_off, resid = u->resid, n;
	uint64_t base;

	assert(len <= resid);
	while (len) {
		base = uio_segment(u, &n);
		n = MIN(n, len);
		if (copy_segment(u->user, dir, base, buf, n)) {
			u->cur = cur;
			u->cur_off = cur_off;
			u->resid = resid;
			return -EFAULT;
		}
		uio_advance(u, n);
		buf = (char *)buf + n;
		len -= n;
	}
	return 0;
}

int uio_write_to(struct uio *u, const void *buf, size_t len)
{
	return uio_move(u, UIO_OUT, (void *)buf, len);
}

int uio_read_from(struct uio *u, void *buf, size_t len)
{
	return uio_move(u, UIO_IN, buf, len);
}

int uio_zero(struct uio *u, size_t len)
{
	return uio_move(u, UIO_ZERO, NULL, len);
}
