// SPDX-License-Identifier: MIT
/* Inside the tree files: what a file and a directory's entry are. */
#pragma once

#include <lib/rbtree.h>
#include <lib/string.h>
#include <ns/tree.h>

/*
 * A name.  TE1: it counts its file.  TE2: name, dir, hash never change; `file`
 * does when a rename replaces what had the name.
 */
struct tree_entry {
	struct tree_entry *_Atomic next[2]; /* RCU; by the table's side */
	struct tree_file *_Atomic file;	    /* RCU */
	struct tree_file *dir;
	union {
		struct rb_node order; /* [dir's lock] by cookie */
		struct rcu_head rcu;  /* once it is removed */
	};
	uint64_t cookie; /* its place when the directory is listed */
	uint32_t hash;
	uint16_t len;
	char name[]; /* TE3: zeros after it, to TREE_NAME_ROOM(len) bytes */
};
#define TREE_NAME_ROOM(len) ROUND_UP((len) + 1, 8UL)

/*
 * A directory's hash table.  It is replaced by a larger one whose chains go
 * through the other of each entry's two links, so that readers of the old one
 * are not led astray; not again before those are gone (d.growing).
 */
struct tree_table {
	struct rcu_head rcu;
	struct tree_file *dir; /* while the table waits to be freed */
	uint32_t mask;
	uint32_t side;
	struct tree_entry *_Atomic head[];
};

#define TREE_DEAD 0x80000000u /* TF3, in d.population */

struct tree_file {
	struct kref ref;
	_Atomic uint32_t mode; /* with its type, which never changes */
	_Atomic uint32_t uid, gid;
	_Atomic uint32_t nlink;
	uint8_t qid_type;      /* by the mode's type */
	uint64_t ino;
	struct tree_fs *fs;
	_Atomic int64_t atime, mtime, ctime; /* ns since 1970 */
	struct tree_entry *_Atomic entry; /* one of its names, RCU; or NULL */
	struct rcu_head rcu;
	union {
		struct {
			struct mutex lock;
			struct tree_table *_Atomic table; /* RCU; NULL: empty */
			bool growing;		/* [lock] to set */
			struct rb_root order;	/* [lock] */
			uint64_t next_cookie;	/* [lock] */
			/* Entries, or TREE_DEAD: a removal makes 0 to that, and
			 * who adds an entry adds one to what is not that. */
			_Atomic uint32_t population;
			struct tree_file *_Atomic parent; /* counted; RCU */
		} d;
		struct {
			struct mutex lock; /* size, appends, lent_len */
			struct pagecache pc;
			const char *lent;  /* boot archive's data */
			_Atomic uint64_t lent_len;
			uint64_t charged;  /* [lock] pages in fs->used_bytes */
		} r;
		struct {
			char *text; /* a link's target, a node's "#device" */
			size_t len;
			uint64_t rdev;
		} l;
	};
};

static inline uint32_t tree_type(const struct tree_file *f)
{
	return atomic_load_explicit(&f->mode, memory_order_relaxed) &
	       ROS_S_IFMT;
}

static inline bool tree_is_dir(const struct tree_file *f)
{
	return tree_type(f) == ROS_S_IFDIR;
}

static inline bool tree_is_reg(const struct tree_file *f)
{
	return tree_type(f) == ROS_S_IFREG;
}

static inline int tree_perm(const struct tree_file *f, const struct cred *cr,
			    unsigned int rwx)
{
	return perm_check(cr, f->uid, f->gid, f->mode, rwx);
}

static inline void tree_get(struct tree_file *f)
{
	kref_get(&f->ref);
}
void tree_put(struct tree_file *f); /* may sleep */

static inline void tree_set_place(struct chan *c, struct tree_file *f)
{
	c->node = f;
	c->qid.path = f->ino;
	c->qid.vers = 0;
	c->qid.type = f->qid_type;
}

static inline void tree_touch(_Atomic int64_t *t, int64_t now)
{
	atomic_store_explicit(t, now, memory_order_relaxed);
}

