// SPDX-License-Identifier: MIT
/*
 * Walking: from a path to a place.
 *
 * Two ways, by the same steps.  In an RCU section, no reference is taken on the
 * way, the place is a copy of a few words, and only the last one is counted:
 * that is how trees are walked (walk_fast.c).  A device that has no peek() is
 * walked with a counted place and may sleep; once there, a walk stays so to
 * its end.  When the count of the last place fails (it was just removed), the
 * walk is done again, counted.
 */
#include <ns/ns_priv.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ros/errno.h>

/* ------------------------------------------------------ changing places */

static inline void place_copy(struct chan *to, const struct chan *from)
{
	to->dev = from->dev;
	to->node = from->node;
	to->qid = from->qid;
	to->mnt = from->mnt;
}

/*
 * w->at becomes src's place in mount m.  An RCU section is open, and goes on
 * only if the walk stays uncounted; on -ESTALE nothing is held.
 */
static int enter_rcu(struct walk *w, struct chan *src, struct mount *m)
{
	bool was_rcu = w->rcu;

	if (was_rcu && src->dev->peek) {
		place_copy(&w->at, src);
		w->at.mnt = m;
		return 0;
	}
	w->rcu = false;
	if (!kref_get_not_zero(&src->ref)) {
		src = NULL;
	} else if (m && !kref_get_not_zero(&m->ref)) {
		rcu_read_unlock();
		chan_put(src);
		src = NULL;
		rcu_read_lock();
	}
	rcu_read_unlock();
	if (was_rcu)
		w->at.dev = NULL;
	else
		place_drop(&w->at);
	w->at.mnt = NULL;
	if (!src)
		return -ESTALE;
	w->at.node = NULL;
	place_clone(src, &w->at);
	w->at.mnt = m;
	chan_put(src);
	return 0;
}

/* The same for any walk: opens the section for one that is counted. */
static void section_begin(struct walk *w)
{
	if (!w->rcu)
		rcu_read_lock();
}

static void section_end(struct walk *w)
{
	if (!w->rcu)
		rcu_read_unlock();
}

/* Counts the place and ends the section. */
static int walk_hold(struct walk *w)
{
	struct mount *m = w->at.mnt;
	bool held;

	if (!w->rcu)
		return 0;
	w->rcu = false;
	if (m && !kref_get_not_zero(&m->ref)) {
		w->at.dev = NULL;
		rcu_read_unlock();
		return -ESTALE;
	}
	held = w->at.dev->hold(&w->at);
	rcu_read_unlock();
	if (held)
		return 0;
	w->at.dev = NULL;
	if (m)
		mount_put(m);
	return -ESTALE;
}

/* Lets go of what a failed walk has. */
static void walk_leave(struct walk *w)
{
	if (w->rcu) {
		w->rcu = false;
		w->at.dev = NULL;
		rcu_read_unlock();
	} else {
		place_drop(&w->at);
	}
}

static int enter_chan(struct walk *w, struct chan *_Atomic *src)
{
	struct chan *c;

	section_begin(w);
	c = rcu_deref(*src);
	return enter_rcu(w, c, c->mnt);
}

/* From a place to what is mounted on it. */
static int cross(struct walk *w)
{
	struct mount *m;
	int err = 0;

	while (!err) {
		section_begin(w);
		m = mount_on_rcu(w->pg, &w->at);
		if (!m) {
			section_end(w);
			break;
		}
		err = enter_rcu(w, rcu_deref(m->ms)->m[0].c, m);
	}
	return err;
}

/* ------------------------------------------------------------- one step */

/* In a counted union: the first member that knows the name. */
static int step_union_held(struct walk *w, const char *name, size_t len)
{
	struct mount *m = w->at.mnt;
	struct chan *mc, at;
	int err = -ENOENT;

	for (unsigned int i = 0; err == -ENOENT; i++) {
		mc = mount_member(m, i, NULL);
		if (!mc)
			break;
		at = (struct chan){ 0 };
		place_clone(mc, &at);
		err = mc->dev->walk ? mc->dev->walk(&at, name, len, w->cred) :
				      -ENOENT;
		chan_put(mc);
		if (err)
			place_drop(&at);
	}
	if (err)
		return err;
	w->at.mnt = NULL;
	place_drop(&w->at);
	w->at = at;
	w->at.mnt = m;
	return 0;
}

