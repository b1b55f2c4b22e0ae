// SPDX-License-Identifier: MIT
/* FD tables: numbers to chans.  Rules: ns/fd.h, ns/fd_priv.h */
#include <ns/fd.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ns/fd_priv.h>
#include <ros/errno.h>

_Static_assert(ROS_INTERNAL_FD_BASE % FD_CHUNK == 0, "bases are aligned");

/* --------------------------------------------------------- looking up */

static inline struct fdtable *table_of(struct proc *p)
{
	return __atomic_load_n(&p->fds, __ATOMIC_ACQUIRE);
}

static int __noinline bad_fd(int fd)
{
	return fail(EBADF, "FD %d is not open", fd);
}

/* FD1.  A chan that is in a slot is freed by RCU: its count may be tried. */
int fd_get(struct proc *p, int fd, struct chan **out)
{
	struct fdtable *t;
	struct fd_chunk *ch;
	struct chan *c = NULL;

	if (unlikely(fd < 0))
		return bad_fd(fd);
	rcu_read_lock();
	t = table_of(p);
	ch = t ? fd_chunk_of(t, fd) : NULL;
	if (ch)
		c = rcu_deref(ch->slot[fd_bit(fd)]);
	if (c && unlikely(!kref_get_not_zero(&c->ref)))
		c = NULL; /* it is being closed */
	rcu_read_unlock();
	if (unlikely(!c))
		return bad_fd(fd);
	*out = c;
	return 0;
}

int fd_get_mode(struct proc *p, int fd, int omode, struct chan **out)
{
	int err = fd_get(p, fd, out);

	if (err)
		return err;
	if (likely(((*out)->mode & omode) == omode))
		return 0;
	chan_put(*out);
	return fail(EBADF, "FD %d is not open for %s", fd,
		    omode & O_WRITE ? "writing" : "reading");
}

/* ------------------------------------------------------------- growth */

static void top_free_rcu(struct rcu_head *h)
{
	kfree(container_of(h, struct fd_top, rcu));
}

static struct fd_top *top_new(uint32_t nr)
{
	size_t chunks = sizeof(struct fd_top) + nr * sizeof(struct fd_chunk *);
	struct fd_top *top;

	top = kzalloc(chunks + BITMAP_LONGS(nr) * sizeof(long), MM_WAIT);
	if (!top)
		return NULL;
	top->nr = nr;
	top->full = (unsigned long *)((char *)top + chunks);
	return top;
}

/* Makes `top` the space's array, if it is longer; the one to be freed. */
static struct fd_top *top_replace_locked(struct fd_space *s, struct fd_top *top)
{
	struct fd_top *old = atomic_load(&s->top);

	if (!old) {
		rcu_assign(s->top, top);
		return NULL;
	}
	if (old->nr >= top->nr)
		return top;
	for (uint32_t i = 0; i < old->nr; i++)
		atomic_init(&top->chunk[i], atomic_load(&old->chunk[i]));
	memcpy(top->full, old->full, BITMAP_LONGS(old->nr) * sizeof(long));
	rcu_assign(s->top, top);
	return old;
}

static int top_make_room(struct fdtable *t, struct fd_space *s, uint32_t index)
{
	struct fd_top *top;
	uint32_t nr = 2;

	rcu_read_lock();
	top = rcu_deref(s->top);
	if (top)
		nr = top->nr;
	rcu_read_unlock();
	if (top && index < nr)
		return 0;
	while (nr <= index)
		nr *= 2;
	top = top_new(nr);
	if (!top)
		return -ENOMEM;
	spin_lock(&t->lock);
	top = top_replace_locked(s, top);
	spin_unlock(&t->lock);
	if (top)
		rcu_call(&top->rcu, top_free_rcu);
	return 0;
}

int fd_make_room(struct fdtable *t, int fd)
{
	struct fd_space *s = fd_space_of(t, fd);
	uint32_t index = (fd - s->base) / FD_CHUNK;
	struct fd_chunk *ch;
	struct fd_top *top;

	if (top_make_room(t, s, index))
		return fail(ENOMEM, "no memory for FDs");
	ch = kzalloc(sizeof(*ch), MM_WAIT);
	if (!ch)
		return fail(ENOMEM, "no memory for FDs");
	spin_lock(&t->lock);
	top = atomic_load(&s->top);
	if (!atomic_load(&top->chunk[index])) {
		rcu_assign(top->chunk[index], ch);
		ch = NULL;
	}
	spin_unlock(&t->lock);
	kfree(ch);
	return 0;
}

/* ------------------------------------------------- slots, under the lock */

static struct fd_top *top_of_locked(struct fdtable *t, int fd, uint32_t *index)
{
	struct fd_space *s = fd_space_of(t, fd);

