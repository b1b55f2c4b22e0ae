// SPDX-License-Identifier: MIT
/*
 * Page faults: anonymous memory and copy on write.  Pages of objects:
 * fault_object.c
 *
 * A fault reads the PTE, decides, and changes it by compare-exchange; who loses
 * the race puts its page back and lets the processor try again.
 */
#include <vm/vm_priv.h>

#include <arch/trap.h>

struct frame *zero_frame;

static bool access_ok(const struct vm_region *r, uint32_t error)
{
	if (error & PF_WRITE)
		return r->prot & ROS_PROT_WRITE;
	if (error & PF_FETCH)
		return r->prot & ROS_PROT_EXEC;
	return r->prot != ROS_PROT_NONE;
}

static void count_fault(struct aspace *as)
{
	atomic_fetch_add_explicit(&as->minflt, 1, memory_order_relaxed);
}

static int fault_anonymous(struct vm_region *r, pte_t *pte, bool write)
{
	pte_t bits = prot_to_pte(r->prot);
	struct frame *f;

	if (!write) {
		pte_cas(pte, 0, frame_to_pa(zero_frame) | bits | PTE_NOREF);
		return 0;
	}
	f = frame_alloc(MM_USER | MM_ZERO);
	if (!f)
		return -ENOMEM;
	if (pte_cas(pte, 0, frame_to_pa(f) | bits | PTE_W | PTE_D))
		aspace_add_rss(r->as, 1);
	else
		frame_put(f);
	return 0;
}

/*
 * A reference on the page that `old` names, while it still is the PTE's: other
 * faults may take it out and free it, and it must not come back in another
 * life while it is copied.
 */
static struct frame *hold_page(pte_t *pte, pte_t old)
{
	struct frame *f = pa_to_frame(old & PTE_ADDR);

	if (!frame_try_get(f))
		return NULL;
	if (likely(pte_load(pte) == old))
		return f;
	frame_put(f);
	return NULL;
}

/* A page of zeros of its own in place of the shared one. */
static int replace_zeros(struct vm_region *r, uintptr_t va, pte_t *pte,
			 pte_t old)
{
	struct frame *f = frame_alloc(MM_USER | MM_ZERO);

	if (!f)
		return -ENOMEM;
	if (!pte_cas(pte, old,
		     frame_to_pa(f) | prot_to_pte(r->prot) | PTE_W | PTE_D)) {
		frame_put(f);
		return 0;
	}
	tlb_shoot(r->as, va, va + PGSIZE);
	aspace_add_rss(r->as, 1);
	return 0;
}

/* A copy of its own in place of the page in `old`. */
static int replace_by_copy(struct vm_region *r, uintptr_t va, pte_t *pte,
			   pte_t old)
{
	struct frame *from, *f = frame_alloc(MM_USER);
	pte_t new;

	if (!f)
		return -ENOMEM;
	from = hold_page(pte, old);
	if (!from) {
		frame_put(f);
		return 0;
	}
	page_copy(frame_to_virt(f), frame_to_virt(from));
	new = frame_to_pa(f) | prot_to_pte(r->prot) | PTE_W | PTE_D;
	if (pte_cas(pte, old, new)) {
		/* Others may still read the old page by their TLBs (V5). */
		tlb_shoot(r->as, va, va + PGSIZE);
		frame_put(from); /* the PTE's */
	} else {
		frame_put(f);
	}
	frame_put(from);
	return 0;
}

static int fault_write_protected(struct vm_region *r, uintptr_t va, pte_t *pte,
				 pte_t old)
{
	struct frame *f = pa_to_frame(old & PTE_ADDR);

	/* V3.  The only owner is this PTE: nobody can become a second one, but
	 * by a fork, which as->lock excludes. */
	if ((r->flags & VMR_SHARED) ||
	    (!(old & (PTE_NOREF | PTE_COW)) && frame_refs(f) == 1)) {
		pte_cas(pte, old, old | PTE_W | PTE_D | PTE_A);
		return 0;
	}
	if (old & PTE_NOREF)
		return replace_zeros(r, va, pte, old);
	return replace_by_copy(r, va, pte, old);
}

static int fault_in_region(struct vm_region *r, uintptr_t va, uint32_t error)
{
	bool write = error & PF_WRITE;
	pte_t *pte, old;

	if (unlikely(!access_ok(r, error)))
		return -EACCES;
	pte = pgt_walk(r->as->root, va, true);
	if (unlikely(!pte))
		return -ENOMEM;
	old = pte_load(pte);
	if (!old) {
		if (r->pc)
			return fault_object_page(r, va, pte, write);
		if (unlikely(r->flags & VMR_KERNEL))
			return -EFAULT;
		return fault_anonymous(r, pte, write);
	}
	if (write && !(old & PTE_W))
		return fault_write_protected(r, va, pte, old);
	/* Another core was first, or this core's TLB is older than the PTE. */
	tlb_flush_page(va);
	return 0;
}

/* The initial stack comes down to va, if it may. */
static bool grow_stack(struct aspace *as, uintptr_t va)
{
	struct vm_region *r, *prev;
	uintptr_t start = ROUND_DOWN(va, 16 * PGSIZE);
	bool grown = false;

	write_lock(&as->lock);
	r = region_find(as, va);
	start = MAX(start, as->stack_limit);
	if (r && (r->flags & VMR_GROWSDOWN) && va < r->start) {
		prev = region_prev(r);
		if (prev) /* a page between */
			start = MAX(start, prev->end + PGSIZE);
		grown = start <= va;
		if (grown)
			region_set_start(r, start);
	} else if (r && r->start <= va) {
		grown = true; /* another thread did it */
	}
	write_unlock(&as->lock);
	return grown;
}

int vm_fault(struct aspace *as, uintptr_t va, uint32_t error)
{
	struct vm_region *r;
	int ret;

	if (va < ROS_USER_MIN || va >= ROS_USER_TOP)
		return -EFAULT;
	va &= ~(PGSIZE - 1);
	for (;;) {
		read_lock(&as->lock);
		r = region_at(as, va);
		ret = r ? fault_in_region(r, va, error) : -EFAULT;
		read_unlock(&as->lock);
		if (likely(!ret)) {
			count_fault(as);
			return 0;
		}
		if (ret != -EFAULT || r || va < as->stack_limit ||
		    va >= ROS_SHARED_BASE || !as->stack_limit ||
		    !grow_stack(as, va))
			return ret;
	}
}
