// SPDX-License-Identifier: MIT
/* Credentials: shared, replaced, published.  Rules: proc/cred.h */
#include <proc/proc_priv.h>

#include <lib/string.h>
#include <mm/slab.h>

struct cred root_cred = { .ref = { 1 } };

static void cred_free(struct rcu_head *h)
{
	kfree(container_of(h, struct cred, rcu));
}

void cred_put(struct cred *c)
{
	if (kref_put(&c->ref))
		rcu_call(&c->rcu, cred_free);
}

struct cred *cred_dup(const struct cred *c)
{
	struct cred *n = kmalloc(sizeof(*n), MM_WAIT);

	if (!n)
		return NULL;
	memcpy(n, c, sizeof(*n));
	kref_init(&n->ref, 1);
	return n;
}

bool cred_in_group(const struct cred *c, uint32_t gid)
{
	if (c->egid == gid)
		return true;
	for (uint32_t i = 0; i < c->nr_groups; i++)
		if (c->groups[i] == gid)
			return true;
	return false;
}

struct cred *proc_cred_get(struct proc *p)
{
	struct cred *c;

	scoped_spin(&p->lock)
		c = cred_get(p->cred);
	return c;
}

void proc_set_cred(struct proc *p, struct cred *c)
{
	struct cred *old;

	scoped_spin(&p->lock) {
		old = p->cred;
		p->cred = c;
	}
	cred_put(old);
	proc_publish_ids(p);
}

void proc_publish_ids(struct proc *p)
{
	struct procinfo *pi = p->pi;
	struct proc *parent;

	rcu_read_lock();
	parent = rcu_deref(p->parent);
	pi->ppid = parent ? parent->pid : 0;
	rcu_read_unlock();
	scoped_spin(&p->lock) {
		const struct cred *c = p->cred;

		pi->pid = p->pid;
		pi->pgid = p->pgid;
		pi->sid = p->sid;
		pi->uid = c->uid;
		pi->euid = c->euid;
		pi->suid = c->suid;
		pi->gid = c->gid;
		pi->egid = c->egid;
		pi->sgid = c->sgid;
		pi->umask = p->umask;
	}
}
