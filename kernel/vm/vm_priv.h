// SPDX-License-Identifier: MIT
/* Private to vm: regions, unmapping, flushing. */
#pragma once

#include <vm/vm.h>

#include <arch/cpu.h>
#include <lib/assert.h>
#include <lib/log.h>
#include <ros/errno.h>

#define REGIONS_MAX 65536 /* of one address space */
#define TABLE_SPAN (512 * PGSIZE) /* of one leaf table */

/* ---- Walking leaf tables. */
/* Where the table with va's slot ends, or `end` if that is before. */
static inline uintptr_t table_end(uintptr_t va, uintptr_t end)
{
	return MIN(ROUND_DOWN(va, TABLE_SPAN) + TABLE_SPAN, end);
}

/* The first slot at or after p that is not 0, or last. */
static inline pte_t *pte_used(pte_t *p, pte_t *last)
{
	if (p < last && *p)
		return p;
	while (last - p >= 8 && !(p[0] | p[1] | p[2] | p[3] | p[4] | p[5] |
				  p[6] | p[7]))
		p += 8;
	while (p < last && !*p)
		p++;
	return p;
}

/* ---- region.c: the tree.  as->lock is held; for writing where it changes. */
struct vm_region *region_alloc(void);
/* The first region that ends above va, or NULL. */
struct vm_region *region_find(struct aspace *as, uintptr_t va);
struct vm_region *region_at(struct aspace *as, uintptr_t va); /* contains va */
struct vm_region *region_next(struct vm_region *r);
struct vm_region *region_prev(struct vm_region *r);
bool region_range_free(struct aspace *as, uintptr_t start, uintptr_t end);
/* The highest free place for len bytes below as->mmap_top, or 0. */
uintptr_t region_place(struct aspace *as, size_t len);
void region_insert(struct aspace *as, struct vm_region *r);
void region_erase(struct aspace *as, struct vm_region *r);
/* Moves a border; the order in the tree stays. */
void region_set_start(struct vm_region *r, uintptr_t start);
void region_set_end(struct vm_region *r, uintptr_t end);
/* Cuts r at `at`; the upper part is a new region.  0 or -ENOMEM. */
int __must_check region_split(struct aspace *as, struct vm_region *r,
			      uintptr_t at);
/* Joins r with the next one if they are alike; the other goes to *dead. */
bool region_merge_next(struct aspace *as, struct vm_region *r,
		       struct vm_region **dead);
void region_merge_around(struct aspace *as, uintptr_t start, uintptr_t end,
			 struct vm_region **dead);
bool region_alike(const struct vm_region *a, const struct vm_region *b);

/* ---- region_ref.c: what regions keep alive. */
/* References and the list of r->pc, as those of `like` (NULL: a new one). */
void region_attach(struct vm_region *r, struct vm_region *like);
/* Off pc->regions; under as->lock, before the range can be used again. */
void region_detach(struct vm_region *r);
/* A chain of regions that have left the tree: drops what they held and frees
 * them.  No locks held. */
void regions_release(struct vm_region *dead);
static inline void region_bury(struct vm_region *r, struct vm_region **dead)
{
	r->node.left = *dead ? &(*dead)->node : NULL;
	*dead = r;
}

/* ---- shootdown.c */
/* Every core that has `as` loaded forgets [start, end).  PTEs have changed
 * before.  May wait for other cores. */
void tlb_shoot(struct aspace *as, uintptr_t start, uintptr_t end);
void aspace_unload_everywhere(struct aspace *as);

/* ---- gather.c: frames on their way out (V5). */
#define GATHER_FEW 48

struct gather_page;
struct vm_gather {
	struct aspace *as;
	uintptr_t lo, hi; /* to be flushed */
	size_t nr_rss;
	struct gather_page *pages;
	unsigned int nr_pages;
	unsigned int nr; /* in few[], or in the newest page */
	struct frame *few[GATHER_FEW];
};
void gather_init(struct vm_gather *g, struct aspace *as);
/* Something about the PTEs of [lo, hi) must be flushed. */
static inline void gather_range(struct vm_gather *g, uintptr_t lo, uintptr_t hi)
{
	if (lo < g->lo)
		g->lo = lo;
	if (hi > g->hi)
		g->hi = hi;
}
void gather_finish(struct vm_gather *g); /* flushes, then frees */

/* Takes every PTE out of [start, end).  as->lock held either way. */
void zap_range(struct vm_gather *g, uintptr_t start, uintptr_t end);

/* ---- map.c */
/* The arguments of a call: 0, or -EINVAL with a sentence.  *end is rounded. */
int vm_check_range(uintptr_t addr, size_t len, uintptr_t *end);
bool range_has_kernel(struct aspace *as, uintptr_t start, uintptr_t end);
/* As vm_unmap() with as->lock held for writing. */
int __must_check unmap_locked(struct aspace *as, uintptr_t start, uintptr_t end,
			      struct vm_region **dead);
/* Puts r into a free range; may merge it away. */
void map_locked(struct aspace *as, struct vm_region *r,
		struct vm_region **dead);
int refuse_dead(struct aspace *as);

/* ---- fault.c */
extern struct frame *zero_frame; /* never freed */
static inline pte_t prot_to_pte(uint32_t prot)
{
	return PTE_P | PTE_U | PTE_A | (prot & ROS_PROT_EXEC ? 0 : PTE_NX);
}
static inline uint64_t region_index(const struct vm_region *r, uintptr_t va)
{
	return (r->pc_off + (va - r->start)) >> PGSHIFT;
}
static inline bool pte_cas(pte_t *pte, pte_t old, pte_t want)
{
	/* seq_cst: V7, and pairs with the walks of other faults */
	return __atomic_compare_exchange_n(pte, &old, want, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline pte_t pte_load(const pte_t *pte)
{
	return __atomic_load_n(pte, __ATOMIC_ACQUIRE);
}
static inline void aspace_add_rss(struct aspace *as, size_t pages)
{
	uint64_t now = atomic_fetch_add_explicit(&as->rss_pages, pages,
						 memory_order_relaxed) + pages;

	if (now > as->max_rss_pages)
		as->max_rss_pages = now; /* a race may lose a page or two */
}
int fault_object_page(struct vm_region *r, uintptr_t va, pte_t *pte,
		      bool write);

/* ---- pagecache.c */
static inline bool pagecache_covers(struct pagecache *pc, uint64_t index)
{
	uint64_t size = atomic_load_explicit(&pc->size_bytes,
					     memory_order_seq_cst);

	return index < (size + PGSIZE - 1) >> PGSHIFT;
}
/* As pagecache_get_page(); the caller holds size_lock and will set a size that
 * covers the page. */
int __must_check pagecache_get_growing(struct pagecache *pc, uint64_t index,
				       struct frame **out);
/* Makes [from, to), which lies in one page, zero if the page is there. */
int __must_check pagecache_zero(struct pagecache *pc, uint64_t from,
				uint64_t to);
/* Nothing but zeros beyond size, which covers no page that is mapped. */
void pagecache_trim(struct pagecache *pc, uint64_t size);
/* A shared anonymous area of its own; one reference. */
struct pagecache *shm_create(uint64_t size);

void region_init(void);