static int step_held(struct walk *w, const char *name, size_t len)
{
	struct chan *c = &w->at;

	if (c->mnt && mount_is_union(c->mnt) && mount_has_root(c->mnt, c))
		return step_union_held(w, name, len);
	if (!(c->qid.type & QTDIR) || !c->dev->walk)
		return -ENOTDIR;
	return c->dev->walk(c, name, len, w->cred);
}

/* -EAGAIN: a member cannot be walked so. */
static int step_union_rcu(struct walk *w, const char *name, size_t len)
{
	struct members *ms = rcu_deref(w->at.mnt->ms);
	struct chan at;
	int err = -ENOENT;

	for (unsigned int i = 0; i < ms->nr && err == -ENOENT; i++) {
		if (!ms->m[i].c->dev->peek)
			return -EAGAIN;
		place_copy(&at, ms->m[i].c);
		err = at.dev->peek(&at, name, len, w->cred);
	}
	if (err)
		return err;
	at.mnt = w->at.mnt;
	place_copy(&w->at, &at);
	return 0;
}

static int step_rcu(struct walk *w, const char *name, size_t len)
{
	struct chan *c = &w->at;
	int err;

	if (likely(!c->mnt || !mount_is_union(c->mnt) ||
		   !mount_has_root(c->mnt, c)))
		return c->dev->peek(c, name, len, w->cred);
	err = step_union_rcu(w, name, len);
	if (err != -EAGAIN)
		return err;
	err = walk_hold(w);
	return err ? err : step_held(w, name, len);
}

static bool at_root(struct walk *w)
{
	struct chan *root;
	bool is;

	section_begin(w);
	root = rcu_deref(w->ns->root);
	is = root->mnt == w->at.mnt && place_same(root, &w->at);
	section_end(w);
	return is;
}

/* NS2 */
static int step_up(struct walk *w)
{
	struct mount *m;
	int err = 0;

	while (!err && !at_root(w)) {
		m = w->at.mnt;
		if (m && mount_has_root(m, &w->at)) {
			section_begin(w);
			err = enter_rcu(w, m->onto, m->onto->mnt);
			continue;
		}
		if (w->rcu)
			err = w->at.dev->peek(&w->at, "..", 2, w->cred);
		else if (w->at.dev->parent)
			err = w->at.dev->parent(&w->at);
		return err ? err : cross(w);
	}
	return err;
}

static int step(struct walk *w, const char *name, size_t len, bool last)
{
	int err;

	if (name[0] == '.' && len == 2 && name[1] == '.')
		return step_up(w);
	err = w->rcu ? step_rcu(w, name, len) : step_held(w, name, len);
	if (err || (last && (w->flags & WALK_NOMOUNT)))
		return err;
	return cross(w);
}

/* ------------------------------------------------------- symbolic links */

/*
 * What must be kept to go back to the directory of a link.  In a section a copy
 * will do; a counted walk needs a second count, where there may be links.
 */
static void parent_keep(struct walk *w, struct chan *parent)
{
	if (w->rcu) {
		place_copy(parent, &w->at);
		return;
	}
	*parent = (struct chan){ 0 };
	if (!w->at.dev->readlink)
		return;
	place_clone(&w->at, parent);
	parent->mnt = w->at.mnt;
	if (parent->mnt)
		kref_get(&parent->mnt->ref);
}

/* The link's text and what follows it become what is left of the path. */
static int link_read(struct walk *w, const char *rest)
{
	size_t rest_len = strlen(rest);
	char *buf;
	long n;

	if (!w->at.dev->readlink)
		return fail_unsupported(&w->at, "links", EINVAL);
	buf = kmalloc(ROS_PATH_MAX, MM_ATOMIC);
	if (!buf)
		return fail(ENOMEM, "no memory for a link's text");
	n = w->at.dev->readlink(&w->at, buf, ROS_PATH_MAX);
	if (n > 0 && n + rest_len >= ROS_PATH_MAX)
		n = fail(ENAMETOOLONG, "a link makes the path too long");
	if (n <= 0) {
		kfree(buf);
		return n ? n : fail(ENOENT, "a symbolic link is empty");
	}
	memcpy(buf + n, rest, rest_len + 1);
	kfree(w->buf);
	w->buf = buf;
	w->s = buf;
	return 0;
}

