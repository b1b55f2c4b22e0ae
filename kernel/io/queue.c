// SPDX-License-Identifier: MIT
/*
 * Byte queue.  Rules: io/queue.h
 *
 * Small writes go into the tail block, through a buffer on the stack, so that a
 * byte-wise pipe is not a block for each byte.  Larger ones fill blocks of
 * their own, a chain of up to CHUNK bytes that is linked in one step.
 *
 * How a sleeper is not missed: the condition of a sleep is looked at under
 * q->lock and leaves a mark there (rd_wait, wr_wait) when it is false; who
 * makes it true does so under q->lock too, takes the mark, and wakes
 * afterwards.  If that wake comes before the sleeper lies on its waitq, the
 * waitq's lock orders it before the sleeper's look at the condition, which
 * then is true.
 */
#include <io/queue.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ros/errno.h>
#include <ros/fdtap.h>

#define SMALL	    512  /* up to here by way of the stack */
#define SMALL_BLOCK 1024 /* what such writes are gathered in */
#define CHUNK	    (4 * PGSIZE)

struct block {
	struct block *next;
	uint32_t rd, wr; /* data[rd .. wr) is to be read */
	uint32_t cap;
	bool gather; /* small writes may be added; kept by the empty queue */
	bool page;   /* from page_alloc() */
	char data[];
};
#define PAGE_DATA (PGSIZE - sizeof(struct block))

/* ------------------------------------------------------------ blocks */

static struct block *block_alloc(size_t cap, bool gather, unsigned int mm)
{
	bool page = cap + sizeof(struct block) > PGSIZE / 2;
	struct block *b;

	b = page ? page_alloc(mm) : kmalloc(sizeof(*b) + cap, mm);
	if (!b)
		return NULL;
	b->next = NULL;
	b->rd = b->wr = 0;
	b->cap = page ? PAGE_DATA : cap;
	b->gather = gather;
	b->page = page;
	return b;
}

static void blocks_free(struct block *b)
{
	struct block *next;

	for (; b; b = next) {
		next = b->next;
		if (b->page)
			page_free(b);
		else
			kfree(b);
	}
}

int queue_init(struct queue *q, size_t limit,
	       void (*wake)(struct queue *q, uint32_t bits), void *priv)
{
	spin_irq_init(&q->lock);
	q->head = q->tail = NULL;
	atomic_init(&q->len_bytes, 0);
	q->limit = limit;
	atomic_init(&q->hungup, false);
	atomic_init(&q->rd_closed, false);
	q->rd_busy = q->rd_wait = q->wr_wait = q->full = false;
	q->rd_claim_wait = false;
	q->nr_rd_sleepers = 0;
	waitq_init(&q->readers);
	waitq_init(&q->writers);
	q->wake = wake;
	q->priv = priv;
	return 0;
}

void queue_fini(struct queue *q)
{
	blocks_free(q->head);
	q->head = q->tail = NULL;
}

static inline size_t queue_len(struct queue *q)
{
	return atomic_load_explicit(&q->len_bytes, memory_order_relaxed);
}

static inline bool queue_closed(struct queue *q)
{
	return atomic_load_explicit(&q->hungup, memory_order_relaxed) ||
	       atomic_load_explicit(&q->rd_closed, memory_order_relaxed);
}

/* ------------------------------------------- what follows from a change */

/* Decided under q->lock, done after it. */
struct queue_plan {
	unsigned int wake_readers;
	bool wake_writers;
	uint32_t bits; /* the edge, for q->wake */
};

static void plan_do(struct queue *q, const struct queue_plan *pl)
{
	if (pl->wake_readers)
		waitq_wake(&q->readers, pl->wake_readers);
	if (pl->wake_writers)
		waitq_wake(&q->writers, ~0U);
	if (pl->bits && q->wake)
		q->wake(q, pl->bits);
}

/* Q1 and Q3 for n more bytes. */
static void grown_locked(struct queue *q, size_t n, struct queue_plan *pl)
{
	size_t len = queue_len(q);

	if (!len)
		pl->bits |= FDTAP_FILT_READABLE;
	if (q->rd_wait) {
		q->rd_wait = false;
		pl->wake_readers = 1;
	}
	len += n;
	if (len >= q->limit)
		q->full = true;
	atomic_store_explicit(&q->len_bytes, len, memory_order_relaxed);
}

