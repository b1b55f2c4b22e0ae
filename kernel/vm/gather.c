// SPDX-License-Identifier: MIT
/*
 * Frames on their way out.  PTEs are cleared one by one, one flush covers them
 * all, and only then are the frames let go (V5).  Up to a point the frames are
 * remembered in pages of pointers; without memory for one, what is there is
 * flushed early.
 */
#include <vm/vm_priv.h>

#define PAGE_FRAMES (PGSIZE / 8 - 1)
#define PAGES_MAX   32 /* 64 MiB of user memory a flush */

struct gather_page {
	struct gather_page *older;
	struct frame *frame[PAGE_FRAMES];
};

void gather_init(struct vm_gather *g, struct aspace *as)
{
	g->as = as;
	g->lo = ~0UL;
	g->hi = 0;
	g->nr_rss = 0;
	g->pages = NULL;
	g->nr_pages = 0;
	g->nr = 0;
}

static void free_all(struct vm_gather *g)
{
	while (g->pages) {
		struct gather_page *p = g->pages;

		frame_put_bulk(p->frame, g->nr);
		g->pages = p->older;
		g->nr = g->pages ? PAGE_FRAMES : GATHER_FEW;
		page_free(p);
	}
	frame_put_bulk(g->few, g->nr);
	g->nr = 0;
	g->nr_pages = 0;
}

void gather_finish(struct vm_gather *g)
{
	if (g->hi)
		tlb_shoot(g->as, g->lo, g->hi);
	g->lo = ~0UL;
	g->hi = 0;
	free_all(g);
	if (g->nr_rss)
		atomic_fetch_sub_explicit(&g->as->rss_pages, g->nr_rss,
					  memory_order_relaxed);
	g->nr_rss = 0;
}

/* Room for one more, by a page or by a flush. */
static __noinline void make_room(struct vm_gather *g)
{
	struct gather_page *p = NULL;

	if (g->nr_pages < PAGES_MAX)
		p = page_alloc(MM_ATOMIC | MM_USER);
	if (!p) {
		gather_finish(g);
		return;
	}
	p->older = g->pages;
	g->pages = p;
	g->nr_pages++;
	g->nr = 0;
}

static inline void remember(struct vm_gather *g, struct frame *f)
{
	if (unlikely(g->nr == (g->pages ? PAGE_FRAMES : GATHER_FEW)))
		make_room(g);
	if (g->pages)
		g->pages->frame[g->nr++] = f;
	else
		g->few[g->nr++] = f;
}

/* `old` has been taken out of the PTE for va. */
static inline void gather_add(struct vm_gather *g, uintptr_t va, pte_t old)
{
	if (!(old & PTE_NOREF)) {
		remember(g, pa_to_frame(old & PTE_ADDR));
		g->nr_rss++;
	}
	if (old & PTE_P)
		gather_range(g, va, va + PGSIZE);
}

void zap_range(struct vm_gather *g, uintptr_t start, uintptr_t end)
{
	uintptr_t va = start;
	pte_t *pte;

	while (va < end && (pte = pgt_next_table(g->as->root, &va, end))) {
		uintptr_t stop = table_end(va, end);
		pte_t *first = pte, *last = pte + ((stop - va) >> PGSHIFT);

		for (; (pte = pte_used(pte, last)) < last; pte++)
			gather_add(g, va + (pte - first) * PGSIZE,
				   __atomic_exchange_n(pte, 0,
						       __ATOMIC_SEQ_CST));
		va = stop;
	}
}
