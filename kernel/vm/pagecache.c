// SPDX-License-Identifier: MIT
/* The pages of an object: looking up, making, removing. */
#include <vm/vm_priv.h>

#include <lib/bitmap.h>
#include <lib/string.h>
#include <mm/slab.h>

static void *node_alloc(size_t size)
{
	return kzalloc(size, MM_WAIT);
}

static void node_free(struct rcu_head *h)
{
	kfree(h);
}

/* Readers may still be in it; its first words are ours. */
static void node_free_later(void *node)
{
	rcu_call(node, node_free);
}

static const struct radix_alloc nodes = {
	.alloc = node_alloc,
	.free_later = node_free_later,
};

void pagecache_init(struct pagecache *pc, const struct pagecache_ops *ops,
		    void *priv)
{
	kref_init(&pc->ref, 1);
	pc->ops = ops;
	pc->priv = priv;
	radix_init(&pc->pages, &nodes);
	mutex_init(&pc->size_lock);
	mutex_init(&pc->lock);
	mutex_init(&pc->regions_lock);
	list_init(&pc->regions);
	pc->unmap_gen = 0;
	pc->backed_bytes = ~0UL;
	atomic_store_explicit(&pc->size_bytes, 0, memory_order_relaxed);
	atomic_store_explicit(&pc->nr_pages, 0, memory_order_relaxed);
}

/* The cache's own reference goes (PC1).  pc->lock is held, or pc is alone. */
static void drop_page(struct pagecache *pc, uint64_t index)
{
	struct frame *f = radix_remove(&pc->pages, index);

	f->flags &= ~FRAME_PGCACHE;
	atomic_fetch_sub_explicit(&pc->nr_pages, 1, memory_order_relaxed);
	frame_put(f);
}

static void drop_from(struct pagecache *pc, uint64_t index)
{
	for (; radix_next(&pc->pages, &index); index++)
		drop_page(pc, index);
}

void pagecache_fini(struct pagecache *pc)
{
	assert(list_empty(&pc->regions));
	drop_from(pc, 0);
	radix_fini(&pc->pages);
}

void pagecache_put(struct pagecache *pc)
{
	if (kref_put(&pc->ref))
		pc->ops->release(pc);
}

/*
 * PC2.
 *   this                          who removes a page
 *   ----                          ------------------
 *   finds f                       takes f out of the tree
 *   raises its count if not 0     puts the tree's reference
 *   finds f again
 *
 * A frame that was freed and given to someone else in between is not found
 * again; it got a reference for a moment, which does no harm (F4).
 */
struct frame *pagecache_peek(struct pagecache *pc, uint64_t index)
{
	struct frame *f;

	rcu_read_lock();
	while ((f = radix_get(&pc->pages, index))) {
		if (likely(frame_try_get(f))) {
			if (likely(radix_get(&pc->pages, index) == f))
				break;
			frame_put(f);
		}
		cpu_relax();
	}
	rcu_read_unlock();
	return f;
}

/* What has been cut off does not come back when the object grows again. */
static bool is_backed(const struct pagecache *pc, uint64_t index)
{
	return index << PGSHIFT < pc->backed_bytes;
}

static bool has_fill(const struct pagecache *pc, uint64_t index)
{
	return pc->ops->fill && is_backed(pc, index);
}

static struct frame *lent_page(struct pagecache *pc, uint64_t index)
{
	if (!pc->ops->lend || !is_backed(pc, index))
		return NULL;
	return pc->ops->lend(pc, index);
}

/* A fresh page with what the object has at index.  pc->lock is held. */
static int fill_page(struct pagecache *pc, uint64_t index, struct frame **out)
{
	bool fill = has_fill(pc, index);
	struct frame *f;
	int err;

	if (pc->ops->room && !pc->ops->room(pc))
		return -ENOSPC;
	f = frame_alloc(MM_USER | (fill ? 0 : MM_ZERO));
	if (!f)
		return -ENOMEM;
	err = fill ? pc->ops->fill(pc, index, f) : 0;
	if (err) {
		frame_put(f);
		return err;
	}
	f->flags |= FRAME_PGCACHE;
	*out = f;
	return 0;
}

static int insert_page(struct pagecache *pc, uint64_t index, struct frame *f)
{
	int err = radix_set(&pc->pages, index, f);

	if (err) {
		f->flags &= ~FRAME_PGCACHE;
		frame_put(f);
		return err;
	}
	atomic_fetch_add_explicit(&pc->nr_pages, 1, memory_order_relaxed);
	return 0;
}

/* PC6: a lent page that stands in the tree gives way to a copy. */
static int replace_lent(struct pagecache *pc, uint64_t index,
			struct frame **page)
{
	struct frame *f = frame_alloc(MM_USER);
	int err;

