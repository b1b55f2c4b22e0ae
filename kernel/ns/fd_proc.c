// SPDX-License-Identifier: MIT
/* FD tables as a part of a process: at fork, exec and its end. */
#include <ns/fd.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <mm/slab.h>
#include <ns/fd_priv.h>
#include <ros/errno.h>

/* Calls fn for each chunk that is there, in order. */
static int for_each_chunk(struct fdtable *t, struct fd_space *s,
			  int (*fn)(struct fdtable *t, struct fd_chunk *ch,
				    int first, void *arg),
			  void *arg)
{
	struct fd_chunk *ch;
	struct fd_top *top;
	int err = 0;

	for (uint32_t i = 0; !err; i++) {
		rcu_read_lock();
		top = rcu_deref(s->top);
		ch = top && i < top->nr ? rcu_deref(top->chunk[i]) : NULL;
		if (!top || i >= top->nr)
			i = UINT32_MAX;
		rcu_read_unlock();
		if (i == UINT32_MAX)
			break;
		if (ch)
			err = fn(t, ch, s->base + i * FD_CHUNK, arg);
	}
	return err;
}

/* ----------------------------------------------------------------- fork */

/* The child's table is nobody else's yet; the parent's may change. */
static int copy_chunk(struct fdtable *from, struct fd_chunk *ch, int first,
		      void *arg)
{
	struct fdtable *to = arg;
	struct fd_chunk *copy;
	uint64_t used;
	int err, i;

	if (!atomic_load_explicit(&ch->used, memory_order_relaxed))
		return 0;
	err = fd_make_room(to, first);
	if (err)
		return err;
	copy = fd_chunk_of(to, first);
	spin_lock(&from->lock);
	for (used = atomic_load(&ch->used); used; used &= used - 1) {
		struct chan *c;

		i = __builtin_ctzl(used);
		c = atomic_load_explicit(&ch->slot[i], memory_order_relaxed);
		chan_get(c);
		fd_put_in_locked(to, copy, first + i, c,
				 ch->cloexec >> i & 1);
	}
	spin_unlock(&from->lock);
	return 0;
}

int fds_proc_create(struct proc *p, struct proc *parent, int flags)
{
	struct fdtable *t = kzalloc(sizeof(*t), MM_WAIT);

	if (!t)
		return -ENOMEM;
	spin_init(&t->lock);
	t->internal.base = ROS_INTERNAL_FD_BASE;
	p->fds = t;
	if (!parent || !(flags & PROC_NEW_FORK))
		return 0;
	/* The runtime's own FDs are not the child's. */
	return for_each_chunk(parent->fds, &parent->fds->ordinary, copy_chunk,
			      t);
}

/* ----------------------------------------------------------- exec, death */

static void close_some(struct fdtable *t, struct fd_chunk *ch, int first,
		       uint64_t which)
{
	struct fd_out out;

	for (; which; which &= which - 1) {
		int fd = first + __builtin_ctzl(which);

		spin_lock(&t->lock);
		fd_take_out_locked(t, ch, fd, &out);
		spin_unlock(&t->lock);
		fd_out_drop(&out);
	}
}

/* The event queues of the old image are gone, and so are all taps. */
static void drop_taps(struct fdtable *t, struct fd_chunk *ch)
{
	struct fd_tap *taps;

	for (int i = 0; ch->taps && i < FD_CHUNK; i++) {
		spin_lock(&t->lock);
		taps = ch->taps[i];
		ch->taps[i] = NULL;
		spin_unlock(&t->lock);
		fd_taps_drop(taps);
	}
}

static int exec_chunk(struct fdtable *t, struct fd_chunk *ch, int first,
		      void *arg)
{
	close_some(t, ch, first, ch->cloexec);
	drop_taps(t, ch);
	return 0;
}

static int close_chunk(struct fdtable *t, struct fd_chunk *ch, int first,
		       void *arg)
{
	close_some(t, ch, first, atomic_load(&ch->used));
	return 0;
}

void fds_proc_exec(struct proc *p)
{
	for_each_chunk(p->fds, &p->fds->ordinary, exec_chunk, NULL);
	for_each_chunk(p->fds, &p->fds->internal, close_chunk, NULL);
}

static void space_free(struct fd_space *s)
{
	struct fd_top *top = atomic_load(&s->top);
	struct fd_chunk *ch;

	for (uint32_t i = 0; top && i < top->nr; i++) {
		ch = atomic_load(&top->chunk[i]);
		if (ch)
			kfree(ch->taps);
		kfree(ch);
	}
	kfree(top);
}

static void table_free_rcu(struct rcu_head *h)
{
	struct fdtable *t = container_of(h, struct fdtable, rcu);

	space_free(&t->ordinary);
	space_free(&t->internal);
	kfree(t);
}

/* Others may look at a process's table (/proc) in an RCU section. */
void fds_proc_destroy(struct proc *p)
{
	struct fdtable *t = p->fds;

	if (!t)
		return;
	__atomic_store_n(&p->fds, NULL, __ATOMIC_RELEASE);
	for_each_chunk(t, &t->ordinary, close_chunk, NULL);
	for_each_chunk(t, &t->internal, close_chunk, NULL);
	rcu_call(&t->rcu, table_free_rcu);
}
