// SPDX-License-Identifier: MIT
/*
 * The common walk, all in registers: an uncounted one over plain names in
 * trees, also from one tree into another that is mounted there.  It stops
 * before an element that is anything else (a dot, a link, a union, a name that
 * is not there) and leaves that to walk.c.
 */
#include <ns/ns_priv.h>

#include <ns/tree_priv.h>

struct fast {
	const struct dev *dev;
	struct tree_file *at;
	struct mount *mnt;
};

/* Behind the name at s. */
static inline const char *name_end(const char *s)
{
	/* Most letters come after '/'. */
	while (*s > '/' || (*s && *s != '/'))
		s++;
	return s;
}

static inline bool is_dots(const char *s, size_t len)
{
	return s[0] == '.' && (len == 1 || (len == 2 && s[1] == '.'));
}

static inline bool may_search(const struct fast *f, const struct cred *cred)
{
	return (f->at->qid_type & QTDIR) &&
	       (cred_is_root(cred) || !tree_perm(f->at, cred, 1)) &&
	       (!f->mnt || !mount_is_union(f->mnt));
}

/* Onto what is mounted on the place, if it is a tree. */
static bool cross_fast(struct walk *w, struct fast *f, uint64_t hash)
{
	struct mount *m = mount_find_rcu(w->pg, f->dev, f->at->ino, f->mnt,
					 hash);
	struct chan *c;

	if (!m)
		return true;
	c = rcu_deref(m->ms)->m[0].c;
	if (c->dev->peek != tree_peek)
		return false;
	*f = (struct fast){ c->dev, c->node, m };
	return true;
}

/* One element; false: not a plain one. */
static inline bool step_fast(struct walk *w, struct fast *f, const char *name,
			     size_t len)
{
	struct fast to = *f;
	struct tree_entry *e;
	uint64_t hash;

	if (unlikely(len > ROS_NAME_MAX || is_dots(name, len) ||
		     !may_search(f, w->cred)))
		return false;
	e = tree_find(f->at, name, len);
	if (!e)
		return false;
	to.at = rcu_deref(e->file);
	if (to.at->qid_type & QTSYMLINK)
		return false;
	hash = mount_hash(f->dev, to.at->ino, f->mnt);
	if (!mount_none(w->pg, hash) && !cross_fast(w, &to, hash))
		return false;
	*f = to;
	return true;
}

void walk_fast(struct walk *w)
{
	struct fast f = { w->at.dev, w->at.node, w->at.mnt };
	const char *s = w->s, *name, *end;
	bool last;

	for (;;) {
		while (*s == '/')
			s++;
		name = s;
		end = name_end(s);
		if (name == end)
			break;
		for (s = end; *s == '/'; s++)
			;
		last = !*s;
		if (last && (w->flags & (WALK_PARENT | WALK_NOMOUNT)))
			break;
		if (!step_fast(w, &f, name, end - name))
			break;
		w->s = end;
		if (last) {
			w->last.name = name;
			w->last.len = end - name;
			w->last.trailing_slash = *end;
			break;
		}
	}
	w->at.dev = f.dev;
	w->at.mnt = f.mnt;
	tree_set_place(&w->at, f.at);
}
