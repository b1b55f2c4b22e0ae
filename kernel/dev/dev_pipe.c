// SPDX-License-Identifier: MIT
/*
 * #pipe: a byte queue between two open chans.
 *
 * The pipe is counted by its chans.  Each end is one, which dup and fork share,
 * and those that were opened by /proc/PID/fd.  The end's number is in the
 * chan's aux.  Closing the last of the write end hangs the queue up, closing
 * the last of the read end makes writers fail with EPIPE.
 */
#include <dev/dev.h>

#include <arch/uaccess.h>
#include <io/queue.h>
#include <lib/string.h>
#include <lib/log.h>
#include <mm/slab.h>
#include <ns/chan.h>
#include <ros/errno.h>

#define PIPE_SIZE  65536
#define FIONREAD   0x541b
#define END_READ   ((void *)0)
#define END_WRITE  ((void *)1)

struct pipe {
	struct kref ref;
	_Atomic uint32_t nr_chans[2]; /* by end */
	struct queue q;
	struct tap_list taps[2]; /* by end */
	uint64_t ino;
};

static _Atomic uint64_t next_ino = 1;

static void pipe_wake(struct queue *q, uint32_t bits)
{
	struct pipe *p = q->priv;

	if (bits & (FDTAP_FILT_READABLE | FDTAP_FILT_HANGUP))
		tap_fire(&p->taps[0], bits);
	/* As pipe_ready(): no reader is an error for the writer. */
	if ((bits & FDTAP_FILT_HANGUP) && q->rd_closed)
		bits = FDTAP_FILT_WRITABLE | FDTAP_FILT_ERROR;
	if (bits & (FDTAP_FILT_WRITABLE | FDTAP_FILT_HANGUP))
		tap_fire(&p->taps[1], bits);
}

static struct pipe *pipe_new(void)
{
	struct pipe *p = kzalloc(sizeof(*p), MM_WAIT);
	int err;

	if (!p)
		return NULL;
	err = queue_init(&p->q, PIPE_SIZE, pipe_wake, p);
	if (err) {
		kfree(p);
		return NULL;
	}
	kref_init(&p->ref, 2);
	atomic_init(&p->nr_chans[0], 1);
	atomic_init(&p->nr_chans[1], 1);
	tap_list_init(&p->taps[0]);
	tap_list_init(&p->taps[1]);
	p->ino = atomic_fetch_add(&next_ino, 1);
	return p;
}

static void pipe_put(struct pipe *p)
{
	if (!kref_put(&p->ref))
		return;
	queue_fini(&p->q);
	kfree(p);
}

static struct dev pipe_dev;

static struct chan *end_new(struct pipe *p, void *end, int flags)
{
	struct chan *c = chan_new(&pipe_dev);

	if (!c)
		return NULL;
	c->node = p;
	c->aux = end;
	c->mode = end == END_READ ? O_READ : O_WRITE;
	c->qid.path = p->ino;
	c->qid.type = QTFILE;
	atomic_store(&c->flags, CHAN_OPEN | CHAN_STREAM |
			(flags & ROS_O_NONBLOCK ? CHAN_NONBLOCK : 0));
	return c;
}

int pipe_create(int flags, struct chan *out[2])
{
	struct pipe *p = pipe_new();

	if (!p)
		return -ENOMEM;
	out[0] = end_new(p, END_READ, flags);
	out[1] = out[0] ? end_new(p, END_WRITE, flags) : NULL;
	if (out[1])
		return 0;
	pipe_put(p);
	if (out[0])
		chan_put(out[0]);
	else
		pipe_put(p);
	return -ENOMEM;
}

static void pipe_clone(const struct chan *c, struct chan *nc)
{
	struct pipe *p = c->node;

	kref_get(&p->ref);
	atomic_fetch_add_explicit(&p->nr_chans[c->aux == END_WRITE], 1,
				  memory_order_relaxed);
	nc->node = p;
	nc->aux = c->aux;
	nc->qid = c->qid;
}

/* A second chan of an end, found by /proc/PID/fd. */
static int pipe_open(struct chan *c, int oflags, const struct cred *cred)
{
	int mode = c->aux == END_WRITE ? O_WRITE : O_READ;

	if (oflags & O_ACCMODE & ~mode)
		return fail(EACCES, "this is the end of a pipe for %s",
			    mode == O_WRITE ? "writing" : "reading");
	atomic_fetch_or(&c->flags, CHAN_STREAM);
	return 0;
}

static void pipe_close(struct chan *c)
{
	struct pipe *p = c->node;
	bool write = c->aux == END_WRITE;

	if (atomic_fetch_sub(&p->nr_chans[write], 1) == 1) {
		if (write)
			queue_hangup(&p->q);
		else
			queue_close_reader(&p->q);
	}
	pipe_put(p);
}

static bool is_nonblock(struct chan *c)
{
	return atomic_load_explicit(&c->flags, memory_order_relaxed) &
	       CHAN_NONBLOCK;
}

static long pipe_read(struct chan *c, struct uio *u, uint64_t off)
{
	struct pipe *p = c->node;

	return queue_read(&p->q, u, is_nonblock(c));
}

static long pipe_write(struct chan *c, struct uio *u, uint64_t off)
{
	struct pipe *p = c->node;

	return queue_write(&p->q, u, is_nonblock(c));
}

static uint32_t pipe_ready(struct chan *c)
{
	struct pipe *p = c->node;
	uint32_t bits = queue_ready(&p->q);

	if (c->aux == END_READ)
		return bits & (FDTAP_FILT_READABLE | FDTAP_FILT_HANGUP);
	/* Nobody reads any more: an error for the writer, as POSIX' POLLERR. */
	if (p->q.rd_closed)
		return FDTAP_FILT_ERROR | FDTAP_FILT_WRITABLE;
	return bits & FDTAP_FILT_WRITABLE;
}

static struct tap_list *pipe_taps(struct chan *c, uint32_t *filters)
{
	struct pipe *p = c->node;

	*filters = FDTAP_FILT_READABLE | FDTAP_FILT_WRITABLE |
		   FDTAP_FILT_HANGUP | FDTAP_FILT_ERROR | FDTAP_FILT_RDHUP;
	return &p->taps[c->aux == END_WRITE];
}

static int pipe_stat(struct chan *c, struct ros_stat *st)
{
	struct pipe *p = c->node;

	st->st_ino = p->ino;
	st->st_mode = ROS_S_IFIFO | 0600;
	st->st_nlink = 1;
	st->st_blksize = PGSIZE;
	return 0;
}

size_t pipe_bytes(struct chan *c)
{
	struct pipe *p = c->node;

	return c->dev == &pipe_dev ? atomic_load(&p->q.len_bytes) : 0;
}

static int pipe_ioctl(struct chan *c, uint32_t req, uint64_t arg)
{
	struct pipe *p = c->node;
	uint32_t n;

	if (req != FIONREAD)
		return -ENOTTY;
	n = p->q.len_bytes; /* a snapshot */
	return put_user_u32((void *)arg, n);
}

static struct dev pipe_dev = {
	.name = "pipe",
	.clone = pipe_clone,
	.open = pipe_open,
	.close = pipe_close,
	.read = pipe_read,
	.write = pipe_write,
	.ready = pipe_ready,
	.taps = pipe_taps,
	.stat = pipe_stat,
	.ioctl = pipe_ioctl,
};
DEVICE(pipe_dev);