/*
 * A counted walk by a link that leads to a file itself.  -EAGAIN: it does not,
 * and nothing has changed.
 */
static int link_jump(struct walk *w, struct chan *parent, const char *rest)
{
	struct chan *c;
	int err;

	if (w->rcu || !w->at.dev->follow)
		return -EAGAIN;
	err = w->at.dev->follow(&w->at, &c);
	if (err == -EAGAIN)
		return err;
	place_drop(&w->at);
	place_drop(parent);
	if (err)
		return err;
	w->at = (struct chan){ 0 };
	if (c->dev->close && !c->dev->clone) {
		err = fail(ENXIO, "a file of #%s has no second chan",
			   c->dev->name);
	} else {
		place_clone(c, &w->at);
		w->at.mnt = c->mnt;
		if (c->mnt)
			kref_get(&c->mnt->ref);
		w->s = rest;
	}
	chan_put(c);
	return err;
}

/* w->at is a link in `parent`, which is used up if it was counted. */
static int link_follow(struct walk *w, struct chan *parent, const char *rest)
{
	int err = link_jump(w, parent, rest);

	if (err != -EAGAIN)
		return err;

	if (++w->links > ROS_SYMLINKS_MAX)
		err = fail(ELOOP, "more than %d symbolic links",
			   ROS_SYMLINKS_MAX);
	else
		err = link_read(w, rest);
	if (w->rcu) {
		if (!err)
			place_copy(&w->at, parent);
	} else {
		place_drop(&w->at);
		w->at = *parent;
		if (!w->at.dev && !err)
			err = fail(ELOOP, "a link in a place without links");
	}
	if (!err && w->s[0] == '/')
		err = enter_chan(w, &w->ns->root);
	return err;
}

/* --------------------------------------------------------------- the path */

struct element {
	const char *name;
	size_t len;
	const char *rest; /* right behind the name */
	bool last, slash;
};

static bool element_next(const char *s, struct element *e)
{
	while (*s == '/')
		s++;
	e->name = s;
	while (*s && *s != '/')
		s++;
	e->len = s - e->name;
	e->rest = s;
	e->slash = *s;
	while (*s == '/')
		s++;
	e->last = !*s;
	return e->len;
}

static inline bool is_dot(const struct element *e)
{
	return e->name[0] == '.' && e->len == 1;
}

/* The end of a counted walk's use of a parent that was not needed. */
static inline void parent_forget(bool counted, struct chan *parent)
{
	if (counted)
		place_drop(parent);
}

static int walk_element(struct walk *w, const struct element *e)
{
	bool counted = !w->rcu, link;
	struct chan parent;
	int err;

	if (e->len > ROS_NAME_MAX)
		return fail(ENAMETOOLONG, "a name of %lu characters", e->len);
	parent_keep(w, &parent);
	err = step(w, e->name, e->len, e->last);
	link = !err && (w->at.qid.type & QTSYMLINK) &&
	       (!e->last || e->slash || (w->flags & WALK_FOLLOW));
	if (link && !counted && !w->rcu) {
		/* It stopped being uncounted on this very step. */
		place_drop(&w->at);
		return -ESTALE;
	}
	if (link)
		return link_follow(w, &parent, e->rest);
	parent_forget(counted, &parent);
	w->s = e->rest;
	return err;
}

static void note_last(struct walk *w, const struct element *e)
{
	w->last.name = e->name;
	w->last.len = e->len;
	w->last.trailing_slash = e->slash;
}

static int not_found(const struct element *e, int err)
{
	if (err == -ENOTDIR)
		return fail(ENOTDIR, "what '%.*s' is looked for in is not a "
			    "directory", (int)MIN(e->len, 64UL), e->name);
	return fail(ENOENT, "there is no '%.*s'", (int)MIN(e->len, 64UL),
		    e->name);
}