/* ... and for n less. */
static void shrunk_locked(struct queue *q, size_t n, struct queue_plan *pl)
{
	size_t len = queue_len(q) - n;

	atomic_store_explicit(&q->len_bytes, len, memory_order_relaxed);
	if (!q->full || len > q->limit / 2)
		return;
	q->full = false;
	pl->bits |= FDTAP_FILT_WRITABLE;
	pl->wake_writers = q->wr_wait;
	q->wr_wait = false;
}

/* ----------------------------------------------------------- writing */

static bool may_write(void *arg)
{
	struct queue *q = arg;
	bool ok;

	scoped_spin_irq(&q->lock) {
		ok = queue_len(q) < q->limit || queue_closed(q);
		if (!ok)
			q->wr_wait = true;
	}
	return ok;
}

/* Q2: room for a block?  Looked at without the lock: two writers may both be
 * let in for the last byte; each crosses the limit by one block at most. */
static int admit(struct queue *q, bool nonblock)
{
	int err;

	while (queue_len(q) >= q->limit && !queue_closed(q)) {
		if (nonblock)
			return -EAGAIN;
		err = waitq_sleep(&q->writers, may_write, q, WAIT_FOREVER);
		if (err)
			return err;
	}
	return queue_closed(q) ? -EPIPE : 0;
}

/* Adds to the tail block, if there is one with room. */
static bool gather_locked(struct queue *q, const void *data, size_t n)
{
	struct block *b = q->tail;

	if (!b || !b->gather || b->cap - b->wr < n)
		return false;
	memcpy(b->data + b->wr, data, n);
	__atomic_store_n(&b->wr, b->wr + n, __ATOMIC_RELAXED);
	return true;
}

static void append_locked(struct queue *q, struct block *first,
			  struct block *last)
{
	if (q->tail)
		q->tail->next = first;
	else
		q->head = first;
	q->tail = last;
}

/* 0, -EPIPE, -ENOMEM; any context with MM_ATOMIC. */
static int put_small(struct queue *q, const void *data, size_t n,
		     unsigned int mm)
{
	struct queue_plan pl = { 0 };
	struct block *b = NULL;
	bool done = false;
	int err = 0;

	for (;;) {
		scoped_spin_irq(&q->lock) {
			if (queue_closed(q)) {
				err = -EPIPE;
			} else if (gather_locked(q, data, n)) {
				done = true;
			} else if (b) {
				append_locked(q, b, b);
				done = gather_locked(q, data, n);
				b = NULL;
			}
			if (done)
				grown_locked(q, n, &pl);
		}
		if (done || err)
			break;
		b = block_alloc(SMALL_BLOCK - sizeof(*b), true, mm);
		if (!b)
			return -ENOMEM;
	}
	blocks_free(b);
	plan_do(q, &pl);
	return err;
}

/* A chain of blocks with the next n bytes of the request. */
static int fill_blocks(struct uio *u, size_t n, struct block **first,
		       struct block **last)
{
	struct block *b, **link = first;
	size_t part;

	*first = *last = NULL;
	while (n) {
		part = MIN(n, PAGE_DATA);
		b = block_alloc(part, false, MM_USER);
		if (!b)
			break;
		*link = *last = b;
		link = &b->next;
		if (uio_read_from(u, b->data, part)) {
			blocks_free(*first);
			return -EFAULT;
		}
		b->wr = part;
		n -= part;
	}
	if (!n)
		return 0;
	blocks_free(*first);
	return fail(ENOMEM, "no memory for %lu bytes in a queue", n);
}

static int put_blocks(struct queue *q, struct uio *u, size_t n)
{
	struct queue_plan pl = { 0 };
	struct block *first, *last;
	int err;

	err = fill_blocks(u, n, &first, &last);
	if (err)
		return err;
	scoped_spin_irq(&q->lock) {
		if (queue_closed(q)) {
			err = -EPIPE;
		} else {
			append_locked(q, first, last);
			grown_locked(q, n, &pl);
		}
	}
	if (err)
		blocks_free(first);
	plan_do(q, &pl);
	return err;
}

