// SPDX-License-Identifier: MIT
/* Names: making, linking, renaming and removing them. */
#include <ns/ns_priv.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <ros/errno.h>

/* What the last element of a path is, if not a name. */
enum last_kind { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

static enum last_kind last_kind(const struct walk_last *l)
{
	if (!l->len)
		return LAST_ROOT;
	if (l->name[0] != '.' || l->len > 2)
		return LAST_NAME;
	if (l->len == 1)
		return LAST_DOT;
	return l->name[1] == '.' ? LAST_DOTDOT : LAST_NAME;
}

static int name_check(const struct walk_last *l)
{
	if (l->len > ROS_NAME_MAX)
		return fail(ENAMETOOLONG, "a name of %lu characters", l->len);
	return 0;
}

static bool place_is_union(const struct chan *c)
{
	return c->mnt && mount_is_union(c->mnt) && mount_has_root(c->mnt, c);
}

/* ---------------------------------------------------------- in unions */

/* The counted place becomes its union's member mc. */
static void become_member(struct chan *at, struct chan *mc)
{
	struct chan n = { 0 };
	struct mount *m = at->mnt;

	place_clone(mc, &n);
	at->mnt = NULL;
	place_drop(at);
	*at = n;
	at->mnt = m;
}

/* In a union: to the first member where new files go (NS1). */
int place_for_new(struct walk *w)
{
	struct chan *mc;
	int flags;

	if (!place_is_union(&w->at))
		return 0;
	for (unsigned int i = 0; (mc = mount_member(w->at.mnt, i, &flags));
	     i++) {
		if (flags & MCREATE)
			become_member(&w->at, mc);
		chan_put(mc);
		if (flags & MCREATE)
			return 0;
	}
	return fail(EPERM, "no member of the union takes new files");
}

/* In a union: to the member that has the name. */
static int place_with_name(struct walk *w, const struct walk_last *l)
{
	struct chan *mc, at;
	int err = -ENOENT;

	if (!place_is_union(&w->at))
		return 0;
	for (unsigned int i = 0; err == -ENOENT; i++) {
		mc = mount_member(w->at.mnt, i, NULL);
		if (!mc)
			return fail(ENOENT, "no member of the union has it");
		at = (struct chan){ 0 };
		place_clone(mc, &at);
		err = mc->dev->walk ?
			      mc->dev->walk(&at, l->name, l->len, w->cred) :
			      -ENOENT;
		place_drop(&at);
		if (!err)
			become_member(&w->at, mc);
		chan_put(mc);
	}
	return err;
}

/* A name that any member has is not made again. */
static int union_has_not(struct walk *w)
{
	struct chan at;
	int err;

	if (!place_is_union(&w->at))
		return 0;
	at = w->at;
	place_clone(&at, &w->at);
	kref_get(&at.mnt->ref);
	err = walk_child(w, w->last.name, w->last.len);
	place_drop(&w->at);
	w->at = at;
	return err ? 0 : fail(EEXIST, "a member of the union has that name");
}

/* ------------------------------------------------------------ making */

static int make(struct proc *p, struct chan *dir, const char *path,
		struct create_args *a)
{
	bool is_dir = (a->mode & ROS_S_IFMT) == ROS_S_IFDIR;
	struct walk w;
	int err;

