// SPDX-License-Identifier: MIT
/*
 * Kernel mappings.  Ranges are cut off the top of what was used so far and are
 * given out again only in the size they had: nearly all are stacks.
 *
 * A range that is freed stays mapped and waits; one of its size that is wanted
 * again is taken from there as it is.  When enough wait, all are unmapped,
 * every core's TLB is flushed once, and frames and addresses are free.
 */
#include <mm/kmap.h>

#include <arch/cpu.h>
#include <arch/percpu.h>
#include <arch/pgtable.h>
#include <core/kmsg.h>
#include <lib/assert.h>
#include <lib/list.h>
#include <mm/frame.h>
#include <mm/slab.h>
#include <ros/common.h>
#include <sync/spinlock.h>

#define WAITING_MAX 256 /* pages */

struct krange {
	struct list link; /* kmap.waiting or kmap.unused */
	uintptr_t va;
	size_t pages;
};

static struct {
	struct spinlock lock;
	uintptr_t next GUARDED_BY(&lock);
	struct list waiting GUARDED_BY(&lock); /* freed, still mapped */
	size_t waiting_pages GUARDED_BY(&lock);
	struct list unused GUARDED_BY(&lock); /* unmapped and flushed */
} kmap = {
	.lock = SPINLOCK_INIT("kmap.lock"),
	.next = KVMAP_BASE + PGSIZE,
	.waiting = LIST_INIT(kmap.waiting),
	.unused = LIST_INIT(kmap.unused),
};

void kmap_init(void)
{
	assert(list_empty(&kmap.waiting));
}

static uintptr_t range_cut_locked(size_t pages)
{
	uintptr_t va = kmap.next;
	size_t len = (pages + 1) * PGSIZE; /* a guard page above */

	if (len > KVMAP_BASE + KVMAP_SIZE - va)
		return 0;
	kmap.next += len;
	return va;
}

static struct krange *range_find_locked(struct list *from, size_t pages)
{
	struct krange *r;

	list_for_each_entry(r, from, link) {
		if (r->pages != pages)
			continue;
		list_del(&r->link);
		return r;
	}
	return NULL;
}

/* Still mapped, or unmapped, or NULL. */
static struct krange *range_recycle(size_t pages, bool *mapped)
{
	struct krange *r;

	guard_spin(&kmap.lock);
	r = range_find_locked(&kmap.waiting, pages);
	*mapped = r;
	if (r) {
		kmap.waiting_pages -= pages;
		return r;
	}
	return range_find_locked(&kmap.unused, pages);
}

static struct krange *range_new(size_t pages)
{
	struct krange *r = kmalloc(sizeof(*r), MM_ATOMIC);

	if (!r)
		return NULL;
	r->pages = pages;
	scoped_spin(&kmap.lock)
		r->va = range_cut_locked(pages);
	if (r->va)
		return r;
	kfree(r);
	return NULL;
}

static void range_to_unused(struct krange *r)
{
	guard_spin(&kmap.lock);

	list_add_head(&kmap.unused, &r->link);
}

static struct frame *frame_at(uintptr_t va)
{
	pte_t *pte = pgt_walk(kernel_root, va, false);

	assert(pte && (*pte & PTE_P));
	return pa_to_frame(*pte & PTE_ADDR);
}

/* Fresh frames for a range that no TLB knows. */
static int map_fresh(struct krange *r, unsigned int flags)
{
	for (size_t i = 0; i < r->pages; i++) {
		struct frame *f = frame_alloc(flags);
		uintptr_t va = r->va + i * PGSIZE;

		if (f && !pgt_map_kernel(va, frame_to_pa(f),
					 PTE_W | PTE_NX | PTE_A | PTE_D))
			continue;
		if (f)
			frame_put(f);
		/* Nobody has touched what is mapped: no flush. */
		while (i--) {
			f = frame_at(r->va + i * PGSIZE);
			pgt_unmap_kernel(r->va + i * PGSIZE);
			frame_put(f);
		}
		return -1;
	}
	frame_at(r->va)->owner = (uintptr_t)r;
	return 0;
}