static int put_chunk(struct queue *q, struct uio *u, size_t n)
{
	char buf[SMALL];

	if (n > SMALL)
		return put_blocks(q, u, n);
	if (uio_read_from(u, buf, n))
		return -EFAULT;
	return put_small(q, buf, n, MM_USER);
}

/* How much goes in one step: what must not be mixed with others' whole; of
 * more, no more than there is room for. */
static size_t chunk_len(struct queue *q, size_t left, size_t total)
{
	size_t len = queue_len(q), room;

	if (total <= QUEUE_ATOMIC)
		return left;
	room = len < q->limit ? q->limit - len : 1;
	return MIN(left, MIN(room, CHUNK));
}

long queue_write(struct queue *q, struct uio *u, bool nonblock)
{
	size_t total = u->resid, done = 0, n;
	int err = 0;

	while (done < total) {
		err = admit(q, nonblock);
		if (err)
			break;
		n = chunk_len(q, total - done, total);
		err = put_chunk(q, u, n);
		if (err)
			break;
		done += n;
	}
	return done ? (long)done : err;
}

size_t queue_post(struct queue *q, const void *data, size_t len)
{
	size_t done = 0, n;

	while (done < len && queue_len(q) < q->limit) {
		n = MIN(MIN(len - done, q->limit - queue_len(q)),
			SMALL_BLOCK - sizeof(struct block));
		if (put_small(q, (const char *)data + done, n, MM_ATOMIC))
			break;
		done += n;
	}
	return done;
}

/* ----------------------------------------------------------- reading */

struct read_wait {
	struct queue *q;
	bool nonblock;
	bool sleeps; /* counted in nr_rd_sleepers */
	size_t len;
};

static void read_wait_locked(struct read_wait *w)
{
	struct queue *q = w->q;

	q->rd_wait = true;
	q->rd_claim_wait |= w->nonblock;
	q->nr_rd_sleepers += !w->sleeps;
	w->sleeps = true;
}

static void read_woken_locked(struct read_wait *w)
{
	w->q->nr_rd_sleepers -= w->sleeps;
	w->sleeps = false;
}

/* Claims the head (Q4), or leaves the mark.  A non-blocking reader waits for
 * another reader's copy only. */
static bool claim(void *arg)
{
	struct read_wait *w = arg;
	struct queue *q = w->q;
	bool settled;

	scoped_spin_irq(&q->lock) {
		w->len = queue_len(q);
		settled = !q->rd_busy &&
			  (w->len || w->nonblock ||
			   atomic_load_explicit(&q->hungup,
						memory_order_relaxed));
		if (!settled) {
			read_wait_locked(w);
		} else {
			read_woken_locked(w);
			q->rd_busy = w->len != 0;
		}
	}
	return settled;
}

/* Copies from the claimed blocks; how much.  Meanwhile a writer may add to the
 * tail block (its wr) or behind it (its next, not looked at): what was there at
 * the claim stays. */
static size_t copy_out(struct block *b, struct uio *u, size_t max)
{
	size_t done = 0, n;

	for (;;) {
		n = __atomic_load_n(&b->wr, __ATOMIC_RELAXED) - b->rd;
		n = MIN(n, max - done);
		if (uio_write_to(u, b->data + b->rd, n))
			break;
		done += n;
		if (done == max)
			break;
		b = b->next;
	}
	return done;
}

/* Takes n bytes off the head; the blocks that are done with. */
static struct block *take_locked(struct queue *q, size_t n)
{
	struct block *b, *freed = NULL, **link = &freed;

	while ((b = q->head)) {
		size_t part = MIN((size_t)(b->wr - b->rd), n);

		b->rd += part;
		n -= part;
		if (b->rd < b->wr)
			break;
		if (b == q->tail && b->gather) {
			b->rd = b->wr = 0; /* for the next small writes */
			break;
		}
		q->head = b->next;
		b->next = NULL;
		*link = b;
		link = &b->next;
	}
	if (!q->head)
		q->tail = NULL;
	return freed;
}

/* Another reader gets his turn if anything is left for him; else the next
 * writer is to wake him. */
