// SPDX-License-Identifier: MIT
/* Changing the protection of what is mapped. */
#include <vm/vm_priv.h>

/* The whole range is mapped and may become so: 0 or -errno. */
static int check_regions(struct aspace *as, uintptr_t start, uintptr_t end,
			 uint32_t prot)
{
	struct vm_region *r = region_find(as, start);

	for (; r && r->start <= start && start < end; r = region_next(r)) {
		if (r->flags & VMR_KERNEL)
			return fail(EINVAL, "page 0x%lx is the kernel's",
				    r->start);
		if ((prot & ROS_PROT_WRITE) && !(r->flags & VMR_MAYWRITE))
			return fail(EACCES, "the file mapped at 0x%lx is not "
				    "open for writing", r->start);
		start = r->end;
	}
	if (start < end)
		return fail(ENOMEM, "nothing is mapped at 0x%lx", start);
	return 0;
}

static int split_at(struct aspace *as, uintptr_t at)
{
	struct vm_region *r = region_at(as, at);

	return r && r->start < at ? region_split(as, r, at) : 0;
}

/* What a PTE becomes; the right to write comes by a fault (V3). */
static pte_t reprotected(pte_t old, uint32_t prot)
{
	pte_t new = old & ~(PTE_NX | PTE_P);

	if (!(prot & ROS_PROT_EXEC))
		new |= PTE_NX;
	if (prot != ROS_PROT_NONE)
		new |= PTE_P;
	if (!(prot & ROS_PROT_WRITE))
		new &= ~PTE_W;
	return new;
}

static bool loses_rights(pte_t old, pte_t new)
{
	return (old & PTE_P) && ((old & ~new & (PTE_P | PTE_W)) ||
				 (new & ~old & PTE_NX));
}

static void protect_ptes(struct vm_gather *g, struct vm_region *r)
{
	uintptr_t va = r->start;
	pte_t *pte;

	while ((pte = pgt_next_table(r->as->root, &va, r->end))) {
		uintptr_t stop = table_end(va, r->end);
		pte_t *first = pte, *last = pte + ((stop - va) >> PGSHIFT);

		for (; (pte = pte_used(pte, last)) < last; pte++) {
			uintptr_t at = va + (pte - first) * PGSIZE;
			pte_t old, new;

			do {
				old = pte_load(pte);
				new = reprotected(old, r->prot);
			} while (new != old && !pte_cas(pte, old, new));
			if (loses_rights(old, new))
				gather_range(g, at, at + PGSIZE);
		}
		va = stop;
	}
}

static void protect_locked(struct aspace *as, uintptr_t start, uintptr_t end,
			   uint32_t prot)
{
	struct vm_region *r = region_find(as, start);
	struct vm_gather g;

	gather_init(&g, as);
	for (; r && r->start < end; r = region_next(r)) {
		if (r->prot == prot)
			continue;
		r->prot = prot;
		protect_ptes(&g, r);
	}
	gather_finish(&g);
}

int vm_protect(struct aspace *as, uintptr_t addr, size_t len, uint32_t prot)
{
	struct vm_region *dead = NULL;
	uintptr_t end;
	int err;

	if (prot & ~(ROS_PROT_READ | ROS_PROT_WRITE | ROS_PROT_EXEC))
		return fail(EINVAL, "unknown protection 0x%x", prot);
	err = vm_check_range(addr, len, &end);
	if (err)
		return err;
	write_lock(&as->lock);
	err = check_regions(as, addr, end, prot);
	if (!err && (split_at(as, addr) || split_at(as, end)))
		err = -ENOMEM;
	if (!err)
		protect_locked(as, addr, end, prot);
	region_merge_around(as, addr, end, &dead);
	write_unlock(&as->lock);
	regions_release(dead);
	return err;
}