	err = walk_start(&w, p, dir, path, WALK_PARENT);
	if (err)
		return err;
	if (last_kind(&w.last) != LAST_NAME)
		err = fail(EEXIST, "the directory exists"); /* K4 */
	else
		err = name_check(&w.last);
	if (!err)
		err = union_has_not(&w);
	if (!err)
		err = place_for_new(&w);
	if (!err && w.last.trailing_slash && !is_dir)
		err = fail(ENOENT, "a name that ends in / is a directory's");
	if (!err && !w.at.dev->create)
		err = fail_unsupported(&w.at, "new files", EPERM);
	if (!err) {
		a->name = w.last.name;
		a->len = w.last.len;
		a->excl = true;
		a->cred = w.cred;
		err = w.at.dev->create(&w.at, a);
	}
	walk_end(&w);
	return err;
}

int ns_mkdir(struct proc *p, struct chan *dir, const char *path, uint32_t mode)
{
	struct create_args a = {
		.mode = ROS_S_IFDIR | (mode & 01777 & ~p->umask),
	};

	return make(p, dir, path, &a);
}

int ns_mknod(struct proc *p, struct chan *dir, const char *path, uint32_t mode,
	     uint64_t rdev)
{
	struct create_args a = { .rdev = rdev };

	switch (mode & ROS_S_IFMT) {
	case 0:
		mode |= ROS_S_IFREG;
		break;
	case ROS_S_IFREG:
	case ROS_S_IFIFO:
	case ROS_S_IFSOCK:
		break;
	case ROS_S_IFDIR:
		return fail(EPERM, "mkdir makes directories");
	default:
		return fail(EPERM, "devices have names, not numbers: see /dev");
	}
	a.mode = (mode & ROS_S_IFMT) | (mode & 07777 & ~p->umask);
	return make(p, dir, path, &a);
}

int ns_symlink(struct proc *p, const char *target, struct chan *dir,
	       const char *path)
{
	struct create_args a = {
		.mode = ROS_S_IFLNK | 0777, .target = target,
	};

	if (!*target)
		return fail(ENOENT, "a link to nothing");
	return make(p, dir, path, &a);
}

int ns_link(struct proc *p, struct chan *odir, const char *opath,
	    struct chan *ndir, const char *npath)
{
	struct walk o, n;
	int err;