static void next_reader_locked(struct queue *q, struct queue_plan *pl)
{
	if (!q->nr_rd_sleepers)
		return;
	if (q->rd_claim_wait)
		pl->wake_readers = ~0U;
	else if (queue_len(q))
		pl->wake_readers = 1;
	else
		q->rd_wait = true;
	q->rd_claim_wait = false;
}

static void release(struct queue *q, size_t n)
{
	struct queue_plan pl = { 0 };
	struct block *freed;

	scoped_spin_irq(&q->lock) {
		freed = take_locked(q, n);
		shrunk_locked(q, n, &pl);
		q->rd_busy = false;
		next_reader_locked(q, &pl);
	}
	blocks_free(freed);
	plan_do(q, &pl);
}

/* A wake that came with the abort is another reader's. */
static void read_aborted(struct read_wait *w)
{
	struct queue_plan pl = { 0 };

	scoped_spin_irq(&w->q->lock) {
		read_woken_locked(w);
		next_reader_locked(w->q, &pl);
	}
	plan_do(w->q, &pl);
}

long queue_read(struct queue *q, struct uio *u, bool nonblock)
{
	struct read_wait w = { .q = q, .nonblock = nonblock };
	size_t n;
	int err;

	if (!u->resid)
		return 0;
	if (!claim(&w)) {
		err = waitq_sleep(&q->readers, claim, &w, WAIT_FOREVER);
		if (err) {
			read_aborted(&w);
			return err;
		}
	}
	if (!w.len)
		return atomic_load_explicit(&q->hungup, memory_order_relaxed) ?
			       0 : -EAGAIN;
	/* Only the claimant moves head, and rd; w.len bytes are there. */
	n = copy_out(q->head, u, MIN(w.len, u->resid));
	release(q, n);
	return n ? (long)n : -EFAULT;
}

/* ------------------------------------------------------ ends and state */

static void wake_all(struct queue *q, uint32_t bits)
{
	waitq_wake(&q->readers, ~0U);
	waitq_wake(&q->writers, ~0U);
	if (q->wake)
		q->wake(q, bits);
}

void queue_hangup(struct queue *q)
{
	bool was;

	scoped_spin_irq(&q->lock) {
		was = atomic_load(&q->hungup);
		atomic_store(&q->hungup, true);
		q->rd_wait = q->wr_wait = false;
	}
	if (!was)
		wake_all(q, FDTAP_FILT_READABLE | FDTAP_FILT_WRITABLE |
			    FDTAP_FILT_HANGUP);
}

void queue_close_reader(struct queue *q)
{
	struct block *freed = NULL;
	bool was;

	scoped_spin_irq(&q->lock) {
		was = atomic_load(&q->rd_closed);
		atomic_store(&q->rd_closed, true);
		q->rd_wait = q->wr_wait = false;
		/* A reader in its copy frees what it has claimed, and the rest
		 * goes with queue_fini(). */
		if (!q->rd_busy) {
			freed = q->head;
			q->head = q->tail = NULL;
			atomic_store(&q->len_bytes, 0);
			q->full = false;
		}
	}
	blocks_free(freed);
	if (!was)
		wake_all(q, FDTAP_FILT_WRITABLE | FDTAP_FILT_HANGUP);
}

void queue_reopen(struct queue *q)
{
	struct block *freed;

	scoped_spin_irq(&q->lock) {
		assert(!q->rd_busy);
		freed = q->head;
		q->head = q->tail = NULL;
		atomic_store(&q->len_bytes, 0);
		atomic_store(&q->hungup, false);
		atomic_store(&q->rd_closed, false);
		q->full = false;
	}
	blocks_free(freed);
}

uint32_t queue_ready(struct queue *q)
{
	bool closed = queue_closed(q);
	uint32_t bits = 0;

	if (queue_len(q) ||
	    atomic_load_explicit(&q->hungup, memory_order_relaxed))
		bits |= FDTAP_FILT_READABLE;
	if (queue_len(q) < q->limit || closed)
		bits |= FDTAP_FILT_WRITABLE;
	if (closed)
		bits |= FDTAP_FILT_HANGUP;
	return bits;
}
