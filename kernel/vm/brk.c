// SPDX-License-Identifier: MIT
/* The break: one anonymous region that grows and shrinks at its end. */
#include <vm/vm_priv.h>

#include <mm/slab.h>

static bool grow(struct aspace *as, uintptr_t from, uintptr_t to,
		 struct vm_region **dead)
{
	struct vm_region *r;

	if (refuse_dead(as) || !region_range_free(as, from, to))
		return false;
	r = region_find(as, from - 1);
	if (r && r->end == from && !r->pc && r->start >= as->brk_start &&
	    r->prot == (ROS_PROT_READ | ROS_PROT_WRITE) &&
	    r->flags == VMR_MAYWRITE) {
		region_set_end(r, to);
		return true;
	}
	r = region_alloc();
	if (!r)
		return false;
	r->start = from;
	r->end = to;
	r->prot = ROS_PROT_READ | ROS_PROT_WRITE;
	r->flags = VMR_MAYWRITE;
	map_locked(as, r, dead);
	return true;
}

uintptr_t vm_brk(struct aspace *as, uintptr_t newbrk)
{
	struct vm_region *dead = NULL;
	uintptr_t have, want;
	bool ok = true;

	write_lock(&as->lock);
	if (newbrk >= as->brk_start && newbrk <= ROS_BRK_MAX) {
		have = ROUND_UP(as->brk, PGSIZE);
		want = ROUND_UP(newbrk, PGSIZE);
		if (want > have)
			ok = grow(as, have, want, &dead);
		else if (want < have)
			ok = !unmap_locked(as, want, have, &dead);
		if (ok)
			as->brk = newbrk;
	}
	newbrk = as->brk;
	write_unlock(&as->lock);
	regions_release(dead);
	return newbrk;
}
