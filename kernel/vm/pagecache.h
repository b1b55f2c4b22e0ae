// SPDX-License-Identifier: MIT
/*
 * Page caches: the pages of one object (a file, a shared anonymous area), by
 * index; what reads, writes and mappings of the object all share.
 *
 * PC1  A page in the tree is held by one reference of the cache's own.
 * PC2  A page is looked up without locks (RCU plus a reference that may fail),
 *      inserted and removed under pc->lock.
 * PC3  size_bytes bounds what a mapping may touch: a fault at or beyond the
 *      page after the last byte is -ENXIO (SIGBUS).  Bytes between an old end
 *      and a new one read as zero.
 * PC4  Every region that maps the object is on pc->regions, so that truncation
 *      can unmap what lies beyond the new end.
 * PC5  A page is inserted under pc->lock only if the size then covers it;
 *      truncation sets the size, unmaps, and removes pages under pc->lock.  So
 *      nothing old is ever beyond the end.
 * PC6  A lent page is not the cache's to write: it is replaced by a copy first.
 *      Only private mappings map it.
 * Locks  pc->size_lock (mutex): changes of size_bytes; taken before as->lock,
 *        held over the copy of a write that grows the object.
 *        pc->lock (mutex): insertion and removal of pages.
 *        pc->regions_lock (mutex): the list of regions.
 *        Order: size_lock -> as->lock -> lock, regions_lock.
 */
#pragma once

#include <core/rcu.h>
#include <core/wait.h>
#include <lib/list.h>
#include <lib/radix.h>
#include <mm/frame.h>
#include <sync/kref.h>

struct pagecache;
struct vm_region;

struct pagecache_ops {
	/* Fills a fresh page (not zeroed) for the index; may sleep.  NULL: zero
	 * it.  0 or -errno. */
	int (*fill)(struct pagecache *pc, uint64_t index, struct frame *page);
	/* Instead of fill: an existing frame to use as the page (boot archive);
	 * a new reference.  NULL function or NULL result: use fill. */
	struct frame *(*lend)(struct pagecache *pc, uint64_t index);
	/* May it have another page that no process has to answer for?  NULL:
	 * yes. */
	bool (*room)(struct pagecache *pc);
	/* Last reference went; free what contains pc. */
	void (*release)(struct pagecache *pc);
};

struct pagecache {
	struct kref ref;
	const struct pagecache_ops *ops;
	struct radix_tree pages; /* of struct frame */
	struct mutex size_lock;
	struct mutex lock;
	struct mutex regions_lock;
	struct list regions GUARDED_BY(&regions_lock);
	uint64_t unmap_gen GUARDED_BY(&regions_lock);
	_Atomic uint64_t size_bytes;
	/* What fill and lend know of: less once the object has been cut off. */
	uint64_t backed_bytes GUARDED_BY(&lock);
	_Atomic uint64_t nr_pages;
	void *priv;
};

void pagecache_init(struct pagecache *pc, const struct pagecache_ops *ops,
		    void *priv);
void pagecache_fini(struct pagecache *pc); /* drops every page */
static inline void pagecache_get(struct pagecache *pc)
{
	kref_get(&pc->ref);
}
void pagecache_put(struct pagecache *pc);

/* A page with a reference for the caller.  create: makes it (fill/lend/zero);
 * otherwise -ENOENT for a hole (what fill or lend could bring is none).  Lent
 * pages are copied before a write: `write` says that the caller will write.
 * 0, -ENOMEM, -ENOSPC, -ENXIO beyond the size, fill's error. */
int __must_check pagecache_get_page(struct pagecache *pc, uint64_t index,
				    bool create, bool write,
				    struct frame **out);
/* The same without sleeping or allocating: NULL if it is not there. */
struct frame *pagecache_peek(struct pagecache *pc, uint64_t index);

/*
 * Reads up to size_bytes / writes (growing size_bytes) between the cache and
 * memory of the current user (user = true) or the kernel.  Count or -errno;
 * short only at the end of the object or after a fault.  Holes read as zero and
 * stay holes.
 */
long pagecache_read(struct pagecache *pc, void *buf, size_t len,
		       uint64_t off, bool user);
long pagecache_write(struct pagecache *pc, const void *buf, size_t len,
			uint64_t off, bool user);
/* Sets the size; drops and unmaps pages beyond; zeroes the tail of the last. */
int pagecache_truncate(struct pagecache *pc, uint64_t size);
/* Next offset at or after off that holds data (hole = false) or is a hole. */
int64_t pagecache_seek(struct pagecache *pc, uint64_t off, bool hole);
