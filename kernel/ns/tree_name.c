// SPDX-License-Identifier: MIT
/* Tree files: creating, linking, removing and renaming names. */
#include <ns/tree_priv.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <mm/slab.h>
#include <ns/ns_priv.h>
#include <proc/time.h>
#include <ros/errno.h>

#define MODE_SGID   02000
#define MODE_STICKY 01000

static void dir_changed(struct tree_file *dir, int64_t now)
{
	tree_touch(&dir->mtime, now);
	tree_touch(&dir->ctime, now);
}

/* A name in dir, not yet reserved: what is known before the lock. */
static int new_name_check(struct tree_file *dir, const char *name, size_t len,
			  const struct cred *cred)
{
	struct tree_file *f;

	if (!tree_is_dir(dir))
		return fail(ENOTDIR, "this is not a directory");
	if (len > ROS_NAME_MAX)
		return fail(ENAMETOOLONG, "a name of %lu characters", len);
	/* Existence before permission to write (K4), but not to search. */
	if (tree_perm(dir, cred, 1))
		return -EACCES;
	f = tree_lookup(dir, name, len);
	if (f) {
		tree_put(f);
		return fail(EEXIST, "'%.*s' exists", (int)MIN(len, 64UL), name);
	}
	return tree_perm(dir, cred, 2 | 1);
}

/*
 * Gives f the name, and the name the caller's reference on f.  A directory gets
 * its parent before it can be found.
 */
static int name_add(struct tree_file *dir, const char *name, size_t len,
		    struct tree_file *f)
{
	struct tree_entry *e = frames_scarce() ?
				       NULL :
				       tree_entry_new(dir, name, len);
	int err;

	if (!e)
		return fail(ENOMEM, "no memory for a name");
	mutex_lock(&dir->d.lock);
	err = tree_find(dir, name, len) ? fail(EEXIST, "the name exists") :
					  tree_reserve(dir);
	if (!err) {
		err = tree_room_locked(dir);
		if (err)
			tree_unreserve(dir);
	}
	if (!err) {
		if (tree_is_dir(f)) {
			tree_get(dir);
			rcu_assign(f->d.parent, dir);
			atomic_fetch_add(&dir->nlink, 1); /* TF2 */
		}
		tree_insert_locked(e, f);
	}
	mutex_unlock(&dir->d.lock);
	if (err)
		tree_entry_free(e);
	else
		dir_changed(dir, f->ctime);
	return err;
}

int tree_create(struct chan *c, const struct create_args *a)
{
	struct tree_file *dir = c->node, *f;
	uint32_t mode = a->mode, gid = a->cred->egid;
	int err;

	err = new_name_check(dir, a->name, a->len, a->cred);
	if (err)
		return err;
	if (dir->mode & MODE_SGID) {
		gid = dir->gid;
		if ((mode & ROS_S_IFMT) == ROS_S_IFDIR)
			mode |= MODE_SGID;
	}
	err = tree_file_new(dir->fs, mode, a->cred->euid, gid, a->target, &f);
	if (err)
		return err;
	f->nlink = tree_is_dir(f) ? 2 : 1;
	tree_get(f); /* the chan's; the name takes the other */
	err = name_add(dir, a->name, a->len, f);
	if (err) {
		tree_put(f);
		tree_put(f);
		return err;
	}
	tree_set_place(c, f);
	tree_put(dir);
	return 0;
}

/* TF1: from what is still linked somewhere. */
static int nlink_up(struct tree_file *f)
{
	uint32_t n = atomic_load(&f->nlink);

	do {
		if (!n)
			return fail(ENOENT, "the file was removed");
		if (n == UINT32_MAX)
			return fail(EMLINK, "too many links");
	} while (!atomic_compare_exchange_weak(&f->nlink, &n, n + 1));
	return 0;
}

int tree_link(struct chan *old, struct chan *ndir, const char *name, size_t len,
	      const struct cred *cred)
{
	struct tree_file *f = old->node, *dir = ndir->node;
	int err;

	if (f->fs != dir->fs)
		return fail(EXDEV, "the two lie in different trees");
	if (tree_is_dir(f))
		return fail(EPERM, "directories have one name");
	err = new_name_check(dir, name, len, cred);
	if (!err)
		err = nlink_up(f);
	if (err)
		return err;
	tree_get(f);
	tree_touch(&f->ctime, time_wall_ns());
	err = name_add(dir, name, len, f);
	if (err) {
		atomic_fetch_sub(&f->nlink, 1);
		tree_put(f);
	}
	return err;
}

/* ------------------------------------------------------------- removal */

static int sticky_check(struct tree_file *dir, struct tree_file *f,
			const struct cred *cred)
{
	if (!(dir->mode & MODE_STICKY) || cred_is_root(cred) ||
	    cred->euid == f->uid || cred->euid == dir->uid)
		return 0;
	return fail(EPERM, "in this directory only the owner of a file "
		    "removes it");
}