	err = walk_start(&o, p, odir, opath, 0);
	if (err)
		return err;
	err = walk_start(&n, p, ndir, npath, WALK_PARENT);
	if (err)
		goto out;
	if (last_kind(&n.last) != LAST_NAME)
		err = fail(EEXIST, "the directory exists");
	else
		err = name_check(&n.last);
	if (!err)
		err = union_has_not(&n);
	if (!err)
		err = place_for_new(&n);
	if (!err && n.last.trailing_slash)
		err = fail(ENOENT, "a name that ends in / is a directory's");
	if (!err && o.at.dev != n.at.dev)
		err = fail(EXDEV, "the two lie on different devices");
	if (!err && !n.at.dev->link)
		err = fail_unsupported(&n.at, "links", EPERM);
	if (!err)
		err = n.at.dev->link(&o.at, &n.at, n.last.name, n.last.len,
				     n.cred);
	walk_end(&n);
out:
	walk_end(&o);
	return err;
}

/* --------------------------------------------------------- removing */

/* Is something mounted on w->last in w->at?  By a peek, if that can be. */
static bool mounted_rcu(struct walk *w)
{
	struct chan at;

	at.dev = w->at.dev;
	at.node = w->at.node;
	at.qid = w->at.qid;
	at.mnt = w->at.mnt;
	return !at.dev->peek(&at, w->last.name, w->last.len, &root_cred) &&
	       mount_on_rcu(w->pg, &at);
}

static bool mounted_held(struct walk *w)
{
	struct chan at = { 0 };
	bool busy = false;

	place_clone(&w->at, &at);
	if (!at.dev->walk(&at, w->last.name, w->last.len, &root_cred)) {
		at.mnt = w->at.mnt;
		rcu_read_lock();
		busy = mount_on_rcu(w->pg, &at);
		rcu_read_unlock();
		at.mnt = NULL; /* not counted */
	}
	place_drop(&at);
	return busy;
}

/* EBUSY for a place that something is mounted on, in this name space. */
static int not_mounted(struct walk *w)
{
	bool busy = false;

	if (w->at.dev->peek) {
		rcu_read_lock();
		busy = mounted_rcu(w);
		rcu_read_unlock();
	} else if (w->at.dev->walk) {
		busy = mounted_held(w);
	}
	return busy ? fail(EBUSY, "something is mounted on '%.*s'",
			   (int)MIN(w->last.len, 64UL), w->last.name) : 0;
}

static int remove_kind(const struct walk_last *l, bool rmdir)
{
	switch (last_kind(l)) {
	case LAST_NAME:
		return name_check(l);
	case LAST_ROOT:
		return fail(rmdir ? EBUSY : EISDIR, "this is the root");
	case LAST_DOT:
		return fail(rmdir ? EINVAL : EISDIR, "'.' is not removed");
	default:
		return fail(rmdir ? ENOTEMPTY : EISDIR, "'..' is not removed");
	}
}

/* "name/" is no way to name a file; tells a directory from what is missing. */
static int unlink_slash(struct walk *w)
{
	struct chan at = { 0 };
	int err;

	place_clone(&w->at, &at);
	err = at.dev->walk(&at, w->last.name, w->last.len, w->cred);
	if (!err)
		err = at.qid.type & QTDIR ?
			      fail(EISDIR, "this is a directory") :
			      fail(ENOTDIR, "this is not a directory");
	place_drop(&at);
	return err;
}

int ns_unlink(struct proc *p, struct chan *dir, const char *path, bool rmdir)
{
	struct walk w;
	int err;

	err = walk_start(&w, p, dir, path, WALK_PARENT);
	if (err)
		return err;
	err = remove_kind(&w.last, rmdir);
	if (!err)
		err = place_with_name(&w, &w.last);
	if (!err && !w.at.dev->unlink)
		err = fail_unsupported(&w.at, "removal", EPERM);
	if (!err && !rmdir && w.last.trailing_slash)
		err = unlink_slash(&w);
	if (!err)
		err = not_mounted(&w);
	if (!err)
		err = w.at.dev->unlink(&w.at, w.last.name, w.last.len, rmdir,
				       w.cred);
	walk_end(&w);
	return err;
}

/* ---------------------------------------------------------- renaming */

/* A name with a slash behind it stands for a directory. */
static int rename_slash(struct walk *o, struct walk *n)
{
	struct chan at = { 0 };
	bool dir;

	if (!o->last.trailing_slash && !n->last.trailing_slash)
		return 0;
	place_clone(&o->at, &at);
	dir = at.dev->walk(&at, o->last.name, o->last.len, o->cred) ||
	      (at.qid.type & QTDIR);
	place_drop(&at);
	return dir ? 0 : fail(ENOTDIR, "this is not a directory");
}

/* Within one union a file stays in its member. */
static int rename_target(struct walk *o, struct walk *n, bool same_union)
{
	int err = place_with_name(o, &o->last);

	if (err)
		return err;
	if (!same_union)
		return place_for_new(n);
	become_member(&n->at, &o->at);
	return 0;
}

static int rename_walked(struct walk *o, struct walk *n)
{
	bool same = place_is_union(&n->at) && n->at.mnt == o->at.mnt &&
		    place_is_union(&o->at);
	int err;

	if (last_kind(&o->last) != LAST_NAME ||
	    last_kind(&n->last) != LAST_NAME)
		return fail(EBUSY, "'.', '..' and the root are not renamed");
	err = name_check(&n->last);
	if (!err)
		err = rename_target(o, n, same);
	if (err)
		return err;
	if (o->at.dev != n->at.dev)
		return fail(EXDEV, "the two lie on different devices");
	if (!o->at.dev->rename)
		return fail_unsupported(&o->at, "renaming", EPERM);
	err = rename_slash(o, n);
	if (!err)
		err = not_mounted(o);
	if (!err)
		err = not_mounted(n);
	if (err)
		return err;
	return o->at.dev->rename(&o->at, o->last.name, o->last.len, &n->at,
				 n->last.name, n->last.len, n->cred);
}

int ns_rename(struct proc *p, struct chan *odir, const char *opath,
	      struct chan *ndir, const char *npath)
{
	struct walk o, n;
	int err;

	err = walk_start(&o, p, odir, opath, WALK_PARENT);
	if (err)
		return err;
	err = walk_start(&n, p, ndir, npath, WALK_PARENT);
	if (!err) {
		err = rename_walked(&o, &n);
		walk_end(&n);
	}
	walk_end(&o);
	return err;
}
