// SPDX-License-Identifier: MIT
/*
 * Inside the FD tables.
 *
 * A table is two spaces of numbers, the ordinary one and the runtime's own.  A
 * space is an array of chunks of 64 slots; chunks come when they are first
 * needed and stay; the array is replaced by a longer one (RCU).
 *
 * FT1  a bit of chunk->used is set iff the slot holds a chan; of top->full iff
 *      all of a chunk's bits are.
 */
#pragma once

#include <core/rcu.h>
#include <lib/bitmap.h>
#include <ns/fd.h>
#include <proc/proc.h>

#define FD_CHUNK 64

struct fd_tap {
	struct tap tap;
	struct fd_tap *next; /* [t->lock] of the same FD */
	struct tap_list *list;
	struct proc *p;
	int fd;
	uint32_t ev_id;
	struct event_queue *ev_q;
	uint64_t data;
};

struct fd_chunk {
	struct chan *_Atomic slot[FD_CHUNK]; /* RCU */
	_Atomic uint64_t used;	/* [t->lock] to change */
	uint64_t cloexec;	/* [t->lock] */
	struct fd_tap **taps;	/* [t->lock] a list for each slot; or NULL */
};

struct fd_top {
	struct rcu_head rcu;
	uint32_t nr;
	unsigned long *full; /* [t->lock] bitmap of nr bits, behind chunk[] */
	struct fd_chunk *_Atomic chunk[];
};

struct fd_space {
	struct fd_top *_Atomic top; /* RCU; NULL: nothing yet */
	int base;		    /* its first number */
};

struct fdtable {
	struct spinlock lock;
	struct fd_space ordinary, internal;
	struct rcu_head rcu;
};

static inline struct fd_space *fd_space_of(struct fdtable *t, int fd)
{
	return fd < ROS_INTERNAL_FD_BASE ? &t->ordinary : &t->internal;
}

/* NULL if there is none.  Under RCU or the lock; fd >= 0. */
static inline struct fd_chunk *fd_chunk_of(struct fdtable *t, int fd)
{
	struct fd_space *s = fd_space_of(t, fd);
	struct fd_top *top = rcu_deref(s->top);
	uint32_t i = (uint32_t)(fd - s->base) / FD_CHUNK;

	return top && i < top->nr ? rcu_deref(top->chunk[i]) : NULL;
}

static inline unsigned int fd_bit(int fd)
{
	return fd % FD_CHUNK; /* bases are multiples of it */
}

/* What is taken out of a table under its lock, to be dropped after it. */
struct fd_out {
	struct chan *c;
	struct fd_tap *taps;
};
void fd_take_out_locked(struct fdtable *t, struct fd_chunk *ch, int fd,
			struct fd_out *out);
void fd_out_drop(struct fd_out *out); /* may sleep; FD3 */

/* The table has a chunk for fd.  0, -ENOMEM. */
int __must_check fd_make_room(struct fdtable *t, int fd);
void fd_put_in_locked(struct fdtable *t, struct fd_chunk *ch, int fd,
		      struct chan *c, bool cloexec);

/* fdtap.c: the taps of an FD that is no more. */
void fd_taps_drop(struct fd_tap *taps);
