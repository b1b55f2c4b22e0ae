// SPDX-License-Identifier: MIT
/*
 * FD taps: an event for a process when a file's readiness changes.
 *
 * A tap hangs on its FD (so that every way of closing finds it) and on its
 * device object's list.  It is found by (FD, event queue, id).
 */
#include <ns/fd.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <mm/slab.h>
#include <ns/fd_priv.h>
#include <ros/errno.h>
#include <ros/event.h>

/* Any context (TP1). */
static void tap_fired(struct tap *tap, uint32_t bits)
{
	struct fd_tap *ft = container_of(tap, struct fd_tap, tap);
	struct event_msg msg = {
		.ev_type = ft->ev_id,
		.ev_arg2 = bits,
		.ev_arg3 = (void *)ft->data,
	};

	/* Without memory the event is lost: it is told on the log. */
	if (evq_post_deferred(ft->p, ft->ev_q, &msg, 0))
		log("proc %d: no memory for a tap event of FD %d", ft->p->pid,
		    ft->fd);
}

void fd_taps_drop(struct fd_tap *taps)
{
	struct fd_tap *next;

	for (; taps; taps = next) {
		next = taps->next;
		tap_remove(taps->list, &taps->tap);
		kfree(taps);
	}
}

#define FD_TAPS_MAX 256 /* of one FD: they are searched, and all may fire */

/* The link that leads to the tap with this key, or to NULL; *nr: how many lie
 * before it. */
static struct fd_tap **find_locked(struct fd_chunk *ch,
				   const struct fd_tap_req *req,
				   unsigned int *nr)
{
	struct fd_tap **link = &ch->taps[fd_bit(req->fd)];

	*nr = 0;
	while (*link && ((*link)->ev_q != req->ev_q ||
			 (*link)->ev_id != req->ev_id)) {
		link = &(*link)->next;
		++*nr;
	}
	return link;
}

/* A list for each slot of the FD's chunk. */
static int lists_make(struct fdtable *t, int fd)
{
	struct fd_tap **lists;
	struct fd_chunk *ch;

	ch = fd_chunk_of(t, fd); /* chunks stay */
	if (ch->taps)
		return 0;
	lists = kzalloc(FD_CHUNK * sizeof(*lists), MM_WAIT);
	if (!lists)
		return fail(ENOMEM, "no memory for a tap");
	spin_lock(&t->lock);
	if (!ch->taps) {
		ch->taps = lists;
		lists = NULL;
	}
	spin_unlock(&t->lock);
	kfree(lists);
	return 0;
}

/* 0 if the FD still is c's and the key is new. */
static int tap_insert(struct fdtable *t, struct chan *c, struct fd_tap *ft,
		      const struct fd_tap_req *req)
{
	struct fd_chunk *ch;
	struct fd_tap **link;
	unsigned int nr;

	guard_spin(&t->lock);
	ch = fd_chunk_of(t, req->fd);
	if (atomic_load(&ch->slot[fd_bit(req->fd)]) != c)
		return -EBADF;
	link = find_locked(ch, req, &nr);
	if (*link)
		return -EBUSY;
	if (nr >= FD_TAPS_MAX)
		return -ENOSPC;
	*link = ft;
	tap_add(ft->list, &ft->tap);
	return 0;
}

static int tap_new(struct proc *p, struct chan *c, struct tap_list *list,
		   const struct fd_tap_req *req)
{
	struct fd_tap *ft;
	int err;

	if (!req->ev_q)
		return fail(EINVAL, "a tap without an event queue");
	err = lists_make(p->fds, req->fd);
	if (err)
		return err;
	ft = kzalloc(sizeof(*ft), MM_WAIT);
	if (!ft)
		return fail(ENOMEM, "no memory for a tap");
	ft->tap.filter = req->filter;
	ft->tap.fire = tap_fired;
	ft->list = list;
	ft->p = p;
	ft->fd = req->fd;
	ft->ev_id = req->ev_id;
	ft->ev_q = req->ev_q;
	ft->data = (uint64_t)req->data;
	err = tap_insert(p->fds, c, ft, req);
	if (!err)
		return 0;
	kfree(ft);
	if (err == -EBUSY)
		return fail(EBUSY, "FD %d has that tap already", req->fd);
	if (err == -ENOSPC)
		return fail(ENOSPC, "FD %d has %d taps", req->fd, FD_TAPS_MAX);
	return fail(EBADF, "FD %d was closed", req->fd);
}

static int tap_modify(struct proc *p, const struct fd_tap_req *req)
{
	struct fd_chunk *ch;
	struct fd_tap *ft = NULL;
	unsigned int nr;

	scoped_spin(&p->fds->lock) {
		ch = fd_chunk_of(p->fds, req->fd);
		if (ch && ch->taps)
			ft = *find_locked(ch, req, &nr);
		if (ft) {
			ft->data = (uint64_t)req->data;
			tap_set_filter(ft->list, &ft->tap, req->filter);
		}
	}
	return ft ? 0 : fail(EBADF, "FD %d has no such tap", req->fd);
}

static int tap_delete(struct proc *p, const struct fd_tap_req *req)
{
	struct fd_tap **link, *ft = NULL;
	struct fd_chunk *ch;
	unsigned int nr;

	scoped_spin(&p->fds->lock) {
		ch = fd_chunk_of(p->fds, req->fd);
		link = ch && ch->taps ? find_locked(ch, req, &nr) : NULL;
		if (link && *link) {
			ft = *link;
			*link = ft->next;
			ft->next = NULL;
		}
	}
	fd_taps_drop(ft);
	return ft ? 0 : fail(EBADF, "FD %d has no such tap", req->fd);
}

/* The list for the chan's taps; T3's errors. */
static int list_of(struct chan *c, uint32_t filter, struct tap_list **out)
{
	uint32_t can = 0;

	*out = NULL;
	if (c->dev->pagecache || (c->qid.type & QTDIR))
		return fail(EINVAL, "files and directories are always ready");
	if (c->dev->taps)
		*out = c->dev->taps(c, &can);
	if (!*out)
		return fail(ENOSYS, "files of #%s cannot be tapped",
			    c->dev->name);
	if (filter & ~can)
		return fail(ENOSYS, "files of #%s do not tell of %#x",
			    c->dev->name, filter & ~can);
	return 0;
}

int fd_tap(struct proc *p, const struct fd_tap_req *req)
{
	struct tap_list *list;
	struct chan *c;
	int err;

	if (req->fd >= NR_FILE_DESC_MAX)
		return fail(ENFILE, "there is no FD %d", req->fd);
	if (req->cmd != FDTAP_CMD_ADD && req->cmd != FDTAP_CMD_REM &&
	    req->cmd != FDTAP_CMD_MOD)
		return fail(EINVAL, "unknown tap command %d", req->cmd);
	err = fd_get(p, req->fd, &c);
	if (err)
		return err;
	if (req->cmd == FDTAP_CMD_REM) {
		err = tap_delete(p, req);
	} else {
		err = list_of(c, req->filter, &list);
		if (!err)
			err = req->cmd == FDTAP_CMD_ADD ?
				      tap_new(p, c, list, req) :
				      tap_modify(p, req);
	}
	chan_put(c);
	return err;
}
