// SPDX-License-Identifier: MIT
/*
 * uio: one I/O request's memory, of a user or the kernel, in segments.
 * Segments of a user are checked and copied in before a uio is made of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lib/compiler.h>
#include <ros/fs.h>

struct uio {
	const struct ros_iovec *iov; /* kernel memory */
	uint32_t nr;
	uint32_t cur;	/* segment we are in */
	size_t cur_off; /* bytes of it done */
	size_t resid;	/* bytes to go */
	bool user;
	struct ros_iovec one;
};

static inline void uio_init_one(struct uio *u, void *buf, size_t len, bool user)
{
	u->one.iov_base = (uint64_t)buf;
	u->one.iov_len = len;
	u->iov = &u->one;
	u->nr = 1;
	u->cur = 0;
	u->cur_off = 0;
	u->resid = len;
	u->user = user;
}
/* The memory at which the request stands: its address and length (0 at the end;
 * at most resid); then uio_advance() by no more than that. */
uint64_t uio_segment(struct uio *u, size_t *len);
static inline void uio_advance(struct uio *u, size_t len)
{
	u->cur_off += len;
	u->resid -= len;
}

void uio_init(struct uio *u, const struct ros_iovec *iov, uint32_t nr,
	      bool user);

/* Copies exactly len (<= resid) bytes between the request's memory and buf, and
 * moves on.  0 or -EFAULT (then nothing is moved on).  May sleep if user. */
int __must_check uio_write_to(struct uio *u, const void *buf, size_t len);
int __must_check uio_read_from(struct uio *u, void *buf, size_t len);
int __must_check uio_zero(struct uio *u, size_t len);
