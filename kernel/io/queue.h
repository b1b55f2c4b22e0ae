// SPDX-License-Identifier: MIT
/*
 * Byte queue: blocks of data between writers and readers, in kernel memory.
 *
 * Q1  len_bytes is the sum of what the blocks hold.
 * Q2  A writer is let in while len_bytes < limit; the block that crosses the
 *     limit is taken whole.  A write of at most QUEUE_ATOMIC bytes is not mixed
 *     with others' and is all or nothing for a non-blocking writer.
 * Q3  Wakes and taps happen on edges: empty -> not empty, full -> half empty;
 *     and nobody is woken who did not say that he sleeps (rd_wait, wr_wait).
 *     One reader is woken at a time; when he leaves he sees to the next.
 * Q4  Copies from and to user memory are done with no lock: a writer fills its
 *     block first; a reader claims the head (rd_busy), copies, and then takes
 *     off what was copied.  Writers may meanwhile add to the tail.
 * Q5  After queue_hangup() readers drain, then read 0; writers get -EPIPE.
 *     After queue_close_reader() writers get -EPIPE at once.
 * Locks  q->lock (spin_irq): all fields below it.  It comes after the locks of
 *        the two waitqs.  No mutex: who waits for another reader can be
 *        aborted.
 */
#pragma once

#include <core/wait.h>
#include <io/tap.h>
#include <io/uio.h>

#define QUEUE_ATOMIC 4096

struct block;

struct queue {
	struct spinlock_irq lock;
	struct block *head, *tail; /* [lock] */
	_Atomic size_t len_bytes;  /* [lock] to change */
	size_t limit;
	_Atomic bool hungup, rd_closed; /* [lock] to change */
	bool rd_busy;		   /* [lock] a reader has claimed the head */
	bool rd_wait, wr_wait;	   /* [lock] a sleeper has found nothing */
	bool rd_claim_wait;	   /* [lock] one waits for rd_busy alone */
	uint32_t nr_rd_sleepers;   /* [lock] */
	bool full;		   /* [lock] was, and is not half empty yet */
	struct waitq readers, writers;
	/* Called on edges with FDTAP_FILT_READABLE / WRITABLE / HANGUP, any
	 * context, q->lock not held. */
	void (*wake)(struct queue *q, uint32_t bits);
	void *priv;
};

/* wake may be NULL.  0. */
int queue_init(struct queue *q, size_t limit,
	       void (*wake)(struct queue *q, uint32_t bits), void *priv);
void queue_fini(struct queue *q); /* frees what is left; nobody uses it */

/* Count, 0 at hangup, -EAGAIN, -EINTR, -EFAULT (nothing is consumed then). */
long queue_read(struct queue *q, struct uio *u, bool nonblock);
/* Count (short for non-blocking or after an abort), -EPIPE, -EAGAIN, ... */
long queue_write(struct queue *q, struct uio *u, bool nonblock);
/* From interrupt context: takes what fits below the limit, drops the rest;
 * returns how much was taken. */
size_t queue_post(struct queue *q, const void *data, size_t len);
void queue_hangup(struct queue *q);
void queue_reopen(struct queue *q);
void queue_close_reader(struct queue *q);
/* FDTAP_FILT_READABLE, WRITABLE, HANGUP: what holds now. */
uint32_t queue_ready(struct queue *q);