	*index = (fd - s->base) / FD_CHUNK;
	return atomic_load_explicit(&s->top, memory_order_relaxed);
}

void fd_put_in_locked(struct fdtable *t, struct fd_chunk *ch, int fd,
		      struct chan *c, bool cloexec)
{
	uint64_t bit = 1UL << fd_bit(fd), used;
	struct fd_top *top;
	uint32_t index;

	used = atomic_load_explicit(&ch->used, memory_order_relaxed) | bit;
	atomic_store_explicit(&ch->used, used, memory_order_relaxed);
	ch->cloexec = cloexec ? ch->cloexec | bit : ch->cloexec & ~bit;
	if (unlikely(used == ~0UL)) {
		top = top_of_locked(t, fd, &index);
		bit_set(top->full, index);
	}
	/* Others look at it without a reference from now on. */
	if (!(c->flags & CHAN_SHARED))
		atomic_fetch_or_explicit(&c->flags, CHAN_SHARED,
					 memory_order_relaxed);
	rcu_assign(ch->slot[fd_bit(fd)], c);
}

void fd_take_out_locked(struct fdtable *t, struct fd_chunk *ch, int fd,
			struct fd_out *out)
{
	uint64_t bit = 1UL << fd_bit(fd), used;
	struct fd_top *top;
	uint32_t index;

	used = atomic_load_explicit(&ch->used, memory_order_relaxed);
	out->c = atomic_load_explicit(&ch->slot[fd_bit(fd)],
				      memory_order_relaxed);
	out->taps = NULL;
	if (!out->c)
		return;
	if (unlikely(used == ~0UL)) {
		top = top_of_locked(t, fd, &index);
		bit_clear(top->full, index);
	}
	atomic_store_explicit(&ch->used, used & ~bit, memory_order_relaxed);
	ch->cloexec &= ~bit;
	rcu_assign(ch->slot[fd_bit(fd)], NULL);
	if (unlikely(ch->taps)) {
		out->taps = ch->taps[fd_bit(fd)];
		ch->taps[fd_bit(fd)] = NULL;
	}
}

void fd_out_drop(struct fd_out *out)
{
	if (unlikely(out->taps))
		fd_taps_drop(out->taps);
	if (out->c)
		chan_put(out->c);
}

/* FD2: the lowest free number >= min, whether or not its chunk is there. */
static int lowest_free_locked(struct fd_space *s, int min)
{
	struct fd_top *top = atomic_load_explicit(&s->top,
						  memory_order_relaxed);
	size_t i = (min - s->base) / FD_CHUNK;
	struct fd_chunk *ch;
	uint64_t avail;

	if (!top || i >= top->nr)
		return min;
	ch = atomic_load_explicit(&top->chunk[i], memory_order_relaxed);
	if (!ch)
		return min;
	avail = ~atomic_load_explicit(&ch->used, memory_order_relaxed) &
		~0UL << fd_bit(min);
	if (!avail) {
		i = bitmap_next_clear(top->full, top->nr, i + 1);
		ch = i < top->nr ? atomic_load(&top->chunk[i]) : NULL;
		avail = ch ? ~atomic_load(&ch->used) : ~0UL;
	}
	return s->base + i * FD_CHUNK + __builtin_ctzl(avail);
}

/* ------------------------------------------------------------ installing */

static int limit_of(struct proc *p, int flags)
{
	uint64_t cur;

	if (flags & ROS_O_INTERNAL)
		return NR_FILE_DESC_MAX;
	cur = p->rlimit[ROS_RLIMIT_NOFILE].cur;
	return MIN(cur, (uint64_t)ROS_INTERNAL_FD_BASE);
}

int fd_install(struct proc *p, struct chan *c, int min, int flags)
{
	struct fdtable *t = p->fds;
	int limit = limit_of(p, flags), fd, err;
	struct fd_space *s = &t->ordinary;
	struct fd_chunk *ch;

	if (min < 0)
		return fail(EINVAL, "a negative FD");
	if (flags & ROS_O_INTERNAL) {
		s = &t->internal;
		min = MAX(min, s->base);
	}
	if (min >= limit)
		return fail(EINVAL, "FD %d is beyond the limit of %d", min,
			    limit);
	for (;;) {
		spin_lock(&t->lock);
		fd = lowest_free_locked(s, min);
		ch = fd < limit ? fd_chunk_of(t, fd) : NULL;
		if (likely(ch))
			fd_put_in_locked(t, ch, fd, c, flags & ROS_O_CLOEXEC);
		spin_unlock(&t->lock);
		if (likely(ch))
			return fd;
		if (fd >= limit)
			return fail(EMFILE, "all %d FDs are in use", limit);
		err = fd_make_room(t, fd);
		if (err)
			return err;
	}
}