/* tree.c.  refs 1, nlink 0; links and nodes: text is copied. */
int __must_check tree_file_new(struct tree_fs *fs, uint32_t mode, uint32_t uid,
			       uint32_t gid, const char *text,
			       struct tree_file **out);
void tree_cache_init(void);
void tree_pagecache_release(struct pagecache *pc);
/* A reference on the entry's file, under RCU; NULL: it was removed. */
struct tree_file *tree_lookup(struct tree_file *dir, const char *name,
			      size_t len);

/* tree_file.c */
extern const struct pagecache_ops tree_plain_ops, tree_lent_ops;
void tree_accessed(struct tree_file *f);
int tree_truncate(struct tree_file *f, uint64_t size);

/* tree_name.c */
void tree_remove_on_close(struct tree_file *f);

/* tree_dir.c */
/* The first 0 < len < 8 bytes as a word, without looking behind them. */
static inline uint64_t tree_name_tail(const char *s, size_t len)
{
	uint32_t a, b;
	uint16_t c;

	if (len >= 4) {
		memcpy(&a, s, 4);
		memcpy(&b, s + len - 4, 4);
		return (uint64_t)b << 8 * (len - 4) | a;
	}
	if (len == 1)
		return (uint8_t)s[0];
	memcpy(&c, s, 2);
	return (uint64_t)(uint8_t)s[len - 1] << 8 * (len - 1) | c;
}

static inline uint32_t tree_name_hash(const char *name, size_t len)
{
	uint64_t h = len, w;

	for (; len >= 8; len -= 8, name += 8) {
		memcpy(&w, name, 8);
		h = (h ^ w) * 0x9e3779b97f4a7c15UL;
		h ^= h >> 32;
	}
	if (len)
		h = (h ^ tree_name_tail(name, len)) * 0x9e3779b97f4a7c15UL;
	/* The upper half hangs on every bit of h, the lower one does not. */
	return h * 0xd6e8feb86659fd93UL >> 32;
}

/* An entry's name has its length already (TE3: words can be compared). */
static inline bool tree_name_is(const char *entry, const char *name, size_t len)
{
	uint64_t a, b;

	for (; len >= 8; len -= 8, entry += 8, name += 8) {
		memcpy(&a, entry, 8);
		memcpy(&b, name, 8);
		if (a != b)
			return false;
	}
	memcpy(&a, entry, 8);
	return !len || a == tree_name_tail(name, len);
}

/* Under RCU or the directory's lock. */
static inline struct tree_entry *tree_find(struct tree_file *dir,
					   const char *name, size_t len)
{
	struct tree_table *t = rcu_deref(dir->d.table);
	uint32_t h = tree_name_hash(name, len);
	struct tree_entry *e;

	if (!t)
		return NULL;
	for (e = rcu_deref(t->head[h & t->mask]); e;
	     e = rcu_deref(e->next[t->side]))
		if (e->hash == h && e->len == len &&
		    tree_name_is(e->name, name, len))
			return e;
	return NULL;
}

struct tree_entry *tree_entry_new(struct tree_file *dir, const char *name,
				  size_t len);
void tree_entry_free(struct tree_entry *e); /* never inserted */
/* A place for one more entry; -ENOENT in a dead directory. */
int tree_reserve(struct tree_file *dir);
void tree_unreserve(struct tree_file *dir);
/* dir is empty and becomes dead; -ENOTEMPTY. */
int tree_kill(struct tree_file *dir);
/* A table with room, before the steps that cannot fail.  [lock] */
int tree_room_locked(struct tree_file *dir);
/* Links e, with the caller's reference on f; reserved, with room.  [lock] */
void tree_insert_locked(struct tree_entry *e, struct tree_file *f);
/* Takes e out; its reference on the file is the caller's then.  [lock] */
void tree_remove_locked(struct tree_entry *e);
/* The first entry with cookie >= c.  [lock] */
struct tree_entry *tree_seek_locked(struct tree_file *dir, uint64_t c);
void tree_dir_fini(struct tree_file *dir); /* empty, no reader is left */