static int walk_elements(struct walk *w)
{
	struct element e;
	int err;

	for (;;) {
		if (w->rcu && w->at.dev->peek == tree_peek)
			walk_fast(w);
		if (!element_next(w->s, &e))
			break;
		if (e.last) {
			note_last(w, &e);
			if (w->flags & WALK_PARENT)
				break;
		}
		if (is_dot(&e)) {
			if (!(w->at.qid.type & QTDIR))
				return not_found(&e, -ENOTDIR);
			w->s = e.rest;
			continue;
		}
		err = walk_element(w, &e);
		if (err == -ENOENT && e.last && (w->flags & WALK_CREATE)) {
			w->missing = true;
			return 0;
		}
		if (err == -ENOENT || err == -ENOTDIR)
			return not_found(&e, err);
		if (err)
			return err;
	}
	if (((w->flags & (WALK_DIR | WALK_PARENT)) ||
	     w->last.trailing_slash) && !(w->at.qid.type & QTDIR))
		return fail(ENOTDIR, "this is not a directory");
	return 0;
}

/* ------------------------------------------------------ start and end */

static int walk_begin(struct walk *w, struct chan *dir, const char *path)
{
	const char *e;

	w->s = path;
	if (w->rcu)
		rcu_read_lock();
	if (*path == '/')
		return enter_chan(w, &w->ns->root);
	if (*path != '#') {
		if (!dir)
			return enter_chan(w, &w->ns->dot);
		section_begin(w);
		return enter_rcu(w, dir, dir->mnt);
	}
	if (w->rcu)
		rcu_read_unlock();
	w->rcu = false;
	for (e = path; *e && *e != '/'; e++)
		;
	w->s = e;
	return dev_attach(&w->at, path, e - path, w->cred);
}

static int walk_once(struct walk *w, struct chan *dir, const char *path,
		     bool rcu)
{
	int err;

	w->rcu = rcu;
	w->links = 0;
	w->missing = false;
	w->last.len = 0;
	w->last.trailing_slash = false;
	place_init(&w->at);
	err = walk_begin(w, dir, path);
	if (!err)
		err = walk_elements(w);
	if (!err && !(w->flags & WALK_PEEK))
		err = walk_hold(w);
	if (err)
		walk_leave(w);
	return err;
}

int walk_start(struct walk *w, struct proc *p, struct chan *dir,
	       const char *path, unsigned int flags)
{
	int err;

	w->cred = p->cred;
	w->ns = p->ns;
	w->pg = p->ns->pgrp;
	w->flags = flags;
	w->buf = NULL;
	if (!*path)
		return fail(ENOENT, "the path is empty");
	err = walk_once(w, dir, path, true);
	while (err == -ESTALE)
		err = walk_once(w, dir, path, false);
	if (err)
		kfree(w->buf);
	return err;
}

void walk_end(struct walk *w)
{
	walk_leave(w);
	kfree(w->buf);
}

int walk_child(struct walk *w, const char *name, size_t len)
{
	return step_held(w, name, len);
}

int ns_stat(struct proc *p, struct chan *dir, const char *path,
	    unsigned int flags, struct ros_stat *st)
{
	struct walk w;
	int err;

	err = walk_start(&w, p, dir, path, (flags & WALK_FOLLOW) | WALK_PEEK);
	if (err)
		return err;
	err = chan_stat(&w.at, st);
	walk_end(&w);
	return err;
}

int ns_walk(struct proc *p, struct chan *dir, const char *path,
	    unsigned int flags, struct walk_last *last, struct chan **out)
{
	struct walk w;
	int err;

	err = walk_start(&w, p, dir, path, flags & ~(WALK_CREATE | WALK_PEEK));
	if (err)
		return err;
	*out = place_chan(&w.at);
	if (!*out)
		err = fail(ENOMEM, "no memory for a chan");
	if (last && !err) {
		*last = w.last;
		last->buf = w.buf;
		w.buf = NULL;
	}
	kfree(w.buf);
	return err;
}