static int __must_check fd_number_check(struct proc *p, int fd, int flags)
{
	if (fd < 0 || fd >= NR_FILE_DESC_MAX)
		return fail(EBADF, "FD %d is out of range", fd);
	if (fd < ROS_INTERNAL_FD_BASE && fd >= limit_of(p, 0))
		return fail(EBADF, "FD %d is beyond the limit of %d", fd,
			    limit_of(p, 0));
	return 0;
}

int fd_install_at(struct proc *p, struct chan *c, int fd, int flags)
{
	struct fdtable *t = table_of(p);
	struct fd_chunk *ch;
	struct fd_out out;
	int err;

	err = fd_number_check(p, fd, flags);
	if (err)
		return err;
	if (!t) /* another's process, which was killed */
		return fail(ESRCH, "process %d is no more", p->pid);
	for (;;) {
		spin_lock(&t->lock);
		ch = fd_chunk_of(t, fd);
		if (ch) {
			fd_take_out_locked(t, ch, fd, &out);
			fd_put_in_locked(t, ch, fd, c, flags & ROS_O_CLOEXEC);
		}
		spin_unlock(&t->lock);
		if (ch)
			break;
		err = fd_make_room(t, fd);
		if (err)
			return err;
	}
	fd_out_drop(&out);
	return fd;
}

int fd_close(struct proc *p, int fd)
{
	struct fdtable *t = p->fds;
	struct fd_out out = { 0 };
	struct fd_chunk *ch;

	if (fd < 0)
		return bad_fd(fd);
	spin_lock(&t->lock);
	ch = fd_chunk_of(t, fd);
	if (ch)
		fd_take_out_locked(t, ch, fd, &out);
	spin_unlock(&t->lock);
	if (!out.c)
		return bad_fd(fd);
	fd_out_drop(&out);
	return 0;
}

int fd_dup_to(struct proc *from, int fd, struct proc *to, int tofd)
{
	struct chan *c;
	int err;

	err = fd_get(from, fd, &c);
	if (err)
		return err;
	err = fd_install_at(to, c, tofd, 0);
	if (err < 0)
		chan_put(c);
	return err;
}

/* --------------------------------------------------------------- flags */

int fd_get_flags(struct proc *p, int fd)
{
	struct fd_chunk *ch;
	int flags = -EBADF;

	if (fd < 0)
		return bad_fd(fd);
	spin_lock(&p->fds->lock);
	ch = fd_chunk_of(p->fds, fd);
	if (ch && (atomic_load(&ch->used) >> fd_bit(fd) & 1))
		flags = ch->cloexec >> fd_bit(fd) & 1 ? ROS_FD_CLOEXEC : 0;
	spin_unlock(&p->fds->lock);
	return flags < 0 ? bad_fd(fd) : flags;
}

int fd_set_flags(struct proc *p, int fd, int flags)
{
	struct fd_chunk *ch;
	uint64_t bit;
	bool open = false;

	if (fd < 0)
		return bad_fd(fd);
	bit = 1UL << fd_bit(fd);
	spin_lock(&p->fds->lock);
	ch = fd_chunk_of(p->fds, fd);
	if (ch && (atomic_load(&ch->used) & bit)) {
		open = true;
		ch->cloexec = flags & ROS_FD_CLOEXEC ? ch->cloexec | bit :
						       ch->cloexec & ~bit;
	}
	spin_unlock(&p->fds->lock);
	return open ? 0 : bad_fd(fd);
}

int fd_next(struct proc *p, int fd)
{
	struct fdtable *t;
	struct fd_top *top;
	struct fd_chunk *ch;
	uint64_t used;
	int found = -1;

	fd = MAX(fd, 0);
	rcu_read_lock();
	t = table_of(p);
	top = t ? rcu_deref(t->ordinary.top) : NULL;
	for (uint32_t i = fd / FD_CHUNK; top && i < top->nr && found < 0; i++) {
		ch = rcu_deref(top->chunk[i]);
		used = ch ? atomic_load(&ch->used) : 0;
		if (i == (uint32_t)fd / FD_CHUNK)
			used &= ~0UL << fd_bit(fd);
		if (used)
			found = i * FD_CHUNK + __builtin_ctzl(used);
	}
	rcu_read_unlock();
	return found;
}

long fd_ready(struct proc *p, int fd, uint32_t events)
{
	struct chan *c;
	uint32_t bits;
	int err;

	err = fd_get(p, fd, &c);
	if (err)
		return err;
	bits = chan_ready(c) &
	       (events | FDTAP_FILT_HANGUP | FDTAP_FILT_ERROR);
	chan_put(c);
	return bits;
}
