// SPDX-License-Identifier: MIT
/* A process's name space: its root and current directory, and its mounts. */
#include <ns/ns_priv.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ros/errno.h>

static struct chan *get_rcu(struct chan *_Atomic *where)
{
	struct chan *c;

	rcu_read_lock();
	do
		c = rcu_deref(*where);
	while (!kref_get_not_zero(&c->ref)); /* 0: it was replaced */
	rcu_read_unlock();
	return c;
}

struct chan *ns_get_root(struct ns *ns)
{
	return get_rcu(&ns->root);
}

struct chan *ns_get_dot(struct ns *ns)
{
	return get_rcu(&ns->dot);
}

static void set(struct ns *ns, struct chan *_Atomic *where, struct chan *c)
{
	struct chan *old;

	chan_get(c);
	/* Walkers look at it without a reference. */
	atomic_fetch_or(&c->flags, CHAN_SHARED);
	scoped_spin(&ns->lock) {
		old = atomic_load(where);
		rcu_assign(*where, c);
	}
	if (old)
		chan_put(old);
}

int ns_proc_create(struct proc *p, struct proc *parent, int flags)
{
	struct ns *from = parent ? parent->ns : NULL, *ns;
	struct chan *root, *dot;

	ns = kzalloc(sizeof(*ns), MM_WAIT);
	if (!ns)
		return -ENOMEM;
	spin_init(&ns->lock);
	ns->pgrp = from ? from->pgrp : boot_pgrp;
	kref_get(&ns->pgrp->ref);
	if (from) {
		root = ns_get_root(from);
		dot = ns_get_dot(from);
	} else {
		root = dot = boot_root;
		chan_get(root);
		chan_get(dot);
	}
	atomic_init(&ns->root, root);
	atomic_init(&ns->dot, dot);
	p->ns = ns;
	return 0;
}

static void ns_free_rcu(struct rcu_head *h)
{
	kfree(container_of(h, struct ns, rcu));
}

/* Others may look at a process's ns (/proc) in an RCU section. */
void ns_proc_destroy(struct proc *p)
{
	struct ns *ns = p->ns;

	if (!ns)
		return;
	__atomic_store_n(&p->ns, NULL, __ATOMIC_RELEASE);
	chan_put(atomic_load(&ns->root));
	chan_put(atomic_load(&ns->dot));
	pgrp_put(ns->pgrp);
	rcu_call(&ns->rcu, ns_free_rcu);
}

static int dir_check(struct proc *p, struct chan *c)
{
	struct ros_stat st;
	int err;

	if (!(c->qid.type & QTDIR))
		return fail(ENOTDIR, "this is not a directory");
	err = chan_stat(c, &st);
	if (err)
		return err;
	return perm_check(p->cred, st.st_uid, st.st_gid, st.st_mode, 1);
}

int ns_chdir(struct proc *p, struct chan *c)
{
	int err = dir_check(p, c);

	if (!err)
		set(p->ns, &p->ns->dot, c);
	return err;
}

int ns_chroot(struct proc *p, struct chan *c)
{
	int err;

	if (!cred_is_root(p->cred))
		return fail(EPERM, "only root changes its root");
	err = dir_check(p, c);
	if (!err)
		set(p->ns, &p->ns->root, c);
	return err;
}

/* A name space is shared with others, who shall not be fooled by anybody. */
static int mount_check(struct proc *p)
{
	return cred_is_root(p->cred) ? 0 :
				       fail(EPERM, "only root mounts");
}

int ns_bind(struct proc *p, struct chan *src, struct chan *onto, int flags)
{
	int err = mount_check(p);

	if (err)
		return err;
	return pgrp_bind(p->ns->pgrp, src, onto, flags);
}

int ns_unmount(struct proc *p, struct chan *src, struct chan *onto)
{
	int err = mount_check(p);

	if (err)
		return err;
	return pgrp_unmount(p->ns->pgrp, src, onto);
}

/* ----------------------------------------------------------- listing */

struct show {
	struct proc *p;
	void (*fn)(const char *onto, const char *src, int flags, void *arg);
	void *arg;
	char *onto, *src; /* ROS_PATH_MAX each */
};

static void show_path(struct proc *p, struct chan *c, char *buf)
{
	if (ns_path(p, c, buf, ROS_PATH_MAX - 1) < 0)
		strlcpy(buf, "?", ROS_PATH_MAX);
}

static void show_mount(struct mount *m, struct chan *src, int flags, void *arg)
{
	struct show *s = arg;

	show_path(s->p, m->onto, s->onto);
	show_path(s->p, src, s->src);
	s->fn(s->onto, s->src, flags, s->arg);
}

void ns_for_each_mount(struct proc *p,
		       void (*fn)(const char *onto, const char *src, int flags,
				  void *arg),
		       void *arg)
{
	struct show s = { .fn = fn, .arg = arg };
	struct pgrp *pg = NULL;
	struct ns *ns;

	rcu_read_lock();
	ns = __atomic_load_n(&p->ns, __ATOMIC_ACQUIRE);
	if (ns && kref_get_not_zero(&ns->pgrp->ref))
		pg = ns->pgrp;
	rcu_read_unlock();
	/* Names are shown as the caller sees them. */
	s.p = cur_proc() ? cur_proc() : p;
	s.onto = kmalloc(ROS_PATH_MAX, MM_WAIT);
	s.src = kmalloc(ROS_PATH_MAX, MM_WAIT);
	if (pg && s.onto && s.src)
		pgrp_for_each(pg, show_mount, &s);
	kfree(s.onto);
	kfree(s.src);
	if (pg)
		pgrp_put(pg);
}