void *kmap_alloc_from(size_t pages, unsigned int flags)
{
	struct krange *r;
	bool mapped;

	assert(!in_irq() && pages);
	r = range_recycle(pages, &mapped);
	if (r && mapped)
		return (void *)r->va;
	if (!r)
		r = range_new(pages);
	if (!r)
		return NULL;
	if (map_fresh(r, flags)) {
		range_to_unused(r);
		return NULL;
	}
	return (void *)r->va;
}

void *kmap_alloc(size_t pages)
{
	return kmap_alloc_from(pages, MM_WAIT);
}

/* On each core: forgets every range on the list. */
static void flush_ranges(uintptr_t list, uintptr_t a1, uintptr_t a2)
{
	struct krange *r;

	list_for_each_entry(r, (struct list *)list, link)
		for (size_t i = 0; i < r->pages; i++)
			tlb_flush_page(r->va + i * PGSIZE);
}

/*
 * The frames of unmapped pages, chained through their bookkeeping: there may be
 * no memory for a list.
 */
static uint64_t unmap_range(struct krange *r, uint64_t chain)
{
	for (size_t i = 0; i < r->pages; i++) {
		pte_t old = pgt_unmap_kernel(r->va + i * PGSIZE);
		struct frame *f = pa_to_frame(old & PTE_ADDR);

		f->owner = chain;
		chain = (uintptr_t)f;
	}
	return chain;
}

void kmap_flush(void)
{
	uint64_t chain = 0;
	struct krange *r;
	struct list done;

	list_init(&done);
	scoped_spin(&kmap.lock) {
		list_splice_tail(&done, &kmap.waiting);
		kmap.waiting_pages = 0;
	}
	if (list_empty(&done))
		return; /* another core was first */
	list_for_each_entry(r, &done, link)
		chain = unmap_range(r, chain);
	if (nr_cores == 1)
		flush_ranges((uintptr_t)&done, 0, 0);
	else
		kmsg_call_cores(NULL, flush_ranges, (uintptr_t)&done, 0, 0);
	while (chain) {
		struct frame *f = (struct frame *)chain;

		chain = f->owner;
		frame_put(f);
	}
	guard_spin(&kmap.lock);
	list_splice_tail(&kmap.unused, &done);
}

void kmap_free(void *va, size_t pages)
{
	struct krange *r = (void *)frame_at((uintptr_t)va)->owner;
	bool full;

	assert(r->va == (uintptr_t)va && r->pages == pages);
	scoped_spin(&kmap.lock) {
		list_add_head(&kmap.waiting, &r->link);
		kmap.waiting_pages += pages;
		full = kmap.waiting_pages > WAITING_MAX;
	}
	/* Other cores are asked only from where one may wait for them; later
	 * calls will do it. */
	if (full && irq_enabled() && !in_irq())
		kmap_flush();
}

size_t kmap_waiting(void)
{
	guard_spin(&kmap.lock);

	return kmap.waiting_pages;
}

void *kmap_device(uint64_t pa, size_t len)
{
	uint64_t first = ROUND_DOWN(pa, PGSIZE);
	size_t pages = (ROUND_UP(pa + len, PGSIZE) - first) >> PGSHIFT;
	uintptr_t va;

	scoped_spin(&kmap.lock)
		va = range_cut_locked(pages);
	if (!va)
		return NULL;
	for (size_t i = 0; i < pages; i++)
		if (pgt_map_kernel(va + i * PGSIZE, first + i * PGSIZE,
				   PTE_W | PTE_NX | PTE_A | PTE_D | PTE_PCD |
					   PTE_PWT))
			return NULL;
	return (void *)(va + (pa - first));
}

int kmap_is_guard(uintptr_t va)
{
	pte_t *pte;

	if (va < KVMAP_BASE || va - KVMAP_BASE >= KVMAP_SIZE)
		return 0;
	pte = pgt_walk(kernel_root, va, false);
	return !pte || !(*pte & PTE_P);
}