/* May f be removed from dir as what rmdir says?  A directory is dead then. */
static int removal_check(struct tree_file *dir, struct tree_file *f, bool rmdir,
			 const struct cred *cred)
{
	int err = sticky_check(dir, f, cred);

	if (err)
		return err;
	if (!rmdir)
		return tree_is_dir(f) ? fail(EISDIR, "this is a directory") : 0;
	if (!tree_is_dir(f))
		return fail(ENOTDIR, "this is not a directory");
	return tree_kill(f);
}

/* f lost its name in dir. */
static void name_lost(struct tree_file *dir, struct tree_file *f)
{
	if (tree_is_dir(f)) {
		atomic_store(&f->nlink, 0);
		atomic_fetch_sub(&dir->nlink, 1);
	} else {
		atomic_fetch_sub(&f->nlink, 1);
	}
	tree_touch(&f->ctime, dir->mtime);
}

int tree_unlink(struct chan *c, const char *name, size_t len, bool rmdir,
		const struct cred *cred)
{
	struct tree_file *dir = c->node, *f = NULL;
	struct tree_entry *e;
	int err;

	if (!tree_is_dir(dir))
		return fail(ENOTDIR, "this is not a directory");
	mutex_lock(&dir->d.lock);
	e = tree_find(dir, name, len);
	if (e)
		f = atomic_load(&e->file);
	if (tree_perm(dir, cred, 1))
		err = -EACCES;
	else if (!f)
		err = fail(ENOENT, "there is no '%.*s'", (int)MIN(len, 64UL),
			   name);
	else
		err = tree_perm(dir, cred, 2);
	if (!err)
		err = removal_check(dir, f, rmdir, cred);
	if (!err) {
		tree_remove_locked(e);
		dir_changed(dir, time_wall_ns());
		name_lost(dir, f);
	}
	mutex_unlock(&dir->d.lock);
	if (!err)
		tree_put(f);
	return err;
}

/* ROS_O_REMCLO: its last known name goes, if it still is its name. */
void tree_remove_on_close(struct tree_file *f)
{
	struct tree_file *dir = NULL;
	struct tree_entry *e;
	bool gone = false;

	rcu_read_lock();
	e = rcu_deref(f->entry);
	if (e && kref_get_not_zero(&e->dir->ref))
		dir = e->dir;
	rcu_read_unlock();
	if (!dir)
		return;
	mutex_lock(&dir->d.lock);
	e = atomic_load(&f->entry);
	gone = e && e->dir == dir && !tree_is_dir(f);
	if (gone) {
		tree_remove_locked(e);
		dir_changed(dir, time_wall_ns());
		name_lost(dir, f);
	}
	mutex_unlock(&dir->d.lock);
	if (gone)
		tree_put(f);
	tree_put(dir);
}

/* ------------------------------------------------------------- renaming */

struct renaming {
	struct tree_file *odir, *ndir;
	const char *oname, *nname;
	size_t olen, nlen;
	const struct cred *cred;
	bool dir;		      /* rename_mutex is (to be) held */
	struct tree_entry *spare;     /* for the new name, if it is new */
	struct tree_entry *oe, *ne;   /* [both locks] */
	struct tree_file *f, *victim; /* [both locks] what ne named, or NULL */
};

static void rename_lock(struct renaming *r)
{
	struct tree_file *a = r->odir, *b = r->ndir;

	if (a == b) {
		mutex_lock(&a->d.lock);
		return;
	}
	if (r->dir)
		mutex_lock(&a->fs->rename_mutex);
	mutex_lock(a < b ? &a->d.lock : &b->d.lock);
	mutex_lock(a < b ? &b->d.lock : &a->d.lock);
}

static void rename_unlock(struct renaming *r)
{
	mutex_unlock(&r->odir->d.lock);
	if (r->odir == r->ndir)
		return;
	mutex_unlock(&r->ndir->d.lock);
	if (r->dir)
		mutex_unlock(&r->odir->fs->rename_mutex);
}

/* TF4: with rename_mutex nobody moves a directory elsewhere. */
static bool is_below(struct tree_file *dir, struct tree_file *top)
{
	for (; dir; dir = atomic_load(&dir->d.parent))
		if (dir == top)
			return true;
	return false;
}

static int rename_dir_check(struct renaming *r)
{
	if (r->odir == r->ndir)
		return 0;
	if (is_below(r->ndir, r->f))
		return fail(EINVAL, "a directory would lie in itself");
	/* Its ".." changes. */
	return tree_perm(r->f, r->cred, 2);
}

