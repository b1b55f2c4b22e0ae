// SPDX-License-Identifier: MIT
/*
 * Faults on pages of an object (a file, a shared anonymous area).
 *
 * Beside the page that is wanted, its neighbours that the page cache holds
 * already are mapped too: a program that starts again costs few faults.
 */
#include <vm/vm_priv.h>

#define AROUND 16 /* pages, aligned: always in one table */

/* The PTE of a page of the object's in this region, without rights to write. */
static pte_t object_pte(const struct vm_region *r, const struct frame *f)
{
	return frame_to_pa(f) | prot_to_pte(r->prot) |
	       (r->flags & VMR_SHARED ? 0 : PTE_COW);
}

/* V7: the page is mapped; is it still inside? */
static int check_size(struct vm_region *r, uintptr_t va, pte_t *pte, pte_t new)
{
	if (likely(pagecache_covers(r->pc, region_index(r, va))))
		return 0;
	/* The processor may have set bits in it since. */
	while ((new = pte_load(pte)) && !pte_cas(pte, new, 0))
		cpu_relax();
	if (new) {
		tlb_shoot(r->as, va, va + PGSIZE);
		frame_put(pa_to_frame(new & PTE_ADDR));
		aspace_add_rss(r->as, -1UL);
	}
	return -ENXIO;
}

/* Maps f, whose reference passes to the PTE. */
static int map_page(struct vm_region *r, uintptr_t va, pte_t *pte,
		    struct frame *f, pte_t new)
{
	if (!pte_cas(pte, 0, new)) {
		frame_put(f);
		return 0;
	}
	aspace_add_rss(r->as, 1);
	if (new & PTE_W && !(r->flags & VMR_SHARED))
		return 0; /* a copy: no page of the object's */
	return check_size(r, va, pte, new);
}

static void map_around(struct vm_region *r, uintptr_t va, pte_t *pte)
{
	uintptr_t at = MAX(ROUND_DOWN(va, AROUND * PGSIZE), r->start);
	uintptr_t end = MIN(ROUND_DOWN(va, AROUND * PGSIZE) + AROUND * PGSIZE,
			    r->end);

	for (pte -= (va - at) >> PGSHIFT; at < end; at += PGSIZE, pte++) {
		uint64_t index = region_index(r, at);
		struct frame *f;

		if (pte_load(pte) || !pagecache_covers(r->pc, index))
			continue;
		f = pagecache_peek(r->pc, index);
		if (!f)
			continue;
		/* A lent page may not stand in a shared mapping (PC6). */
		if ((r->flags & VMR_SHARED) && !(f->flags & FRAME_PGCACHE))
			frame_put(f);
		else
			(void)map_page(r, at, pte, f, object_pte(r, f));
	}
}

/* A write to a private mapping of a page that is not mapped yet. */
static int map_copy(struct vm_region *r, uintptr_t va, pte_t *pte,
		    struct frame *page)
{
	struct frame *f = frame_alloc(MM_USER);

	if (!f) {
		frame_put(page);
		return -ENOMEM;
	}
	page_copy(frame_to_virt(f), frame_to_virt(page));
	frame_put(page);
	return map_page(r, va, pte, f,
			frame_to_pa(f) | prot_to_pte(r->prot) | PTE_W | PTE_D);
}

int fault_object_page(struct vm_region *r, uintptr_t va, pte_t *pte, bool write)
{
	uint64_t index = region_index(r, va);
	bool shared = r->flags & VMR_SHARED;
	struct frame *f;
	pte_t new;
	int err;

	if (!pagecache_covers(r->pc, index))
		return -ENXIO;
	f = pagecache_peek(r->pc, index);
	if (!f || (shared && !(f->flags & FRAME_PGCACHE))) {
		if (f)
			frame_put(f);
		err = pagecache_get_page(r->pc, index, true, shared, &f);
		if (err)
			return err;
		atomic_fetch_add_explicit(&r->as->majflt, 1,
					  memory_order_relaxed);
	}
	if (write && !shared)
		return map_copy(r, va, pte, f);
	new = object_pte(r, f);
	if (shared && (r->prot & ROS_PROT_WRITE))
		new |= PTE_W | (write ? PTE_D : 0);
	err = map_page(r, va, pte, f, new);
	if (!err)
		map_around(r, va, pte);
	return err;
}
