// SPDX-License-Identifier: MIT
/* Inside ns: places, walks, mounts. */
#pragma once

#include <core/rcu.h>
#include <ns/ns.h>
#include <ns/tree.h>

/* ------------------------------------------------------------ chans */

/* A struct chan on the stack is a "place" while it is walked: dev, node, qid
 * and mnt alone count.  A counted place is ended by place_drop() or
 * place_chan(). */
void place_drop(struct chan *c);
/* nc (zeroed) becomes a counted second place; nc->mnt stays NULL. */
void place_clone(const struct chan *c, struct chan *nc);
/* Before anything is in it. */
static inline void place_init(struct chan *c)
{
	c->dev = NULL;
	c->mnt = NULL;
	c->node = NULL;
	c->flags = 0;
	c->mode = 0;
	c->aux = NULL;
	c->path = NULL;
}
/* Moves a counted place to a chan of its own; NULL: dropped, no memory. */
struct chan *place_chan(struct chan *c);

static inline bool place_same(const struct chan *a, const struct chan *b)
{
	return a->qid.path == b->qid.path && a->dev == b->dev;
}

/* The open part of chan_open() for a file that was just created. */
int chan_open_created(struct chan *c, int oflags);

/* A sentence for a device that lacks a function. */
int fail_unsupported(const struct chan *c, const char *what, int err);

void chan_init(void);
void chan_io_init(void);

/* ----------------------------------------------------------- mounts */

struct member {
	struct chan *c; /* counted; its mnt is NULL */
	int flags;	/* MCREATE */
};

struct members {
	struct rcu_head rcu;
	unsigned int nr;
	struct member m[];
};

/*
 * What is mounted on one place.  Counted by the table and by every chan that
 * lies in it.  MN1: `onto` never changes; `ms` is replaced as a whole.
 */
struct mount {
	struct kref ref;
	struct mount *_Atomic next; /* RCU */
	struct chan *onto;
	struct members *_Atomic ms; /* RCU */
	uint64_t hash;
	struct rcu_head rcu;
};

#define PGRP_BUCKETS 32

struct pgrp {
	struct kref ref;
	struct mutex lock;
	_Atomic uint64_t bloom[4]; /* by the hash of the place */
	struct mount *_Atomic mounts[PGRP_BUCKETS];
	struct rcu_head rcu;
};

struct pgrp *pgrp_new(void);
void pgrp_put(struct pgrp *pg); /* may sleep */
int pgrp_bind(struct pgrp *pg, struct chan *src, struct chan *onto, int flags);
int pgrp_unmount(struct pgrp *pg, struct chan *src, struct chan *onto);
/* Calls fn for each member of each mount, with references and no lock held. */
void pgrp_for_each(struct pgrp *pg,
		   void (*fn)(struct mount *m, struct chan *src, int flags,
			      void *arg),
		   void *arg);

void mount_put(struct mount *m); /* may sleep */
/* The i-th member's chan, counted; NULL: no such. */
struct chan *mount_member(struct mount *m, unsigned int i, int *flags);
/* c is the root of one of m's members.  RCU or a count on m. */
bool mount_has_root(struct mount *m, const struct chan *c);
struct mount *mount_find_rcu(struct pgrp *pg, const struct dev *dev,
			     uint64_t path, const struct mount *under,
			     uint64_t hash);

/* Of a place, given by its parts.  The upper half is good. */
static inline uint64_t mount_hash(const struct dev *dev, uint64_t path,
				  const struct mount *under)
{
	return (path ^ (uint64_t)dev->id << 48 ^ (uintptr_t)under) *
	       0x9e3779b97f4a7c15UL;
}

static inline uint64_t place_hash(const struct chan *c)
{
	return mount_hash(c->dev, c->qid.path, c->mnt);
}

static inline _Atomic uint64_t *bloom_word(struct pgrp *pg, uint64_t hash)
{
	return &pg->bloom[hash >> 62];
}

static inline uint64_t bloom_bit(uint64_t hash)
{
	return 1UL << (hash >> 56 & 63);
}

/* Nothing is mounted on any place with this hash; false: perhaps. */
static inline bool mount_none(struct pgrp *pg, uint64_t hash)
{
	/* Pairs with the release when a mount is added: its bit comes first. */
	return likely(!(atomic_load_explicit(bloom_word(pg, hash),
					     memory_order_acquire) &
			bloom_bit(hash)));
}

/* What is mounted on c, under RCU; or NULL. */
static inline struct mount *mount_on_rcu(struct pgrp *pg, const struct chan *c)
{
	uint64_t h = place_hash(c);

	if (mount_none(pg, h))
		return NULL;
	return mount_find_rcu(pg, c->dev, c->qid.path, c->mnt, h);
}

/* More than one member: lookups look into all. */
static inline bool mount_is_union(struct mount *m)
{
	bool is;

	rcu_read_lock();
	is = rcu_deref(m->ms)->nr > 1;
	rcu_read_unlock();
	return is;
}

/* ------------------------------------------------------------ walks */

/* Beside WALK_*: a missing last element is no error: `missing` is set, and the
 * place is its parent. */
#define WALK_CREATE 0x100
/* The place is left uncounted, in its RCU section, if the walk ended so. */
#define WALK_PEEK   0x200

struct walk {
	const struct cred *cred;
	struct ns *ns;
	struct pgrp *pg;
	unsigned int flags;
	bool rcu;     /* in an RCU section, `at` not counted */
	bool missing; /* WALK_CREATE */
	unsigned int links;
	const char *s; /* what is left of the path */
	char *buf;     /* s lies in this, after a symbolic link */
	struct walk_last last; /* the last element; buf is not used */
	struct chan at;
};

/* On success w->at is counted (but see WALK_PEEK), and w->last.name valid until
 * walk_end(). */
int __must_check walk_start(struct walk *w, struct proc *p, struct chan *dir,
			    const char *path, unsigned int flags);
/* Drops w->at, if it was not taken by place_chan(), or ends its section. */
void walk_end(struct walk *w);
/* walk_fast.c: goes on over the path's plain elements that lie in trees. */
void walk_fast(struct walk *w);
/* One more element from the counted w->at; unchanged on failure. */
int __must_check walk_child(struct walk *w, const char *name, size_t len);
/* In a union: moves w->at to the member that takes new files (ops.c). */
int __must_check place_for_new(struct walk *w);

/* ---------------------------------------------------- a process's ns */

struct chan *ns_get_root(struct ns *ns);
struct chan *ns_get_dot(struct ns *ns);
/* Boot name space, for the first process. */
extern struct pgrp *boot_pgrp;
extern struct chan *boot_root;

/* cpio.c: lays one archive (or several, one after the other) over the tree.
 * 0, or -EINVAL with a sentence when it is not one, or is damaged. */
int cpio_unpack(struct tree_fs *fs, const void *data, size_t len);