/* Everything that can be refused; a directory that gives way is dead then. */
static int rename_check_locked(struct renaming *r)
{
	int err;

	err = sticky_check(r->odir, r->f, r->cred);
	if (!err && tree_is_dir(r->f))
		err = rename_dir_check(r);
	if (err || !r->victim)
		return err;
	err = sticky_check(r->ndir, r->victim, r->cred);
	if (err)
		return err;
	if (tree_is_dir(r->f) && !tree_is_dir(r->victim))
		return fail(ENOTDIR, "a directory does not replace a file");
	if (!tree_is_dir(r->f) && tree_is_dir(r->victim))
		return fail(EISDIR, "a file does not replace a directory");
	return tree_is_dir(r->victim) ? tree_kill(r->victim) : 0;
}

static int rename_room_locked(struct renaming *r)
{
	int err;

	if (r->ne)
		return 0;
	err = tree_reserve(r->ndir);
	if (!err) {
		err = tree_room_locked(r->ndir);
		if (err)
			tree_unreserve(r->ndir);
	}
	return err;
}

/* The new name first: a look-up always finds the file by one of them. */
static void rename_commit_locked(struct renaming *r)
{
	struct tree_entry *ne = r->ne;
	int64_t now = time_wall_ns();

	if (tree_is_dir(r->f) && r->odir != r->ndir) {
		tree_get(r->ndir);
		rcu_assign(r->f->d.parent, r->ndir);
		atomic_fetch_add(&r->ndir->nlink, 1);
		atomic_fetch_sub(&r->odir->nlink, 1);
	}
	if (ne) {
		rcu_assign(ne->file, r->f);
		rcu_assign(r->f->entry, ne);
		atomic_compare_exchange_strong(&r->victim->entry, &ne, NULL);
	} else {
		tree_insert_locked(r->spare, r->f);
		r->spare = NULL;
	}
	tree_remove_locked(r->oe);
	dir_changed(r->odir, now);
	dir_changed(r->ndir, now);
	tree_touch(&r->f->ctime, now);
	if (r->victim)
		name_lost(r->ndir, r->victim);
}

/* 1: done already, both names are the same file's.  -EAGAIN: once more, with
 * rename_mutex. */
static int rename_locked(struct renaming *r)
{
	int err;

	r->oe = tree_find(r->odir, r->oname, r->olen);
	if (!r->oe)
		return fail(ENOENT, "there is no '%.*s'",
			    (int)MIN(r->olen, 64UL), r->oname);
	r->ne = tree_find(r->ndir, r->nname, r->nlen);
	r->f = atomic_load(&r->oe->file);
	r->victim = r->ne ? atomic_load(&r->ne->file) : NULL;
	if (r->victim == r->f)
		return 1;
	if (tree_is_dir(r->f) && r->odir != r->ndir && !r->dir)
		return -EAGAIN; /* it was none when we looked */
	err = rename_room_locked(r);
	if (err)
		return err;
	err = rename_check_locked(r);
	if (err) {
		if (!r->ne)
			tree_unreserve(r->ndir);
		return err;
	}
	rename_commit_locked(r);
	return 0;
}

static int rename_do(struct renaming *r)
{
	bool moved;
	int err;

	r->spare = tree_entry_new(r->ndir, r->nname, r->nlen);
	if (!r->spare)
		return fail(ENOMEM, "no memory for a name");
	rename_lock(r);
	err = rename_locked(r);
	if (err == -EAGAIN) {
		rename_unlock(r);
		r->dir = true;
		rename_lock(r);
		err = rename_locked(r);
	}
	moved = !err && tree_is_dir(r->f) && r->odir != r->ndir;
	rename_unlock(r);
	if (r->spare)
		tree_entry_free(r->spare);
	if (!err && r->victim)
		tree_put(r->victim);
	if (moved)
		tree_put(r->odir); /* as f's parent */
	return err > 0 ? 0 : err;
}

/* A first look, without locks. */
static bool names_dir(struct tree_file *dir, const char *name, size_t len)
{
	struct tree_entry *e;
	bool is;

	rcu_read_lock();
	e = tree_find(dir, name, len);
	is = e && tree_is_dir(rcu_deref(e->file));
	rcu_read_unlock();
	return is;
}

int tree_rename(struct chan *odir, const char *oname, size_t olen,
		struct chan *ndir, const char *nname, size_t nlen,
		const struct cred *cred)
{
	struct renaming r = {
		.odir = odir->node, .oname = oname, .olen = olen,
		.ndir = ndir->node, .nname = nname, .nlen = nlen,
		.cred = cred,
	};
	int err;

	if (!tree_is_dir(r.odir) || !tree_is_dir(r.ndir))
		return fail(ENOTDIR, "this is not a directory");
	if (r.odir->fs != r.ndir->fs)
		return fail(EXDEV, "the two lie in different trees");
	r.dir = r.odir != r.ndir && names_dir(r.odir, oname, olen);
	err = tree_perm(r.odir, cred, 3);
	if (!err)
		err = tree_perm(r.ndir, cred, 3);
	return err ? err : rename_do(&r);
}