	if (!f)
		return -ENOMEM;
	page_copy(frame_to_virt(f), frame_to_virt(*page));
	f->flags |= FRAME_PGCACHE;
	err = radix_set(&pc->pages, index, f);
	if (err) {
		f->flags &= ~FRAME_PGCACHE;
		frame_put(f);
		return err;
	}
	frame_put(*page);
	*page = f;
	return 0;
}

/* The page in the tree, made if need be.  pc->lock is held; no reference. */
static int page_locked(struct pagecache *pc, uint64_t index, bool create,
		       bool write, struct frame **out)
{
	int err;

	*out = radix_get(&pc->pages, index);
	if (!*out) {
		*out = lent_page(pc, index);
		err = *out ? insert_page(pc, index, *out) : 0;
		if (err)
			return err;
	}
	if (!*out) {
		if (!create && !has_fill(pc, index))
			return -ENOENT;
		err = fill_page(pc, index, out);
		return err ? err : insert_page(pc, index, *out);
	}
	if (write && !((*out)->flags & FRAME_PGCACHE))
		return replace_lent(pc, index, out);
	return 0;
}

static int get_page(struct pagecache *pc, uint64_t index, bool create,
		    bool write, bool growing, struct frame **out)
{
	struct frame *f = pagecache_peek(pc, index);
	int err;

	if (f && (!write || (f->flags & FRAME_PGCACHE))) {
		*out = f;
		return 0;
	}
	if (f)
		frame_put(f);
	mutex_lock(&pc->lock);
	err = -ENXIO;
	if (growing || pagecache_covers(pc, index)) /* PC5 */
		err = page_locked(pc, index, create, write, out);
	if (!err)
		frame_get(*out);
	mutex_unlock(&pc->lock);
	return err;
}

int pagecache_get_page(struct pagecache *pc, uint64_t index, bool create,
		       bool write, struct frame **out)
{
	return get_page(pc, index, create, write, false, out);
}

int pagecache_get_growing(struct pagecache *pc, uint64_t index,
			  struct frame **out)
{
	return get_page(pc, index, true, true, true, out);
}

int pagecache_zero(struct pagecache *pc, uint64_t from, uint64_t to)
{
	struct frame *f;
	int err;

	if (from >= to)
		return 0;
	err = get_page(pc, from >> PGSHIFT, false, true, true, &f);
	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	memset((char *)frame_to_virt(f) + (from & (PGSIZE - 1)), 0, to - from);
	frame_put(f);
	return 0;
}

void pagecache_trim(struct pagecache *pc, uint64_t size)
{
	size_t at = size & (PGSIZE - 1);
	struct frame *f = at ? pagecache_peek(pc, size >> PGSHIFT) : NULL;

	if (f && (f->flags & FRAME_PGCACHE))
		memset((char *)frame_to_virt(f) + at, 0, PGSIZE - at);
	if (f)
		frame_put(f);
	guard_mutex(&pc->lock);
	drop_from(pc, (size + PGSIZE - 1) >> PGSHIFT);
}

/* size_lock is held. */
static int set_size_locked(struct pagecache *pc, uint64_t size)
{
	uint64_t old = atomic_load_explicit(&pc->size_bytes,
					    memory_order_relaxed);
	int err;

	/* PC3, for what comes into sight now, and what will one day. */
	if (size > old)
		err = pagecache_zero(pc, old,
				     MIN(size, ROUND_UP(old, PGSIZE)));
	else
		err = pagecache_zero(pc, size, ROUND_UP(size, PGSIZE));
	if (err)
		return err;
	atomic_store_explicit(&pc->size_bytes, size, memory_order_seq_cst);
	if (size >= old)
		return 0;
	vm_unmap_object(pc, ROUND_UP(size, PGSIZE), ~0UL);
	guard_mutex(&pc->lock);
	pc->backed_bytes = MIN(pc->backed_bytes, size);
	drop_from(pc, (size + PGSIZE - 1) >> PGSHIFT);
	return 0;
}

int pagecache_truncate(struct pagecache *pc, uint64_t size)
{
	guard_mutex(&pc->size_lock);
	return set_size_locked(pc, size);
}

int64_t pagecache_seek(struct pagecache *pc, uint64_t off, bool hole)
{
	uint64_t size = atomic_load_explicit(&pc->size_bytes,
					     memory_order_relaxed);
	uint64_t index = off >> PGSHIFT, first = index;

	if (off >= size)
		return -ENXIO;
	/* Nobody knows about holes in what is filled or lent. */
	if (pc->ops->fill || pc->ops->lend)
		return hole ? size : off;
	rcu_read_lock();
	if (hole) {
		while (radix_get(&pc->pages, index))
			index++;
	} else if (!radix_next(&pc->pages, &index)) {
		index = size >> PGSHIFT;
		if (index << PGSHIFT < size)
			index++;
	}
	rcu_read_unlock();
	if (index != first)
		off = index << PGSHIFT;
	if (hole)
		return MIN(off, size);
	return off < size ? (int64_t)off : -ENXIO;
}
