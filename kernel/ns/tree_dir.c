// SPDX-License-Identifier: MIT
/* Tree directories: their entries in a hash table and in order, and listing. */
#include <ns/tree_priv.h>

#include <lib/assert.h>
#include <lib/bitmap.h>
#include <lib/log.h>
#include <mm/slab.h>
#include <ns/ns_priv.h>
#include <ros/errno.h>

#define FIRST_BUCKETS 8

/* -------------------------------------------------------------- entries */

struct tree_entry *tree_entry_new(struct tree_file *dir, const char *name,
				  size_t len)
{
	struct tree_entry *e;

	e = kmalloc(sizeof(*e) + TREE_NAME_ROOM(len), MM_WAIT);
	if (!e)
		return NULL;
	memset(e->name + ROUND_DOWN(len, 8UL), 0, 8);
	e->dir = dir;
	e->hash = tree_name_hash(name, len);
	e->len = len;
	memcpy(e->name, name, len);
	return e;
}

void tree_entry_free(struct tree_entry *e)
{
	kfree(e);
}

static void entry_free_rcu(struct rcu_head *h)
{
	kfree(container_of(h, struct tree_entry, rcu));
}

/* TF3: a create and the removal of its directory meet in this word. */
int tree_reserve(struct tree_file *dir)
{
	uint32_t v = atomic_load_explicit(&dir->d.population,
					  memory_order_relaxed);

	do {
		if (v == TREE_DEAD)
			return fail(ENOENT, "the directory was removed");
	} while (!atomic_compare_exchange_weak(&dir->d.population, &v, v + 1));
	return 0;
}

void tree_unreserve(struct tree_file *dir)
{
	atomic_fetch_sub(&dir->d.population, 1);
}

int tree_kill(struct tree_file *dir)
{
	uint32_t empty = 0;

	if (atomic_compare_exchange_strong(&dir->d.population, &empty,
					   TREE_DEAD))
		return 0;
	return fail(ENOTEMPTY, "the directory is not empty");
}

/* ---------------------------------------------------------- hash tables */

static struct tree_table *table_new(uint32_t buckets, uint32_t side)
{
	struct tree_table *t;

	t = kzalloc(sizeof(*t) + buckets * sizeof(t->head[0]), MM_WAIT);
	if (!t)
		return NULL;
	t->mask = buckets - 1;
	t->side = side;
	return t;
}

static inline void table_add(struct tree_table *t, struct tree_entry *e)
{
	struct tree_entry *_Atomic *head = &t->head[e->hash & t->mask];

	atomic_store_explicit(&e->next[t->side],
			      atomic_load_explicit(head, memory_order_relaxed),
			      memory_order_relaxed);
	rcu_assign(*head, e); /* pairs with tree_find() */
}

/* No reader of the old table is left: its links may be used again. */
static void table_retired(struct rcu_head *h)
{
	struct tree_table *t = container_of(h, struct tree_table, rcu);

	__atomic_store_n(&t->dir->d.growing, false, __ATOMIC_RELEASE);
	tree_put(t->dir);
	kfree(t);
}

/* With room for twice as many as there are. */
static void table_grow(struct tree_file *dir, struct tree_table *old)
{
	uint32_t entries = atomic_load(&dir->d.population);
	uint32_t buckets = 2u << fls_long(entries - 1);
	struct tree_table *t = table_new(buckets, !old->side);
	struct rb_node *n;

	if (!t)
		return; /* the old one will do */
	dir->d.growing = true;
	for (n = rb_first(&dir->d.order); n; n = rb_next(n))
		table_add(t, rb_entry(n, struct tree_entry, order));
	rcu_assign(dir->d.table, t);
	tree_get(dir);
	old->dir = dir;
	rcu_call(&old->rcu, table_retired);
}

int tree_room_locked(struct tree_file *dir)
{
	struct tree_table *t = atomic_load_explicit(&dir->d.table,
						    memory_order_relaxed);

	if (unlikely(!t)) {
		t = table_new(FIRST_BUCKETS, 0);
		if (!t)
			return fail(ENOMEM, "no memory for a directory");
		rcu_assign(dir->d.table, t);
	} else if (unlikely(atomic_load(&dir->d.population) >
			    2 * (t->mask + 1)) &&
		   !__atomic_load_n(&dir->d.growing, __ATOMIC_ACQUIRE)) {
		table_grow(dir, t);
	}
	return 0;
}

void tree_dir_fini(struct tree_file *dir)
{
	assert(!dir->d.order.node);
	kfree(atomic_load(&dir->d.table));
}

/* ------------------------------------------------- insertion and removal */

