// SPDX-License-Identifier: MIT
/*
 * Unmapping part of an object wherever it is mapped.
 *
 * Regions are locked by their address space, which comes before the object's
 * list in the order of locks.  So the next region is looked up in the list, the
 * list is let go, the address space locked, and the list looked at again: its
 * first region is still ours, or we go round.  Those done move to the end and
 * carry this pass's number; a region that takes over PTEs keeps its neighbour's
 * number and place, a new one has this pass's already (its faults see the new
 * size, V7).
 */
#include <vm/vm_priv.h>

static void unmap_from(struct vm_region *r, uint64_t start, uint64_t end)
{
	uint64_t lo = MAX(start, r->pc_off);
	uint64_t hi = MIN(end, r->pc_off + (r->end - r->start));
	struct vm_gather g;

	if (lo >= hi)
		return;
	gather_init(&g, r->as);
	zap_range(&g, r->start + (lo - r->pc_off), r->start + (hi - r->pc_off));
	gather_finish(&g);
}

/* The first region that was not visited, or NULL.  regions_lock is held. */
static struct vm_region *first_unvisited(struct pagecache *pc)
{
	struct vm_region *r = list_first(&pc->regions, struct vm_region,
					 pc_link);

	return r && r->unmap_gen != pc->unmap_gen ? r : NULL;
}

static void mark_visited(struct pagecache *pc, struct vm_region *r)
{
	r->unmap_gen = pc->unmap_gen;
	list_del(&r->pc_link);
	list_add_tail(&pc->regions, &r->pc_link);
}

/* The address space of the next region, with a reference; NULL: all done. */
static struct aspace *next_aspace(struct pagecache *pc)
{
	struct vm_region *r;

	guard_mutex(&pc->regions_lock);
	while ((r = first_unvisited(pc))) {
		if (kref_get_not_zero(&r->as->ref))
			return r->as;
		/* It is being torn down and runs nowhere any more. */
		mark_visited(pc, r);
	}
	return NULL;
}

static struct vm_region *claim_in(struct pagecache *pc, struct aspace *as)
{
	struct vm_region *r;

	guard_mutex(&pc->regions_lock);
	r = first_unvisited(pc);
	if (!r || r->as != as)
		return NULL;
	mark_visited(pc, r);
	return r;
}

void vm_unmap_object(struct pagecache *pc, uint64_t start, uint64_t end)
{
	struct vm_region *r;
	struct aspace *as;

	start = ROUND_UP(start, PGSIZE);
	mutex_lock(&pc->regions_lock);
	pc->unmap_gen++;
	mutex_unlock(&pc->regions_lock);
	while ((as = next_aspace(pc))) {
		read_lock(&as->lock);
		while ((r = claim_in(pc, as)))
			unmap_from(r, start, end);
		read_unlock(&as->lock);
		aspace_put(as);
	}
}
