// SPDX-License-Identifier: MIT
/*
 * Copying an address space for fork: regions one by one, page tables slot by
 * slot.  Private pages lose their right to be written on both sides.  What a
 * fault can bring again for free is not copied: pages of shared regions, zeros.
 */
#include <vm/vm_priv.h>

#include <mm/slab.h>

/* Pages of an object in a private region are copied too if the region is small:
 * less work than faulting them in.  Bytes. */
#define COPY_OBJECT_MAX (512 * PGSIZE)

static bool wants_ptes(const struct vm_region *r)
{
	return !(r->flags & VMR_SHARED);
}

struct fork_copy {
	struct aspace *dst;
	pte_t skip; /* PTEs with any of these bits are not copied */
	size_t copied;
	uintptr_t lo, hi; /* lost the right to write: to be flushed */
};

static inline void copy_slot(struct fork_copy *c, pte_t *from, pte_t *to,
			     uintptr_t va)
{
	pte_t old = *from;

	if (old & c->skip)
		return;
	if (old & PTE_W) {
		/* The processor may be setting bits in it. */
		__atomic_and_fetch(from, ~PTE_W, __ATOMIC_RELAXED);
		c->lo = MIN(c->lo, va);
		c->hi = va + PGSIZE;
	}
	frame_get(pa_to_frame(old & PTE_ADDR));
	*to = old & ~PTE_W;
	c->copied++;
}

static int copy_ptes(struct fork_copy *c, struct vm_region *r)
{
	uintptr_t va = r->start;
	pte_t *from, *to;

	c->skip = PTE_NOREF;
	if (r->end - r->start > COPY_OBJECT_MAX)
		c->skip |= PTE_COW;
	while ((from = pgt_next_table(r->as->root, &va, r->end))) {
		uintptr_t stop = table_end(va, r->end);
		pte_t *first = from, *last = from + ((stop - va) >> PGSHIFT);

		from = pte_used(from, last);
		to = from < last ? pgt_walk(c->dst->root, va, true) : NULL;
		if (from < last && !to)
			return -ENOMEM;
		for (; from < last; from = pte_used(from + 1, last))
			copy_slot(c, from, to + (from - first),
				  va + (from - first) * PGSIZE);
		va = stop;
	}
	return 0;
}

static struct vm_region *copy_region(struct aspace *dst, struct vm_region *r)
{
	struct vm_region *n = region_alloc();

	if (!n)
		return NULL;
	n->start = r->start;
	n->end = r->end;
	n->prot = r->prot;
	n->flags = r->flags;
	n->pc = r->pc;
	n->pc_off = r->pc_off;
	n->file = r->file;
	region_insert(dst, n);
	return n;
}

/*
 * Only now do others find the copies, by the lists of their objects, with all
 * PTEs in place; no truncation has been here since they were copied, as it
 * needs src->lock.
 */
static void attach_copies(struct aspace *src, struct aspace *dst)
{
	struct vm_region *r = region_find(src, 0), *n = region_find(dst, 0);

	for (; n; n = region_next(n)) {
		if (n->flags & VMR_KERNEL)
			continue; /* the child's own */
		while (r->start != n->start)
			r = region_next(r);
		region_attach(n, r);
	}
}

static int copy_all(struct fork_copy *c, struct aspace *src)
{
	struct rb_node *node;

	for (node = rb_first(&src->regions); node; node = rb_next(node)) {
		struct vm_region *r = rb_entry(node, struct vm_region, node);

		if (r->flags & VMR_KERNEL)
			continue;
		if (!copy_region(c->dst, r))
			return -ENOMEM;
		if (wants_ptes(r) && copy_ptes(c, r))
			return -ENOMEM;
	}
	return 0;
}

int vm_fork(struct aspace *src, struct aspace *dst)
{
	struct fork_copy c = { .dst = dst, .lo = ~0UL };
	int err;

	/* dst has at most the kernel's pages and nobody else knows it: its lock
	 * is not taken, so that two locks of one class are never held. */
	write_lock(&src->lock);
	err = refuse_dead(src);
	if (!err)
		err = copy_all(&c, src);
	attach_copies(src, dst);
	if (c.hi)
		tlb_shoot(src, c.lo, c.hi);
	dst->brk_start = src->brk_start;
	dst->brk = src->brk;
	dst->mmap_top = src->mmap_top;
	dst->stack_limit = src->stack_limit;
	write_unlock(&src->lock);
	aspace_add_rss(dst, c.copied);
	if (err)
		return fail(-err, "no memory to copy the address space");
	return 0;
}