/* Cookies only grow: the new one is the last. */
static void order_add(struct tree_file *dir, struct tree_entry *e)
{
	struct rb_node *last = rb_last(&dir->d.order);

	e->cookie = dir->d.next_cookie++;
	rb_insert(&dir->d.order, &e->order, last,
		  last ? &last->right : &dir->d.order.node, NULL);
}

void tree_insert_locked(struct tree_entry *e, struct tree_file *f)
{
	struct tree_file *dir = e->dir;

	lock_assert_held(&dir->d.lock);
	atomic_store_explicit(&e->file, f, memory_order_relaxed);
	order_add(dir, e);
	table_add(atomic_load_explicit(&dir->d.table, memory_order_relaxed), e);
	rcu_assign(f->entry, e);
}

void tree_remove_locked(struct tree_entry *e)
{
	struct tree_file *dir = e->dir, *f = atomic_load(&e->file);
	struct tree_table *t = atomic_load(&dir->d.table);
	struct tree_entry *_Atomic *link = &t->head[e->hash & t->mask];
	struct tree_entry *self = e;

	lock_assert_held(&dir->d.lock);
	while (atomic_load_explicit(link, memory_order_relaxed) != e)
		link = &atomic_load_explicit(link, memory_order_relaxed)
				->next[t->side];
	/* e's own link stays, for who stands on e. */
	rcu_assign(*link, atomic_load(&e->next[t->side]));
	rb_erase(&dir->d.order, &e->order, NULL);
	atomic_compare_exchange_strong(&f->entry, &self, NULL);
	tree_unreserve(dir);
	rcu_call(&e->rcu, entry_free_rcu);
}

struct tree_entry *tree_seek_locked(struct tree_file *dir, uint64_t c)
{
	struct rb_node *n = dir->d.order.node;
	struct tree_entry *best = NULL;

	while (n) {
		struct tree_entry *e = rb_entry(n, struct tree_entry, order);

		if (e->cookie >= c) {
			best = e;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

/* -------------------------------------------------------------- listing */

struct lister {
	char *at, *end;
	uint64_t pos;
};

/* The name is in words with zeros behind it (TE3). */
static bool list_one(struct lister *l, const char *name, size_t len,
		     const struct tree_file *f, uint64_t next)
{
	const size_t at = offsetof(struct ros_dirent, d_name);
	size_t reclen = ROUND_UP(at + len + 1, 8UL);
	struct ros_dirent *d = (struct ros_dirent *)l->at;
	uint64_t w;

	/* The last word may reach beyond the entry. */
	if (l->end - l->at < reclen + 8)
		return false;
	*(uint64_t *)(l->at + reclen - 8) = 0; /* no old memory at its end */
	d->d_ino = f->ino;
	d->d_off = next;
	d->d_reclen = reclen;
	d->d_type = tree_type(f) >> 12;
	for (size_t i = 0; i <= len; i += 8) {
		memcpy(&w, name + i, 8);
		memcpy(d->d_name + i, &w, 8);
	}
	l->at += reclen;
	l->pos = next;
	return true;
}

static bool list_dots(struct lister *l, struct tree_file *dir)
{
	struct tree_file *up;

	if (l->pos == 0 && !list_one(l, ".\0\0\0\0\0\0", 1, dir, 1))
		return false;
	if (l->pos != 1)
		return true;
	/* A dead directory's parent is still counted by it. */
	up = atomic_load(&dir->d.parent);
	return list_one(l, "..\0\0\0\0\0", 2, up ? up : dir, 2);
}

static void list_entries(struct lister *l, struct tree_file *dir)
{
	struct tree_entry *e = tree_seek_locked(dir, l->pos);
	struct rb_node *n;

	while (e && list_one(l, e->name, e->len,
			     atomic_load_explicit(&e->file,
						  memory_order_relaxed),
			     e->cookie + 1)) {
		n = rb_next(&e->order);
		e = n ? rb_entry(n, struct tree_entry, order) : NULL;
	}
	/* At the end, so that what is added later is seen by who goes on. */
	if (!e && l->pos < 2)
		l->pos = 2;
}

long tree_readdir(struct chan *c, void *buf, size_t len, uint64_t *pos)
{
	struct tree_file *dir = c->node;
	struct lister l = { .at = buf, .end = (char *)buf + len, .pos = *pos };
	bool more;

	if (!tree_is_dir(dir))
		return fail(ENOTDIR, "this is not a directory");
	mutex_lock(&dir->d.lock);
	if (list_dots(&l, dir))
		list_entries(&l, dir);
	more = l.at == buf && (l.pos < 2 || tree_seek_locked(dir, l.pos));
	mutex_unlock(&dir->d.lock);
	if (more)
		return fail(EINVAL, "not one entry fits into %lu bytes", len);
	tree_accessed(dir);
	*pos = l.pos;
	return l.at - (char *)buf;
}
