// SPDX-License-Identifier: MIT
/*
 * The mount table of a group of processes.
 *
 * Walks read it under RCU: a mount is found by the place that it hangs on
 * (NS1), and its members are an array that is replaced as a whole.  Changes
 * hold pg->lock.
 */
#include <ns/ns_priv.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ros/errno.h>

static inline struct mount *_Atomic *bucket(struct pgrp *pg, uint64_t hash)
{
	return &pg->mounts[hash >> 40 & (PGRP_BUCKETS - 1)];
}

struct pgrp *pgrp_new(void)
{
	struct pgrp *pg = kzalloc(sizeof(*pg), MM_WAIT);

	if (!pg)
		return NULL;
	kref_init(&pg->ref, 1);
	mutex_init(&pg->lock);
	return pg;
}

/* ------------------------------------------------------------- members */

static void members_free_rcu(struct rcu_head *h)
{
	kfree(container_of(h, struct members, rcu));
}

static struct members *members_alloc(unsigned int nr)
{
	struct members *ms = kzalloc(sizeof(*ms) + nr * sizeof(ms->m[0]),
				     MM_WAIT);

	if (ms)
		ms->nr = nr;
	return ms;
}

static void members_drop(struct members *ms)
{
	for (unsigned int i = 0; i < ms->nr; i++)
		if (ms->m[i].c)
			chan_put(ms->m[i].c);
	rcu_call(&ms->rcu, members_free_rcu);
}

/* A member's chan: as c, but lying in no mount. */
static int member_init(struct member *mb, struct chan *c, int flags)
{
	struct chan at = { 0 };

	place_clone(c, &at);
	mb->c = place_chan(&at);
	mb->flags = flags;
	if (!mb->c)
		return -ENOMEM;
	/* Walkers look at it without a reference. */
	mb->c->flags |= CHAN_SHARED;
	return 0;
}

bool mount_has_root(struct mount *m, const struct chan *c)
{
	struct members *ms;
	bool has = false;

	rcu_read_lock();
	ms = rcu_deref(m->ms);
	for (unsigned int i = 0; i < ms->nr && !has; i++)
		has = place_same(ms->m[i].c, c);
	rcu_read_unlock();
	return has;
}

struct chan *mount_member(struct mount *m, unsigned int i, int *flags)
{
	struct chan *c = NULL;
	struct members *ms;

	rcu_read_lock();
	do {
		ms = rcu_deref(m->ms);
		if (i >= ms->nr)
			break;
		c = ms->m[i].c;
		if (flags)
			*flags = ms->m[i].flags;
		/* 0: this array was replaced meanwhile */
	} while (!kref_get_not_zero(&c->ref));
	if (i >= ms->nr)
		c = NULL;
	rcu_read_unlock();
	return c;
}

/* ------------------------------------------------------------- mounts */

static void mount_free_rcu(struct rcu_head *h)
{
	struct mount *m = container_of(h, struct mount, rcu);

	kfree(m);
}

void mount_put(struct mount *m)
{
	if (!kref_put(&m->ref))
		return;
	members_drop(atomic_load(&m->ms));
	chan_put(m->onto);
	rcu_call(&m->rcu, mount_free_rcu);
}

struct mount *mount_find_rcu(struct pgrp *pg, const struct dev *dev,
			     uint64_t path, const struct mount *under,
			     uint64_t hash)
{
	struct mount *m = rcu_deref(*bucket(pg, hash));

	for (; m; m = rcu_deref(m->next))
		if (m->hash == hash && m->onto->qid.path == path &&
		    m->onto->mnt == under && m->onto->dev == dev)
			return m;
	return NULL;
}

static void table_insert_locked(struct pgrp *pg, struct mount *m)
{
	struct mount *_Atomic *b = bucket(pg, m->hash);

	atomic_store(&m->next, atomic_load(b));
	/* Bit first: pairs with the acquire in mount_none(). */
	atomic_fetch_or_explicit(bloom_word(pg, m->hash), bloom_bit(m->hash),
				 memory_order_release);
	rcu_assign(*b, m);
}

static void table_remove_locked(struct pgrp *pg, struct mount *m)
{
	struct mount *_Atomic *b = bucket(pg, m->hash);
	uint64_t bloom[4] = { 0 };

	while (atomic_load(b) != m)
		b = &atomic_load(b)->next;
	rcu_assign(*b, atomic_load(&m->next));
	for (unsigned int i = 0; i < PGRP_BUCKETS; i++)
		for (m = atomic_load(&pg->mounts[i]); m;
		     m = atomic_load(&m->next))
			bloom[m->hash >> 62] |= bloom_bit(m->hash);
	for (unsigned int i = 0; i < 4; i++)
		atomic_store(&pg->bloom[i], bloom[i]);
}

static void pgrp_free_rcu(struct rcu_head *h)
{
	kfree(container_of(h, struct pgrp, rcu));
}

void pgrp_put(struct pgrp *pg)
{
	struct mount *m, *next;

	if (!kref_put(&pg->ref))
		return;
	for (unsigned int i = 0; i < PGRP_BUCKETS; i++)
		for (m = atomic_load(&pg->mounts[i]); m; m = next) {
			next = atomic_load(&m->next);
			mount_put(m);
		}
	rcu_call(&pg->rcu, pgrp_free_rcu);
}

/* ------------------------------------------------------- bind, unmount */

/* The mount whose root `onto` is, if it is, else the one on it; counted. */
static struct mount *mount_of_locked(struct pgrp *pg, struct chan *onto)
{
	struct mount *m = onto->mnt;

	rcu_read_lock();
	if (!m || !mount_has_root(m, onto))
		m = mount_on_rcu(pg, onto);
	if (m)
		kref_get(&m->ref);
	rcu_read_unlock();
	return m;
}

/* ms with src at its place among the old members (NULL: none). */
static int members_with(struct members *old, struct chan *under,
			struct chan *src, int flags, struct members **out)
{
	unsigned int nr_old = old ? old->nr : 1, n = 0;
	bool repl = !(flags & (MBEFORE | MAFTER));
	struct members *ms;
	int err = 0;

	ms = members_alloc(repl ? 1 : nr_old + 1);
	if (!ms)
		return -ENOMEM;
	if (flags & MBEFORE || repl)
		err = member_init(&ms->m[n++], src, flags & MCREATE);
	for (unsigned int i = 0; i < nr_old && !repl && !err; i++)
		err = old ? member_init(&ms->m[n++], old->m[i].c,
					old->m[i].flags) :
			    member_init(&ms->m[n++], under, 0);
	if (!err && (flags & MAFTER))
		err = member_init(&ms->m[n++], src, flags & MCREATE);
	if (err)
		members_drop(ms);
	else
		*out = ms;
	return err;
}

static int mount_new_locked(struct pgrp *pg, struct chan *onto,
			    struct members *ms)
{
	struct mount *m = kzalloc(sizeof(*m), MM_WAIT);

	if (m)
		m->onto = chan_clone(onto);
	if (!m || !m->onto) {
		kfree(m);
		members_drop(ms);
		return fail(ENOMEM, "no memory for a mount");
	}
	m->onto->flags |= CHAN_SHARED;
	kref_init(&m->ref, 1);
	m->hash = place_hash(onto);
	atomic_store(&m->ms, ms);
	table_insert_locked(pg, m);
	return 0;
}

int pgrp_bind(struct pgrp *pg, struct chan *src, struct chan *onto, int flags)
{
	struct members *ms, *old = NULL;
	struct mount *m;
	int err;

	if ((src->qid.type & QTDIR) != (onto->qid.type & QTDIR))
		return fail(ENOTDIR, "only one of the two is a directory");
	if ((flags & (MBEFORE | MAFTER)) && !(onto->qid.type & QTDIR))
		return fail(ENOTDIR, "unions are of directories");
	if ((flags & ~(MBEFORE | MAFTER | MCREATE | MCACHE)) ||
	    ((flags & MBEFORE) && (flags & MAFTER)))
		return fail(EINVAL, "mount flags %#x", flags);
	guard_mutex(&pg->lock);
	m = mount_of_locked(pg, onto);
	if (m)
		old = atomic_load(&m->ms);
	err = members_with(old, onto, src, flags, &ms);
	if (!err && !m)
		return mount_new_locked(pg, onto, ms);
	if (!err) {
		rcu_assign(m->ms, ms);
		members_drop(old);
	}
	if (m)
		mount_put(m);
	return err;
}

/* The members but for those that are src; out NULL: none is left. */
static int members_without(struct members *old, struct chan *src,
			   struct members **out)
{
	struct members *ms;
	unsigned int nr = 0;
	int err = 0;

	*out = NULL;
	for (unsigned int i = 0; i < old->nr; i++)
		nr += !place_same(old->m[i].c, src);
	if (nr == old->nr)
		return fail(EINVAL, "that is not mounted there");
	if (!nr)
		return 0;
	ms = members_alloc(nr);
	if (!ms)
		return -ENOMEM;
	for (unsigned int i = 0, n = 0; i < old->nr && !err; i++)
		if (!place_same(old->m[i].c, src))
			err = member_init(&ms->m[n++], old->m[i].c,
					  old->m[i].flags);
	if (err)
		members_drop(ms);
	else
		*out = ms;
	return err;
}

/* What is left of a union may be the place itself: then it is no mount. */
static bool only_itself(struct mount *m, struct members *ms)
{
	return ms->nr == 1 && place_same(ms->m[0].c, m->onto);
}

int pgrp_unmount(struct pgrp *pg, struct chan *src, struct chan *onto)
{
	struct members *ms = NULL, *old;
	struct mount *m;
	int err = 0;

	guard_mutex(&pg->lock);
	m = mount_of_locked(pg, onto);
	if (!m)
		return fail(EINVAL, "nothing is mounted there");
	old = atomic_load(&m->ms);
	if (src)
		err = members_without(old, src, &ms);
	if (err)
		goto out;
	if (ms && !only_itself(m, ms)) {
		rcu_assign(m->ms, ms);
		members_drop(old);
		goto out;
	}
	if (ms)
		members_drop(ms);
	if (mount_on_rcu(pg, m->onto) == m) {
		table_remove_locked(pg, m);
		mount_put(m); /* the table's */
	}
out:
	mount_put(m);
	return err;
}

/* ---------------------------------------------------------- listing */

static void mount_visit(struct mount *m,
			void (*fn)(struct mount *m, struct chan *src,
				   int flags, void *arg),
			void *arg)
{
	struct chan *c;
	int flags;

	for (unsigned int i = 0; (c = mount_member(m, i, &flags)); i++) {
		fn(m, c, flags | (i ? MAFTER : 0), arg);
		chan_put(c);
	}
}

void pgrp_for_each(struct pgrp *pg,
		   void (*fn)(struct mount *m, struct chan *src, int flags,
			      void *arg),
		   void *arg)
{
	guard_mutex(&pg->lock);
	for (unsigned int i = 0; i < PGRP_BUCKETS; i++)
		for (struct mount *m = atomic_load(&pg->mounts[i]); m;
		     m = atomic_load(&m->next))
			mount_visit(m, fn, arg);
}
